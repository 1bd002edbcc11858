#include "proxy/series_layout.hpp"

#include "catch.hpp"
#include "config/load.hpp"

using namespace corsd;

namespace {

config::Snapshot snapshot_of(const char* text) {
    config::Loaded loaded = config::load_text(text, "test.yaml", config::system_environment());
    REQUIRE(loaded.ok());
    return config::Snapshot(std::move(*loaded.config));
}

}  // namespace

TEST_CASE("each policy has a row, at the index that its resource leads to") {
    const config::Snapshot snapshot = snapshot_of(R"(
upstreams: {app: {endpoints: ["http://127.0.0.1:1"]}, more: {endpoints: ["http://127.0.0.1:2"]}}
sites:
  - name: one
    public_origin: https://one.example
    upstream: app
    resources:
      /a: {origins: [https://x.example]}
      /b/*:
        - {methods: [GET], origins: [https://x.example]}
        - {methods: [POST], origins: [https://x.example], mode: report-only}
  - name: two
    public_origin: https://two.example
    upstream: more
    resources:
      /a: {origins: [https://x.example], mode: headers}
)");
    const telemetry::SeriesLayout layout = proxy::series_layout(snapshot);
    CHECK(layout.sites == std::vector<std::string>{"one", "two"});
    CHECK(layout.upstreams == std::vector<std::string>{"app", "more"});
    REQUIRE(layout.rows.size() == 6);
    const auto row = [&](const char* host, const char* path, std::size_t entry) {
        const auto found = snapshot.match(host);
        REQUIRE(found.site != nullptr);
        const auto match = found.site->match(path);
        REQUIRE(entry < match.governed->entries.size());
        return layout.rows[match.first_policy + entry];
    };
    CHECK(row("one.example", "/a", 0) == telemetry::ResourceLabels{"one", "/a", "enforce"});
    CHECK(row("one.example", "/b/c", 0) == telemetry::ResourceLabels{"one", "/b/*", "enforce"});
    CHECK(row("one.example", "/b/c", 1) == telemetry::ResourceLabels{"one", "/b/*", "report-only"});
    CHECK(row("one.example", "/none", 0) == telemetry::ResourceLabels{"one", "", "enforce"});
    CHECK(row("two.example", "/a", 0) == telemetry::ResourceLabels{"two", "/a", "headers"});
    CHECK(row("two.example", "/none", 0) == telemetry::ResourceLabels{"two", "", "enforce"});
    CHECK(snapshot.match("two.example").site->index() == 1);
}

TEST_CASE("the unnamed site and the upstream of the short form are called default") {
    const telemetry::SeriesLayout layout = proxy::series_layout(snapshot_of("resources: {/a: {}}\n"));
    CHECK(layout.sites == std::vector<std::string>{"default"});
    CHECK(layout.upstreams == std::vector<std::string>{"default"});
}
