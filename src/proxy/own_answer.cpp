#include "proxy/own_answer.hpp"

#include "http/problem.hpp"
#include "proxy/grants.hpp"

namespace corsd::proxy {

void compose_problem(AnswerHead& head, std::string& body, const OwnProblem& problem, std::string_view date) {
    body.clear();
    http::append_problem(body, problem.status, problem.reason, problem.detail);
    head.status = problem.status;
    head.add("Date", date);
    head.add("Content-Type", "application/problem+json");
    head.add("Cache-Control", "no-store");
    if (problem.status == 503 || problem.status == 429) head.add("Retry-After", "1");
    if (problem.grants != nullptr) {
        add_grants(head, *problem.grants);
        if (!problem.grants->expose_headers.empty()) {
            head.add("Access-Control-Expose-Headers", problem.grants->expose_headers);
        }
        const std::string_view vary = vary_value(problem.grants->vary);
        if (!vary.empty()) head.add("Vary", vary);
    }
    head.framing = {http::BodyKind::length, body.size()};
}

void compose_preflight(AnswerHead& head, const cors::Verdict& verdict, std::string_view date) {
    head.status = verdict.status;
    head.add("Date", date);
    add_grants(head, verdict.grants);
    head.add("Vary", vary_value(verdict.grants.vary));
    if (verdict.hint) head.add("Cache-Control", "no-store");
    // N13: 204 has neither body nor Content-Length, 200 says that it has none.
    if (verdict.status != 204) head.framing = {http::BodyKind::length, 0};
}

}  // namespace corsd::proxy
