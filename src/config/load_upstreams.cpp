#include "config/address.hpp"
#include "config/sections.hpp"

namespace corsd::config {

namespace {

constexpr std::string_view kDefaultUpstream = "http://127.0.0.1:5000";

void positive_duration(Fields& fields, std::string_view key, std::chrono::milliseconds& out) {
    const auto value = fields.duration(key);
    if (!value) return;
    out = *value;
    if (value->count() == 0) {
        fields.context().report.error("out-of-range", fields.take(key)->span,
                                      "`" + std::string(key) + "` is at least 1ms");
    }
}

void read_keepalive(Fields& fields, Upstream& upstream) {
    const Node* node = fields.take("keepalive");
    if (node == nullptr) return;
    Fields keys(*node, Section::keepalive, fields.context());
    keys.count_into("max_idle", upstream.max_idle, 1'000'000);
    keys.duration_into("idle_timeout", upstream.idle_timeout);
}

void read_endpoints(Fields& fields, Upstream& upstream) {
    Context& context = fields.context();
    const Node* list = fields.take("endpoints");
    if (!fields.given("endpoints")) {
        context.report.error("missing-key", upstream.span, "the upstream `" + upstream.name + "` needs `endpoints`")
            .fix = "endpoints: [\"http://127.0.0.1:5000\"]";
    }
    if (list == nullptr) return;
    const std::vector<const Node*> items = text_items(*list, context);
    if (list->items.empty()) {
        context.report.error("missing-key", list->span, "the upstream `" + upstream.name + "` has no endpoint").fix =
            "[\"http://127.0.0.1:5000\"]";
    }
    for (const Node* item : items)
        if (auto address = read_endpoint(*item, context)) upstream.endpoints.push_back(std::move(*address));
}

void read_queue(Fields& fields, Upstream& upstream) {
    const Node* node = fields.take("queue");
    if (node == nullptr) return;
    Fields keys(*node, Section::queue, fields.context());
    keys.count_into("length", upstream.queue.length, 1'000'000);
    positive_duration(keys, "timeout", upstream.queue.timeout);
}

void read_ejection(Fields& fields, Upstream& upstream) {
    const Node* node = fields.take("ejection");
    if (node == nullptr) return;
    Fields keys(*node, Section::ejection, fields.context());
    keys.count_into("failures", upstream.ejection.failures, 1000);
    positive_duration(keys, "window", upstream.ejection.window);
    positive_duration(keys, "duration", upstream.ejection.duration);
}

void read_retry(Fields& fields, Upstream& upstream) {
    const Node* node = fields.take("retry");
    if (node == nullptr) return;
    Fields keys(*node, Section::retry, fields.context());
    keys.count_into("attempts", upstream.retries, 10);
}

void read_upstream(const Entry& entry, Config& config, Context& context) {
    Upstream upstream;
    upstream.name = entry.key;
    upstream.span = entry.key_span;
    if (entry.value.kind == Node::Kind::map) {
        Fields fields(entry.value, Section::upstream, context);
        read_endpoints(fields, upstream);
        if (const auto pass = fields.boolean("pass_host")) {
            upstream.pass_host = *pass ? PassHost::client : PassHost::endpoint;
        }
        if (const auto word = fields.choice("balance")) {
            upstream.balance = *word == "round_robin" ? Balance::round_robin : Balance::least_connections;
        }
        fields.count_into("max_connections", upstream.max_connections, 1'000'000);
        positive_duration(fields, "refresh", upstream.refresh);
        read_keepalive(fields, upstream);
        read_queue(fields, upstream);
        read_ejection(fields, upstream);
        read_retry(fields, upstream);
    } else if (entry.value.kind != Node::Kind::broken) {
        report_wrong_type(entry.value, entry.key, "keys below it, `endpoints` at least", context);
    }
    // Also a broken one keeps its name, so that what names it is not reported as well.
    config.upstreams.push_back(std::move(upstream));
}

}  // namespace

void read_upstreams(Fields& root, Config& config) {
    Context& context = root.context();
    exclusive_forms(root, "upstream", "upstreams");
    const Node* short_form = root.take("upstream");
    const Node* map = root.take("upstreams");
    const Node fallback = default_text(kDefaultUpstream);
    if (!root.given("upstreams")) {
        if (!root.given("upstream")) short_form = &fallback;
        Upstream upstream;
        upstream.name = "default";
        if (short_form != nullptr) {
            upstream.span = short_form->span;
            if (auto address = read_endpoint(*short_form, context)) upstream.endpoints.push_back(std::move(*address));
        }
        config.upstreams.push_back(std::move(upstream));
    }
    if (map == nullptr) return;
    if (map->entries.empty()) context.report.error("empty-section", map->span, "`upstreams` names no upstream");
    for (const Entry& entry : map->entries)
        read_upstream(entry, config, context);
}

}  // namespace corsd::config
