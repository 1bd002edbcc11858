// Answers that corsd makes itself: application/problem+json (RFC 9457; policy rule N42).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/reason.hpp"

namespace corsd::http {

/// The one table reason -> status. A limit per address (429) and others that differ by case pass their own status.
[[nodiscard]] std::uint16_t status_of(Reason reason) noexcept;

/// "Bad Gateway" for 502 and so on; "" for an unknown status. Static.
[[nodiscard]] std::string_view reason_phrase(std::uint16_t status) noexcept;

/// Appends the JSON body: {"type":"about:blank","title":…,"status":…,"reason":…,"detail":…}, detail left out when
/// empty.
void append_problem(std::string& out, std::uint16_t status, Reason reason, std::string_view detail);

}  // namespace corsd::http
