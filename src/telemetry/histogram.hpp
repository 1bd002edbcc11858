// How long things took, as a Prometheus histogram counts it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "telemetry/counters.hpp"

namespace corsd::telemetry {

/// The buckets' upper bounds, in microseconds and as Prometheus reads them, in seconds. One set for all durations: a
/// change of it would break every recorded series.
struct DurationBound {
    std::uint64_t microseconds;
    std::string_view seconds;
};
inline constexpr auto kDurationBounds = std::to_array<DurationBound>({
    {250, "0.00025"},
    {500, "0.0005"},
    {1'000, "0.001"},
    {2'500, "0.0025"},
    {5'000, "0.005"},
    {10'000, "0.01"},
    {25'000, "0.025"},
    {50'000, "0.05"},
    {100'000, "0.1"},
    {250'000, "0.25"},
    {500'000, "0.5"},
    {1'000'000, "1"},
    {2'500'000, "2.5"},
    {5'000'000, "5"},
    {10'000'000, "10"},
    {30'000'000, "30"},
    {60'000'000, "60"},
    {300'000'000, "300"},
});

/// One thread observes, any thread reads. The reader's total is the sum of the buckets that it read, so that what it
/// sees is never torn; the sum of the durations may be one observation ahead of or behind it.
class Histogram {
  public:
    static constexpr std::size_t kBuckets = kDurationBounds.size() + 1;  // the last is without bound

    /// Most durations are short, and find their bucket after a few comparisons.
    void observe(std::uint64_t microseconds) noexcept {
        std::size_t bucket = 0;
        while (bucket < kDurationBounds.size() && microseconds > kDurationBounds[bucket].microseconds)
            ++bucket;
        buckets_[bucket].add();
        sum_.add(microseconds);
    }

    /// Adds what it holds to a plain copy.
    struct Total {
        std::array<std::uint64_t, kBuckets> buckets{};  // each alone, not cumulated
        std::uint64_t microseconds = 0;
    };
    void add_to(Total& total) const noexcept {
        for (std::size_t i = 0; i < kBuckets; ++i)
            total.buckets[i] += buckets_[i].value();
        total.microseconds += sum_.value();
    }

  private:
    std::array<Counter, kBuckets> buckets_;
    Counter sum_;
};

}  // namespace corsd::telemetry
