// One line of the access log, as the proxy hands it over at the end of a request.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace corsd::telemetry {

/// What is known of a finished request. All views need to live only until AccessRing::write returns; an empty view is
/// left out of the line. Times are microseconds.
struct AccessEntry {
    std::chrono::system_clock::time_point start{};
    std::string_view client;  // address and port of the peer
    std::string_view method;
    std::string_view host;      // as received
    std::string_view target;    // as received; the query is redacted by the log's settings
    std::string_view protocol;  // "HTTP/1.1"
    std::string_view origin;    // as received
    std::string_view site;
    std::string_view resource;  // the path pattern that matched
    std::string_view decision;  // forward | preflight | refuse | would_refuse (report-only)
    std::string_view reason;    // base/reason.hpp, empty when nothing was refused
    std::string_view detail;    // the header or method refused, why a connection was cut
    std::string_view upstream;  // endpoint that answered or failed
    std::string_view readable;  // report-only: would the upstream's own answer let the page read it: "yes" | "no"
    std::uint32_t line = 0;     // of the configuration file, the rule that decided; 0 = none
    std::uint16_t status = 0;   // 0: the client was gone before an answer
    std::uint16_t upstream_status = 0;  // 0: none came
    std::uint64_t bytes_in = 0;         // request body
    std::uint64_t bytes_out = 0;        // response body as sent
    std::uint64_t duration_us = 0;      // first byte of the request head to last byte of the answer
    std::uint64_t upstream_us = 0;      // request sent to response head received
};

}  // namespace corsd::telemetry
