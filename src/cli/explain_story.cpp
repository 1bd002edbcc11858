#include "cli/explain_story.hpp"

#include <algorithm>
#include <utility>

namespace corsd::cli::explained {

namespace {

[[nodiscard]] std::string browsers_refusal(const Case& asked, const Run& run) {
    if (asked.sender == Sender::page && run.page.outcome == cors::PageOutcome::preflight_failed) {
        return "refused by the browser: the preflight's answer does not allow the request, so it is not sent";
    }
    return "refused by the browser: the request is made, but the page does not get to read the answer";
}

[[nodiscard]] std::string verdict_of(const Case& asked, const Run& run, const std::vector<Problem>& problems) {
    const std::string first = problems.empty() ? "" : problems.front().name;
    switch (run.outcome) {
        case Outcome::nothing_is_sent:
            return "nothing is sent: the browser itself refuses the request";
        case Outcome::would_refuse:
            return "forwarded, because mode: report-only refuses nothing; enforce would refuse it: " + first;
        case Outcome::refused: {
            const auto obstacle = first_obstacle(run);
            const bool by_corsd = obstacle && obstacle->hearing->status != 0 && obstacle->reason != Reason::none;
            if (by_corsd) return "refused by corsd: " + first;
            return browsers_refusal(asked, run) + (first.empty() ? "" : ": " + first);
        }
        case Outcome::allowed:
            break;
    }
    if (!first.empty()) return "allowed, because mode: headers lets it pass; enforce would refuse it: " + first;
    if (is_up_to_upstream(run)) {
        return asked.sender == Sender::page
                   ? "allowed by the policy; whether the page reads the answer is up to the upstream's own CORS headers"
                   : "allowed; the upstream's own CORS headers pass";
    }
    return "allowed";
}

}  // namespace

Explanation explain_case(Case asked, const config::Snapshot& snapshot, const ConfigFile& file) {
    Explanation story;
    story.asked = std::move(asked);
    story.run = run(story.asked, Court(snapshot));
    story.sending = sending_of(story.asked, story.run);
    const ConfigText text(file.text);
    for (const auto& hearing : story.run.hearings)
        story.steps.push_back(steps_of(*hearing, text));
    story.problems = all_problems(story.asked, snapshot);
    story.verdict = verdict_of(story.asked, story.run, story.problems);
    story.console = console_of(story.asked, story.run);
    if (story.run.outcome != Outcome::allowed) story.change = smallest_change(story.asked, file);
    return story;
}

}  // namespace corsd::cli::explained
