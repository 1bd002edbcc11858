#include "proxy/record.hpp"

#include "proxy/worker.hpp"
#include "telemetry/access_entry.hpp"

namespace corsd::proxy {

namespace {

[[nodiscard]] std::string_view decision_of(const Context& context) noexcept {
    if (!context.decided) return "refuse";
    const cors::Verdict& verdict = context.verdict;
    switch (verdict.action) {
        case cors::Action::answer_preflight:
            return "preflight";
        case cors::Action::refuse:
            return "refuse";
        case cors::Action::forward:
            break;
    }
    return verdict.mode == cors::Mode::report_only && !verdict.admitted() ? "would_refuse" : "forward";
}

[[nodiscard]] std::uint64_t microseconds(std::chrono::steady_clock::duration time) noexcept {
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(time).count());
}

[[nodiscard]] std::string_view first(const cors::Question::Lines& lines) noexcept {
    return lines.empty() ? std::string_view{} : lines.front();
}

void count(const Context& context) noexcept {
    telemetry::Counters& counters = context.worker->counters();
    counters.requests.add();
    if (context.decided && context.verdict.action == cors::Action::answer_preflight) counters.preflights.add();
    if (context.reason != Reason::none) counters.count_refusal(context.reason);
    counters.count_response(context.status);
    counters.bytes_in.add(context.exchange->bytes_in());
    counters.bytes_out.add(context.exchange->bytes_out());
}

}  // namespace

void record(const Context& context) noexcept {
    count(context);
    telemetry::AccessRing* const ring = context.worker->ring();
    if (ring == nullptr) return;
    const Exchange& exchange = *context.exchange;
    const http::RequestHead& head = exchange.head();
    // The policy's reason stands even where the mode let the request through.
    const Reason reason = context.reason != Reason::none || !context.decided ? context.reason : context.verdict.reason;
    telemetry::AccessEntry entry;
    entry.start = context.wall_start;
    entry.client = exchange.client().text;
    entry.method = head.method;
    entry.host = head.host;
    entry.target = head.target;
    entry.protocol = head.minor == 0 ? "HTTP/1.0" : "HTTP/1.1";
    entry.origin = first(context.question.origin);
    if (context.site != nullptr) entry.site = context.site->site().name;
    if (context.governed != nullptr) entry.resource = context.governed->pattern;
    entry.decision = decision_of(context);
    entry.reason = to_string(reason);
    entry.detail = context.detail.empty() && context.decided ? context.verdict.culprit : context.detail;
    entry.upstream = context.upstream_endpoint;
    entry.readable = context.readable;
    if (context.decided) entry.line = context.verdict.rule.line;
    entry.status = context.status;
    entry.upstream_status = context.upstream_status;
    entry.bytes_in = exchange.bytes_in();
    entry.bytes_out = exchange.bytes_out();
    entry.duration_us = microseconds(std::chrono::steady_clock::now() - context.start);
    if (context.answered > context.sent) entry.upstream_us = microseconds(context.answered - context.sent);
    ring->write(entry);
}

}  // namespace corsd::proxy
