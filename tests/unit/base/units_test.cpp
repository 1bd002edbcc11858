// C8: durations and sizes.
#include "base/units.hpp"

#include "catch.hpp"

using corsd::format_duration;
using corsd::format_size;
using corsd::parse_duration;
using corsd::parse_size;
using corsd::UnitProblem;
using std::chrono::milliseconds;

TEST_CASE("C8: a duration is an integer with one unit, or bare seconds") {
    struct Row {
        const char* text;
        long long milliseconds;
    };
    const Row rows[] = {
        {"0", 0},        {"1", 1'000},      {"007", 7'000},     {"250ms", 250},           {"30s", 30'000},
        {"5m", 300'000}, {"2h", 7'200'000}, {"1d", 86'400'000}, {"365d", 31'536'000'000}, {"31536000", 31'536'000'000}};
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const auto result = parse_duration(row.text);
        CHECK(result.problem == UnitProblem::none);
        CHECK(result.value == milliseconds{row.milliseconds});
    }
}

TEST_CASE("C8: what is no duration says why") {
    struct Row {
        const char* text;
        UnitProblem problem;
    };
    const Row rows[] = {{"", UnitProblem::empty},
                        {"s", UnitProblem::not_a_number},
                        {"-1", UnitProblem::not_a_number},
                        {"+1s", UnitProblem::not_a_number},
                        {" 1s", UnitProblem::not_a_number},
                        {"1.5s", UnitProblem::fraction},
                        {"1,5s", UnitProblem::fraction},
                        {"10 s", UnitProblem::space},
                        {"1s ", UnitProblem::unknown_unit},
                        {"1h30m", UnitProblem::several_units},
                        {"1sec", UnitProblem::unknown_unit},
                        {"1S", UnitProblem::unknown_unit},
                        {"1M", UnitProblem::unknown_unit},
                        {"1w", UnitProblem::unknown_unit},
                        {"366d", UnitProblem::too_big},
                        {"31536001", UnitProblem::too_big},
                        {"18446744073709551616", UnitProblem::too_big},
                        {"99999999999999999999999999ms", UnitProblem::too_big}};
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CHECK(parse_duration(row.text).problem == row.problem);
        CHECK(parse_duration(row.text).value == milliseconds{0});
    }
}

TEST_CASE("C8: sizes are bytes or binary multiples") {
    CHECK(parse_size("0").value == 0);
    CHECK(parse_size("1024").value == 1024);
    CHECK(parse_size("32KiB").value == 32 * 1024);
    CHECK(parse_size("3MiB").value == 3ULL << 20U);
    CHECK(parse_size("2GiB").value == 2ULL << 30U);
    CHECK(parse_size("9223372036854775807").value == 9'223'372'036'854'775'807ULL);
    CHECK(parse_size("9223372036854775808").problem == UnitProblem::too_big);
    CHECK(parse_size("8589934592GiB").problem == UnitProblem::too_big);
    CHECK(parse_size("32KB").problem == UnitProblem::unknown_unit);
    CHECK(parse_size("32kib").problem == UnitProblem::unknown_unit);
    CHECK(parse_size("32 KiB").problem == UnitProblem::space);
    CHECK(parse_size("1.5MiB").problem == UnitProblem::fraction);
    CHECK(parse_size("").problem == UnitProblem::empty);
}

TEST_CASE("formatted durations and sizes parse back") {
    CHECK(format_duration(milliseconds{0}) == "0s");
    CHECK(format_duration(milliseconds{1500}) == "1500ms");
    CHECK(format_duration(milliseconds{60'000}) == "1m");
    CHECK(format_duration(milliseconds{90'000}) == "90s");
    CHECK(format_duration(milliseconds{86'400'000}) == "1d");
    CHECK(format_size(0) == "0");
    CHECK(format_size(1000) == "1000");
    CHECK(format_size(32 * 1024) == "32KiB");
    for (long long value = 1; value < 40'000'000'000; value = value * 7 + 3) {
        if (value <= 31'536'000'000) {
            CHECK(parse_duration(format_duration(milliseconds{value})).value == milliseconds{value});
        }
        const auto bytes = static_cast<std::uint64_t>(value);
        CHECK(parse_size(format_size(bytes)).value == bytes);
    }
}
