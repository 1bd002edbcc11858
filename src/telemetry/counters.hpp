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

/// What a worker counts that belongs to no site, on cache lines of its own. The rest is in telemetry/series.hpp.
struct alignas(64) Counters {
    std::array<Counter, kReasonCount> problems;  // answers that corsd made itself, by their reason
    Counter cut_by_client, cut_by_upstream;      // answers that ended short after their head was out, by whose fault
    Counter connections_opened;
    Counter connections_closed;
    Counter connections_refused;  // told 429: limits.max_connections_per_address

    void count_problem(Reason reason) noexcept { problems[static_cast<std::size_t>(reason)].add(); }
};

}  // namespace corsd::telemetry
