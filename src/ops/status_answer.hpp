// What the status listener answers, apart from how it is carried.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace corsd::ops {

/// What the process says of itself. Each is called on the main thread, once for an answer.
struct StatusSource {
    /// Empty: fine. Else the check that fails and why, in one line: "draining: …".
    std::function<std::string()> liveness, readiness;
    /// Prometheus' text.
    std::function<std::string()> metrics;
};

/// Who may ask by which name.
enum class HostCheck : std::uint8_t {
    none,
    /// For a loopback address: a page of any site can have its own name lead there (DNS rebinding) and would then be of
    /// the same origin; only IP addresses, localhost and *.localhost are answered.
    local_names,
};

struct StatusQuestion {
    std::string_view method, target;
    std::string_view host;  // as received; empty when there is none
};

struct StatusAnswer {
    std::uint16_t status = 200;
    std::string_view content_type = "text/plain; charset=utf-8";
    std::string body;        // of a HEAD as well: its length is told
    std::string_view allow;  // with 405
};

/// /livez, /readyz, /metrics for GET and HEAD; 404, 405, 421 (a foreign Host) else. A query is ignored.
[[nodiscard]] StatusAnswer answer_status(const StatusQuestion& question, const StatusSource& source, HostCheck check);

}  // namespace corsd::ops
