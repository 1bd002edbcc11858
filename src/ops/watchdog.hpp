// Does every worker still run its loop?
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace corsd::ops {

/// Main thread. Works only while somebody asks: each question posts what the next one looks at, so that an idle process
/// sleeps.
class Watchdog {
  public:
    using Clock = std::chrono::steady_clock;
    /// A worker that has not got to a posted call for this long is stuck: nothing on it may take more than
    /// milliseconds.
    static constexpr std::chrono::seconds kPatience{5};
    /// Runs a call on worker `index`, as soon as it gets to it.
    using Post = std::function<void(std::size_t index, std::function<void()> call)>;

    Watchdog(std::size_t workers, Post post);

    /// The worker that is stuck, if one is. Looks at the last ping of each, and sends the next to those that answered.
    [[nodiscard]] std::optional<std::size_t> ask(Clock::time_point now = Clock::now());
    /// The worker has ended and answers no more.
    void forget(std::size_t index) noexcept { pings_[index].ended = true; }

  private:
    struct Ping {
        std::uint64_t sent = 0;
        std::shared_ptr<std::atomic<std::uint64_t>> answered;  // shared with calls that may outlive us
        Clock::time_point since{};
        bool ended = false;
    };
    std::vector<Ping> pings_;
    Post post_;
};

}  // namespace corsd::ops
