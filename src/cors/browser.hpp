// The other side of CORS: what a browser does, transcribed from the Fetch standard (https://fetch.spec.whatwg.org,
// section numbers as of 2024). Given what a page asks for and what servers answer, says what the page gets to see.
// For tests and explanations; not on the serving path. tests/browser/test_judge.py holds it against a real browser.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cors/browser_headers.hpp"
#include "cors/decide.hpp"
#include "cors/preflight_cache.hpp"

namespace corsd::cors {

/// Section 2.2.5, "mode", "credentials mode" and "redirect mode", as far as fetch() may choose them.
enum class RequestMode : std::uint8_t { cors, no_cors, same_origin };
enum class CredentialsMode : std::uint8_t { omit, same_origin, include };
enum class RedirectMode : std::uint8_t { follow, error, manual };

/// fetch(url, {method, headers, credentials, mode, redirect, body}).
struct PageRequest {
    std::string origin;  // the page's, serialized; "null" when opaque
    std::string url;     // absolute, http or https, as the URL standard serializes it, without a fragment
    std::string method = "GET";
    HeaderLines headers;  // set by the page's script
    CredentialsMode credentials = CredentialsMode::same_origin;
    RequestMode mode = RequestMode::cors;
    RedirectMode redirect = RedirectMode::follow;
    std::optional<std::string> body = std::nullopt;  // a string, which brings its own Content-Type
};

/// What goes over the wire for it, a redirect's next requests included, and what comes back.
struct WireRequest {
    std::string method, url;
    HeaderLines headers;
};
struct WireResponse {
    std::uint16_t status = 200;
    HeaderLines headers;
};
using Server = std::function<WireResponse(const WireRequest&)>;

enum class PageOutcome : std::uint8_t {
    refused_by_browser,  // a TypeError before anything is sent
    preflight_failed,    // a TypeError: the preflight went out, the request did not
    response_blocked,    // a TypeError: the request went out, its answer stays unread
    opaque,              // an answer without status, headers and body
    readable,
};
/// At which step a network error came up. Consoles say it to people; scripts are not told.
enum class BlockedBy : std::uint8_t {
    nothing,
    request,                    // section 5.4: no such request can be made
    allow_origin_missing,       // section 4.10, step 2
    allow_origin_differs,       // step 5
    wildcard_with_credentials,  // step 5, "*" where the credentials mode is "include"
    allow_credentials,          // step 8
    preflight_status,           // section 4.8, step 7
    preflight_syntax,           // step 7.3
    method,                     // step 7.5
    header,                     // steps 7.6 and 7.7
    other,                      // redirects, and the modes other than "cors"
};
/// Section 2.2.6, "type" of a response.
enum class ResponseType : std::uint8_t { error, basic, cors, opaque, opaque_redirect };

/// How the page fares, and which response headers its script sees (lower-case, sorted) when it does.
struct PageResult {
    PageOutcome outcome = PageOutcome::refused_by_browser;
    ResponseType type = ResponseType::error;
    bool preflighted = false;  // a preflight went out for any of its requests
    bool redirected = false;   // what the script sees came after a redirect
    std::uint16_t status = 0;
    std::vector<std::string> visible_headers;
    BlockedBy blocked_by = BlockedBy::nothing;
    std::string culprit;  // the method, or the header in lower case, that a preflight's answer does not name
};

/// Section 2.2.1: GET, HEAD, POST, in exactly this case.
[[nodiscard]] bool is_cors_safelisted_method(std::string_view method) noexcept;
/// Section 2.2.1, "normalize": those six get their upper case, `patch` does not.
[[nodiscard]] std::string normalized_method(std::string_view method);
/// Section 4.1, "main fetch", step 12: does a request to another origin ask before it goes?
[[nodiscard]] bool needs_preflight(const PageRequest& request);

/// Section 5.4, "Request constructor", and sections 4.1 to 4.10, with an empty preflight cache and without an HTTP
/// cache.
[[nodiscard]] PageResult fetch(const PageRequest& request, const Server& server);
/// The same with what is remembered of earlier preflights, and remembering these.
[[nodiscard]] PageResult fetch(const PageRequest& request, const Server& server, PreflightCache& cache);

/// The WebSockets standard, "establish a WebSocket connection": no preflight, no CORS check, whatever the origin. `url`
/// is written with http or https. True when the answer is a 101.
[[nodiscard]] bool websocket_opens(const std::string& origin, const std::string& url, const Server& server);

}  // namespace corsd::cors
