// How reloads of the configuration have gone: for readiness, metrics and whoever asks.
#pragma once

#include <chrono>
#include <cstdint>

namespace corsd::ops {

/// Main thread only; kept by the Server, which is the only one to write it.
struct ReloadState {
    /// What the last attempt came to. The start itself is a success.
    enum class Last : std::uint8_t { succeeded, failed };

    Last last = Last::succeeded;
    /// Of the configuration that every worker serves: 1 from the start, one more with each reload that succeeded.
    std::uint64_t generation = 1;
    /// Reloads that changed nothing, because of what the diagnostic log says.
    std::uint64_t failures = 0;
    std::chrono::system_clock::time_point last_success{};
    std::chrono::system_clock::time_point last_failure{};  // the epoch: there was none
};

}  // namespace corsd::ops
