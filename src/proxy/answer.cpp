#include "proxy/answer.hpp"

#include <string>

#include "http/problem.hpp"
#include "proxy/own_answer.hpp"
#include "proxy/refusal.hpp"
#include "proxy/worker.hpp"

namespace corsd::proxy {

namespace {

net::Task<void> send_problem(Context& context, OwnProblem problem) {
    Exchange& exchange = *context.exchange;
    std::string body;
    AnswerHead head;
    compose_problem(head, body, problem, context.worker->date());
    std::string length;
    if (exchange.head().method == "HEAD") {
        length = std::to_string(body.size());
        head.content_length = length;
        head.framing = {};
        body.clear();
    }
    context.status = problem.status;
    context.reason = problem.reason;
    co_await exchange.send_head(head, body, More::no);
}

net::Task<void> answer_preflight(Context& context) {
    AnswerHead head;
    compose_preflight(head, context.verdict, context.worker->date());
    context.status = context.verdict.status;
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
    const OwnProblem answer{context.verdict.status, context.verdict.reason, detail, &context.verdict.grants};
    co_await send_problem(context, answer);
}

net::Task<void> answer_problem(Context& context, Reason reason, std::string_view detail) {
    const bool reports = context.decided && context.verdict.mode == cors::Mode::report_only;
    const cors::Grants* const grants = context.decided && !reports ? &context.verdict.grants : nullptr;
    const OwnProblem answer{http::status_of(reason), reason, detail, grants};
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
    const OwnProblem answer{429, Reason::overloaded, context.detail, nullptr};
    co_await send_problem(context, answer);
}

}  // namespace corsd::proxy
