// Header fields as views into the bytes they were read from.
#pragma once

#include <cstdint>
#include <string_view>

namespace corsd::http {

/// Fields that corsd acts upon. Recognised once, while the head is tokenised; everything else is `other`.
enum class FieldId : std::uint8_t {
    other,
    host,
    origin,
    content_length,
    transfer_encoding,
    content_type,
    expect,
    upgrade,
    date,
    server,
    via,
    vary,
    location,
    cookie,
    // Hop-by-hop (RFC 9110 section 7.6.1).
    connection,
    keep_alive,
    proxy_connection,
    te,
    trailer,
    proxy_authenticate,
    proxy_authorization,
    // Forwarding.
    forwarded,
    x_forwarded_for,
    x_forwarded_host,
    x_forwarded_proto,
    x_forwarded_other,  // other: X-Forwarded-*
    // Fetch and CORS, in requests.
    access_control_request_method,
    access_control_request_headers,
    access_control_request_private_network,
    sec_fetch_site,
    sec_fetch_mode,
    method_override,  // method_override: the three names of N34
    // CORS, in responses.
    access_control_allow_origin,
    access_control_allow_credentials,
    access_control_expose_headers,
    access_control_other,  // any other Access-Control-Allow-*, -Max-Age: all ACA*
    timing_allow_origin,
};

/// The id of a field name, case-insensitive.
[[nodiscard]] FieldId field_id(std::string_view name) noexcept;

enum class LineForm : std::uint8_t {
    canonical,  // the bytes at name.data() are exactly "Name: value\r\n": they may be copied as they stand
    other,      // legal, but spelled otherwise (no space, several, trailing white space): re-serialise
};

struct Field {
    std::string_view name;
    std::string_view value;  // without the optional white space around it
    FieldId id = FieldId::other;
    LineForm form = LineForm::other;
};

}  // namespace corsd::http
