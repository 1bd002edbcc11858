// Prometheus' text exposition format 0.0.4, written by hand: HELP, TYPE, samples.
// https://prometheus.io/docs/instrumenting/exposition_formats/
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "telemetry/histogram.hpp"

namespace corsd::telemetry {

inline constexpr std::string_view kPrometheusContentType = "text/plain; version=0.0.4; charset=utf-8";

enum class MetricType : std::uint8_t { counter, gauge, histogram };

/// A family of series. `labels` names its labels in order, separated by ", "; it is what docs/metrics.md says.
struct Metric {
    std::string_view name, labels, help;
    MetricType type = MetricType::counter;
};

[[nodiscard]] std::string_view to_string(MetricType type) noexcept;

/// Appends families to a string. Values of labels are escaped; names and help texts are ours and need none.
class PrometheusText {
  public:
    using Values = std::initializer_list<std::string_view>;  // one for each label of the family, in its order

    explicit PrometheusText(std::string& out) noexcept : out_(out) {}

    /// HELP and TYPE; the samples that follow belong to it.
    void family(const Metric& metric);
    void family(const Metric&& metric) = delete;  // it is read until the next one
    void sample(std::uint64_t value, Values values = {});
    /// The value is in seconds.
    void sample_microseconds(std::uint64_t microseconds, Values values = {});
    void histogram(const Histogram::Total& total, Values values = {});
    /// The value as it shall stand there.
    void sample_text(std::string_view value, Values values = {});

  private:
    struct Series {
        std::string_view suffix;  // "_bucket", "_sum", "_count" of a histogram
        std::string_view bound;   // of a bucket
        Values values;
    };
    void begin(const Series& series);

    std::string& out_;
    const Metric* metric_ = nullptr;
};

}  // namespace corsd::telemetry
