// All that is known of one request while it is handled. Recycled per worker, so that a warm one allocates nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/snapshot.hpp"
#include "cors/decide.hpp"
#include "http/hop_by_hop.hpp"
#include "proxy/exchange.hpp"
#include "proxy/failure.hpp"
#include "proxy/grants.hpp"
#include "proxy/head_text.hpp"
#include "proxy/inquiry.hpp"
#include "telemetry/series.hpp"

namespace corsd::proxy {

class Edition;
class Worker;

struct Context : Inquiry {
    Exchange* exchange = nullptr;
    Worker* worker = nullptr;
    const Edition* edition = nullptr;  // the exchange's
    std::chrono::system_clock::time_point wall_start{};
    std::chrono::steady_clock::time_point start{};

    // Outcome, for the log
    Reason reason = Reason::none;  // of an answer that corsd made
    std::string_view detail;       // static, or a view into the request
    Failure failure;
    bool head_out = false;  // an upstream's final head has left for the client
    std::uint16_t status = 0, upstream_status = 0;
    std::string upstream_endpoint;                             // the one tried last
    telemetry::UpstreamCounters* upstream_counters = nullptr;  // null: no upstream was asked
    std::string_view readable;                                 // report-only: "yes" | "no"
    std::chrono::steady_clock::time_point sent{}, answered{};

    // Scratch of rewriting
    http::ConnectionNames connection_names;
    std::vector<http::Field> passed;
    HeadText head_text;
    MergedValues merged;
    std::string location, max_age;
    std::string upgrade;  // the protocols offered to the upstream, then the one that it took
    std::string request_trailers, answer_trailers;
    std::string answer_options;  // what Connection of a chunked answer named: it holds for its trailers too

    void reset(Exchange& the_exchange, Worker& the_worker);
    /// Gives back what only rewriting needs.
    void release_scratch();
};

/// Borrows a Context from its worker; at its end the request is recorded, exactly once on every path out.
class ContextLease {
  public:
    ContextLease(Exchange& exchange, Worker& worker);
    ~ContextLease();
    ContextLease(const ContextLease&) = delete;
    ContextLease& operator=(const ContextLease&) = delete;
    [[nodiscard]] Context& operator*() const noexcept { return *context_; }

  private:
    std::unique_ptr<Context> context_;
};

}  // namespace corsd::proxy
