// A serialized origin (Fetch section 3.2, "Origin header"; policy rule N7), parsed strictly: whatever a browser cannot
// have sent does not parse, so that comparing bytes afterwards is safe (N8).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace corsd::cors {

enum class HostKind : std::uint8_t { domain, ipv4, ipv6 };

/// Views into the text that was parsed. Equal origins have equal `text`.
struct Origin {
    std::string_view text;    // the whole
    std::string_view scheme;  // lower-case
    std::string_view host;    // lower-case; IPv6 in brackets; with its trailing dot if it has one
    std::uint16_t port = 0;   // 0: none written, so the scheme's default
    HostKind kind = HostKind::domain;
};

/// Why a host is none that a browser serializes. `offset` is a byte of the host.
enum class HostProblem : std::uint8_t {
    none,
    empty,
    empty_label,
    bad_byte,
    upper_case,
    non_ascii,
    edge_hyphen,     // a label starts or ends with '-'
    label_too_long,  // over 63
    host_too_long,   // over 253
    last_label_number,
    ipv4_form,      // looks like IPv4, but is no plain dotted quad
    ipv6_form,      // not RFC 5952
    ipv6_brackets,  // brackets missing or unbalanced
    ipv6_mixed,     // dotted IPv4 inside IPv6
    zone_id,
};

struct HostCheck {
    HostProblem problem = HostProblem::none;
    HostKind kind = HostKind::domain;
    std::size_t offset = 0;
};

inline constexpr std::size_t kMaxSchemeBytes = 64;
inline constexpr std::size_t kMaxLabelBytes = 63;
inline constexpr std::size_t kMaxHostBytes = 253;
inline constexpr std::size_t kMaxOriginBytes = 326;

/// N7. "null" is no origin in this sense and does not parse. Linear, no allocation, any thread.
[[nodiscard]] std::optional<Origin> parse_origin(std::string_view text) noexcept;

/// The host rules of N7 alone. `host` without port.
[[nodiscard]] HostCheck check_host(std::string_view host) noexcept;

/// The port a URL of this scheme has when none is written (URL standard, "special scheme"); 0 for other schemes.
[[nodiscard]] std::uint16_t default_port(std::string_view scheme) noexcept;

/// RFC 3986 section 3.1, lower-case only, at most 64 bytes.
[[nodiscard]] bool is_scheme(std::string_view scheme) noexcept;

/// `localhost`, `*.localhost`, 127/8 and `[::1]` (Secure Contexts section 3.1).
[[nodiscard]] bool is_loopback_host(std::string_view host) noexcept;

}  // namespace corsd::cors
