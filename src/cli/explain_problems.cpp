// All problems of a case (explain_run.hpp): decide names the first; with that mended, it is asked again.
#include <algorithm>
#include <utility>
#include <variant>

#include "base/ascii.hpp"
#include "cli/explain_run.hpp"
#include "cors/browser_url.hpp"
#include "cors/near_miss.hpp"
#include "cors/origin.hpp"
#include "proxy/refusal.hpp"

namespace corsd::cli::explained {

namespace {

using cors::OriginPattern;
using cors::PolicySource;

/// A page cannot ask for more at once: 128 headers, a method, an origin, credentials.
constexpr std::size_t kMostProblems = 140;

[[nodiscard]] cors::OriginSet with_origin(const cors::OriginSet& origins, const std::string& text) {
    std::vector<OriginPattern> patterns = origins.patterns();
    auto parsed = OriginPattern::parse(text);
    if (auto* pattern = std::get_if<OriginPattern>(&parsed)) patterns.push_back(std::move(*pattern));
    return cors::OriginSet(std::move(patterns));
}

[[nodiscard]] std::vector<std::string> all_names(const cors::HeaderSet& headers) {
    std::vector<std::string> names = headers.names();
    if (headers.any()) names.emplace_back("*");
    return names;
}

/// Takes the obstacle away in one entry of the policy. False: no policy admits it.
[[nodiscard]] bool amend(PolicySource& source, const Obstacle& obstacle) {
    const proxy::Inquiry& inquiry = obstacle.hearing->inquiry;
    const std::string culprit(inquiry.verdict.culprit);
    const std::string origin(inquiry.question.origin.empty() ? "" : inquiry.question.origin.front());
    switch (obstacle.reason) {
        case Reason::none:
            // "*" and credentials exclude each other: with the one goes the other.
            source.credentials = cors::Option::on;
            if (source.origins.any()) source.origins = with_origin(cors::OriginSet(), origin);
            return true;
        case Reason::origin_null:
            source.credentials = cors::Option::off;
            source.origins = with_origin(source.origins, "null");
            return true;
        case Reason::origin_not_allowed:
            source.origins = with_origin(source.origins, origin);
            return true;
        case Reason::websocket_origin:
            source.websocket_origins = with_origin(source.websocket_origins, origin);
            return cors::parse_origin(origin).has_value();
        case Reason::method_not_allowed:
        case Reason::override_not_allowed: {
            if (!ascii::is_token(culprit) || cors::is_forbidden_method(culprit)) return false;
            std::vector<std::string> names = source.methods.names();
            names.push_back(culprit);
            source.methods = cors::MethodSet(std::move(names));
            return true;
        }
        case Reason::header_not_allowed: {
            if (!ascii::is_token(culprit)) return false;
            std::vector<std::string> names = all_names(source.allow_headers);
            names.push_back(culprit);
            source.allow_headers = cors::HeaderSet(std::move(names));
            return true;
        }
        default:
            return false;
    }
}

[[nodiscard]] bool amend(Court& court, const Obstacle& obstacle) {
    const Hearing& hearing = *obstacle.hearing;
    if (hearing.resource == nullptr) return false;
    cors::Governed instead = court.in_force(hearing.resource);
    for (cors::Policy& entry : instead.entries) {
        const auto index = static_cast<std::size_t>(&entry - instead.entries.data());
        if (&hearing.inquiry.governed->entries[index] != hearing.inquiry.verdict.policy) continue;
        PolicySource source = entry.source();
        if (!amend(source, obstacle)) return false;
        entry = cors::Policy(std::move(source));
    }
    court.amend(hearing.resource, std::move(instead));
    return true;
}

/// What the file cannot mend, the sender can: the address of the site, an origin as browsers write it.
[[nodiscard]] bool amend(Case& asked, const Obstacle& obstacle, const config::Config& config) {
    if (obstacle.reason == Reason::origin_malformed) {
        const std::string origin = well_formed_origin(asked.request.origin);
        if (origin.empty() || asked.sender == Sender::program) return false;
        asked.request.origin = origin;
        return true;
    }
    const auto url = cors::parse_browser_url(asked.request.url);
    const bool known = config.sites.size() == 1 && !config.sites.front().public_origin.empty();
    if (obstacle.reason != Reason::unknown_host || !known || !url) return false;
    asked.request.url = config.sites.front().public_origin + url->path;
    return true;
}

[[nodiscard]] std::string nearness(const cors::OriginSet& origins, const char* key, const std::string& origin) {
    const auto near = cors::near_miss(origins, origin);
    if (!near) return {};
    return std::string(key) + " has " + near->pattern + ", but the page has " + near->difference +
           (near->remedy.empty() ? "" : " (" + near->remedy + ")");
}

[[nodiscard]] std::string malformed_hint(const std::string& text) {
    const auto parsed = OriginPattern::parse(text);
    std::string hint;
    if (const auto* error = std::get_if<cors::OriginPatternError>(&parsed)) hint = error->message;
    const std::string origin = well_formed_origin(text);
    if (!origin.empty()) hint += (hint.empty() ? "a browser sends " : "; a browser sends ") + origin;
    return hint;
}

[[nodiscard]] std::string hint_for(const Obstacle& obstacle) {
    const proxy::Inquiry& inquiry = obstacle.hearing->inquiry;
    const std::string origin(inquiry.question.origin.empty() ? "" : inquiry.question.origin.front());
    switch (obstacle.reason) {
        case Reason::origin_malformed:
            return malformed_hint(origin);
        case Reason::origin_not_allowed:
            return nearness(inquiry.verdict.policy->source().origins, "origins", origin);
        case Reason::websocket_origin:
            return nearness(inquiry.verdict.policy->source().websocket_origins, "websocket_origins", origin);
        default:
            return {};
    }
}

[[nodiscard]] Problem credentials_problem(const Hearing& hearing) {
    Problem problem;
    problem.name = "credentials_not_allowed";
    const cors::Policy& policy = *hearing.inquiry.verdict.policy;
    problem.place = policy.source().span;
    const std::string whose = hearing.inquiry.governed->pattern.empty()
                                  ? "the default of paths that no resource matches"
                                  : "the resource \"" + hearing.inquiry.governed->pattern + "\"";
    problem.text = "the page sends credentials (\"include\"), which " + whose + " does not allow";
    if (policy.open_to_all()) {
        problem.place = policy.source().origins_span.known() ? policy.source().origins_span : problem.place;
        problem.hint = "\"*\" never goes with credentials: list the origins, then set credentials: true";
    }
    return problem;
}

[[nodiscard]] Problem problem_of(const Obstacle& obstacle) {
    const Hearing& hearing = *obstacle.hearing;
    if (obstacle.reason == Reason::none) return credentials_problem(hearing);
    Problem problem;
    problem.name = to_string(obstacle.reason);
    problem.hint = hint_for(obstacle);
    if (hearing.lost != Reason::none) {
        problem.culprit = hearing.lost == Reason::unknown_host ? hearing.inquiry.host_storage : "";
        problem.text = hearing.lost_detail;
        return problem;
    }
    problem.culprit = hearing.inquiry.verdict.culprit;
    if (problem.culprit.empty() && !hearing.inquiry.question.origin.empty()) {
        problem.culprit = hearing.inquiry.question.origin.front();
    }
    problem.text = proxy::refusal_detail(hearing.inquiry);
    problem.place = hearing.inquiry.verdict.rule;
    return problem;
}

}  // namespace

std::string well_formed_origin(const std::string& text) {
    const auto url = cors::parse_browser_url(text);
    if (!url || !url->is_http() || url->has_credentials) return {};
    std::string origin = url->origin;
    return cors::parse_origin(origin) ? origin : std::string();
}

std::vector<Problem> all_problems(const Case& asked, const config::Snapshot& snapshot) {
    std::vector<Problem> problems;
    Case mended = asked;
    Court court(snapshot);
    while (problems.size() < kMostProblems) {
        const Run attempt = run(mended, court);
        const auto obstacle = first_obstacle(attempt);
        if (!obstacle) break;
        Problem problem = problem_of(*obstacle);
        const bool told = std::any_of(problems.begin(), problems.end(), [&](const Problem& before) {
            return before.name == problem.name && before.culprit == problem.culprit;
        });
        if (told) break;  // what would mend it undoes what mended another: null and credentials
        problems.push_back(std::move(problem));
        if (obstacle->reason == Reason::origin_null && obstacle->hearing->inquiry.verdict.policy->with_credentials()) {
            mended.request.credentials = cors::CredentialsMode::same_origin;
        }
        if (!amend(court, *obstacle) && !amend(mended, *obstacle, snapshot.config())) break;
    }
    return problems;
}

}  // namespace corsd::cli::explained
