#include "base/ascii.hpp"
#include "http/list.hpp"
#include "http/upgrade.hpp"
#include "proxy/edition.hpp"
#include "proxy/head_text.hpp"
#include "proxy/rewrite.hpp"
#include "proxy/worker.hpp"

namespace corsd::proxy {

namespace {

using config::ForwardedStyle;
using http::FieldId;

[[nodiscard]] bool is_forwarding(FieldId id) noexcept {
    switch (id) {
        case FieldId::forwarded:
        case FieldId::x_forwarded_for:
        case FieldId::x_forwarded_host:
        case FieldId::x_forwarded_proto:
        case FieldId::x_forwarded_other:
            return true;
        default:
            return false;
    }
}

/// Is the field written anew further down, or not at all?
[[nodiscard]] bool is_replaced(const Context& context, const http::Field& field, ForwardedStyle style) noexcept {
    switch (field.id) {
        case FieldId::host:
        case FieldId::content_length:
        case FieldId::transfer_encoding:
        case FieldId::expect:
            return true;
        case FieldId::origin:
            return !context.verdict.forward_origin;
        default:
            break;
    }
    // What goes with h2c goes with it (RFC 7540 section 3.2.1), whether Connection names it or not.
    if (!context.question.upgrade.empty() && ascii::equals_lower(field.name, "http2-settings")) return true;
    if (!is_forwarding(field.id)) return context.connection_names.removes(field);
    // From everybody but a trusted proxy they are dropped; what we write ourselves replaces a trusted one's too.
    if (context.peer == Peer::untrusted) return true;
    const bool x = style == ForwardedStyle::x_forwarded || style == ForwardedStyle::both;
    const bool rfc = style == ForwardedStyle::rfc7239 || style == ForwardedStyle::both;
    if (field.id == FieldId::forwarded) return rfc;
    return x && field.id != FieldId::x_forwarded_other;
}

/// What a trusted proxy wrote before us, joined, so that we append to it.
void append_chain(HeadText& out, const Context& context, FieldId id) {
    if (context.peer == Peer::untrusted) return;
    for (const http::Field& field : context.exchange->head().fields) {
        if (field.id == id && !field.value.empty()) out.append(field.value).append(", ");
    }
}

void append_x_forwarded(HeadText& out, const Context& context) {
    out.append("X-Forwarded-For: ");
    append_chain(out, context, FieldId::x_forwarded_for);
    out.append(context.exchange->client().host).append("\r\n");
    append_line(out, "X-Forwarded-Proto: ", context.scheme);
    if (!context.target.authority.text.empty()) append_line(out, "X-Forwarded-Host: ", context.target.authority.text);
}

void append_rfc7239(HeadText& out, const Context& context) {
    out.append("Forwarded: ");
    append_chain(out, context, FieldId::forwarded);
    const std::string& client = context.exchange->client().host;
    // RFC 7239 section 6: an IPv6 address stands in brackets and quotes; a Unix socket's peer has no address.
    if (client.find(':') != std::string::npos) {
        out.append("for=\"[").append(client).append("]\"");
    } else {
        out.append("for=").append(client == "unix" ? std::string_view{"unknown"} : client);
    }
    const std::string_view host = context.target.authority.text;
    if (!host.empty()) out.append(";host=\"").append(host).append("\"");
    out.append(";proto=").append(context.scheme).append("\r\n");
}

void append_request_line(HeadText& out, const Context& context) {
    const http::RequestHead& head = context.exchange->head();
    out.append(head.method).append(" ").append(context.path).append(context.target.query).append(" HTTP/1.1\r\n");
}

void append_host(HeadText& out, const Context& context, config::PassHost pass_host, const config::Address& endpoint) {
    const std::string_view received = context.exchange->head().host;
    // RFC 9112 section 3.2.2: the authority of an absolute target replaces Host. A trusted proxy's X-Forwarded-Host
    // chooses the site, but Host goes on as received.
    const std::string_view host =
        context.target.form == http::TargetForm::absolute ? context.target.authority.text : received;
    if (pass_host == config::PassHost::client && !host.empty()) {
        append_line(out, "Host: ", host);
        return;
    }
    append_line(out,
                "Host: ", endpoint.kind == config::AddressKind::tcp ? std::string_view{endpoint.text} : "localhost");
}

/// RFC 9110 section 7.8.
void append_upgrade(HeadText& out, Context& context) {
    http::append_offer(context.upgrade, context.exchange->head(), context.connection_names);
    if (context.upgrade.empty()) return;
    out.append("Connection: Upgrade\r\n");
    append_line(out, "Upgrade: ", context.upgrade);
}

}  // namespace

void write_request_head(Context& context, const config::UpstreamDefinition& upstream, std::size_t endpoint) {
    const http::RequestHead& head = context.exchange->head();
    const ForwardedStyle style = context.edition->config().headers.forwarded;
    HeadText& out = context.head_text;
    out.clear();
    context.upgrade.clear();
    append_request_line(out, context);
    append_host(out, context, upstream.pass_host, upstream.endpoints[endpoint]);

    context.connection_names.read(head.fields);
    context.passed.clear();
    bool has_length = false, takes_trailers = false;
    for (const http::Field& field : head.fields) {
        has_length = has_length || field.id == FieldId::content_length;
        const bool tells_trailers = field.id == FieldId::trailer && head.framing.kind == http::BodyKind::chunked;
        if (tells_trailers || !is_replaced(context, field, style)) {  // trailers themselves pass as well
            context.passed.push_back(field);
        } else if (field.id == FieldId::te) {
            takes_trailers = takes_trailers || (head.minor > 0 && http::has_token(field.value, "trailers"));
        }
    }
    append_passed_fields(out, context.passed);

    if (style == ForwardedStyle::x_forwarded || style == ForwardedStyle::both) append_x_forwarded(out, context);
    if (style == ForwardedStyle::rfc7239 || style == ForwardedStyle::both) append_rfc7239(out, context);
    if (!context.question.upgrade.empty()) append_upgrade(out, context);
    out.append("Via: 1.").append_number(head.minor).append(" ").append(context.worker->via_name()).append("\r\n");
    // RFC 9110 section 10.1.4: said anew at each hop, and true of this one: trailers pass.
    if (takes_trailers && context.upgrade.empty()) out.append("TE: trailers\r\nConnection: TE\r\n");
    if (head.expectation == http::Expectation::continue_100) out.append("Expect: 100-continue\r\n");
    if (head.framing.kind == http::BodyKind::length) {
        append_content_length(out, head.framing.length);
    } else if (head.framing.kind == http::BodyKind::chunked) {
        out.append("Transfer-Encoding: chunked\r\n");
    } else if (has_length) {
        append_content_length(out, 0);  // there are servers that refuse a POST which does not say so (411)
    }
    out.append("\r\n");
}

}  // namespace corsd::proxy
