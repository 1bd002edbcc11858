// What resources of one site say about each other (policy section 2, warnings).
#include <re2/re2.h>

#include <algorithm>
#include <unordered_map>

#include "base/wording.hpp"
#include "config/validate.hpp"

namespace corsd::config {

namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);
using PathKind = route::PathPattern::Kind;

/// Patterns that a site's resources are compared by, in all. Beyond that the file is not worth more of its author's
/// time.
constexpr std::size_t kMostCompared = 4'000'000;

/// In what the first is looser than the second; empty when in nothing.
std::string looser_in(const cors::PolicySource& first, const cors::PolicySource& second, std::size_t& effort) {
    std::string ways;
    const auto add = [&](std::string_view way) { append_to_list(ways, way); };
    if (admits_more(first.origins, second.origins, effort)) {
        add("it admits other origins");
    } else if (admits_more(first.websocket_origins, second.websocket_origins, effort)) {
        add("it admits other WebSockets");
    }
    if (first.credentials == cors::Option::on && second.credentials == cors::Option::off) add("it allows credentials");
    if (first.mode > second.mode) add("its mode is weaker");
    return ways;
}

bool share_a_method(const cors::MethodSet& a, const cors::MethodSet& b) {
    return a.any() || b.any() ||
           std::any_of(a.names().begin(), a.names().end(), [&](const std::string& name) { return b.lists(name); });
}

/// The same for resources: entries are compared when they share a method, single policies always.
std::string looser_in(const cors::Governed& first, const cors::Governed& second, std::size_t& effort) {
    const bool single = first.entries.size() == 1 && second.entries.size() == 1;
    for (const cors::Policy& one : first.entries) {
        for (const cors::Policy& other : second.entries) {
            if (!single && !share_a_method(one.source().methods, other.source().methods)) continue;
            if (std::string ways = looser_in(one.source(), other.source(), effort); !ways.empty()) return ways;
        }
    }
    return {};
}

class Neighbours {
  public:
    explicit Neighbours(const Site& site) {
        for (std::size_t i = 0; i < site.resources.size(); ++i)
            by_text_.emplace(site.resources[i].governed.pattern, i);
    }

    /// The prefix pattern nearest around another pattern; kNone for none, and for regexes.
    [[nodiscard]] std::size_t around(std::string_view pattern) const {
        if (!pattern.starts_with('/') || pattern == "/*") return kNone;  // a regex, or reported already
        std::string prefix(pattern.substr(0, std::min(pattern.find("/*"), pattern.size())));
        const bool itself = pattern == prefix + "/*";
        if (!itself) {
            if (const std::size_t found = find(prefix + "/*"); found != kNone) return found;
        }
        while (!prefix.empty()) {
            prefix.erase(prefix.rfind('/'));
            if (const std::size_t found = find(prefix + "/*"); found != kNone) return found;
        }
        return kNone;
    }

    [[nodiscard]] std::size_t find(const std::string& pattern) const {
        const auto found = by_text_.find(pattern);
        return found == by_text_.end() ? kNone : found->second;
    }

  private:
    std::unordered_map<std::string, std::size_t> by_text_;
};

/// What all paths that a regex matches begin with.
std::string common_prefix(const re2::RE2& regex) {
    std::string low;
    std::string high;
    if (!regex.PossibleMatchRange(&low, &high, 64)) return {};
    const auto end = std::mismatch(
        low.begin(), low.begin() + static_cast<std::ptrdiff_t>(std::min(low.size(), high.size())), high.begin());
    return {low.begin(), end.first};
}

void report_shadowed(const cors::Governed& shadowed, const cors::Governed& by, Report& report) {
    Diagnostic& problem = report.warning(
        "resource-shadowed", shadowed.span,
        in_backquotes(shadowed.pattern) + " never governs a path: " + in_backquotes(by.pattern) + " comes before it");
    problem.related = by.span;
    problem.related_message = "it is here";
}

void warn_about_shadows(const Site& site, const Neighbours& neighbours, Report& report) {
    const std::size_t all = neighbours.find("/*");
    for (const Resource& resource : site.resources) {
        if (!resource.governed.pattern.starts_with('~')) continue;
        const auto parsed = route::PathPattern::parse(resource.governed.pattern);
        const auto* pattern = std::get_if<route::PathPattern>(&parsed);
        if (pattern == nullptr || pattern->regex() == nullptr) continue;
        // Globs come before regexes, and only "/*" after them (C5).
        std::string prefix = common_prefix(*pattern->regex());
        for (std::size_t slash = prefix.rfind('/'); slash != std::string::npos && slash > 0;
             slash = prefix.rfind('/')) {
            prefix.erase(slash);
            if (const std::size_t glob = neighbours.find(prefix + "/*"); glob != kNone) {
                report_shadowed(resource.governed, site.resources[glob].governed, report);
                break;
            }
        }
        const auto matches = [&](std::string_view path) { return pattern->matches(path); };
        if (all != kNone && matches("/") && matches("/q") && matches("/qzx/7/%41w.y") && matches("/Q-z/")) {
            report_shadowed(site.resources[all].governed, resource.governed, report);
        }
    }
}

}  // namespace

void warn_about_resources(const Site& site, FoldedPaths folded, Report& report) {
    const Neighbours neighbours(site);
    warn_about_shadows(site, neighbours, report);
    std::size_t effort = kMostCompared;
    for (const Resource& resource : site.resources) {
        const std::size_t index = neighbours.around(resource.governed.pattern);
        if (index == kNone) continue;
        const cors::Governed& outer = site.resources[index].governed;
        if (const std::string ways = looser_in(resource.governed, outer, effort); !ways.empty()) {
            Diagnostic& problem = report.warning("resource-looser", resource.governed.span,
                                                 in_backquotes(resource.governed.pattern) + " is looser than " +
                                                     in_backquotes(outer.pattern) + " around it: " + ways);
            problem.related = outer.span;
            problem.related_message = "the resource around it is here";
        }
        if (folded == FoldedPaths::answered || looser_in(outer, resource.governed, effort).empty()) continue;
        Diagnostic& problem = report.warning(
            "paths-unanswered", resource.governed.span,
            in_backquotes(resource.governed.pattern) + " is stricter than " + in_backquotes(outer.pattern) +
                " around it: an upstream that takes // for / or drops ;parameters answers its paths "
                "under the looser policy");
        problem.fix = "paths: {double_slashes: merge, parameters: refuse}, or keep for an upstream that does neither";
        problem.related = outer.span;
        problem.related_message = "the resource around it is here";
        folded = FoldedPaths::answered;  // once per site
    }
}

}  // namespace corsd::config
