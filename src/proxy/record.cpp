#include "proxy/record.hpp"

#include "proxy/worker.hpp"
#include "telemetry/access_entry.hpp"

namespace corsd::proxy {

namespace {

using telemetry::Decision;
using telemetry::DecisionKind;

[[nodiscard]] Decision decision_of(const cors::Verdict& verdict) noexcept {
    switch (verdict.action) {
        case cors::Action::answer_preflight:
            return Decision::preflight;
        case cors::Action::refuse:
            return Decision::refuse;
        case cors::Action::forward:
            break;
    }
    return verdict.mode == cors::Mode::report_only && !verdict.admitted() ? Decision::would_refuse : Decision::forward;
}

[[nodiscard]] DecisionKind kind_of(const cors::Verdict& verdict) noexcept {
    switch (verdict.kind) {
        case cors::RequestKind::preflight:
            return DecisionKind::preflight;
        case cors::RequestKind::navigation:
            return DecisionKind::navigation;
        case cors::RequestKind::websocket:
            return DecisionKind::websocket;
        case cors::RequestKind::actual:
            break;
    }
    switch (verdict.relation) {
        case cors::Relation::no_origin:
            return DecisionKind::no_origin;
        case cors::Relation::same_origin:
            return DecisionKind::same_origin;
        case cors::Relation::cross_origin:
            break;
    }
    return DecisionKind::cross_origin;
}

[[nodiscard]] std::uint64_t microseconds(std::chrono::steady_clock::duration time) noexcept {
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(time).count());
}

[[nodiscard]] std::string_view first(const cors::Question::Lines& lines) noexcept {
    return lines.empty() ? std::string_view{} : lines.front();
}

/// What an answer's failure counts as, once.
void count_failure(const Context& context) noexcept {
    telemetry::Counters& counters = context.worker->counters();
    const bool by_upstream = context.failure.side == Side::upstream;
    if (context.head_out) {
        (by_upstream ? counters.cut_by_upstream : counters.cut_by_client).add();
    } else if (context.status != 0) {
        counters.count_problem(context.reason);
    }
    const bool tried = context.upstream_counters != nullptr;
    if (tried && by_upstream && context.failure.failed()) context.upstream_counters->count_failure(context.reason);
}

void count(const Context& context, const telemetry::AccessEntry& entry) noexcept {
    const telemetry::SeriesTable& series = context.edition->series();
    const std::size_t worker = context.worker->index();
    const std::size_t site = context.site != nullptr ? context.site->index() : series.unrouted();
    telemetry::SiteCounters& counters = series.site(site).of(worker);
    counters.count_response(context.status);
    counters.bytes_in.add(entry.bytes_in);
    counters.bytes_out.add(entry.bytes_out);
    // How long a tunnel lived says nothing about how fast requests are served.
    if (context.status != 101) counters.duration.observe(entry.duration_us);
    if (context.upstream_counters != nullptr && entry.upstream_us != 0) {
        context.upstream_counters->wait.observe(entry.upstream_us);
    }
    if (context.decided) {
        const auto place = static_cast<std::size_t>(context.verdict.policy - context.governed->entries.data());
        series.resource(context.first_policy + place)
            .count(worker, {kind_of(context.verdict), decision_of(context.verdict), context.verdict.reason});
    }
    if (context.reason != Reason::none) count_failure(context);
}

}  // namespace

void record(const Context& context) noexcept {
    telemetry::AccessEntry entry;
    const Exchange& exchange = *context.exchange;
    entry.bytes_in = exchange.bytes_in();
    entry.bytes_out = exchange.bytes_out();
    entry.duration_us = microseconds(std::chrono::steady_clock::now() - context.start);
    if (context.answered > context.sent) entry.upstream_us = microseconds(context.answered - context.sent);
    count(context, entry);
    telemetry::AccessRing* const ring = context.worker->ring();
    if (ring == nullptr) return;
    const http::RequestHead& head = exchange.head();
    // The policy's reason stands even where the mode let the request through.
    const Reason reason = context.reason != Reason::none || !context.decided ? context.reason : context.verdict.reason;
    entry.start = context.wall_start;
    entry.client = exchange.client().text;
    entry.method = head.method;
    entry.host = head.host;
    entry.target = head.target;
    entry.protocol = head.minor == 0 ? "HTTP/1.0" : "HTTP/1.1";
    entry.origin = first(context.question.origin);
    if (context.site != nullptr) entry.site = context.site->site().name;
    if (context.governed != nullptr) entry.resource = context.governed->pattern;
    entry.decision = to_string(context.decided ? decision_of(context.verdict) : Decision::refuse);
    entry.reason = to_string(reason);
    entry.detail = context.detail.empty() && context.decided ? context.verdict.culprit : context.detail;
    entry.upstream = context.upstream_endpoint;
    entry.readable = context.readable;
    if (context.decided) entry.line = context.verdict.rule.line;
    entry.status = context.status;
    entry.upstream_status = context.upstream_status;
    ring->write(entry);
}

}  // namespace corsd::proxy
