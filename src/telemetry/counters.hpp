// What a worker counts. One thread writes, any thread reads; values are exact once the writer is quiet, and never torn.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/reason.hpp"

namespace corsd::telemetry {

/// A count with a single writer: a plain load and store, no locked instruction.
class Counter {
  public:
    void add(std::uint64_t amount = 1) noexcept {
        value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
    }
    void subtract(std::uint64_t amount = 1) noexcept {
        value_.store(value_.load(std::memory_order_relaxed) - amount, std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::uint64_t> value_{0};
};

inline constexpr std::size_t kReasonCount = static_cast<std::size_t>(Reason::client_timeout) + 1;

/// The counters of one worker, on cache lines of their own.
struct alignas(64) Counters {
    Counter requests;
    Counter preflights;                         // answered here, successful or not
    std::array<Counter, kReasonCount> refused;  // by Reason
    std::array<Counter, 6> responses;           // by status class, 1 to 5; 0: no answer could be sent
    Counter connections_opened;
    Counter connections_closed;
    Counter upstream_connects;
    Counter upstream_failures;
    Counter bytes_in;   // request bodies
    Counter bytes_out;  // response bodies

    void count_refusal(Reason reason) noexcept { refused[static_cast<std::size_t>(reason)].add(); }
    /// `status` 0 means that the client was gone before an answer.
    void count_response(unsigned status) noexcept {
        const unsigned status_class = status / 100;
        responses[status_class < responses.size() ? status_class : 0].add();
    }
    [[nodiscard]] std::uint64_t refusals(Reason reason) const noexcept {
        return refused[static_cast<std::size_t>(reason)].value();
    }
};

}  // namespace corsd::telemetry
