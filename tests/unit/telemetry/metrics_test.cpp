#include "telemetry/metrics.hpp"

#include <fstream>
#include <set>
#include <sstream>

#include "catch.hpp"

using namespace corsd;
using namespace corsd::telemetry;

namespace {

/// A process with one site, one resource and one upstream.
struct Process {
    SeriesRegistry registry{1};
    std::shared_ptr<const SeriesTable> table = registry.arrange({{{"shop", "/a", "enforce"}}, {"shop"}, {"app"}});
    Counters counters;

    [[nodiscard]] std::string text() const {
        MetricsInput input;
        input.series = table.get();
        input.workers = {&counters};
        input.upstreams = {{"app", 5, 3}};
        input.ready = true;
        return metrics_text(input);
    }
    [[nodiscard]] bool says(const std::string& line) const { return text().find(line + "\n") != std::string::npos; }
};

std::set<std::string> families(const std::string& text) {
    std::set<std::string> names;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (line.rfind("# TYPE ", 0) == 0) names.insert(line.substr(7, line.find(' ', 7) - 7));
    }
    return names;
}

}  // namespace

TEST_CASE("every family of the table is exposed, and nothing else") {
    std::set<std::string> expected;
    for (const Metric& metric : all_metrics())
        expected.insert(std::string(metric.name));
    CHECK(expected.size() == all_metrics().size());
    CHECK(families(Process{}.text()) == expected);
}

TEST_CASE("docs/metrics.md lists every metric with its type, labels and meaning") {
    std::ifstream file(CORSD_SOURCE_DIR "/docs/metrics.md");
    std::vector<std::string> rows;
    for (std::string line; std::getline(file, line);) {
        if (line.rfind("| `corsd_", 0) == 0) rows.push_back(line);
    }
    std::vector<std::string> expected;
    for (const Metric& metric : all_metrics()) {
        std::string row = "| `" + std::string(metric.name) + "` | " + std::string(to_string(metric.type)) + " | ";
        if (!metric.labels.empty()) row += "`" + std::string(metric.labels) + "` ";
        expected.push_back(row + "| " + std::string(metric.help) + " |");
    }
    CHECK(rows == expected);
}

TEST_CASE("what was counted is exposed") {
    Process process;
    process.table->resource(0).count(0, {DecisionKind::preflight, Decision::preflight, Reason::none});
    process.table->resource(0).count(0, {DecisionKind::cross_origin, Decision::refuse, Reason::origin_null});
    process.table->site(0).of(0).count_response(204);
    process.table->site(0).of(0).count_response(0);
    process.table->site(1).of(0).count_response(421);
    process.table->site(0).of(0).bytes_out.add(17);
    process.table->site(0).of(0).duration.observe(300);
    process.table->upstream(0).of(0).count_failure(Reason::upstream_timeout);
    process.counters.count_problem(Reason::unknown_host);
    process.counters.cut_by_upstream.add();
    process.counters.connections_opened.add(3);
    process.counters.connections_closed.add();
    const std::string base = "corsd_decisions_total{site=\"shop\",resource=\"/a\",";
    CHECK(process.says(base + "kind=\"preflight\",decision=\"preflight\",reason=\"\",mode=\"enforce\"} 1"));
    CHECK(process.says(base + "kind=\"cross_origin\",decision=\"refuse\",reason=\"origin_null\",mode=\"enforce\"} 1"));
    CHECK(process.says("corsd_responses_total{site=\"shop\",class=\"2xx\"} 1"));
    CHECK(process.says("corsd_responses_total{site=\"shop\",class=\"none\"} 1"));
    CHECK(process.says("corsd_responses_total{site=\"\",class=\"4xx\"} 1"));
    CHECK(process.says("corsd_response_body_bytes_total{site=\"shop\"} 17"));
    CHECK(process.says("corsd_request_duration_seconds_bucket{site=\"shop\",le=\"0.0005\"} 1"));
    CHECK(process.says("corsd_upstream_failures_total{upstream=\"app\",reason=\"upstream_timeout\"} 1"));
    CHECK(process.says("corsd_problems_total{reason=\"unknown_host\"} 1"));
    CHECK(process.says("corsd_cut_responses_total{side=\"upstream\"} 1"));
    CHECK(process.says("corsd_client_connections 2"));
    CHECK(process.says("corsd_client_connections_accepted_total 3"));
    CHECK(process.says("corsd_upstream_connections{upstream=\"app\",state=\"active\"} 2"));
    CHECK(process.says("corsd_upstream_connections{upstream=\"app\",state=\"idle\"} 3"));
    CHECK(process.says("corsd_ready 1"));
}

TEST_CASE("decisions that nobody made take no room") {
    Process process;
    CHECK(process.text().find("corsd_decisions_total{") == std::string::npos);
    process.table->resource(0).count(0, {});
    const std::string text = process.text();
    const std::size_t first = text.find("corsd_decisions_total{");
    CHECK(first != std::string::npos);
    CHECK(text.find("corsd_decisions_total{", first + 1) == std::string::npos);
}
