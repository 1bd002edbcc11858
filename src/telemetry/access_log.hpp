// The access log: a line a request, formatted by the worker into a ring of its own, written by one thread for all of
// them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "telemetry/access_format.hpp"
#include "telemetry/access_ring.hpp"

namespace corsd::telemetry {

/// Owns the rings and the log thread. Workers call AccessRing::write; everything else belongs to the main thread. A
/// reader that stalls, a closed pipe or a full disk costs lines (counted, reported in the diagnostic log as
/// "access_log_dropped N"), never time on a worker.
class AccessLog {
  public:
    struct Opened {
        std::unique_ptr<AccessLog> log;  // null when it failed, or when the settings disable it
        std::string error;               // empty unless it failed
    };

    /// Opens the output and starts the log thread, with a ring for each of `workers` workers.
    [[nodiscard]] static Opened open(const AccessSettings& settings, std::size_t workers);

    AccessLog(const AccessLog&) = delete;
    AccessLog& operator=(const AccessLog&) = delete;
    ~AccessLog();

    /// Worker `worker` alone may write to it, until stop().
    [[nodiscard]] AccessRing& ring(std::size_t worker) noexcept;

    /// Writes out what is there and ends the log thread; returns within about a second even when the output is stuck.
    void stop();
    /// Opens the file again by its name, after a rotation (SIGUSR1). Lines written before go to the old file. Any
    /// thread.
    void reopen() noexcept;

    /// Lines handed to the kernel, and lines lost.
    [[nodiscard]] std::uint64_t written() const noexcept;
    [[nodiscard]] std::uint64_t dropped() const noexcept;

  private:
    struct State;
    explicit AccessLog(std::shared_ptr<State> state) noexcept;

    std::shared_ptr<State>
        state_;  // shared with the log thread, which may outlive us inside a write that never returns
};

}  // namespace corsd::telemetry
