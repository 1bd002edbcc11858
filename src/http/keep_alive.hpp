// The Keep-Alive field of HTTP/1.0 days, which many servers still send (RFC 2068 section 19.7.1.1).
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace corsd::http {

/// How long the sender says it keeps an idle connection: the `timeout` parameter, in seconds. Nothing when there is
/// none that can be read.
[[nodiscard]] std::optional<std::chrono::seconds> keep_alive_timeout(std::string_view value) noexcept;

}  // namespace corsd::http
