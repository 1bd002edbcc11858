// The bounds of request heads as a configuration has them.
#pragma once

#include "config/settings.hpp"
#include "http/h1_reader.hpp"

namespace corsd::proxy {

[[nodiscard]] http::HeadLimits head_limits_of(const config::Limits& limits) noexcept;
[[nodiscard]] http::Underscores underscores_of(config::Underscores underscores) noexcept;

}  // namespace corsd::proxy
