#include "proxy/edition.hpp"

namespace corsd::proxy {

namespace {

[[nodiscard]] http::Underscores underscores_of(config::Underscores underscores) noexcept {
    switch (underscores) {
        case config::Underscores::drop:
            return http::Underscores::drop;
        case config::Underscores::keep:
            return http::Underscores::keep;
        case config::Underscores::reject:
            return http::Underscores::reject;
    }
    return http::Underscores::drop;
}

}  // namespace

Edition::Edition(std::shared_ptr<const config::Snapshot> snapshot, std::shared_ptr<const telemetry::SeriesTable> series,
                 std::vector<std::shared_ptr<UpstreamPool>> pools)
    : snapshot_(std::move(snapshot)),
      series_(std::move(series)),
      pools_(std::move(pools)),
      head_limits_{limits().max_header_bytes, limits().max_header_fields, limits().max_target_bytes},
      underscores_(underscores_of(config().headers.underscores)) {}

}  // namespace corsd::proxy
