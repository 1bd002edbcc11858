#include "base/units.hpp"

#include <array>
#include <limits>

#include "base/ascii.hpp"

namespace corsd {

namespace {

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};
// Longest unit first, as the formatters want them.
constexpr std::array<Unit, 5> kDurations{{{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr std::array<Unit, 3> kSizes{{{"GiB", 1ULL << 30U}, {"MiB", 1ULL << 20U}, {"KiB", 1ULL << 10U}}};
constexpr std::uint64_t kMaxMilliseconds = 365ULL * 86'400'000;
constexpr std::uint64_t kMaxBytes = std::numeric_limits<std::int64_t>::max();

struct Quantity {
    std::uint64_t number = 0;
    std::string_view unit;
    UnitProblem problem = UnitProblem::none;
};

Quantity split(std::string_view text) noexcept {
    Quantity result;
    std::size_t digits = 0;
    constexpr std::uint64_t kLast = std::numeric_limits<std::uint64_t>::max() / 10 - 1;
    for (; digits < text.size() && ascii::is_digit(text[digits]); ++digits) {
        if (result.number > kLast) result.problem = UnitProblem::too_big;
        if (result.problem == UnitProblem::none) {
            result.number = result.number * 10 + static_cast<std::uint64_t>(text[digits] - '0');
        }
    }
    result.unit = text.substr(digits);
    if (text.empty()) {
        result.problem = UnitProblem::empty;
    } else if (digits == 0) {
        result.problem = UnitProblem::not_a_number;
    } else if (!result.unit.empty() && (result.unit.front() == '.' || result.unit.front() == ',')) {
        result.problem = UnitProblem::fraction;
    } else if (!result.unit.empty() && ascii::is_ows(result.unit.front())) {
        result.problem = UnitProblem::space;
    } else {
        for (const char c : result.unit) {
            if (ascii::is_digit(c)) result.problem = UnitProblem::several_units;
        }
    }
    return result;
}

UnitProblem scale(std::uint64_t& number, std::uint64_t factor, std::uint64_t most) noexcept {
    if (number > most / factor) return UnitProblem::too_big;
    number *= factor;
    return UnitProblem::none;
}

template <std::size_t size>
UnitProblem apply(Quantity& quantity, const std::array<Unit, size>& units, std::uint64_t bare,
                  std::uint64_t most) noexcept {
    if (quantity.problem != UnitProblem::none) return quantity.problem;
    if (quantity.unit.empty()) return scale(quantity.number, bare, most);
    for (const Unit& unit : units) {
        if (unit.name == quantity.unit) return scale(quantity.number, unit.factor, most);
    }
    return UnitProblem::unknown_unit;
}

}  // namespace

DurationResult parse_duration(std::string_view text) noexcept {
    Quantity quantity = split(text);
    const UnitProblem problem = apply(quantity, kDurations, 1'000, kMaxMilliseconds);
    if (problem != UnitProblem::none) return {std::chrono::milliseconds{0}, problem};
    return {std::chrono::milliseconds{static_cast<std::int64_t>(quantity.number)}, problem};
}

SizeResult parse_size(std::string_view text) noexcept {
    Quantity quantity = split(text);
    const UnitProblem problem = apply(quantity, kSizes, 1, kMaxBytes);
    return {problem == UnitProblem::none ? quantity.number : 0, problem};
}

std::string format_duration(std::chrono::milliseconds value) {
    const auto number = static_cast<std::uint64_t>(value.count());
    if (number == 0) return "0s";
    for (const Unit& unit : kDurations) {
        if (number % unit.factor == 0) return std::to_string(number / unit.factor) + std::string(unit.name);
    }
    return {};
}

std::string format_size(std::uint64_t bytes) {
    for (const Unit& unit : kSizes) {
        if (bytes != 0 && bytes % unit.factor == 0) {
            return std::to_string(bytes / unit.factor) + std::string(unit.name);
        }
    }
    return std::to_string(bytes);
}

}  // namespace corsd
