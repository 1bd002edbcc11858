// The stable reasons of policy and protocol, the same in answers, log and metrics. An answer that corsd makes itself
// names exactly one of them in its "reason" member (problem+json, RFC 9457).
#pragma once

#include <cstdint>
#include <string_view>

namespace corsd {

enum class Reason : std::uint8_t {
    none,
    // What the policy refuses.
    origin_malformed,
    origin_null,
    origin_not_allowed,
    origin_missing,
    origin_repeated,
    method_not_allowed,
    header_not_allowed,
    headers_too_many,
    override_not_allowed,
    websocket_origin,
    unknown_host,
    path_ambiguous,
    // What is not a request that corsd takes.
    bad_request,
    header_too_large,
    target_too_long,
    body_too_large,
    not_implemented,
    version_not_supported,
    // What goes wrong between client and upstream.
    loop_detected,
    upstream_unreachable,
    upstream_invalid,
    upstream_timeout,
    upstream_unavailable,
    overloaded,
    client_timeout,
};

/// The name on the wire and in the log, for example "origin_not_allowed"; "" for none. The view is static.
[[nodiscard]] std::string_view to_string(Reason reason) noexcept;

}  // namespace corsd
