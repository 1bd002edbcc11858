#include "cors/origin_set.hpp"

#include <re2/re2.h>
#include <re2/set.h>

#include <algorithm>
#include <functional>
#include <string>
#include <unordered_map>
#include <unordered_set>

namespace corsd::cors {
namespace {

struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
};

constexpr std::uint32_t kAnyPort = 1U << 16U;

// Port and scheme under one host or suffix, in order: one host may have thousands of ports.
struct Door {
    std::uint32_t port = 0;
    std::string scheme;
};
struct DoorView {
    std::uint32_t port = 0;
    std::string_view scheme;
};
struct DoorOrder {
    template <class A, class B>
    bool operator()(const A& a, const B& b) const noexcept {
        return a.port != b.port ? a.port < b.port : std::string_view(a.scheme) < std::string_view(b.scheme);
    }
};
using Doors = std::unordered_map<std::string, std::vector<Door>, TextHash, std::equal_to<>>;

bool open(const Doors& doors, std::string_view host, const Origin& origin) noexcept {
    const auto found = doors.find(host);
    if (found == doors.end()) return false;
    const auto has = [&](std::uint32_t port) {
        return std::binary_search(found->second.begin(), found->second.end(), DoorView{port, origin.scheme},
                                  DoorOrder{});
    };
    return has(origin.port) || has(kAnyPort);
}

}  // namespace

struct OriginSet::Index {
    std::vector<OriginPattern> patterns;
    std::unordered_set<std::string, TextHash, std::equal_to<>> exact;  // whole origins
    Doors any_port;                                                    // by host
    Doors subdomains;                                                  // by the suffix after "*."
    std::vector<std::shared_ptr<const OriginPattern>> regexes;
    std::unordered_set<std::string, TextHash, std::equal_to<>> regex_texts;
    std::unique_ptr<re2::RE2::Set> regex_set;  // all of them at once; none when it could not be built
    bool any = false, null = false;

    void add(const OriginPattern& pattern);
    void compile_regexes();
    [[nodiscard]] bool any_regex(std::string_view text, const Origin& origin) const noexcept;
};

void OriginSet::Index::add(const OriginPattern& pattern) {
    using Kind = OriginPattern::Kind;
    switch (pattern.kind()) {
        case Kind::exact:
            exact.insert(pattern.text());
            break;
        case Kind::any_port:
            any_port[pattern.host()].push_back({kAnyPort, pattern.scheme()});
            break;
        case Kind::subdomains:
        case Kind::subdomains_any_port:
            subdomains[pattern.host()].push_back(
                {pattern.has_any_port() ? kAnyPort : std::uint32_t{pattern.port()}, pattern.scheme()});
            break;
        case Kind::any:
            any = true;
            break;
        case Kind::null:
            null = true;
            break;
        case Kind::regex:
            regexes.push_back(std::make_shared<const OriginPattern>(pattern));
            regex_texts.insert(pattern.text());
            break;
    }
}

void OriginSet::Index::compile_regexes() {
    if (regexes.size() < 2) return;  // one is faster alone
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(static_cast<std::int64_t>(8 << 20) + static_cast<std::int64_t>(regexes.size()) * (64 << 10));
    auto set = std::make_unique<re2::RE2::Set>(options, re2::RE2::ANCHOR_BOTH);
    for (const auto& pattern : regexes) {
        if (set->Add(pattern->regex()->pattern(), nullptr) < 0) return;
    }
    if (set->Compile()) regex_set = std::move(set);
}

bool OriginSet::Index::any_regex(std::string_view text, const Origin& origin) const noexcept {
    if (regex_set) {
        re2::RE2::Set::ErrorInfo error{};
        if (regex_set->Match(re2::StringPiece(text.data(), text.size()), nullptr, &error)) return true;
        // Out of memory for its automaton is no answer: ask one by one.
        if (error.kind == re2::RE2::Set::kNoError) return false;
    }
    return std::any_of(regexes.begin(), regexes.end(), [&](const auto& pattern) { return pattern->matches(origin); });
}

OriginSet::OriginSet() {
    static const auto kEmpty = std::make_shared<const Index>();
    index_ = kEmpty;
}

OriginSet::OriginSet(std::vector<OriginPattern> patterns) {
    auto index = std::make_shared<Index>();
    index->exact.reserve(patterns.size());
    for (const OriginPattern& pattern : patterns)
        index->add(pattern);
    for (Doors* doors : {&index->any_port, &index->subdomains}) {
        for (auto& [host, open] : *doors)
            std::sort(open.begin(), open.end(), DoorOrder{});
    }
    index->compile_regexes();
    index->patterns = std::move(patterns);
    index_ = std::move(index);
}

bool OriginSet::any() const noexcept {
    return index_->any;
}
bool OriginSet::allows_null() const noexcept {
    return index_->null;
}
bool OriginSet::has_regex(std::string_view text) const noexcept {
    return index_->regex_texts.find(text) != index_->regex_texts.end();
}
bool OriginSet::empty() const noexcept {
    return index_->patterns.empty();
}
const std::vector<OriginPattern>& OriginSet::patterns() const noexcept {
    return index_->patterns;
}

bool OriginSet::admits(const Origin& origin) const noexcept {
    const Index& index = *index_;
    if (index.any || index.exact.find(origin.text) != index.exact.end()) return true;
    if (!index.any_port.empty() && open(index.any_port, origin.host, origin)) return true;
    if (!index.subdomains.empty() && origin.kind == HostKind::domain) {
        // N9: every parent of the host, never the host itself.
        for (std::size_t dot = origin.host.find('.'); dot != std::string_view::npos;
             dot = origin.host.find('.', dot + 1)) {
            if (open(index.subdomains, origin.host.substr(dot + 1), origin)) return true;
        }
    }
    return !index.regexes.empty() && index.any_regex(origin.text, origin);
}

}  // namespace corsd::cors
