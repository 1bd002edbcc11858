#include "proxy/route_request.hpp"

#include "base/ascii.hpp"
#include "http/list.hpp"

namespace corsd::proxy {

namespace {

using http::FieldId;
using http::ParseFailure;

constexpr ParseFailure kFine{};

/// N0: what a trusted proxy says replaces what was received.
void believe(Inquiry& inquiry, const Arrived& arrived, const config::Snapshot& snapshot) {
    const config::Config& config = snapshot.config();
    inquiry.peer = !config.trusted_proxies.empty() && snapshot.trusts(arrived.peer) ? Peer::trusted : Peer::untrusted;
    inquiry.scheme = "http";
    inquiry.forwarded = {};
    if (inquiry.peer == Peer::untrusted) return;
    inquiry.forwarded = http::read_forwarded(arrived.head.fields);
    if (!inquiry.forwarded.proto.empty()) {
        inquiry.scheme = ascii::equals_lower(inquiry.forwarded.proto, "https") ? "https" : "http";
    }
    if (config.headers.trust_forwarded_host == config::TrustForwardedHost::no) inquiry.forwarded.host = {};
    if (!inquiry.forwarded.host.empty()) {
        http::Authority authority;
        if (http::parse_authority(inquiry.forwarded.host, authority)) {
            inquiry.target.authority = authority;
        } else {
            inquiry.forwarded.host = {};
        }
    }
}

void normalise_host(Inquiry& inquiry) {
    std::string_view host = inquiry.target.authority.host;
    if (host.size() > 1 && host.back() == '.') host.remove_suffix(1);
    inquiry.host_storage.clear();
    for (const char c : host)
        inquiry.host_storage.push_back(ascii::to_lower(c));
}

[[nodiscard]] bool looped(const Arrived& arrived) {
    for (const http::Field& field : arrived.head.fields) {
        if (field.id == FieldId::via && field.value.find(arrived.via_name) != std::string_view::npos) return true;
    }
    return false;
}

}  // namespace

ParseFailure route_request(Inquiry& inquiry, const config::Snapshot& snapshot, const Arrived& arrived,
                           std::string& detail) {
    ParseFailure failure;
    if (!http::split_target(arrived.head, inquiry.target, failure)) return failure;
    if (looped(arrived)) return {Reason::loop_detected, "the request came back to the corsd that forwarded it"};
    believe(inquiry, arrived, snapshot);
    normalise_host(inquiry);

    const config::Snapshot::SiteFound found = snapshot.match(inquiry.host_storage);
    if (found.site == nullptr) {
        detail = "no site answers for the host \"" + inquiry.host_storage +
                 "\"; to serve it, add it to a site: hosts: [\"" + inquiry.host_storage + "\"]";
        return {Reason::unknown_host, detail.c_str()};
    }
    inquiry.site = found.site;
    inquiry.host_match = found.how;
    const cors::OwnOrigin guessed{cors::OwnOrigin::Known::guessed, inquiry.scheme, inquiry.host_storage,
                                  inquiry.target.authority.port};
    inquiry.question.own = found.site->own_origin(found.how, inquiry.host_storage, guessed);

    if (inquiry.target.form == http::TargetForm::asterisk) {
        inquiry.path = "*";
        inquiry.governed = found.site->unmatched().governed;
        inquiry.upstream = found.site->unmatched().upstream;
        inquiry.first_policy = found.site->unmatched().first_policy;
        return kFine;
    }
    const route::PathProblem problem =
        route::canonical_path(inquiry.target.path, snapshot.config().paths, inquiry.path_storage, inquiry.path);
    if (problem != route::PathProblem::none) return {Reason::path_ambiguous, route::describe(problem).data()};
    const config::ServingSite::Match match = found.site->match(inquiry.path);
    inquiry.governed = match.governed;
    inquiry.upstream = match.upstream;
    inquiry.first_policy = match.first_policy;
    return kFine;
}

void ask(cors::Question& question, const http::RequestHead& head) {
    question.method = head.method;
    for (const http::Field& field : head.fields) {
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
