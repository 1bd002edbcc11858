#include <algorithm>
#include <charconv>
#include <string>

#include "base/ascii.hpp"
#include "http/upgrade.hpp"
#include "proxy/edition.hpp"
#include "proxy/grants.hpp"
#include "proxy/rewrite.hpp"
#include "proxy/worker.hpp"

namespace corsd::proxy {

namespace {

using cors::UpstreamTreatment;
using http::FieldId;

[[nodiscard]] bool is_grant(FieldId id) noexcept {
    return id == FieldId::access_control_allow_origin || id == FieldId::access_control_allow_credentials ||
           id == FieldId::access_control_expose_headers || id == FieldId::access_control_other;
}

[[nodiscard]] bool is_replaced(const Context& context, const http::Field& field) noexcept {
    const cors::Verdict& verdict = context.verdict;
    if (field.id == FieldId::content_length || field.id == FieldId::transfer_encoding) return true;
    if (is_grant(field.id)) return verdict.upstream_headers == UpstreamTreatment::replace;
    if (verdict.upstream_headers != UpstreamTreatment::untouched) {
        if (field.id == FieldId::vary) return true;
        if (field.id == FieldId::timing_allow_origin) {
            return verdict.policy->source().timing_allow_origin == cors::Option::on;
        }
    }
    return context.connection_names.removes(field);
}

void pass_fields(Context& context, const http::ResponseHead& head, AnswerHead& out) {
    context.connection_names.read(head.fields);
    context.passed.clear();
    // Trailers have a place only between chunks of HTTP/1.1; then their announcement passes (RFC 9110 section 6.6.2).
    const bool trailed = head.framing.kind == http::BodyKind::chunked && context.exchange->head().minor > 0;
    for (const http::Field& field : head.fields) {
        const bool announces = trailed && field.id == FieldId::trailer;
        if (announces || !is_replaced(context, field)) context.passed.push_back(field);
    }
    context.answer_options.clear();
    if (trailed) context.connection_names.copy_to(context.answer_options);
    out.status = head.status;
    out.reason_phrase = head.reason_phrase;
    out.passed = context.passed;
}

[[nodiscard]] bool same_endpoint(const config::Address& endpoint, std::string_view scheme,
                                 const http::Authority& authority) {
    if (endpoint.kind != config::AddressKind::tcp) return false;
    const std::uint16_t assumed = ascii::equals_lower(scheme, "https") ? 443 : 80;
    const std::uint16_t port = authority.port == 0 ? assumed : authority.port;
    std::string_view host = authority.host;
    if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
    return port == endpoint.port && ascii::iequals(host, endpoint.host);
}

/// N37: a Location that names an endpoint of the upstream is given the own origin; all others pass as they are.
[[nodiscard]] bool rewrite_location(Context& context, std::string_view value,
                                    const config::UpstreamDefinition& upstream) {
    std::string_view scheme = "http";
    std::string_view rest = value;
    if (rest.substr(0, 2) != "//") {
        const std::size_t colon = rest.find(':');
        if (colon == std::string_view::npos || rest.substr(colon, 3) != "://") return false;
        scheme = rest.substr(0, colon);
        if (!ascii::equals_lower(scheme, "http") && !ascii::equals_lower(scheme, "https")) return false;
        rest.remove_prefix(colon + 1);
    }
    rest.remove_prefix(2);
    const std::string_view text = rest.substr(0, rest.find_first_of("/?#"));
    http::Authority authority;
    if (!http::parse_authority(text, authority)) return false;
    const auto is_meant = [&](const config::Address& endpoint) { return same_endpoint(endpoint, scheme, authority); };
    if (std::none_of(upstream.endpoints.begin(), upstream.endpoints.end(), is_meant)) return false;
    const cors::OwnOrigin& own = context.question.own;
    if (own.host.empty()) return false;
    std::string& out = context.location;
    out.assign(own.scheme).append("://").append(own.host);
    if (own.port != 0) out.append(":").append(std::to_string(own.port));
    out.append(rest.substr(text.size()));
    return true;
}

void replace_location(Context& context) {
    const config::UpstreamDefinition& upstream = context.edition->pool(context.upstream).upstream();
    for (http::Field& field : context.passed) {
        if (field.id != FieldId::location) continue;
        if (!rewrite_location(context, field.value, upstream)) continue;
        field.value = context.location;
        field.form = http::LineForm::other;
        return;  // a second Location line is invalid anyway and passes as it is
    }
}

void compare_grants(Context& context, const http::ResponseHead& head) {
    const cors::Verdict& verdict = context.verdict;
    if (verdict.relation != cors::Relation::cross_origin || context.question.origin.size() != 1) return;
    cors::UpstreamGrant grant;
    cors::Credentials credentials = cors::Credentials::omitted;
    for (const http::Field& field : head.fields) {
        if (field.id == FieldId::access_control_allow_origin) {
            grant.allow_origin = field.value;
            ++grant.allow_origin_lines;
        } else if (field.id == FieldId::access_control_allow_credentials) {
            grant.allow_credentials = field.value;
        }
    }
    // Cookies are the visible sign of a request with credentials; Authorization set by a script is not one (Fetch).
    for (const http::Field& field : context.exchange->head().fields) {
        if (field.id == FieldId::cookie) credentials = cors::Credentials::included;
    }
    context.readable = cors::readable(grant, context.question.origin.front(), credentials) ? "yes" : "no";
}

[[nodiscard]] std::string_view received_length(const http::ResponseHead& head) noexcept {
    for (const http::Field& field : head.fields) {
        if (field.id == FieldId::content_length) return field.value;
    }
    return {};
}

}  // namespace

void rewrite_answer(Context& context, const http::ResponseHead& head, AnswerHead& out) {
    const cors::Verdict& verdict = context.verdict;
    pass_fields(context, head, out);
    out.framing = head.framing;
    if (head.framing.kind == http::BodyKind::none) {
        out.content_length = received_length(head);  // 0, or of the body that a GET would have
    }
    if (verdict.upstream_headers == UpstreamTreatment::untouched) {
        compare_grants(context, head);
        return;
    }
    replace_location(context);
    mark_forwarded(out, verdict, head.fields, context.merged);
}

void rewrite_interim(Context& context, const http::ResponseHead& head, AnswerHead& out) {
    pass_fields(context, head, out);
}

bool rewrite_switch(Context& context, const http::ResponseHead& head, AnswerHead& out) {
    std::string taken;
    if (context.upgrade.empty() || !http::append_accepted(taken, head, context.upgrade)) return false;
    context.upgrade = std::move(taken);
    // N43: no grants on a 101, not even kept ones.
    if (context.verdict.upstream_headers == UpstreamTreatment::keep) {
        context.verdict.upstream_headers = UpstreamTreatment::replace;
    }
    pass_fields(context, head, out);
    out.add("Connection", "Upgrade");
    out.add("Upgrade", context.upgrade);
    return true;
}

}  // namespace corsd::proxy
