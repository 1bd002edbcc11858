#include "proxy/answer.hpp"

#include <string>

#include "http/problem.hpp"
#include "proxy/grants.hpp"
#include "proxy/refusal.hpp"
#include "proxy/worker.hpp"

namespace corsd::proxy {

namespace {

struct OwnAnswer {
    std::uint16_t status;
    Reason reason;
    std::string_view detail;
    const cors::Grants* grants;  // null: nothing to grant
};

/// N42: one form for everything that corsd says itself.
net::Task<void> send_problem(Context& context, OwnAnswer answer) {
    Exchange& exchange = *context.exchange;
    std::string body;
    http::append_problem(body, answer.status, answer.reason, answer.detail);
    AnswerHead head;
    head.status = answer.status;
    head.add("Date", context.worker->date());
    head.add("Content-Type", "application/problem+json");
    head.add("Cache-Control", "no-store");
    if (answer.status == 503 || answer.status == 429) head.add("Retry-After", "1");
    if (answer.grants != nullptr) {
        add_grants(head, *answer.grants);
        if (!answer.grants->expose_headers.empty()) {
            head.add("Access-Control-Expose-Headers", answer.grants->expose_headers);
        }
        const std::string_view vary = vary_value(answer.grants->vary);
        if (!vary.empty()) head.add("Vary", vary);
    }
    head.framing = {http::BodyKind::length, body.size()};
    std::string length;
    if (exchange.head().method == "HEAD") {
        length = std::to_string(body.size());
        head.content_length = length;
        head.framing = {};
        body.clear();
    }
    context.status = answer.status;
    context.reason = answer.reason;
    co_await exchange.send_head(head, body, More::no);
}

net::Task<void> answer_preflight(Context& context) {
    const cors::Verdict& verdict = context.verdict;
    AnswerHead head;
    head.status = verdict.status;
    head.add("Date", context.worker->date());
    add_grants(head, verdict.grants);
    head.add("Vary", vary_value(verdict.grants.vary));
    if (verdict.hint) head.add("Cache-Control", "no-store");
    // N13: 204 has neither body nor Content-Length, 200 says that it has none.
    if (verdict.status != 204) head.framing = {http::BodyKind::length, 0};
    context.status = verdict.status;
    const std::string_view no_body;
    co_await context.exchange->send_head(head, no_body, More::no);
}

}  // namespace

net::Task<void> answer_verdict(Context& context) {
    context.reason = context.verdict.reason;
    if (context.verdict.action == cors::Action::answer_preflight) {
        co_await answer_preflight(context);
        co_return;
    }
    const std::string detail = refusal_detail(context);
    const OwnAnswer answer{context.verdict.status, context.verdict.reason, detail, &context.verdict.grants};
    co_await send_problem(context, answer);
}

net::Task<void> answer_problem(Context& context, Reason reason, std::string_view detail) {
    const bool reports = context.decided && context.verdict.mode == cors::Mode::report_only;
    const cors::Grants* const grants = context.decided && !reports ? &context.verdict.grants : nullptr;
    const OwnAnswer answer{http::status_of(reason), reason, detail, grants};
    co_await send_problem(context, answer);
}

net::Task<void> refuse_unread(Exchange& exchange, Worker& worker, http::ParseFailure failure) {
    const ContextLease lease(exchange, worker);
    Context& context = *lease;
    context.detail = failure.detail;
    co_await answer_problem(context, failure.reason, failure.detail);
}

net::Task<void> refuse_crowd(Exchange& exchange, Worker& worker) {
    const ContextLease lease(exchange, worker);
    Context& context = *lease;
    context.detail = "too many connections from this address";
    worker.counters().connections_refused.add();
    const OwnAnswer answer{429, Reason::overloaded, context.detail, nullptr};
    co_await send_problem(context, answer);
}

}  // namespace corsd::proxy
