// A case from its sender through corsd and back: who asks what, how it is judged, and what the sender gets to see.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/explain_case.hpp"
#include "cli/explain_hearing.hpp"

namespace corsd::cli::explained {

enum class Outcome : std::uint8_t {
    allowed,
    refused,         // by corsd, or by the browser for what corsd did not grant
    would_refuse,    // report-only: nothing happens, but the policy does not admit it
    nothing_is_sent  // the browser itself refuses to
};

struct Run {
    std::vector<std::unique_ptr<Hearing>> hearings;  // in the order of the requests
    cors::PageResult page;                           // of a page
    Outcome outcome = Outcome::allowed;
};

[[nodiscard]] Run run(const Case& asked, const Court& court);

/// The upstream's own CORS headers reach the browser in one of the answers.
[[nodiscard]] bool is_up_to_upstream(const Run& run) noexcept;

/// What stands in the way first.
struct Obstacle {
    Reason reason = Reason::none;  // none: it is credentials
    const Hearing* hearing = nullptr;
};
/// Also what a mode lets pass. Nothing when the policy admits everything and the browser agrees.
[[nodiscard]] std::optional<Obstacle> first_obstacle(const Run& run);

/// One reason for which a case does not pass.
struct Problem {
    std::string name;     // the reason, or "credentials_not_allowed"
    std::string culprit;  // the origin, method, header or host that it is about; may be empty
    std::string text;
    SourceSpan place;
    std::string hint;  // what it nearly matches, or what is usual; may be empty
};

/// All of them: each is taken away by amending the policy, or the case, until nothing is left or nothing helps.
[[nodiscard]] std::vector<Problem> all_problems(const Case& asked, const config::Snapshot& snapshot);

/// What a browser would send in place of a malformed origin; empty when there is no telling.
[[nodiscard]] std::string well_formed_origin(const std::string& text);

}  // namespace corsd::cli::explained
