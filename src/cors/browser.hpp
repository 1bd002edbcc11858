// The other side of CORS: what a browser does, transcribed from the Fetch standard (https://fetch.spec.whatwg.org,
// section numbers as of 2024). Given what a page asks for and what a server answers, says what the page gets to see.
// For tests and explanations; not on the serving path.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cors/decide.hpp"

namespace corsd::cors {

struct HeaderLine {
    std::string name, value;
};
using HeaderLines = std::vector<HeaderLine>;

/// fetch(url, {method, headers, credentials}) with mode "cors" to another origin.
struct PageRequest {
    std::string origin;  // the page's, serialized; "null" when opaque
    std::string method = "GET";
    HeaderLines headers;  // set by the page's script
    Credentials credentials = Credentials::omitted;
};

/// What goes over the wire for it, and what comes back.
struct WireRequest {
    std::string method;
    HeaderLines headers;
};
struct WireResponse {
    std::uint16_t status = 200;
    HeaderLines headers;
};
using Server = std::function<WireResponse(const WireRequest&)>;

enum class PageOutcome : std::uint8_t {
    refused_by_browser,  // a TypeError before anything is sent: forbidden method
    preflight_failed,    // the preflight went out, the request did not
    response_blocked,    // the request went out, its answer stays unread
    readable,
};

/// How the page fares, and which response headers its script sees (lower-case, sorted) when it does.
struct PageResult {
    PageOutcome outcome = PageOutcome::readable;
    bool preflighted = false;
    std::uint16_t status = 0;
    std::vector<std::string> visible_headers;
};

/// Section 2.2.1: GET, HEAD, POST, in exactly this case.
[[nodiscard]] bool is_cors_safelisted_method(std::string_view method) noexcept;
/// Section 2.2.1, "normalize": those six get their upper case, `patch` does not.
[[nodiscard]] std::string normalized_method(std::string_view method);
/// Section 2.2.2, "CORS-safelisted request-header".
[[nodiscard]] bool is_cors_safelisted_header(std::string_view name, std::string_view value) noexcept;
/// Section 2.2.2, "CORS-unsafe request-header names": lower-case, sorted, each once.
[[nodiscard]] std::vector<std::string> cors_unsafe_header_names(const HeaderLines& headers);
/// Section 4.4, "HTTP fetch", step 4: is there a preflight before it?
[[nodiscard]] bool needs_preflight(const PageRequest& request);

/// Sections 4.8 to 4.10, with an empty preflight cache.
[[nodiscard]] PageResult fetch(PageRequest request, const Server& server);

}  // namespace corsd::cors
