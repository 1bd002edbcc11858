#include "proxy/series_layout.hpp"

#include <string_view>

namespace corsd::proxy {

namespace {

[[nodiscard]] std::string_view word(cors::Mode mode) noexcept {
    switch (mode) {
        case cors::Mode::enforce:
            return "enforce";
        case cors::Mode::headers:
            return "headers";
        case cors::Mode::report_only:
            return "report-only";
    }
    return "";
}

void add(telemetry::SeriesLayout& layout, const std::string& site, const cors::Governed& governed) {
    for (const cors::Policy& policy : governed.entries)
        layout.rows.push_back({site, governed.pattern, std::string(word(policy.source().mode))});
}

}  // namespace

telemetry::SeriesLayout series_layout(const config::Snapshot& snapshot) {
    telemetry::SeriesLayout layout;
    for (const config::Site& site : snapshot.config().sites) {
        layout.sites.push_back(site.unnamed ? "default" : site.name);
        for (const config::Resource& resource : site.resources)
            add(layout, layout.sites.back(), resource.governed);  // from row resource.first_policy on
        add(layout, layout.sites.back(), site.unmatched);
    }
    for (const config::Upstream& upstream : snapshot.config().upstreams)
        layout.upstreams.push_back(upstream.name);
    return layout;
}

}  // namespace corsd::proxy
