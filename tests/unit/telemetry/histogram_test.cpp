#include "telemetry/histogram.hpp"

#include <cmath>
#include <numeric>

#include "catch.hpp"

using namespace corsd::telemetry;

namespace {

Histogram::Total total_of(const Histogram& histogram) {
    Histogram::Total total;
    histogram.add_to(total);
    return total;
}

}  // namespace

TEST_CASE("the bounds rise, and their two spellings agree") {
    std::uint64_t last = 0;
    for (const DurationBound& bound : kDurationBounds) {
        CAPTURE(bound.microseconds);
        CHECK(bound.microseconds > last);
        CHECK(static_cast<std::uint64_t>(std::llround(std::stod(std::string(bound.seconds)) * 1e6)) ==
              bound.microseconds);
        last = bound.microseconds;
    }
}

TEST_CASE("a duration belongs to the first bucket whose bound it does not exceed") {
    for (std::size_t i = 0; i < kDurationBounds.size(); ++i) {
        Histogram histogram;
        histogram.observe(kDurationBounds[i].microseconds);
        histogram.observe(kDurationBounds[i].microseconds + 1);
        const Histogram::Total total = total_of(histogram);
        CAPTURE(kDurationBounds[i].seconds);
        CHECK(total.buckets[i] == 1);
        CHECK(total.buckets[i + 1] == 1);
        CHECK(total.microseconds == 2 * kDurationBounds[i].microseconds + 1);
    }
}

TEST_CASE("nothing and very long are durations as well") {
    Histogram histogram;
    histogram.observe(0);
    histogram.observe(1'000'000'000'000);
    Histogram::Total total = total_of(histogram);
    CHECK(total.buckets.front() == 1);
    CHECK(total.buckets.back() == 1);
    histogram.add_to(total);  // adds, does not replace
    CHECK(std::accumulate(total.buckets.begin(), total.buckets.end(), 0U) == 4);
    CHECK(total.microseconds == 2'000'000'000'000);
}
