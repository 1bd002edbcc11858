#include "config/validate.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "base/wording.hpp"
#include "route/resource_table.hpp"

namespace corsd::config {

namespace {

/// What credentials turn into an error; both lines are named, wherever they were inherited from.
struct CredentialRule {
    Risk risk;
    std::string_view code, message, fix;
    std::string_view handshake;  // the message where a WebSocket handshake brings the credentials
};
constexpr std::array<CredentialRule, 5> kWithCredentials{{
    {Risk::any, "origin-any-with-credentials",
     "browsers refuse \"*\" with credentials, and every site would act as the user",
     "list the origins, or credentials: false", "with \"*\" every site could open a WebSocket as the user"},
    {Risk::null, "origin-null-with-credentials",
     "any page can make itself the origin \"null\"; with credentials it would act as the user",
     "remove it, or credentials: false",
     "any page can make itself the origin \"null\", and open a WebSocket as the user"},
    {Risk::any_host, "origin-any-host-with-credentials",
     "this pattern admits every host; with credentials every site would act as the user",
     "name the domain in the pattern", "this pattern admits every host: every site could open a WebSocket as the user"},
    {Risk::insecure, "origin-insecure-with-credentials",
     "whoever is on the network can speak for an origin that is not https; with credentials they would act as the user",
     "use https, or dangerously_allow: [insecure_origin_with_credentials]",
     "whoever is on the network can speak for an origin that is not https, and open a WebSocket as the user"},
    {Risk::public_suffix, "origin-public-suffix-with-credentials",
     "below this suffix anybody can have a name of their own; with credentials all of them would act as the user",
     "name your own domain, or dangerously_allow: [public_suffix_wildcard]",
     "below this suffix anybody can have a name of their own, and open a WebSocket as the user"},
}};

constexpr unsigned kNullRefused = 1U << 8U, kForWebSockets = 1U << 9U;  // beside a set of Risk

bool permitted(const Permissions& permissions, Risk risk) noexcept {
    return (risk == Risk::insecure && permissions.insecure_origin_with_credentials) ||
           (risk == Risk::public_suffix && permissions.public_suffix_wildcard);
}

void judge_item(const PolicyDraft& draft, const OriginItem& item, Report& report) {
    const bool credentials = draft.source.credentials == cors::Option::on;
    if (item.has(Risk::null) && !draft.permissions.null_origin) {
        Diagnostic& problem =
            report.error("origin-null-not-permitted", item.span,
                         "any page can make itself the origin \"null\" (sandboxed frames, data: URLs)");
        problem.fix = "remove it, or add dangerously_allow: [null_origin] beside it";
        if (draft.permissions_span.known()) {
            problem.related = draft.permissions_span;
            problem.related_message = "the permissions here do not name null_origin";
        }
    }
    if (!credentials) return;
    for (const CredentialRule& rule : kWithCredentials) {
        if (!item.has(rule.risk) || permitted(draft.permissions, rule.risk)) continue;
        Diagnostic& problem = report.error(rule.code, item.span, std::string(rule.message));
        problem.fix = rule.fix;
        problem.related = draft.credentials_span;
        problem.related_message = "credentials are allowed here";
    }
}

// N43: a handshake always carries cookies, so its list is judged as if with credentials.
void judge_websocket_item(const PolicyDraft& draft, const OriginItem& item, Report& report) {
    for (const CredentialRule& rule : kWithCredentials) {
        if (!item.has(rule.risk) || permitted(draft.permissions, rule.risk)) continue;
        Diagnostic& problem = report.error(rule.code, item.span, std::string(rule.handshake));
        problem.fix = rule.fix.substr(0, rule.fix.find(", or credentials"));
        problem.related = draft.source.websocket_origins_span;
        problem.related_message = "WebSocket handshakes always carry cookies";
    }
}

}  // namespace

std::uint8_t refused_with_credentials(const Permissions& permissions) noexcept {
    unsigned risks = 0;
    for (const CredentialRule& rule : kWithCredentials) {
        if (!permitted(permissions, rule.risk)) risks |= static_cast<unsigned>(rule.risk);
    }
    return static_cast<std::uint8_t>(risks);
}

void judge_policy(const PolicyDraft& draft, OriginLists& lists, Report& report) {
    // Which risks are refused here; what does not have them is not looked through, and nothing is twice.
    const unsigned with_credentials = refused_with_credentials(draft.permissions);
    unsigned refused = draft.source.credentials == cors::Option::on ? with_credentials : 0U;
    unsigned conditions = refused;
    if (!draft.permissions.null_origin) {
        refused |= static_cast<unsigned>(Risk::null);
        conditions |= kNullRefused;
    }
    if ((draft.origins->risks & refused) != 0 && lists.is_news(draft.origins, conditions)) {
        for (const std::size_t index : draft.origins->risky)
            judge_item(draft, draft.origins->items[index], report);
    }
    const auto& websockets = draft.websocket_origins;
    if (websockets != nullptr && (websockets->risks & with_credentials) != 0 &&
        lists.is_news(websockets, with_credentials | kForWebSockets)) {
        for (const std::size_t index : websockets->risky)
            judge_websocket_item(draft, websockets->items[index], report);
    }
    const bool exposes_any = !draft.source.expose_headers.empty() && draft.source.expose_headers.front() == "*";
    if (exposes_any && draft.source.credentials == cors::Option::on) {
        Diagnostic& problem = report.error("expose-any-with-credentials", draft.expose_span,
                                           "with credentials browsers read \"*\" as a header of that name");
        problem.fix = "list the headers, or credentials: false";
        problem.related = draft.credentials_span;
        problem.related_message = "credentials are allowed here";
    }
}

void warn_about_permissions(const PolicyDraft& draft, Report& report) {
    const bool credentials = draft.source.credentials == cors::Option::on;
    // Without a list of their own WebSockets take from `origins` what the permission lets through.
    const OriginList& websockets = draft.websocket_origins != nullptr ? *draft.websocket_origins : *draft.origins;
    const auto needs = [&](Risk risk) { return (credentials && draft.origins->has(risk)) || websockets.has(risk); };
    const bool unneeded_null = draft.permissions.null_origin && !draft.origins->has(Risk::null);
    const bool unneeded_insecure = draft.permissions.insecure_origin_with_credentials && !needs(Risk::insecure);
    const bool unneeded_suffix = draft.permissions.public_suffix_wildcard && !needs(Risk::public_suffix);
    if (!unneeded_null && !unneeded_insecure && !unneeded_suffix) return;
    const std::string name = unneeded_null       ? "null_origin"
                             : unneeded_insecure ? "insecure_origin_with_credentials"
                                                 : "public_suffix_wildcard";
    report.warning("permission-unneeded", draft.permissions_span, "nothing here needs " + in_backquotes(name)).fix =
        "remove it";
}

void judge_entries(const std::vector<PolicyDraft>& entries, Report& report) {
    std::unordered_map<std::string, SourceSpan> owners;
    for (const PolicyDraft& entry : entries) {
        if (entry.source.methods.any()) {
            report
                .error("entry-any-method", entry.source.methods_span,
                       "an entry of a list names its methods; \"*\" would take those of the others")
                .fix = "list the methods";
        }
        const std::vector<std::string>& names = entry.source.methods.names();
        for (std::size_t i = 0; i < names.size(); ++i) {
            const SourceSpan span = i < entry.method_spans.size() ? entry.method_spans[i] : entry.source.methods_span;
            const auto [owner, is_new] = owners.emplace(names[i], span);
            if (is_new) continue;
            Diagnostic& problem =
                report.error("method-in-two-entries", span, in_backquotes(names[i]) + " is in another entry already");
            problem.related = owner->second;
            problem.related_message = "it is here";
        }
    }
    const auto get = owners.find("GET");
    const auto head = owners.find("HEAD");
    if (get == owners.end() || head == owners.end()) return;
    for (const PolicyDraft& entry : entries) {
        if (entry.source.methods.lists("GET") == entry.source.methods.lists("HEAD")) continue;
        Diagnostic& problem = report.error("head-without-get", head->second, "HEAD belongs to the entry that has GET");
        problem.fix = "remove HEAD here: the entry with GET covers it";
        problem.related = get->second;
        problem.related_message = "GET is here";
        return;
    }
}

void judge_ties(const std::vector<route::PathPattern>& patterns, const std::vector<SourceSpan>& spans, Report& report) {
    for (const route::ResourceTable::Tie& tie : route::ResourceTable::ties(patterns)) {
        const std::size_t later = std::max(tie.first, tie.second);
        const std::size_t earlier = std::min(tie.first, tie.second);
        Diagnostic& problem =
            report.error("resource-tie", spans[later],
                         in_backquotes(patterns[later].text()) + " and " + in_backquotes(patterns[earlier].text()) +
                             " match some path alike, and nothing says which of them governs it");
        problem.fix = "make one of them more specific";
        problem.related = spans[earlier];
        problem.related_message = "the other one is here";
    }
}

void judge_hosts(const std::vector<HostClaim>& claims, Report& report) {
    std::unordered_map<std::string, const HostClaim*> owners;
    for (const HostClaim& claim : claims) {
        const auto [owner, is_new] = owners.emplace(claim.host, &claim);
        if (is_new || owner->second->site == claim.site) continue;
        Diagnostic& problem = report.error(
            "host-claimed-twice", claim.span,
            claim.host.empty() ? "two sites without `hosts` and `public_origin` would both answer for every host"
                               : "another site answers for the host " + in_backquotes(claim.host) + " already");
        problem.related = owner->second->span;
        problem.related_message = "it is here";
    }
}

}  // namespace corsd::config
