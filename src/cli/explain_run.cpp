#include "cli/explain_run.hpp"

#include <algorithm>
#include <utility>

namespace corsd::cli::explained {

namespace {

[[nodiscard]] bool is_refused(const Hearing& hearing) noexcept {
    if (hearing.lost != Reason::none) return true;
    const cors::Verdict& verdict = hearing.inquiry.verdict;
    return verdict.action == cors::Action::refuse || verdict.hint;
}

[[nodiscard]] bool only_reported(const Hearing& hearing) noexcept {
    return hearing.inquiry.decided && hearing.inquiry.verdict.mode == cors::Mode::report_only &&
           !hearing.inquiry.verdict.admitted();
}

template <class Which>
[[nodiscard]] bool any_hearing(const Run& run, Which which) {
    return std::any_of(run.hearings.begin(), run.hearings.end(), [&](const auto& one) { return which(*one); });
}

[[nodiscard]] Outcome outcome_of(const Run& run, bool delivered) {
    if (run.hearings.empty()) return Outcome::nothing_is_sent;
    if (any_hearing(run, is_refused)) return Outcome::refused;
    if (any_hearing(run, only_reported)) return Outcome::would_refuse;
    return delivered ? Outcome::allowed : Outcome::refused;
}

}  // namespace

Run run(const Case& asked, const Court& court) {
    Run result;
    const cors::Server corsd = [&](const cors::WireRequest& wire) {
        result.hearings.push_back(court.hear(wire));
        return result.hearings.back()->response;
    };
    bool delivered = true;
    switch (asked.sender) {
        case Sender::page:
            result.page = cors::fetch(asked.request, corsd);
            delivered = result.page.outcome == cors::PageOutcome::readable;
            break;
        case Sender::websocket:
            if (asked.request.origin.empty()) {
                (void)corsd({"GET", asked.request.url, {{"Connection", "Upgrade"}, {"Upgrade", "websocket"}}});
            } else {
                delivered = cors::websocket_opens(asked.request.origin, asked.request.url, corsd);
            }
            break;
        case Sender::program:
            (void)corsd({asked.request.method, asked.request.url, asked.request.headers});
            break;
    }
    result.outcome = outcome_of(result, delivered);
    return result;
}

bool is_up_to_upstream(const Run& run) noexcept {
    return any_hearing(run, [](const Hearing& one) { return one.up_to_upstream(); });
}

std::optional<Obstacle> first_obstacle(const Run& run) {
    for (const auto& hearing : run.hearings) {
        if (hearing->reason() != Reason::none) return Obstacle{hearing->reason(), hearing.get()};
    }
    const bool blocked = run.page.blocked_by == cors::BlockedBy::wildcard_with_credentials ||
                         run.page.blocked_by == cors::BlockedBy::allow_credentials;
    if (blocked && !run.hearings.empty()) return Obstacle{Reason::none, run.hearings.back().get()};
    return std::nullopt;
}

}  // namespace corsd::cli::explained
