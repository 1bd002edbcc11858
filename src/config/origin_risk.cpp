// What only this room knows about origin patterns: the public suffix list, punycode, and the words of diagnostics.
#include <idn2.h>
#include <libpsl.h>

#include <algorithm>
#include <variant>

#include "config/origin_list.hpp"

namespace corsd::config {

namespace {

/// A wildcard over `host` spans domains of different owners: `host` is a public suffix (unknown TLDs are not), or the
/// list has a rule of one more label below it.
bool is_public_suffix(std::string_view host) {
    if (host.ends_with('.')) host.remove_suffix(1);
    if (has_public_suffix_below(host)) return true;
    const psl_ctx_t* list = psl_builtin();
    if (list == nullptr) return false;
    constexpr int kKnownOnly = PSL_TYPE_ANY | PSL_TYPE_NO_STAR_RULE;
    const std::string name(host);
    return psl_is_public_suffix2(list, name.c_str(), kKnownOnly) == 1 ||
           psl_is_public_suffix2(list, ("any." + name).c_str(), kKnownOnly) == 1;
}

/// The text with its non-ASCII host as browsers send it; empty when there is no such form.
std::string with_punycode(std::string_view text) {
    const std::size_t start = text.find("://");
    if (start == std::string_view::npos) return {};
    const std::size_t host = text.substr(start + 3).starts_with("*.") ? start + 5 : start + 3;
    const std::size_t end = std::min(text.find_first_of(":/?#", host), text.size());
    char* ascii_form = nullptr;
    const int status = idn2_to_ascii_8z(std::string(text.substr(host, end - host)).c_str(), &ascii_form,
                                        IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    std::string result;
    if (status == IDN2_OK) result = std::string(text.substr(0, host)) + ascii_form + std::string(text.substr(end));
    idn2_free(ascii_form);
    // What is wrong beside the host is mended too, or nothing is shown.
    const auto parsed = cors::OriginPattern::parse(result);
    const auto* error = std::get_if<cors::OriginPatternError>(&parsed);
    return error == nullptr ? result : error->fix;
}

}  // namespace

std::string shown_regex(std::string_view pattern, const SourceSpan& place) {
    // In the configuration itself, file 0, YAML's double quotes would take the backslashes for theirs.
    if (place.file != 0) return std::string(pattern);
    std::string quoted = "'";
    for (const char c : pattern)
        quoted += c == '\'' ? std::string("''") : std::string(1, c);
    return quoted + '\'';
}

std::uint8_t risks_of(const cors::OriginPattern& pattern) {
    using Kind = cors::OriginPattern::Kind;
    std::uint8_t risks = 0;
    const auto add = [&](Risk risk) { risks = static_cast<std::uint8_t>(risks | static_cast<std::uint8_t>(risk)); };
    if (pattern.kind() == Kind::any) {
        add(Risk::any);
    } else if (pattern.kind() == Kind::null) {
        add(Risk::null);
    } else {
        const bool subdomains = pattern.kind() == Kind::subdomains || pattern.kind() == Kind::subdomains_any_port;
        if (pattern.kind() == Kind::regex && pattern.admits_any_host()) add(Risk::any_host);
        const bool loopback = pattern.is_loopback();
        if (!pattern.is_https() && !loopback) add(Risk::insecure);
        if (loopback) add(Risk::loopback);
        if (subdomains && is_public_suffix(pattern.host())) add(Risk::public_suffix);
    }
    return risks;
}

Diagnostic& report_pattern_error(const cors::OriginPatternError& error, std::string_view text, const SourceSpan& place,
                                 Report& report) {
    std::string code(cors::to_string(error.code));
    std::replace(code.begin(), code.end(), '_', '-');
    Diagnostic& problem = report.error(code, place, error.message);
    problem.fix = error.fix;
    const std::string& international =
        error.fix.empty() && error.code == cors::OriginPatternError::Code::non_ascii ? std::string(text) : error.fix;
    if (std::any_of(international.begin(), international.end(), [](char c) { return (c & 0x80) != 0; }))
        problem.fix = with_punycode(international);
    if (problem.fix.starts_with('~')) problem.fix = shown_regex(problem.fix, place);
    return problem;
}

}  // namespace corsd::config
