#include "proxy/handle.hpp"

#include <string>

#include "proxy/answer.hpp"
#include "proxy/edition.hpp"
#include "proxy/forward.hpp"
#include "proxy/route_request.hpp"
#include "proxy/worker.hpp"

namespace corsd::proxy {

net::Task<void> handle(Exchange& exchange, Worker& worker) {
    std::string detail;                          // outlives the record
    const ContextLease lease(exchange, worker);  // 8 record: at its end
    Context& context = *lease;

    // 1 route: until the resource is known there is nothing to grant
    const Arrived arrived{exchange.head(), exchange.client().ip, worker.via_name()};
    const http::ParseFailure lost = route_request(context, context.edition->snapshot(), arrived, detail);
    if (lost.reason != Reason::none) {
        context.detail = lost.detail;
        if (lost.reason != Reason::unknown_host) exchange.end_after_answer();
        co_await answer_problem(context, lost.reason, lost.detail);
        co_return;
    }

    // 2 decide: the same call as everybody's
    ask(context.question, exchange.head());
    context.verdict = cors::decide(*context.governed, context.question, worker.scratch());
    context.decided = true;
    if (!context.verdict.admitted()) worker.hints().consider(context);

    // 3 answer here: the upstream is never touched
    if (context.verdict.action != cors::Action::forward) {
        co_await answer_verdict(context);
        co_return;
    }
    const std::uint64_t bound = context.edition->limits().max_body_bytes;
    const http::Framing& framing = exchange.head().framing;
    if (bound != 0 && framing.kind == http::BodyKind::length && framing.length > bound) {
        context.detail = "the request body is larger than limits.max_body_bytes";
        co_await answer_problem(context, Reason::body_too_large, context.detail);
        co_return;
    }

    // 4 lease, 5 send, 6 stream, 7 mark
    co_await forward(context);
}

}  // namespace corsd::proxy
