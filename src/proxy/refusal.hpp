// The sentence that a refusal tells: what failed, by which resource, and the line that would allow it (N42).
#pragma once

#include <string>

#include "proxy/inquiry.hpp"

namespace corsd::proxy {

/// For inquiry.verdict, which refuses. What comes from the request is shortened; JSON escaping is the writer's
/// business.
[[nodiscard]] std::string refusal_detail(const Inquiry& inquiry);

/// "origin … is not allowed by the resource …", with which details and hints about an origin begin.
[[nodiscard]] std::string refused_origin(const Inquiry& inquiry);

}  // namespace corsd::proxy
