// The diagnostic log: what the operator should know, one line each. The one door to spdlog (behind log.cpp). Any thread
// may write; nothing here throws, blocks on a stalled reader, or fails because the disk is full: such a line is lost
// and counted.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "telemetry/output.hpp"

namespace corsd::telemetry {

enum class Level : std::uint8_t { trace, debug, info, warn, error, off };

/// "trace", "debug", "info", "warn", "error", "off"; nothing for another word.
[[nodiscard]] std::optional<Level> level_from(std::string_view name) noexcept;

struct LogSettings {
    Level level = Level::info;
    LineFormat format = LineFormat::automatic;
    std::string output = "stderr";  // stderr | stdout | a path
};

/// Opens the log, in place of the one before; until the first call lines go to stderr from `info` on. Ignores SIGPIPE
/// for the process, so that a closed pipe is an error of one write. Returns what went wrong (the log before stays), or
/// nothing.
[[nodiscard]] std::optional<std::string> log_open(const LogSettings& settings);

/// Opens a log file again by its name (SIGUSR1, after a rotation). Returns what went wrong, or nothing.
[[nodiscard]] std::optional<std::string> log_reopen();

/// Writes one line; control characters in `message` are escaped. One relaxed load when the level is disabled.
void log_write(Level level, std::string_view message) noexcept;

/// Lines that could not be written since the start of the process.
[[nodiscard]] std::uint64_t log_lost() noexcept;

namespace detail {
// Written by log_open alone; here so that the disabled case is inlined.
inline std::atomic<Level> log_threshold{Level::info};
}  // namespace detail

/// Worth asking before a message is put together. `off` is never enabled.
[[nodiscard]] inline bool log_enabled(Level level) noexcept {
    return level != Level::off && level >= detail::log_threshold.load(std::memory_order_relaxed);
}

}  // namespace corsd::telemetry
