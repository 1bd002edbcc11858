// Request targets (RFC 9112 section 3.2) and authorities (RFC 3986 section 3.2).
#pragma once

#include <cstdint>
#include <string_view>

#include "http/head.hpp"

namespace corsd::http {

enum class TargetForm : std::uint8_t { origin, absolute, asterisk };

/// A host with an optional port, syntax checked: a name of unreserved bytes and sub-delims (without ',' and ';', which
/// other readers take for separators) with no empty label but a last one, or IPv6 in brackets; no escapes, no userinfo.
/// A port is 1-65535 without a leading zero.
struct Authority {
    std::string_view text;   // as received
    std::string_view host;   // without port and brackets kept; not lower-cased
    std::uint16_t port = 0;  // 0: none written
};

struct Target {
    TargetForm form = TargetForm::origin;
    std::string_view scheme;  // absolute-form only
    Authority authority;      // of the target when absolute, else of Host
    std::string_view path;    // starts with '/' ("/" for an absolute target without one; empty for "*")
    std::string_view query;   // with its '?', or empty
};

/// Checks a Host value or the authority of a target.
[[nodiscard]] bool parse_authority(std::string_view text, Authority& out) noexcept;

/// Splits the target of a head that RequestReader completed (so its bytes are checked: none above 0x7e, no '#', no
/// control). `failure` says why not (bad_request). In absolute-form the target's authority wins over Host (RFC 9112
/// section 3.2.2).
[[nodiscard]] bool split_target(const RequestHead& head, Target& out, ParseFailure& failure) noexcept;

}  // namespace corsd::http
