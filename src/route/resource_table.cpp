#include "route/resource_table.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>
#include <tuple>
#include <unordered_map>

namespace corsd::route {
namespace {

constexpr std::uint32_t kNoNode = static_cast<std::uint32_t>(-1);

// The edge of the trie from a node by a literal segment, looked up without building a string.
struct Edge {
    std::uint32_t node;
    std::string segment;
};
struct EdgeView {
    std::uint32_t node;
    std::string_view segment;
};
struct EdgeHash {
    using is_transparent = void;
    std::size_t operator()(const EdgeView& edge) const noexcept {
        return std::hash<std::string_view>{}(edge.segment) ^ (edge.node * 0x9e3779b97f4a7c15ULL);
    }
    std::size_t operator()(const Edge& edge) const noexcept { return (*this)(EdgeView{edge.node, edge.segment}); }
};
struct EdgeEqual {
    using is_transparent = void;
    template <class A, class B>
    bool operator()(const A& a, const B& b) const noexcept {
        return a.node == b.node && std::string_view(a.segment) == std::string_view(b.segment);
    }
};
struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
};

// C5 among globs: smaller comes first.
auto precedence(const PathPattern& pattern) {
    return std::tuple(~pattern.literals_before_wildcard(), ~pattern.literals(), pattern.ends_in_wildcard() ? 1 : 0);
}

int kind_rank(PathPattern::Kind kind) noexcept {
    switch (kind) {
        case PathPattern::Kind::exact:
            return 0;
        case PathPattern::Kind::glob:
            return 1;
        case PathPattern::Kind::regex:
            return 2;
        case PathPattern::Kind::all:
            return 3;
    }
    return 4;
}

// Both have the same number of literals before the first '*', and the same ending.
bool overlap(const PathPattern& a, const PathPattern& b) noexcept {
    const std::size_t fixed_a = a.segments().size() - (a.ends_in_wildcard() ? 1 : 0);
    const std::size_t fixed_b = b.segments().size() - (b.ends_in_wildcard() ? 1 : 0);
    if (!a.ends_in_wildcard() && fixed_a != fixed_b) return false;
    for (std::size_t i = 0; i < std::min(fixed_a, fixed_b); ++i) {
        const std::string& x = a.segments()[i];
        const std::string& y = b.segments()[i];
        const bool possible = x == y || (x == "*" && !y.empty()) || (y == "*" && !x.empty());
        if (!possible) return false;
    }
    return true;
}

}  // namespace

struct ResourceTable::Index {
    struct Node {
        std::uint32_t wildcard = kNoNode;  // child by a '*' that is not last
        std::size_t leaf = kNone;          // rank of the pattern that ends here
        std::size_t tail = kNone;          // rank of the pattern that goes on with a last '*'
    };

    std::vector<PathPattern> patterns;
    std::vector<std::size_t> order;  // rank -> index of the pattern
    std::unordered_map<std::string, std::size_t, TextHash, std::equal_to<>> exact;
    std::vector<Node> nodes{1};
    std::unordered_map<Edge, std::uint32_t, EdgeHash, EdgeEqual> edges;
    std::vector<std::size_t> regexes;
    std::size_t all = kNone;

    void insert_glob(std::size_t rank, const PathPattern& pattern);
    std::uint32_t child(std::uint32_t node, const std::string& segment);
    void search(std::uint32_t node, std::string_view rest, std::size_t& best) const noexcept;
};

std::uint32_t ResourceTable::Index::child(std::uint32_t node, const std::string& segment) {
    const auto fresh = static_cast<std::uint32_t>(nodes.size());
    if (segment == "*") {
        if (nodes[node].wildcard != kNoNode) return nodes[node].wildcard;
        nodes[node].wildcard = fresh;
    } else {
        const auto [found, inserted] = edges.try_emplace(Edge{node, segment}, fresh);
        if (!inserted) return found->second;
    }
    nodes.emplace_back();
    return fresh;
}

void ResourceTable::Index::insert_glob(std::size_t rank, const PathPattern& pattern) {
    const std::size_t fixed = pattern.segments().size() - (pattern.ends_in_wildcard() ? 1 : 0);
    std::uint32_t node = 0;
    for (std::size_t i = 0; i < fixed; ++i)
        node = child(node, pattern.segments()[i]);
    std::size_t& slot = pattern.ends_in_wildcard() ? nodes[node].tail : nodes[node].leaf;
    slot = std::min(slot, rank);
}

