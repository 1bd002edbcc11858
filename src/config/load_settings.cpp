#include <algorithm>
#include <unordered_map>

#include "config/address.hpp"
#include "config/sections.hpp"

namespace corsd::config {

namespace {

constexpr std::string_view kDefaultListen = "127.0.0.1:8080";

void read_listener(const Node& item, Config& config, Context& context) {
    Fields fields(item, Section::listener, context);
    Listener listener;
    listener.span = item.entries.empty() ? item.span : item.entries.front().key_span;
    listener.name = fields.text("name").value_or("");
    const Node* value = fields.take("address");
    if (!fields.given("address")) {
        context.report.error("missing-key", listener.span, "a listener needs an `address`").fix =
            "address: 127.0.0.1:8080";
    }
    if (value == nullptr) return;
    listener.span = value->span;
    if (auto address = read_listen_address(*value, context)) {
        listener.address = std::move(*address);
        if (listener.name.empty()) listener.name = listener.address.text;
        config.listeners.push_back(std::move(listener));
    }
}

void judge_listeners(const Config& config, Report& report) {
    std::unordered_map<std::string, SourceSpan> seen;
    for (const Listener& listener : config.listeners) {
        if (listener.address.kind == AddressKind::tcp && listener.address.port == 0) continue;  // the kernel picks
        const auto [other, is_new] = seen.emplace(listener.address.text, listener.span);
        if (is_new) continue;
        Diagnostic& problem =
            report.error("address-twice", listener.span, "two listeners have the address " + listener.address.text);
        problem.related = other->second;
        problem.related_message = "the other one is here";
    }
}

/// Neither loopback, private (RFC 1918, RFC 4193), shared (RFC 6598) nor link-local; an unspecified address may be
/// anything.
bool is_public(const IpLiteral& ip) noexcept {
    const auto& b = ip.bytes;
    if (!ip.v4) {
        const bool loopback =
            std::all_of(b.begin(), b.end() - 1, [](std::uint8_t byte) { return byte == 0; }) && b[15] == 1;
        return !loopback && (b[0] & 0xfeU) != 0xfcU && !(b[0] == 0xfe && (b[1] & 0xc0U) == 0x80U);
    }
    const unsigned first = b[12];
    const unsigned second = b[13];
    return !(first == 127 || first == 10 || (first == 172 && second / 16 == 1) || (first == 192 && second == 168) ||
             (first == 169 && second == 254) || (first == 100 && second / 64 == 1));
}

void judge_status(const Address& address, const SourceSpan& span, const Config& config, Report& report) {
    for (const Listener& listener : config.listeners) {
        if (listener.address.text != address.text) continue;
        Diagnostic& problem = report.error("address-twice", span, "a listener has the address " + address.text);
        problem.related = listener.span;
        problem.related_message = "it is here";
        return;
    }
    const auto ip = address.kind == AddressKind::tcp ? parse_ip(address.host) : std::nullopt;
    if (!ip || !is_public(*ip) || address.host == "0.0.0.0" || address.host == "::") return;
    report
        .warning("status-public", span,
                 "this address may be public: whoever reaches it reads the metrics, with the names of sites and paths")
        .fix = "listen on 127.0.0.1 or on a private address";
}

}  // namespace

Node default_text(std::string_view text) {
    Node node;
    node.kind = Node::Kind::scalar;
    node.text = text;
    return node;
}

void exclusive_forms(Fields& root, std::string_view short_form, std::string_view long_form) {
    if (!root.given(short_form) || !root.given(long_form)) return;
    Diagnostic& problem = root.context().report.error("exclusive-keys", root.key_span(long_form),
                                                      "`" + std::string(short_form) + "` is short for `" +
                                                          std::string(long_form) + "`; only one of them may be given");
    problem.related = root.key_span(short_form);
    problem.related_message = "`" + std::string(short_form) + "` is given here";
}

void read_listeners(Fields& root, Config& config) {
    Context& context = root.context();
    exclusive_forms(root, "listen", "listeners");
    const Node* short_form = root.take("listen");
    const Node* list = root.take("listeners");
    const Node fallback = default_text(kDefaultListen);
    if (!root.given("listen") && !root.given("listeners")) short_form = &fallback;
    if (short_form != nullptr) {
        if (auto address = read_listen_address(*short_form, context)) {
            config.listeners.push_back({"main", std::move(*address), short_form->span});
        }
    }
    if (list == nullptr) return;
    if (list->items.empty()) context.report.error("empty-section", list->span, "`listeners` lists no listener");
    for (const Node& item : list->items) {
        if (item.kind == Node::Kind::map) {
            read_listener(item, config, context);
        } else if (item.kind != Node::Kind::broken) {
            report_wrong_type(item, "listeners", "entries with keys of their own (\"- address: …\")", context);
        }
    }
    judge_listeners(config, context.report);
}

void warn_about_listeners(const Config& config, Report& report) {
    if (!config.trusted_proxies.empty()) return;
    for (const Listener& listener : config.listeners) {
        const auto ip = listener.address.kind == AddressKind::tcp ? parse_ip(listener.address.host) : std::nullopt;
        if (!ip || !is_public(*ip)) continue;
        report
            .warning(
                "plain-public-listener", listener.span,
                "this address may be public, and what is said here can be read and changed by whoever is in between")
            .fix = "put TLS in front and name it in trusted_proxies, or listen on a private address";
    }
}

void read_status(Fields& root, Config& config) {
    const Node* section = root.take("status");
    if (section == nullptr) return;
    Context& context = root.context();
    Fields keys(*section, Section::status, context);
    const Node* value = keys.take("listen");
    if (value == nullptr || value->text.empty()) return;
    auto address = read_listen_address(*value, context);
    if (!address) return;
    if (address->kind == AddressKind::passed) {
        context.report.error("bad-address", value->span, "`corsd health` must know where the status listener is").fix =
            "127.0.0.1:9321";
        return;
    }
    if (address->kind == AddressKind::tcp && address->port == 0) {
        context.report.error("bad-address", value->span, "who asks the status listener must know its port").fix =
            "127.0.0.1:9321";
        return;
    }
    judge_status(*address, value->span, config, context.report);
    config.status = {std::move(address), value->span};
}

void read_trusted_proxies(Fields& root, Config& config) {
    const Node* list = root.take("trusted_proxies");
    if (list == nullptr) return;
    for (const Node* item : text_items(*list, root.context())) {
        if (const auto cidr = read_cidr(*item, root.context())) config.trusted_proxies.push_back(*cidr);
    }
}

}  // namespace corsd::config
