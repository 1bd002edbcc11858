#include "telemetry/prometheus.hpp"

#include <array>
#include <charconv>

namespace corsd::telemetry {

namespace {

void append_number(std::string& out, std::uint64_t value) {
    std::array<char, 20> digits;
    out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
}

/// Seconds with all six decimals of a microsecond, or none when they are zero.
void append_seconds(std::string& out, std::uint64_t microseconds) {
    append_number(out, microseconds / 1'000'000);
    std::uint64_t rest = microseconds % 1'000'000;
    if (rest == 0) return;
    std::array<char, 7> decimals{'.'};
    for (std::size_t i = decimals.size() - 1; i > 0; --i, rest /= 10)
        decimals[i] = static_cast<char>('0' + rest % 10);
    out.append(decimals.data(), decimals.size());
}

/// In a label's value a backslash, a quote and a newline are escaped, and nothing else.
void append_escaped(std::string& out, std::string_view value) {
    for (const char c : value) {
        switch (c) {
            case '\\':
                out += "\\\\";
                break;
            case '"':
                out += "\\\"";
                break;
            case '\n':
                out += "\\n";
                break;
            default:
                out.push_back(c);
        }
    }
}

}  // namespace

std::string_view to_string(MetricType type) noexcept {
    switch (type) {
        case MetricType::counter:
            return "counter";
        case MetricType::gauge:
            return "gauge";
        case MetricType::histogram:
            return "histogram";
    }
    return "untyped";
}

void PrometheusText::family(const Metric& metric) {
    metric_ = &metric;
    out_.append("# HELP ").append(metric.name).append(" ").append(metric.help).append("\n");
    out_.append("# TYPE ").append(metric.name).append(" ").append(to_string(metric.type)).append("\n");
}

void PrometheusText::begin(const Series& series) {
    out_.append(metric_->name).append(series.suffix);
    std::string_view names = metric_->labels;
    char separator = '{';
    for (const std::string_view value : series.values) {
        const std::size_t end = names.find(", ");
        out_.push_back(separator);
        out_.append(names.substr(0, end)).append("=\"");
        append_escaped(out_, value);
        out_.push_back('"');
        names = end == std::string_view::npos ? std::string_view{} : names.substr(end + 2);
        separator = ',';
    }
    if (!series.bound.empty()) {
        out_.push_back(separator);
        out_.append("le=\"").append(series.bound).append("\"");
        separator = ',';
    }
    out_.append(separator == '{' ? " " : "} ");
}

void PrometheusText::sample(std::uint64_t value, Values values) {
    begin({{}, {}, values});
    append_number(out_, value);
    out_.push_back('\n');
}

void PrometheusText::sample_microseconds(std::uint64_t microseconds, Values values) {
    begin({{}, {}, values});
    append_seconds(out_, microseconds);
    out_.push_back('\n');
}

void PrometheusText::sample_text(std::string_view value, Values values) {
    begin({{}, {}, values});
    out_.append(value).append("\n");
}

void PrometheusText::histogram(const Histogram::Total& total, Values values) {
    std::uint64_t so_far = 0;
    for (std::size_t i = 0; i < Histogram::kBuckets; ++i) {
        so_far += total.buckets[i];
        begin({"_bucket", i < kDurationBounds.size() ? kDurationBounds[i].seconds : "+Inf", values});
        append_number(out_, so_far);
        out_.push_back('\n');
    }
    begin({"_sum", {}, values});
    append_seconds(out_, total.microseconds);
    out_.push_back('\n');
    begin({"_count", {}, values});
    append_number(out_, so_far);
    out_.push_back('\n');
}

}  // namespace corsd::telemetry
