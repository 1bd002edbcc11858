#include "config/sections.hpp"

namespace corsd::config {

namespace {

/// The bounds of a number beyond its type; 0 where it would mean that nothing ever works.
struct Range {
    std::uint64_t least, most;
};

template <typename Number>
void check_range(Fields& fields, std::string_view key, Number& value, const Range& range) {
    if (!fields.given(key)) return;
    const auto number = static_cast<std::uint64_t>(value);
    if (number >= range.least && number <= range.most) return;
    const bool low = number < range.least;
    fields.context().report.error("out-of-range", fields.take(key)->span,
                                  "`" + std::string(key) + "` is " + (low ? "at least " : "at most ") +
                                      std::to_string(low ? range.least : range.most));
}

constexpr std::uint64_t kMostRate = 1U << 30U;

void read_limits(const Node& node, Limits& limits, Context& context) {
    constexpr std::uint64_t kMost = 1'000'000'000;
    Fields fields(node, Section::limits, context);
    fields.count_into("max_connections", limits.max_connections, kMost);
    fields.count_into("max_connections_per_address", limits.max_connections_per_address, kMost);
    fields.count_into("max_requests_per_connection", limits.max_requests_per_connection, kMost);
    fields.size_into("max_header_bytes", limits.max_header_bytes);
    fields.count_into("max_header_fields", limits.max_header_fields, kMost);
    fields.size_into("max_target_bytes", limits.max_target_bytes);
    fields.size_into("max_body_bytes", limits.max_body_bytes);
    check_range(fields, "max_connections", limits.max_connections, {1, kMost});
    check_range(fields, "max_header_bytes", limits.max_header_bytes, {1024, 16U << 20U});
    check_range(fields, "max_header_fields", limits.max_header_fields, {1, 100'000});
    check_range(fields, "max_target_bytes", limits.max_target_bytes, {1, 16U << 20U});
}

void read_timeouts(const Node& node, Timeouts& timeouts, Context& context) {
    struct Named {
        std::string_view key;
        std::chrono::milliseconds Timeouts::*member;
    };
    static constexpr std::array<Named, 8> kTimeouts{{{"header", &Timeouts::header},
                                                     {"body", &Timeouts::body},
                                                     {"write", &Timeouts::write},
                                                     {"idle", &Timeouts::idle},
                                                     {"connect", &Timeouts::connect},
                                                     {"response", &Timeouts::response},
                                                     {"stream", &Timeouts::stream},
                                                     {"drain", &Timeouts::drain}}};
    Fields fields(node, Section::timeouts, context);
    for (const auto& [key, member] : kTimeouts) {
        const auto value = fields.duration(key);
        if (!value) continue;
        timeouts.*member = *value;
        if (value->count() == 0 && key != "drain") {
            context.report.error("out-of-range", fields.take(key)->span,
                                 "`" + std::string(key) + "` of 0 would end everything at once");
        }
    }
}

void read_paths(const Node& node, route::PathRules& rules, Context& context) {
    Fields fields(node, Section::paths, context);
    if (const auto word = fields.choice("encoded_slash")) {
        rules.encoded_slash = *word == "keep" ? route::EncodedSlash::keep : route::EncodedSlash::refuse;
    }
    if (const auto word = fields.choice("double_slashes")) {
        rules.double_slashes = *word == "keep"    ? route::DoubleSlashes::keep
                               : *word == "merge" ? route::DoubleSlashes::merge
                                                  : route::DoubleSlashes::refuse;
    }
    if (const auto word = fields.choice("parameters")) {
        rules.parameters = *word == "keep" ? route::PathParameters::keep : route::PathParameters::refuse;
    }
}

void read_headers(const Node& node, Headers& headers, Context& context) {
    Fields fields(node, Section::headers, context);
    if (const auto word = fields.choice("underscores")) {
        headers.underscores = *word == "drop"   ? Underscores::drop
                              : *word == "keep" ? Underscores::keep
                                                : Underscores::reject;
    }
    if (const auto word = fields.choice("forwarded")) {
        headers.forwarded = *word == "x-forwarded" ? ForwardedStyle::x_forwarded
                            : *word == "rfc7239"   ? ForwardedStyle::rfc7239
                            : *word == "both"      ? ForwardedStyle::both
                                                   : ForwardedStyle::none;
    }
    if (const auto trust = fields.boolean("trust_forwarded_host")) {
        headers.trust_forwarded_host = *trust ? TrustForwardedHost::yes : TrustForwardedHost::no;
    }
}

void read_access(const Node& node, Log& log, Context& context) {
    Fields fields(node, Section::access, context);
    if (const auto enabled = fields.boolean("enabled")) log.access = *enabled ? AccessEnabled::yes : AccessEnabled::no;
    if (const auto word = fields.choice("only")) {
        log.only = *word == "all" ? AccessOnly::all : *word == "refused" ? AccessOnly::refused : AccessOnly::errors;
    }
    if (const Node* list = fields.take("redact_query")) {
        log.redact_query.clear();
        for (const Node* item : text_items(*list, context))
            log.redact_query.push_back(item->text);
    }
}

void read_log(const Node& node, Log& log, Context& context) {
    Fields fields(node, Section::log, context);
    if (auto level = fields.choice("level")) log.level = std::move(*level);
    if (const auto word = fields.choice("format")) {
        log.format = *word == "auto" ? LogFormat::automatic : *word == "json" ? LogFormat::json : LogFormat::text;
    }
    if (const Node* output = fields.take("output")) {
        if (output->text.empty()) {
            context.report.error("missing-value", output->span, "`output` is stderr, stdout or a file").fix = "stderr";
        }
        log.output = output->text;
    }
    if (const Node* access = fields.take("access")) read_access(*access, log, context);
}

void read_threads(Fields& root, std::size_t& out) {
    constexpr std::uint64_t kMost = 1024;
    const Node* value = root.take("threads");
    if (value == nullptr || value->text == "auto") return;
    const auto number = value->quoted ? std::nullopt : parse_count(value->text);
    if (!number) {
        report_wrong_type(*value, "threads", describe(Type::threads), root.context());
    } else if (*number == 0 || *number > kMost) {
        root.context().report.error("out-of-range", value->span, "`threads` is from 1 to 1024, or auto").fix = "auto";
    } else {
        out = static_cast<std::size_t>(*number);
    }
}

}  // namespace

void read_tuning(Fields& root, Config& config) {
    Context& context = root.context();
    read_threads(root, config.threads);
    if (const Node* node = root.take("limits")) read_limits(*node, config.limits, context);
    if (const Node* node = root.take("timeouts")) read_timeouts(*node, config.timeouts, context);
    root.size_into("min_rate", config.min_rate);
    check_range(root, "min_rate", config.min_rate, {0, kMostRate});
    if (const Node* node = root.take("paths")) read_paths(*node, config.paths, context);
    if (const Node* node = root.take("headers")) read_headers(*node, config.headers, context);
    if (const Node* node = root.take("log")) read_log(*node, config.log, context);
}

}  // namespace corsd::config
