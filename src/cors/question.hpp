// What is asked of a policy: those parts of a request that CORS depends on, exactly as received.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace corsd::cors {

/// The origin that the site itself has, for N4. Either declared by the configuration, or guessed from scheme and
/// authority as received; then the scheme is not compared.
struct OwnOrigin {
    enum class Known : std::uint8_t { declared, guessed };
    Known known = Known::guessed;
    std::string_view scheme;  // lower-case
    std::string_view host;    // lower-case, IPv6 in brackets
    std::uint16_t port = 0;   // 0: the scheme's default, or none written
};

/// All lines are values with the optional white space around them removed, in the order received. The views must
/// outlive the verdict. A Question may be reused: clear() keeps the capacity, so that a warm one allocates nothing.
struct Question {
    using Lines = std::vector<std::string_view>;

    std::string_view method;
    OwnOrigin own;
    Lines origin;                   // Origin
    Lines request_method;           // Access-Control-Request-Method
    Lines request_headers;          // Access-Control-Request-Headers
    Lines request_private_network;  // Access-Control-Request-Private-Network
    Lines fetch_site;               // Sec-Fetch-Site
    Lines fetch_mode;               // Sec-Fetch-Mode
    Lines method_override;          // X-HTTP-Method-Override, X-HTTP-Method, X-Method-Override (N34)
    Lines upgrade;                  // Upgrade (N43)

    void clear() noexcept {
        own = {};
        clear_request();
    }
    /// All but the own origin.
    void clear_request() noexcept {
        method = {};
        for (Lines* lines : {&origin, &request_method, &request_headers, &request_private_network, &fetch_site,
                             &fetch_mode, &method_override, &upgrade}) {
            lines->clear();
        }
    }
};

}  // namespace corsd::cors
