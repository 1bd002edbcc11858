// Durations and sizes as configurations write them (C8). Pure, any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace corsd {

/// Why a text is no duration or size.
enum class UnitProblem : std::uint8_t {
    none,
    empty,
    not_a_number,   // does not start with a digit
    fraction,       // "1.5s"
    space,          // "10 s"
    several_units,  // "1h30m"
    unknown_unit,
    too_big,  // over 365 days, or 2^63 - 1 bytes
};

struct DurationResult {
    std::chrono::milliseconds value{0};
    UnitProblem problem = UnitProblem::none;
};
struct SizeResult {
    std::uint64_t value = 0;  // bytes
    UnitProblem problem = UnitProblem::none;
};

/// An integer with `ms`, `s`, `m`, `h` or `d`, or bare seconds; one unit, no space, no sign.
[[nodiscard]] DurationResult parse_duration(std::string_view text) noexcept;
/// An integer with `KiB`, `MiB` or `GiB`, or bare bytes.
[[nodiscard]] SizeResult parse_size(std::string_view text) noexcept;

/// In the largest unit that says it exactly: "10m", "1500ms", "0s".
[[nodiscard]] std::string format_duration(std::chrono::milliseconds value);
/// "32KiB", "1000".
[[nodiscard]] std::string format_size(std::uint64_t bytes);

}  // namespace corsd
