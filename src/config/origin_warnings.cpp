// What is allowed in a list of origins and yet seldom meant (policy section 2, warnings).
#include <re2/re2.h>

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "base/ascii.hpp"
#include "base/wording.hpp"
#include "config/origin_list.hpp"

namespace corsd::config {

namespace {

using Kind = cors::OriginPattern::Kind;
constexpr std::size_t kMaxCanaries = 64;  // exact origins of a list that its regexes are tried with

/// Origins that nobody means to admit who admits `origin`: another domain behind it, before it, or with a dot as any
/// byte.
std::vector<std::string> disguises(std::string_view origin) {
    const std::size_t host = origin.find("://") + 3;
    const std::size_t port = std::min(origin.find(':', host), origin.size());
    std::vector<std::string> result;
    result.push_back(std::string(origin.substr(0, port)) + ".evil.example" + std::string(origin.substr(port)));
    result.push_back(std::string(origin.substr(0, host)) + "evil-" + std::string(origin.substr(host)));
    for (std::size_t dot = origin.find('.', host); dot < port; dot = origin.find('.', dot + 1)) {
        std::string replaced(origin);
        replaced[dot] = 'x';
        result.push_back(std::move(replaced));
    }
    return result;
}

/// What the regexes of one list are tried with, and what the list admits by name beside them.
class Strangers {
  public:
    explicit Strangers(const OriginList& list) : list_(list) {
        std::size_t tried = 0;
        for (const OriginItem& item : list.items) {
            if (item.pattern.kind() != Kind::exact || item.pattern.host_kind() != cors::HostKind::domain) continue;
            if (++tried > kMaxCanaries) break;
            for (std::string& canary : disguises(item.pattern.text()))
                canaries_.push_back(std::move(canary));
        }
    }

    /// The first that the regex admits and that nobody names; empty when there is none.
    [[nodiscard]] std::string admitted_by(const cors::OriginPattern& regex) {
        for (const std::string& canary : canaries_) {
            const auto origin = cors::parse_origin(canary);
            // What the list admits by name is no surprise.
            if (origin && regex.matches(*origin) && !named().admits(*origin)) return canary;
        }
        return {};
    }

  private:
    [[nodiscard]] const cors::OriginSet& named() {
        if (!named_) {
            std::vector<cors::OriginPattern> patterns;
            for (const OriginItem& item : list_.items) {
                if (item.pattern.kind() != Kind::regex) patterns.push_back(item.pattern);
            }
            named_.emplace(std::move(patterns));
        }
        return *named_;
    }

