// Switching protocols (RFC 9110 section 7.8), as a gateway passes it on: both Upgrade and Connection end at this hop
// and are made anew.
#pragma once

#include <string>
#include <string_view>

#include "http/head.hpp"
#include "http/hop_by_hop.hpp"

namespace corsd::http {

/// Appends the protocols that a request offers to switch to and that may be offered to the upstream, joined by ", ".
/// Nothing for HTTP/1.0, and without `upgrade` in Connection, whose names are `named`. Left out is what carries HTTP
/// itself (h2c, TLS): the requests inside would pass unjudged.
void append_offer(std::string& out, const RequestHead& head, const ConnectionNames& named);

/// Appends the protocols that a 101 switches to, joined by ", ". False, and nothing appended: it names none, or one
/// that is not in `offer`.
[[nodiscard]] bool append_accepted(std::string& out, const ResponseHead& head, std::string_view offer);

}  // namespace corsd::http
