// Everything that /metrics says. docs/metrics.md lists the same table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "telemetry/counters.hpp"
#include "telemetry/prometheus.hpp"
#include "telemetry/series.hpp"

namespace corsd::telemetry {

/// All families, in the order in which they are exposed.
[[nodiscard]] std::span<const Metric> all_metrics() noexcept;

/// What is known of an upstream's connections at this moment, in all workers together.
struct UpstreamState {
    std::string_view name;
    std::uint64_t open = 0;  // idle ones included
    std::uint64_t idle = 0;
};

struct ReloadState {
    std::uint64_t succeeded = 0, failed = 0;
    std::uint64_t last_success = 0;  // seconds since 1970: of the start, until the first reload
    bool last_failed = false;
};

/// What the main thread gathers for one exposition.
struct MetricsInput {
    const SeriesTable* series = nullptr;
    std::vector<const Counters*> workers;
    std::vector<UpstreamState> upstreams;
    std::uint64_t access_lines = 0, access_dropped = 0, log_dropped = 0;
    ReloadState reload;
    bool ready = false;
};

/// The whole text. Takes time and space in proportion to the resources that have been used.
[[nodiscard]] std::string metrics_text(const MetricsInput& input);

}  // namespace corsd::telemetry
