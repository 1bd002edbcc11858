#include "ops/watchdog.hpp"

#include <utility>

namespace corsd::ops {

Watchdog::Watchdog(std::size_t workers, Post post) : pings_(workers), post_(std::move(post)) {
    for (Ping& ping : pings_)
        ping.answered = std::make_shared<std::atomic<std::uint64_t>>(0);
}

std::optional<std::size_t> Watchdog::ask(Clock::time_point now) {
    std::optional<std::size_t> stuck;
    for (std::size_t i = 0; i < pings_.size(); ++i) {
        Ping& ping = pings_[i];
        if (ping.ended) continue;
        if (ping.answered->load(std::memory_order_relaxed) != ping.sent) {
            if (!stuck && now - ping.since >= kPatience) stuck = i;
            continue;
        }
        const std::uint64_t number = ++ping.sent;
        ping.since = now;
        post_(i, [answered = ping.answered, number] { answered->store(number, std::memory_order_relaxed); });
    }
    return stuck;
}

}  // namespace corsd::ops