    const OriginList& list_;
    std::vector<std::string> canaries_{"https://evil.example"};
    std::optional<cors::OriginSet> named_;
};

/// The offset of a dot that stands for any byte although a label follows it, or npos.
std::size_t unescaped_dot(std::string_view pattern) noexcept {
    bool in_class = false;
    for (std::size_t i = 0; i + 1 < pattern.size(); ++i) {
        const char c = pattern[i];
        if (c == '\\') {
            ++i;
        } else if (c == '[') {
            in_class = true;
        } else if (c == ']') {
            in_class = false;
        } else if (c == '.' && !in_class && ascii::is_alnum(pattern[i + 1])) {
            return i;
        }
    }
    return std::string_view::npos;
}

void warn_about_regex(const OriginItem& item, Strangers& strangers, Report& report) {
    if (const std::string stranger = strangers.admitted_by(item.pattern); !stranger.empty()) {
        report.warning("regex-admits-stranger", item.span, "this expression admits " + stranger).fix =
            "name your domain after the last wildcard, and write \\. for a dot";
    }
    const std::string& text = item.pattern.text();
    const std::size_t dot = unescaped_dot(std::string_view(text).substr(1));
    if (dot == std::string_view::npos) return;
    std::string fixed = text;
    fixed.insert(dot + 1, "\\");
    report
        .warning("regex-unescaped-dot", item.span,
                 "the dot before " + in_backquotes(text.substr(dot + 2)) + " matches any byte")
        .fix = shown_regex(fixed, item.span);
}

void warn_about_twins(const OriginList& list, Report& report) {
    std::unordered_map<std::string_view, const OriginItem*> https;
    for (const OriginItem& item : list.items) {
        if (item.pattern.kind() == Kind::exact && item.pattern.scheme() == "https")
            https.emplace(std::string_view(item.pattern.text()).substr(8), &item);
    }
    for (const OriginItem& item : list.items) {
        if (item.pattern.kind() != Kind::exact || item.pattern.scheme() != "http" || item.pattern.is_loopback())
            continue;
        const auto twin = https.find(std::string_view(item.pattern.text()).substr(7));
        if (twin == https.end()) continue;
        Diagnostic& problem =
            report.warning("origin-http-twin", item.span,
                           in_backquotes(item.pattern.text()) +
                               " is the same site without TLS: whoever is on the network can speak for it");
        problem.fix = "remove it";
        problem.related = twin->second->span;
        problem.related_message = "its https twin is here";
    }
}

/// One origin that a wildcard pattern stands for, in the middle of what it admits.
std::string representative(const cors::OriginPattern& pattern) {
    const bool subdomains = pattern.kind() == Kind::subdomains || pattern.kind() == Kind::subdomains_any_port;
    std::string text = pattern.scheme() + "://" + (subdomains ? "qzxw." : "") + pattern.host();
    if (pattern.has_any_port()) return text + ":49153";
    return pattern.port() == 0 ? text : text + ":" + std::to_string(pattern.port());
}

/// The texts of wildcard patterns that admit an exact origin, if a list has them.
std::vector<std::string> wildcards_over(const cors::OriginPattern& exact) {
    const std::string scheme = exact.scheme() + "://";
    const std::string port = exact.port() == 0 ? "" : ":" + std::to_string(exact.port());
    std::vector<std::string> texts{scheme + exact.host() + ":*"};
    if (exact.host_kind() != cors::HostKind::domain) return texts;
    for (std::size_t dot = exact.host().find('.'); dot != std::string::npos; dot = exact.host().find('.', dot + 1)) {
        const std::string parent = scheme + "*." + exact.host().substr(dot + 1);
        texts.push_back(parent + port);
        texts.push_back(parent + ":*");
    }
    return texts;
}

void warn_about_redundancy(const OriginList& list, Report& report) {
    if (list.has(Risk::any)) return;
    std::unordered_map<std::string_view, const OriginItem*> wildcards;
    for (const OriginItem& item : list.items) {
        if (item.pattern.is_wildcard() || item.pattern.has_any_port()) wildcards.emplace(item.pattern.text(), &item);
    }
    if (wildcards.empty()) return;
    for (const OriginItem& item : list.items) {
        if (item.pattern.kind() != Kind::exact) continue;
        const OriginItem* first = nullptr;
        for (const std::string& text : wildcards_over(item.pattern)) {
            const auto found = wildcards.find(text);
            if (found != wildcards.end() && (first == nullptr || found->second < first)) first = found->second;
        }
        if (first == nullptr) continue;
        Diagnostic& problem = report.warning("origin-redundant", item.span,
                                             in_backquotes(item.pattern.text()) + " is admitted by " +
                                                 in_backquotes(first->pattern.text()) + " already");
        problem.related = first->span;
        problem.related_message = "it is here";
    }
}

/// Does the set admit all that the pattern does? For a regex only the same text is sure to.
bool covers(const cors::OriginSet& set, const cors::OriginPattern& pattern) {
    if (set.any()) return true;
    if (pattern.kind() == Kind::any) return false;
    if (pattern.kind() == Kind::null) return set.allows_null();
    const std::string probe = pattern.kind() == Kind::exact   ? pattern.text()
                              : pattern.kind() == Kind::regex ? ""
                                                              : representative(pattern);
    if (const auto origin = cors::parse_origin(probe); origin && set.admits(*origin)) return true;
    if (pattern.kind() != Kind::regex) return false;
    return set.has_regex(pattern.text());
}

}  // namespace

void warn_about_list(const OriginList& list, Report& report) {
    Strangers strangers(list);
    for (const OriginItem& item : list.items) {
        if (item.pattern.kind() == Kind::regex) warn_about_regex(item, strangers, report);
    }
    warn_about_twins(list, report);
    warn_about_redundancy(list, report);
}

bool admits_more(const cors::OriginSet& one, const cors::OriginSet& other, std::size_t& effort) {
    if (&one.patterns() == &other.patterns()) return false;  // one list, inherited
    for (const cors::OriginPattern& pattern : one.patterns()) {
        if (effort == 0) return false;
        --effort;
        if (!covers(other, pattern)) return true;
    }
    return false;
}

}  // namespace corsd::config
