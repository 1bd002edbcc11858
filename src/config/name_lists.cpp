#include "config/name_lists.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <unordered_set>

#include "base/ascii.hpp"
#include "base/wording.hpp"
#include "config/fields.hpp"

namespace corsd::config {

namespace {

constexpr std::array<std::string_view, 7> kKnownMethods{"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"};
// Fetch section 2.2.1, "forbidden method".
constexpr std::array<std::string_view, 3> kForbiddenMethods{"CONNECT", "TRACE", "TRACK"};
// Fetch section 2.2.2, "forbidden request-header": a page cannot set them, so allowing them means nothing.
constexpr std::array<std::string_view, 22> kForbiddenHeaders{"accept-charset",
                                                             "accept-encoding",
                                                             "access-control-request-headers",
                                                             "access-control-request-method",
                                                             "access-control-request-private-network",
                                                             "connection",
                                                             "content-length",
                                                             "cookie",
                                                             "cookie2",
                                                             "date",
                                                             "dnt",
                                                             "expect",
                                                             "host",
                                                             "keep-alive",
                                                             "origin",
                                                             "referer",
                                                             "set-cookie",
                                                             "te",
                                                             "trailer",
                                                             "transfer-encoding",
                                                             "upgrade",
                                                             "via"};
// Fetch section 2.2.2, "CORS-safelisted response-header name".
constexpr std::array<std::string_view, 7> kSafelistedResponse{
    "cache-control", "content-language", "content-length", "content-type", "expires", "last-modified", "pragma"};

template <std::size_t size>
bool is_in(const std::array<std::string_view, size>& names, std::string_view name) noexcept {
    return std::any_of(names.begin(), names.end(), [&](std::string_view known) { return ascii::iequals(known, name); });
}

bool has_prefix(std::string_view name, std::string_view prefix) noexcept {
    return ascii::iequals(name.substr(0, prefix.size()), prefix);
}

/// The names in a text that is none: `GET, POST` and `GET POST` are two, `X-A: value` is one with what does not belong
/// there.
std::string names_meant(std::string_view text) {
    if (text.empty()) return "remove it";
    const std::string_view before = text.substr(0, text.find(':'));
    if (before.size() < text.size()) return ascii::is_token(before) ? std::string(before) : std::string{};
    std::string names;
    while (!text.empty()) {
        const std::string_view name = text.substr(0, text.find_first_of(", \t"));
        text.remove_prefix(std::min(name.size() + 1, text.size()));
        if (name.empty()) continue;
        if (!ascii::is_token(name)) return {};
        append_to_list(names, name);
    }
    return names.empty() ? "remove it" : "an element for each: " + names;
}

/// Checks one name; true when it may go into the list.
using Check = bool (*)(const Node& item, Report& report);

bool is_star(const Node& item) noexcept {
    return item.text == "*";
}

/// What all three lists have in common: elements are tokens, "*" is written and not put in, none is there twice.
NameList read_names(const Node& value, Check check, Context& context) {
    NameList list;
    std::unordered_set<std::string_view> seen;
    for (const Node* item : text_items(value, context)) {
        if (is_star(*item) && !item->written.empty() && !item->written[0]) {
            context.report
                .error("substituted-syntax", item->span, "a \"*\" that comes out of a substitution is not taken as one")
                .fix = "write \"*\" in the file";
        } else if (!ascii::is_token(item->text)) {
            const std::size_t bad = static_cast<std::size_t>(
                std::find_if_not(item->text.begin(), item->text.end(), ascii::is_tchar) - item->text.begin());
            Diagnostic& problem = context.report.error(
                "not-a-token", item->at(bad),
                item->text.empty() ? "an empty text is no name of a method or header"
                                   : in_backquotes(item->text) + " is no name of a method or header");
            problem.fix = names_meant(item->text);
        } else if (check(*item, context.report)) {
            if (!seen.insert(item->text).second) {
                context.report.warning("name-duplicate", item->span,
                                       in_backquotes(item->text) + " is in this list already");
                continue;
            }
            list.names.push_back(item->text);
            list.spans.push_back(item->span);
        }
    }
    return list;
}

bool check_method(const Node& item, Report& report) {
    if (is_in(kForbiddenMethods, item.text)) {
        report
            .error("method-forbidden", item.span,
                   in_backquotes(item.text) + " can never be allowed: no browser lets a page send it")
            .fix = "remove it";
        return false;
    }
    for (const std::string_view known : kKnownMethods) {
        if (item.text != known && ascii::iequals(item.text, known)) {
            report
                .error("method-case", item.span,
                       "methods are case-sensitive: " + in_backquotes(item.text) + " is not " + in_backquotes(known))
                .fix = known;
            return false;
        }
    }
    if (item.text == "OPTIONS") {
        report
            .warning(
                "method-options", item.span,
                "OPTIONS need not be listed: preflights are answered, other OPTIONS are never refused for their method")
            .fix = "remove it";
    }
    return true;
}

bool check_allow_header(const Node& item, Report& report) {
    if (is_in(kForbiddenHeaders, item.text) || has_prefix(item.text, "sec-") || has_prefix(item.text, "proxy-")) {
        report
            .error("header-forbidden", item.span,
                   in_backquotes(item.text) + " is a header that no page can set, so it cannot be allowed")
            .fix = "remove it";
        return false;
    }
    if (has_prefix(item.text, "access-control-")) {
        report
            .error("header-is-response", item.span,
                   in_backquotes(item.text) + " is a response header of CORS itself; pages do not send it")
            .fix = "remove it";
        return false;
    }
    return true;
}

bool check_expose_header(const Node& item, Report& report) {
    const bool cookie = ascii::equals_lower(item.text, "set-cookie") || ascii::equals_lower(item.text, "set-cookie2");
    if (cookie || ascii::equals_lower(item.text, "origin") || has_prefix(item.text, "access-control-")) {
        report
            .error("expose-forbidden", item.span,
                   cookie ? in_backquotes(item.text) + " can never be read by a page"
                          : in_backquotes(item.text) + " is no header to expose")
            .fix = "remove it";
        return false;
    }
    if (is_in(kSafelistedResponse, item.text)) {
        report.warning("expose-safelisted", item.span, "every page may read " + in_backquotes(item.text) + " anyway")
            .fix = "remove it";
    }
    return true;
}

/// The place of "*" when it is not alone among names other than `friendly`; else nowhere.
SourceSpan crowded_star(const NameList& list, std::string_view friendly) {
    SourceSpan star;
    bool others = false;
    for (std::size_t i = 0; i < list.names.size(); ++i) {
        if (list.names[i] == "*") {
            star = list.spans[i];
        } else {
            others = others || !ascii::equals_lower(list.names[i], friendly);
        }
    }
    return others ? star : SourceSpan{};
}

}  // namespace

std::string method_meant(std::string_view text) {
    const auto* known = std::find_if(kKnownMethods.begin(), kKnownMethods.end(),
                                     [&](std::string_view one) { return ascii::iequals(one, text); });
    return std::string(known == kKnownMethods.end() ? text : *known);
}

NameList read_methods(const Node& value, Context& context) {
    NameList list = read_names(value, check_method, context);
    if (value.kind == Node::Kind::sequence && value.items.empty()) {
        context.report.error("methods-empty", value.span, "an empty list of methods would allow nothing").fix = "[GET]";
    }
    if (const SourceSpan star = crowded_star(list, ""); star.known()) {
        context.report
            .error("method-any-beside-others", star, "\"*\" means any method: other names beside it mean nothing")
            .fix = "\"*\" alone, or the list without it";
    }
    return list;
}

NameList read_allow_headers(const Node& value, Context& context) {
    NameList list = read_names(value, check_allow_header, context);
    if (const SourceSpan star = crowded_star(list, "authorization"); star.known()) {
        context.report
            .error("header-any-beside-others", star,
                   "\"*\" means any header but Authorization: other names beside it mean nothing")
            .fix = "[\"*\", Authorization], \"*\" alone, or the list without it";
    } else if (list.names.size() == 1 && list.names.front() == "*") {
        context.report
            .warning("header-any-without-authorization", list.spans.front(), "\"*\" never covers Authorization")
            .fix = "[\"*\", Authorization] if pages send it";
    }
    return list;
}

NameList read_expose_headers(const Node& value, Context& context) {
    NameList list = read_names(value, check_expose_header, context);
    if (const SourceSpan star = crowded_star(list, ""); star.known()) {
        context.report
            .error("expose-any-beside-others", star, "\"*\" means any header: other names beside it mean nothing")
            .fix = "\"*\" alone, or the list without it";
    }
    return list;
}

}  // namespace corsd::config