// `rest` is what follows the segments that led here: empty, or '/' and more. Every branch that matches is walked, and
// the best rank wins; a branch that cannot match costs one look-up.
void ResourceTable::Index::search(std::uint32_t node, std::string_view rest, std::size_t& best) const noexcept {
    best = std::min(best, nodes[node].tail);
    if (rest.empty()) {
        best = std::min(best, nodes[node].leaf);
        return;
    }
    const std::size_t end = std::min(rest.find('/', 1), rest.size());
    const std::string_view segment = rest.substr(1, end - 1);
    if (const auto edge = edges.find(EdgeView{node, segment}); edge != edges.end()) {
        search(edge->second, rest.substr(end), best);
    }
    if (!segment.empty() && nodes[node].wildcard != kNoNode) search(nodes[node].wildcard, rest.substr(end), best);
}

ResourceTable::ResourceTable() : index_(std::make_unique<Index>()) {}
ResourceTable::~ResourceTable() = default;
ResourceTable::ResourceTable(ResourceTable&&) noexcept = default;
ResourceTable& ResourceTable::operator=(ResourceTable&&) noexcept = default;

ResourceTable::ResourceTable(std::vector<PathPattern> patterns) : ResourceTable() {
    Index& index = *index_;
    index.order.resize(patterns.size());
    std::iota(index.order.begin(), index.order.end(), std::size_t{0});
    std::stable_sort(index.order.begin(), index.order.end(), [&](std::size_t a, std::size_t b) {
        const int kind_a = kind_rank(patterns[a].kind()), kind_b = kind_rank(patterns[b].kind());
        if (kind_a != kind_b) return kind_a < kind_b;
        return patterns[a].kind() == PathPattern::Kind::glob && precedence(patterns[a]) < precedence(patterns[b]);
    });
    for (std::size_t rank = 0; rank < index.order.size(); ++rank) {
        const std::size_t at = index.order[rank];
        const PathPattern& pattern = patterns[at];
        switch (pattern.kind()) {
            case PathPattern::Kind::exact:
                index.exact.try_emplace(pattern.text(), at);
                break;
            case PathPattern::Kind::glob:
                index.insert_glob(rank, pattern);
                break;
            case PathPattern::Kind::regex:
                index.regexes.push_back(at);
                break;
            case PathPattern::Kind::all:
                index.all = std::min(index.all, at);
                break;
        }
    }
    index.patterns = std::move(patterns);
}

std::size_t ResourceTable::match(std::string_view path) const noexcept {
    if (path.empty() || path.front() != '/') return kNone;
    const Index& index = *index_;
    if (const auto exact = index.exact.find(path); exact != index.exact.end()) return exact->second;
    std::size_t rank = kNone;
    index.search(0, path, rank);
    if (rank != kNone) return index.order[rank];
    for (const std::size_t at : index.regexes) {
        if (index.patterns[at].matches(path)) return at;
    }
    return index.all;
}

std::vector<std::size_t> ResourceTable::order() const {
    return index_->order;
}

std::vector<ResourceTable::Tie> ResourceTable::ties(const std::vector<PathPattern>& patterns) {
    // Globs that tie have the same precedence and the same literals before the first '*': only those are compared.
    std::map<std::pair<decltype(precedence(patterns.front())), std::string>, std::vector<std::size_t>> groups;
    std::map<std::string_view, std::size_t> whole;
    std::vector<Tie> found;
    for (std::size_t i = 0; i < patterns.size(); ++i) {
        const PathPattern& pattern = patterns[i];
        if (pattern.kind() == PathPattern::Kind::glob) {
            std::string prefix;
            for (std::size_t j = 0; j < pattern.literals_before_wildcard(); ++j)
                prefix += "/" + pattern.segments()[j];
            auto& group = groups[{precedence(pattern), std::move(prefix)}];
            for (const std::size_t other : group) {
                if (overlap(patterns[other], pattern)) found.push_back({other, i});
            }
            group.push_back(i);
        } else if (pattern.kind() != PathPattern::Kind::regex) {
            const auto [other, inserted] = whole.try_emplace(pattern.text(), i);
            if (!inserted) found.push_back({other->second, i});
        }
    }
    return found;
}

}  // namespace corsd::route
