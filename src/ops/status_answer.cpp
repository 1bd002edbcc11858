#include "ops/status_answer.hpp"

#include "base/ascii.hpp"
#include "http/target.hpp"
#include "route/site_table.hpp"
#include "telemetry/prometheus.hpp"

namespace corsd::ops {

namespace {

[[nodiscard]] bool local_name(std::string_view host) {
    http::Authority authority;
    if (host.empty()) return true;
    if (!http::parse_authority(host, authority)) return false;
    std::string name;
    for (const char c : authority.host)
        name.push_back(ascii::to_lower(c));
    return route::is_local_name(name);
}

[[nodiscard]] StatusAnswer checked(const std::string& failing, std::string_view fine) {
    StatusAnswer answer;
    answer.status = failing.empty() ? 200 : 503;
    answer.body = failing.empty() ? fine : std::string_view(failing);
    answer.body += '\n';
    return answer;
}

[[nodiscard]] StatusAnswer refusal(std::uint16_t status, std::string_view why) {
    StatusAnswer answer;
    answer.status = status;
    answer.body = std::string(why) + '\n';
    return answer;
}

}  // namespace

StatusAnswer answer_status(const StatusQuestion& question, const StatusSource& source, HostCheck check) {
    if (check == HostCheck::local_names && !local_name(question.host)) {
        return refusal(421, "this address is asked by IP address or as localhost");
    }
    const std::string_view path = question.target.substr(0, question.target.find('?'));
    const bool known = path == "/livez" || path == "/readyz" || path == "/metrics";
    if (!known) return refusal(404, "there are /livez, /readyz and /metrics");
    if (question.method != "GET" && question.method != "HEAD") {
        StatusAnswer answer = refusal(405, "GET and HEAD only");
        answer.allow = "GET, HEAD";
        return answer;
    }
    if (path == "/livez") return checked(source.liveness(), "alive");
    if (path == "/readyz") return checked(source.readiness(), "ready");
    StatusAnswer answer;
    answer.content_type = telemetry::kPrometheusContentType;
    answer.body = source.metrics();
    return answer;
}

}  // namespace corsd::ops
