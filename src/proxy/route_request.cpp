#include "proxy/route_request.hpp"

#include "base/ascii.hpp"
#include "http/list.hpp"
#include "proxy/edition.hpp"
#include "proxy/worker.hpp"

namespace corsd::proxy {

namespace {

using http::FieldId;
using http::ParseFailure;

constexpr ParseFailure kFine{};

/// N0: what a trusted proxy says replaces what was received.
void believe(Context& context, const config::Snapshot& snapshot) {
    const config::Config& config = snapshot.config();
    context.peer = !config.trusted_proxies.empty() && snapshot.trusts(context.exchange->client().ip) ? Peer::trusted
                                                                                                     : Peer::untrusted;
    context.scheme = "http";
    context.forwarded = {};
    if (context.peer == Peer::untrusted) return;
    context.forwarded = http::read_forwarded(context.exchange->head().fields);
    if (!context.forwarded.proto.empty()) {
        context.scheme = ascii::equals_lower(context.forwarded.proto, "https") ? "https" : "http";
    }
    if (config.headers.trust_forwarded_host == config::TrustForwardedHost::no) context.forwarded.host = {};
    if (!context.forwarded.host.empty()) {
        http::Authority authority;
        if (http::parse_authority(context.forwarded.host, authority)) {
            context.target.authority = authority;
        } else {
            context.forwarded.host = {};
        }
    }
}

void normalise_host(Context& context) {
    std::string_view host = context.target.authority.host;
    if (host.size() > 1 && host.back() == '.') host.remove_suffix(1);
    context.host_storage.clear();
    for (const char c : host)
        context.host_storage.push_back(ascii::to_lower(c));
}

[[nodiscard]] bool looped(const Context& context) {
    const std::string_view name = context.worker->via_name();
    for (const http::Field& field : context.exchange->head().fields) {
        if (field.id == FieldId::via && field.value.find(name) != std::string_view::npos) return true;
    }
    return false;
}

}  // namespace

ParseFailure route_request(Context& context, std::string& detail) {
    const config::Snapshot& snapshot = context.edition->snapshot();
    ParseFailure failure;
    if (!http::split_target(context.exchange->head(), context.target, failure)) return failure;
    if (looped(context)) return {Reason::loop_detected, "the request came back to the corsd that forwarded it"};
    believe(context, snapshot);
    normalise_host(context);

    const config::Snapshot::SiteFound found = snapshot.match(context.host_storage);
    if (found.site == nullptr) {
        detail = "no site answers for the host \"" + context.host_storage +
                 "\"; to serve it, add it to a site: hosts: [\"" + context.host_storage + "\"]";
        return {Reason::unknown_host, detail.c_str()};
    }
    context.site = found.site;
    const cors::OwnOrigin guessed{cors::OwnOrigin::Known::guessed, context.scheme, context.host_storage,
                                  context.target.authority.port};
    context.question.own = found.site->own_origin(found.how, context.host_storage, guessed);

    if (context.target.form == http::TargetForm::asterisk) {
        context.path = "*";
        context.governed = found.site->unmatched().governed;
        context.upstream = found.site->unmatched().upstream;
        context.first_policy = found.site->unmatched().first_policy;
        return kFine;
    }
    const route::PathProblem problem =
        route::canonical_path(context.target.path, snapshot.config().paths, context.path_storage, context.path);
    if (problem != route::PathProblem::none) return {Reason::path_ambiguous, route::describe(problem).data()};
    const config::ServingSite::Match match = found.site->match(context.path);
    context.governed = match.governed;
    context.upstream = match.upstream;
    context.first_policy = match.first_policy;
    return kFine;
}

void ask(Context& context) {
    cors::Question& question = context.question;
    question.method = context.exchange->head().method;
    for (const http::Field& field : context.exchange->head().fields) {
        switch (field.id) {
            case FieldId::origin:
                question.origin.push_back(field.value);
                break;
            case FieldId::access_control_request_method:
                question.request_method.push_back(field.value);
                break;
            case FieldId::access_control_request_headers:
                question.request_headers.push_back(field.value);
                break;
            case FieldId::access_control_request_private_network:
                question.request_private_network.push_back(field.value);
                break;
            case FieldId::sec_fetch_site:
                question.fetch_site.push_back(field.value);
                break;
            case FieldId::sec_fetch_mode:
                question.fetch_mode.push_back(field.value);
                break;
            case FieldId::upgrade:
                question.upgrade.push_back(field.value);
                break;
            case FieldId::method_override:
                question.method_override.push_back(field.value);
                break;
            default:
                break;
        }
    }
}

}  // namespace corsd::proxy
