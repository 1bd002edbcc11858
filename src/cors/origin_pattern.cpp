#include "cors/origin_pattern.hpp"

#include <re2/re2.h>

#include <array>
#include <cctype>

#include "base/ascii.hpp"

namespace corsd::cors {
namespace {

bool starts_with(std::string_view text, std::string_view prefix) noexcept {
    return text.substr(0, prefix.size()) == prefix;
}

// What a text may end in without a change of host: an optional or arbitrary port.
std::string_view without_port(std::string_view pattern) noexcept {
    constexpr std::array<std::string_view, 6> kPorts = {"(:\\d+)?",     "(?::\\d+)?", "(:[0-9]+)?",
                                                        "(?::[0-9]+)?", ":\\d+",      ":[0-9]+"};
    if (!pattern.empty() && pattern.back() == '$') pattern.remove_suffix(1);
    for (const std::string_view port : kPorts) {
        if (pattern.size() > port.size() && pattern.substr(pattern.size() - port.size()) == port) {
            pattern.remove_suffix(port.size());
            break;
        }
    }
    return pattern;
}

// A regex is on this machine when it is one loopback origin, written out, with any port.
bool is_loopback_regex(const re2::RE2& regex, std::string_view beginning) {
    for (const std::string_view scheme : {"http", "https"}) {
        for (const std::string_view host : {"localhost", "127.0.0.1", "[::1]"}) {
            const std::string origin = std::string(scheme) + "://" + std::string(host);
            if (starts_with(beginning, origin + ":")) return true;
            std::string_view text = without_port(regex.pattern());
            if (starts_with(text, "^")) text.remove_prefix(1);
            if (text == re2::RE2::QuoteMeta(origin) || text == origin) return true;
            std::string unescaped;
            for (const char c : text) {
                if (c != '\\') unescaped += c;
            }
            if (unescaped == origin) return true;
        }
    }
    return false;
}

// Schemes and ports to try a regex with: the usual ones, and whatever its text names.
std::vector<std::string> schemes_of(std::string_view pattern) {
    std::vector<std::string> schemes = {"https", "http", "chrome-extension"};
    for (std::size_t at = pattern.find("://"); at != std::string_view::npos; at = pattern.find("://", at + 1)) {
        std::size_t start = at;
        while (start > 0 && (ascii::is_alnum(pattern[start - 1]) || pattern[start - 1] == '-'))
            --start;
        if (start != at) schemes.emplace_back(pattern.substr(start, at - start));
    }
    return schemes;
}

std::vector<std::string> ports_of(std::string_view pattern) {
    std::vector<std::string> ports = {"", ":1", ":81", ":442", ":3000", ":8080", ":8443", ":65535"};
    for (std::size_t i = 0; i < pattern.size();) {
        std::size_t end = i;
        while (end < pattern.size() && ascii::is_digit(pattern[end]))
            ++end;
        if (end > i && end - i <= 5) ports.push_back(":" + std::string(pattern.substr(i, end - i)));
        i = end + 1;
    }
    return ports;
}

// Whoever admits every host admits these, which have no label in common and look like nobody's.
bool admits_unrelated_hosts(const re2::RE2& regex) {
    for (const std::string& scheme : schemes_of(regex.pattern())) {
        for (const std::string& port : ports_of(regex.pattern())) {
            bool all = true;
            for (const std::string_view host : {"qzvxkj.wqpfgh", "ymuolt.bnd.cxzesr"}) {
                std::string origin = scheme;
                origin.append("://").append(host).append(port);
                all = all && re2::RE2::FullMatch(origin, regex);
            }
            if (all) return true;
        }
    }
    return false;
}

}  // namespace

std::string_view to_string(OriginPatternError::Code code) noexcept {
    static constexpr std::array<std::string_view, 38> kNames = {
        "origin_empty",
        "origin_no_scheme",
        "origin_bad_scheme",
        "origin_scheme_file",
        "origin_userinfo",
        "origin_path",
        "origin_trailing_slash",
        "origin_query",
        "origin_fragment",
        "origin_white_space",
        "origin_control",
        "origin_upper_case",
        "origin_non_ascii",
        "origin_empty_host",
        "origin_empty_label",
        "origin_bad_host_byte",
        "origin_edge_hyphen",
        "origin_label_too_long",
        "origin_host_too_long",
        "origin_last_label_number",
        "origin_ipv4_form",
        "origin_ipv6_form",
        "origin_ipv6_brackets",
        "origin_ipv4_mapped",
        "origin_zone_id",
        "origin_port_empty",
        "origin_port_zero",
        "origin_port_too_big",
        "origin_port_leading_zero",
        "origin_port_not_number",
        "origin_default_port",
        "origin_wildcard_inside",
        "origin_wildcard_partial",
        "origin_wildcard_double",
        "origin_wildcard_before_ip",
        "origin_wildcard_scheme",
        "origin_wildcard_host",
        "origin_comma_list",
    };
    const auto index = static_cast<std::size_t>(code);
    if (index < kNames.size()) return kNames[index];
    switch (code) {
        case OriginPatternError::Code::regex_without_tilde:
            return "origin_regex_without_tilde";
        case OriginPatternError::Code::bad_regex:
            return "origin_bad_regex";
        case OriginPatternError::Code::bare_variable:
            return "origin_bare_variable";
        case OriginPatternError::Code::substituted_syntax:
            return "origin_substituted_syntax";
        default:
            return "origin_group_reference";
    }
}

bool OriginPattern::is_https() const noexcept {
    if (kind_ != Kind::regex) return scheme_ == "https";
    return starts_with(beginning_, "https://");
}

bool OriginPattern::is_loopback() const noexcept {
    if (kind_ == Kind::regex) return is_loopback_regex(*regex_, beginning_);
    return is_loopback_host(host_);
}

bool OriginPattern::admits_any_host() const {
    if (kind_ == Kind::regex) return admits_unrelated_hosts(*regex_);
    return kind_ == Kind::any;
}

bool OriginPattern::matches(const Origin& origin) const noexcept {
    switch (kind_) {
        case Kind::any:
            return true;
        case Kind::null:
            return false;
        case Kind::regex:
            return re2::RE2::FullMatch(re2::StringPiece(origin.text.data(), origin.text.size()), *regex_);
        default:
            break;
    }
    if (origin.scheme != scheme_ || (!has_any_port() && origin.port != port_)) return false;
    if (kind_ == Kind::exact || kind_ == Kind::any_port) return origin.host == host_;
    // N9: one or more whole labels before the suffix; a parsed host has no empty label.
    return origin.kind == HostKind::domain && origin.host.size() > host_.size() + 1 &&
           origin.host.substr(origin.host.size() - host_.size()) == host_ &&
           origin.host[origin.host.size() - host_.size() - 1] == '.';
}

}  // namespace corsd::cors
