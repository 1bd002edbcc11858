#include "proxy/edition.hpp"

#include "proxy/head_limits.hpp"

namespace corsd::proxy {

Edition::Edition(std::shared_ptr<const config::Snapshot> snapshot, std::shared_ptr<const telemetry::SeriesTable> series,
                 std::vector<std::shared_ptr<UpstreamPool>> pools)
    : snapshot_(std::move(snapshot)),
      series_(std::move(series)),
      pools_(std::move(pools)),
      head_limits_(head_limits_of(limits())),
      underscores_(underscores_of(config().headers.underscores)) {}

}  // namespace corsd::proxy
