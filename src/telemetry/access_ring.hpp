// The worker's end of the access log.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "telemetry/access_format.hpp"
#include "telemetry/byte_ring.hpp"
#include "telemetry/counters.hpp"

namespace corsd::telemetry {

/// How workers wake the log thread: not at all while it polls on its own, once when it sleeps or a ring fills up.
class LogWakeup {
  public:
    /// Throws std::system_error without a descriptor.
    LogWakeup();
    LogWakeup(const LogWakeup&) = delete;
    LogWakeup& operator=(const LogWakeup&) = delete;
    ~LogWakeup();

    /// Any worker, cheap: a system call only when the log thread sleeps long, and once until it has run.
    void if_asleep() noexcept {
        if (asleep_.load(std::memory_order_relaxed)) request();
    }
    void request() noexcept;
    /// Always wakes the log thread (stop, reopen).
    void force() noexcept;

    /// The log thread: requests count again from here on.
    void accept_requests() noexcept { requested_.store(false, std::memory_order_release); }
    void set_asleep(bool asleep) noexcept { asleep_.store(asleep, std::memory_order_relaxed); }
    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
    void drain() const noexcept;

  private:
    int descriptor_;
    alignas(64) std::atomic<bool> asleep_{false};
    std::atomic<bool> requested_{false};
};

/// One worker's ring of finished lines. write() belongs to the worker, the consumer's half to the log thread.
class AccessRing {
  public:
    static constexpr std::size_t kCapacity = std::size_t{512} * 1024;

    AccessRing(const AccessFormatter& formatter, LogWakeup& wakeup, std::size_t capacity = kCapacity)
        : formatter_(formatter), wakeup_(wakeup), bytes_(capacity, AccessFormatter::kMaxLine) {}

    /// Formats the line into the ring; drops and counts it when there is no room. No lock, no allocation.
    void write(const AccessEntry& entry) noexcept {
        if (!formatter_.wants(entry)) return;
        char* const start = bytes_.reserve(AccessFormatter::bound(entry));
        if (start == nullptr) {
            dropped_.add();
            wakeup_.request();
            return;
        }
        bytes_.commit(static_cast<std::size_t>(formatter_.format(start, entry) - start));
        if (bytes_.over_half()) wakeup_.request();
        wakeup_.if_asleep();
    }

    [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_.value(); }
    /// The log thread's end.
    [[nodiscard]] ByteRing& bytes() noexcept { return bytes_; }

  private:
    AccessFormatter formatter_;
    LogWakeup& wakeup_;
    ByteRing bytes_;
    Counter dropped_;
};

}  // namespace corsd::telemetry
