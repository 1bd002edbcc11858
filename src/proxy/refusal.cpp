#include "proxy/refusal.hpp"

#include <string_view>

#include "base/ascii.hpp"
#include "base/wording.hpp"

namespace corsd::proxy {

namespace {

/// Enough to recognise it, not enough to be a nuisance.
constexpr std::size_t kShown = 120;

std::string in_quotes(std::string_view text) {
    std::string out = "\"";
    out.append(text.substr(0, kShown)).append(text.size() > kShown ? "…\"" : "\"");
    return out;
}

std::string resource_name(const Inquiry& inquiry) {
    if (inquiry.governed->pattern.empty()) return "the default of paths that no resource matches";
    return "the resource " + in_quotes(inquiry.governed->pattern);
}

std::string to_allow_it(const Inquiry& inquiry, std::string_view key) {
    std::string remedy = "; to allow it, ";
    remedy.append(inquiry.governed->pattern.empty() ? "add a resource for this path with it in " : "add it to ");
    return remedy.append(key);
}

std::string first_line(const cors::Question::Lines& lines) {
    return lines.empty() ? std::string{"\"\""} : in_quotes(lines.front());
}

std::string list_with(std::string_view key, std::string list, std::string_view added) {
    append_to_list(list, added);
    return std::string{key} + ": [" + list + "]";
}

std::string method_refusal(const Inquiry& inquiry, std::string_view method) {
    const cors::Verdict& verdict = inquiry.verdict;
    std::string sentence = "method " + in_quotes(method) + " is not allowed by " + resource_name(inquiry);
    const std::string& allowed = verdict.policy->allow_methods_value();
    std::string upper{method};
    for (char& c : upper)
        c = ascii::to_upper(c);
    if (upper != method && verdict.policy->source().methods.lists(upper)) {
        return sentence + "; methods are case-sensitive: send " + in_quotes(upper);
    }
    return sentence + "; to allow it: " + list_with("methods", allowed, in_quotes(method));
}

std::string header_refusal(const Inquiry& inquiry) {
    const cors::Verdict& verdict = inquiry.verdict;
    const std::string present = comma_list(verdict.policy->source().allow_headers.names());
    return "request header " + in_quotes(verdict.culprit) + " is not allowed by " + resource_name(inquiry) +
           "; to allow it: " + list_with("allow_headers", present, in_quotes(verdict.culprit));
}

}  // namespace

std::string refused_origin(const Inquiry& inquiry) {
    const char* what = inquiry.verdict.reason == Reason::websocket_origin ? "a WebSocket from origin " : "origin ";
    return what + first_line(inquiry.question.origin) + " is not allowed by " + resource_name(inquiry);
}

std::string refusal_detail(const Inquiry& inquiry) {
    const cors::Verdict& verdict = inquiry.verdict;
    const std::string_view culprit = verdict.culprit;
    switch (verdict.reason) {
        case Reason::origin_malformed:
            return "the Origin " + first_line(inquiry.question.origin) + " is not a valid origin";
        case Reason::origin_null:
            return "the Origin is \"null\" (a sandboxed frame, a file, a redirect across origins), which " +
                   resource_name(inquiry) + " does not allow";
        case Reason::origin_not_allowed:
            return refused_origin(inquiry) + to_allow_it(inquiry, "origins");
        case Reason::websocket_origin:
            return refused_origin(inquiry) + to_allow_it(inquiry, "websocket_origins");
        case Reason::origin_missing:
            if (!inquiry.question.upgrade.empty()) {
                return "a WebSocket handshake without Origin, which " + resource_name(inquiry) +
                       " does not allow (websocket_origin_required)";
            }
            return "a request of another site with an unsafe method and without Origin: browsers always send one";
        case Reason::origin_repeated:
            return "there is more than one Origin header field";
        case Reason::method_not_allowed:
            return method_refusal(inquiry, culprit);
        case Reason::override_not_allowed:
            return "the method override " + in_quotes(culprit) + " is not allowed by " + resource_name(inquiry);
        case Reason::header_not_allowed:
            return header_refusal(inquiry);
        case Reason::headers_too_many:
            return "Access-Control-Request-Headers is too long or names too many headers";
        default:
            return {};
    }
}

}  // namespace corsd::proxy
