#include "ops/logs.hpp"

namespace corsd::ops {

namespace {

[[nodiscard]] telemetry::LineFormat line_format(config::LogFormat format) noexcept {
    switch (format) {
        case config::LogFormat::automatic:
            return telemetry::LineFormat::automatic;
        case config::LogFormat::json:
            return telemetry::LineFormat::json;
        case config::LogFormat::text:
            return telemetry::LineFormat::text;
    }
    return telemetry::LineFormat::automatic;
}

[[nodiscard]] telemetry::AccessFilter access_filter(config::AccessOnly only) noexcept {
    switch (only) {
        case config::AccessOnly::all:
            return telemetry::AccessFilter::all;
        case config::AccessOnly::refused:
            return telemetry::AccessFilter::refused;
        case config::AccessOnly::errors:
            return telemetry::AccessFilter::errors;
    }
    return telemetry::AccessFilter::all;
}

}  // namespace

telemetry::LogSettings diagnostic_log(const config::Log& log) {
    telemetry::LogSettings settings;
    if (const auto level = telemetry::level_from(log.level)) settings.level = *level;
    settings.format = line_format(log.format);
    settings.output = log.output;
    return settings;
}

telemetry::AccessSettings access_log(const config::Log& log) {
    telemetry::AccessSettings settings;
    settings.state =
        log.access == config::AccessEnabled::yes ? telemetry::AccessState::enabled : telemetry::AccessState::disabled;
    settings.only = access_filter(log.only);
    settings.redact_query = log.redact_query;
    settings.format = line_format(log.format);
    settings.output = log.output;
    return settings;
}

}  // namespace corsd::ops
