// ISO 8601 time stamps for log lines, with the date computed once a second.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace corsd::telemetry {

/// Writes "2026-01-31T23:59:59.000123Z". One object a thread.
class Timestamp {
  public:
    static constexpr std::size_t kSize = 27;

    /// Writes kSize bytes at `out`, UTC with microseconds, and returns the end. Years outside 0000-9999 are clamped.
    [[nodiscard]] char* write(char* out, std::chrono::system_clock::time_point when) noexcept;

  private:
    void set_second(std::int64_t second) noexcept;

    std::int64_t second_ = INT64_MIN;
    std::array<char, kSize> text_{};
};

}  // namespace corsd::telemetry
