#include "proxy/context.hpp"

#include "proxy/record.hpp"
#include "proxy/worker.hpp"

namespace corsd::proxy {

void Context::reset(Exchange& the_exchange, Worker& the_worker) {
    exchange = &the_exchange;
    worker = &the_worker;
    edition = &the_exchange.edition();
    wall_start = std::chrono::system_clock::now();
    start = std::chrono::steady_clock::now();
    target = {};
    peer = Peer::untrusted;
    forwarded = {};
    path = {};
    scheme = "http";
    site = nullptr;
    host_match = route::HostMatch::none;
    governed = nullptr;
    upstream = first_policy = 0;
    question.clear();
    verdict = {};
    decided = false;
    reason = Reason::none;
    detail = {};
    failure = {};
    head_out = false;
    status = upstream_status = 0;
    upstream_endpoint.clear();
    upstream_counters = nullptr;
    readable = {};
    sent = answered = {};
}

void Context::release_scratch() {
    connection_names = {};
    passed = {};
    head_text = HeadText{};
    for (std::string* text : {&merged.vary, &merged.expose, &location, &max_age, &upgrade, &request_trailers,
                              &answer_trailers, &answer_options}) {
        std::string().swap(*text);
    }
}

ContextLease::ContextLease(Exchange& exchange, Worker& worker) : context_(worker.take_context()) {
    context_->reset(exchange, worker);
}

ContextLease::~ContextLease() {
    record(*context_);
    Worker& worker = *context_->worker;
    worker.give_context(std::move(context_));
}

}  // namespace corsd::proxy
