// What a trusted proxy says of the original request (RFC 7239; X-Forwarded-*; policy rule N0).
#pragma once

#include <string_view>
#include <vector>

#include "http/field.hpp"

namespace corsd::http {

/// The last hop's statements. Empty views: not said, or not valid (an invalid one counts as absent).
struct ForwardedView {
    std::string_view proto;  // "http" or "https", any case as received
    std::string_view host;   // authority syntax checked
    std::string_view for_;   // the node, as written, without quotes
};

/// Forwarded wins over X-Forwarded-* parameter by parameter; of several values (and lines) the last counts.
[[nodiscard]] ForwardedView read_forwarded(const std::vector<Field>& fields) noexcept;

}  // namespace corsd::http
