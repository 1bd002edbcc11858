// Which series a configuration has: the labels for telemetry, by the indices of its Snapshot.
#pragma once

#include "config/snapshot.hpp"
#include "telemetry/series.hpp"

namespace corsd::proxy {

/// The unnamed site is called "default", as the upstream of the short form is.
[[nodiscard]] telemetry::SeriesLayout series_layout(const config::Snapshot& snapshot);

}  // namespace corsd::proxy
