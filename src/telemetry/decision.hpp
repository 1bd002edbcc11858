// The words of a decision, the same in the access log and in the metrics.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/reason.hpp"

namespace corsd::telemetry {

/// What was asked: how an ordinary request stands to the site, or which other kind it is.
enum class DecisionKind : std::uint8_t { no_origin, same_origin, cross_origin, preflight, navigation, websocket };
inline constexpr std::size_t kDecisionKinds = static_cast<std::size_t>(DecisionKind::websocket) + 1;

/// What was done. `preflight`: answered here, with grants. `would_refuse`: forwarded, because the mode is report-only.
enum class Decision : std::uint8_t { forward, preflight, refuse, would_refuse };
inline constexpr std::size_t kDecisions = static_cast<std::size_t>(Decision::would_refuse) + 1;

/// The reasons that a policy can have; they are the first of Reason, `none` included.
inline constexpr std::size_t kPolicyReasons = static_cast<std::size_t>(Reason::websocket_origin) + 1;

struct Outcome {
    DecisionKind kind = DecisionKind::no_origin;
    Decision decision = Decision::forward;
    Reason reason = Reason::none;  // of the policy, whatever the mode let happen
};

[[nodiscard]] constexpr std::string_view to_string(DecisionKind kind) noexcept {
    switch (kind) {
        case DecisionKind::no_origin:
            return "no_origin";
        case DecisionKind::same_origin:
            return "same_origin";
        case DecisionKind::cross_origin:
            return "cross_origin";
        case DecisionKind::preflight:
            return "preflight";
        case DecisionKind::navigation:
            return "navigation";
        case DecisionKind::websocket:
            return "websocket";
    }
    return "";
}

[[nodiscard]] constexpr std::string_view to_string(Decision decision) noexcept {
    switch (decision) {
        case Decision::forward:
            return "forward";
        case Decision::preflight:
            return "preflight";
        case Decision::refuse:
            return "refuse";
        case Decision::would_refuse:
            return "would_refuse";
    }
    return "";
}

}  // namespace corsd::telemetry
