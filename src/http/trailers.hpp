// Trailer sections on their way through (RFC 9110 section 6.5).
#pragma once

#include <string>
#include <string_view>

#include "http/hop_by_hop.hpp"

namespace corsd::http {

/// May a field of this name be sent on in a trailer section? Not those that decide framing, routing, authentication,
/// content or policy (RFC 9110 section 6.5.1; all of Access-Control-*): whoever merges trailers into the head must not
/// be told anything new by them.
[[nodiscard]] bool may_trail(std::string_view name) noexcept;

/// Appends the fields of `section` (as ChunkedDecoder::trailers() gives it) that may be sent on: may_trail, and not
/// named by Connection (section 7.6.1 holds for trailers too). The others are dropped, as section 6.5.1 lets any
/// recipient do.
void append_trailers(std::string& out, std::string_view section, const ConnectionNames& names);

}  // namespace corsd::http
