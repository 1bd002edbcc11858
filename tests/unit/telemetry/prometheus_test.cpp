#include "telemetry/prometheus.hpp"

#include "catch.hpp"

using namespace corsd::telemetry;

TEST_CASE("counters and gauges as text") {
    std::string out;
    PrometheusText text(out);
    static constexpr Metric counter{"corsd_a_total", "", "Things.", MetricType::counter};
    text.family(counter);
    text.sample(0);
    static constexpr Metric gauge{"corsd_b", "one, two", "Others.", MetricType::gauge};
    text.family(gauge);
    text.sample(18'446'744'073'709'551'615U, {"x", ""});
    text.sample_microseconds(1'000'001, {"y", "z"});
    text.sample_microseconds(7'000'000, {"y", "q"});
    CHECK(out ==
          "# HELP corsd_a_total Things.\n"
          "# TYPE corsd_a_total counter\n"
          "corsd_a_total 0\n"
          "# HELP corsd_b Others.\n"
          "# TYPE corsd_b gauge\n"
          "corsd_b{one=\"x\",two=\"\"} 18446744073709551615\n"
          "corsd_b{one=\"y\",two=\"z\"} 1.000001\n"
          "corsd_b{one=\"y\",two=\"q\"} 7\n");
}

TEST_CASE("a label's value can be anything that a configuration can say") {
    std::string out;
    PrometheusText text(out);
    static constexpr Metric metric{"m", "resource", "h", MetricType::gauge};
    text.family(metric);
    out.clear();
    text.sample(1, {"~^/a\\d+\"\n{}=,é$"});
    CHECK(out == "m{resource=\"~^/a\\\\d+\\\"\\n{}=,é$\"} 1\n");
}

TEST_CASE("a histogram's buckets are cumulative, and the last is its count") {
    Histogram histogram;
    for (const std::uint64_t microseconds : {100U, 250U, 251U, 400'000'000U})
        histogram.observe(microseconds);
    Histogram::Total total;
    histogram.add_to(total);
    std::string out;
    PrometheusText text(out);
    static constexpr Metric labelled{"d_seconds", "site", "h", MetricType::histogram};
    text.family(labelled);
    text.histogram(total, {"s"});
    CHECK(out.find("# TYPE d_seconds histogram\nd_seconds_bucket{site=\"s\",le=\"0.00025\"} 2\n"
                   "d_seconds_bucket{site=\"s\",le=\"0.0005\"} 3\n") != std::string::npos);
    CHECK(out.find("d_seconds_bucket{site=\"s\",le=\"300\"} 3\nd_seconds_bucket{site=\"s\",le=\"+Inf\"} 4\n"
                   "d_seconds_sum{site=\"s\"} 400.000601\nd_seconds_count{site=\"s\"} 4\n") != std::string::npos);
    out.clear();
    static constexpr Metric bare{"e_seconds", "", "h", MetricType::histogram};
    text.family(bare);
    text.histogram({});
    CHECK(out.find("e_seconds_bucket{le=\"0.00025\"} 0\n") != std::string::npos);
    CHECK(out.find("e_seconds_count 0\n") != std::string::npos);
}
