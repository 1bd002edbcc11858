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

/// Globs that tie have the same precedence and the same literals before the first '*'. Among those, the patterns with
/// stars at the same places are kept together, by their literals, so that the others find those which some path matches
/// too without looking at each.
class TieGroup {
  public:
    /// The earlier patterns that overlap with this one go into `found`, up to its bound; then it is one of them.
    void add(const std::vector<PathPattern>& patterns, std::size_t index, std::vector<ResourceTable::Tie>& found) {
        const PathPattern& pattern = patterns[index];
        std::string shape = shape_of(pattern);
        for (auto& [other, kept] : shapes_) {
            if (!pattern.ends_in_wildcard() && other.size() != shape.size()) continue;
            if (!may_meet(shape, other)) continue;
            if (found.size() >= ResourceTable::kMostTies) return;
            const auto same = kept.by_literals(patterns, shape).find(literals_of(pattern, other));
            if (same == kept.by_literals(patterns, shape).end()) continue;
            for (const std::size_t earlier : same->second) {
                if (found.size() < ResourceTable::kMostTies) found.push_back({earlier, index});
            }
        }
        shapes_[std::move(shape)].add(patterns, index);
    }

  private:
    using ByLiterals = std::unordered_map<std::string, std::vector<std::size_t>>;

    /// A letter a segment, of those that have to be there: '*', or what literal it is: empty or not.
    static std::string shape_of(const PathPattern& pattern) {
        std::string shape;
        const std::size_t fixed = pattern.segments().size() - (pattern.ends_in_wildcard() ? 1 : 0);
        for (std::size_t i = 0; i < fixed; ++i)
            shape += pattern.segments()[i] == "*" ? '*' : pattern.segments()[i].empty() ? '0' : 'l';
        return shape;
    }

    /// No star where the other has an empty segment.
    static bool may_meet(std::string_view one, std::string_view other) noexcept {
        for (std::size_t i = 0; i < std::min(one.size(), other.size()); ++i) {
            if ((one[i] == '*' && other[i] == '0') || (one[i] == '0' && other[i] == '*')) return false;
        }
        return true;
    }

    /// What two patterns have to agree in: literals where both have one.
    static std::string literals_of(const PathPattern& pattern, std::string_view other) {
        std::string key;
        const std::size_t fixed = pattern.segments().size() - (pattern.ends_in_wildcard() ? 1 : 0);
        for (std::size_t i = 0; i < std::min(fixed, other.size()); ++i) {
            const std::string& segment = pattern.segments()[i];
            if (segment != "*" && other[i] != '*') key += "/" + segment;
        }
        return key;
    }

    /// The patterns of one shape, by what they have in common with each other shape that was asked about.
    struct Kept {
        std::vector<std::size_t> members;
        std::map<std::string, ByLiterals, std::less<>> asked;

        const ByLiterals& by_literals(const std::vector<PathPattern>& patterns, const std::string& shape) {
            const auto [place, is_new] = asked.try_emplace(shape);
            if (is_new) {
                for (const std::size_t member : members)
                    put(place->second, patterns[member], member, shape);
            }
            return place->second;
        }
        void add(const std::vector<PathPattern>& patterns, std::size_t index) {
            members.push_back(index);
            for (auto& [shape, table] : asked)
                put(table, patterns[index], index, shape);
        }
        static void put(ByLiterals& table, const PathPattern& pattern, std::size_t index, std::string_view shape) {
            table[literals_of(pattern, shape)].push_back(index);
        }
    };

    std::map<std::string, Kept, std::less<>> shapes_;
};

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
    std::map<std::pair<decltype(precedence(patterns.front())), std::string>, TieGroup> groups;
    std::map<std::string_view, std::size_t> whole;
    std::vector<Tie> found;
    for (std::size_t i = 0; i < patterns.size(); ++i) {
        const PathPattern& pattern = patterns[i];
        if (pattern.kind() == PathPattern::Kind::glob) {
            std::string prefix;
            for (std::size_t j = 0; j < pattern.literals_before_wildcard(); ++j)
                prefix += "/" + pattern.segments()[j];
            groups[{precedence(pattern), std::move(prefix)}].add(patterns, i, found);
        } else if (pattern.kind() != PathPattern::Kind::regex) {
            const auto [other, inserted] = whole.try_emplace(pattern.text(), i);
            if (!inserted) found.push_back({other->second, i});
        }
    }
    return found;
}

}  // namespace corsd::route
