#include "cors/own_origin.hpp"

#include <algorithm>

#include "base/ascii.hpp"

namespace corsd::cors {
namespace {

FetchSite fetch_site(const Question::Lines& lines) noexcept {
    if (lines.size() != 1) return FetchSite::absent;
    if (lines[0] == "none") return FetchSite::none;
    if (lines[0] == "same-origin") return FetchSite::same_origin;
    if (lines[0] == "same-site") return FetchSite::same_site;
    if (lines[0] == "cross-site") return FetchSite::cross_site;
    return FetchSite::absent;
}

bool is_own(const Origin& origin, const OwnOrigin& own) noexcept {
    if (own.host.empty() || origin.host != own.host) return false;
    const bool declared = own.known == OwnOrigin::Known::declared;
    if (declared && origin.scheme != own.scheme) return false;
    const bool default_written =
        own.port == default_port(own.scheme) || (!declared && own.port == default_port(origin.scheme));
    return origin.port == (default_written ? 0 : own.port);
}

// N4. Where both are known, Origin is believed and Sec-Fetch-Site only counts when it agrees: a proxy that rewrites one
// of them must not turn a foreign page into our own.
Relation relation(const Caller& caller, const OwnOrigin& own) noexcept {
    const bool says_same = caller.site == FetchSite::same_origin;
    const bool says_none = caller.site == FetchSite::none;
    switch (caller.form) {
        case OriginForm::absent:
            return says_same || says_none ? Relation::same_origin : Relation::no_origin;
        case OriginForm::null:
            return says_same || says_none ? Relation::same_origin : Relation::cross_origin;
        case OriginForm::malformed:
            return Relation::cross_origin;
        case OriginForm::valid:
            break;
    }
    if (is_own(caller.origin, own)) {
        return caller.site == FetchSite::absent || says_same || says_none ? Relation::same_origin
                                                                          : Relation::cross_origin;
    }
    return says_same && own.known == OwnOrigin::Known::guessed ? Relation::same_origin : Relation::cross_origin;
}

// Upgrade = #protocol, protocol = name [ "/" version ] (RFC 9110 section 7.8).
bool names_websocket(std::string_view value) noexcept {
    for (;;) {
        const std::size_t comma = value.find(',');
        const std::string_view protocol = ascii::trim_ows(value.substr(0, comma));
        if (ascii::equals_lower(protocol.substr(0, protocol.find('/')), "websocket")) return true;
        if (comma == std::string_view::npos) return false;
        value.remove_prefix(comma + 1);
    }
}

}  // namespace

bool is_handshake(const Question& question) noexcept {
    return !question.upgrade.empty() && question.method == "GET" &&
           std::any_of(question.upgrade.begin(), question.upgrade.end(), names_websocket);
}

Caller identify(const Question& question) noexcept {
    Caller caller;
    if (!is_handshake(question)) caller.site = fetch_site(question.fetch_site);
    if (!question.origin.empty()) {
        const std::string_view value = question.origin.front();
        if (value == "null") {
            caller.form = OriginForm::null;
        } else if (const auto origin = parse_origin(value)) {
            caller.form = OriginForm::valid;
            caller.origin = *origin;
        } else {
            caller.form = OriginForm::malformed;
        }
    }
    caller.relation = relation(caller, question.own);
    return caller;
}

bool is_navigation(const Question& question) noexcept {
    return question.fetch_mode.size() == 1 && question.fetch_mode.front() == "navigate";
}

}  // namespace corsd::cors
