// The `log` section of a configuration, in the words of the logs themselves.
#pragma once

#include "config/settings.hpp"
#include "telemetry/access_format.hpp"
#include "telemetry/log.hpp"

namespace corsd::ops {

[[nodiscard]] telemetry::LogSettings diagnostic_log(const config::Log& log);
[[nodiscard]] telemetry::AccessSettings access_log(const config::Log& log);

}  // namespace corsd::ops
