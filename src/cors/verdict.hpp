// The complete answer to a Question: what happens to the request, why, and what the response grants.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/reason.hpp"
#include "base/source_span.hpp"
#include "cors/policy.hpp"

namespace corsd::cors {

/// What corsd does with the request.
enum class Action : std::uint8_t { forward, answer_preflight, refuse };

/// What the request is. `navigation`: a form of another site that N45 admits; `websocket`: a handshake (N43).
enum class RequestKind : std::uint8_t { actual, preflight, navigation, websocket };

/// How the request stands to the site (N4, N5).
enum class Relation : std::uint8_t { same_origin, no_origin, cross_origin };

/// Vary of corsd's own (N20, N28, N29).
enum class VaryGrant : std::uint8_t { none, origin, preflight, preflight_private_network };

/// What is done to the upstream's ACA* headers (N35). `keep`: they pass, and of the grants only Vary and
/// Timing-Allow-Origin go on the forwarded answer; all grants still go on an answer that corsd makes itself (N41).
/// `untouched`: not even Vary is merged (report-only).
enum class UpstreamTreatment : std::uint8_t { replace, keep, untouched };

/// Header values to put on the response; an empty view means that the header is absent. The same grants go on a
/// forwarded answer and on one that corsd makes itself for it (N41). Views point into the Policy, the Question or the
/// Scratch.
struct Grants {
    std::string_view allow_origin;  // the exact origin, or "*"
    bool allow_credentials = false;
    std::string_view expose_headers;
    std::string_view allow_methods;  // the rest: on preflight answers only
    std::string_view allow_headers;
    std::string_view max_age;
    bool allow_private_network = false;
    std::string_view timing_allow_origin;  // N46
    VaryGrant vary = VaryGrant::none;
};

struct Verdict {
    Action action = Action::forward;
    RequestKind kind = RequestKind::actual;
    Relation relation = Relation::no_origin;
    /// What the policy would refuse it for, whatever the mode lets happen; none when it is admitted.
    Reason reason = Reason::none;
    /// Status of a refusal or of the preflight's answer; 0 when forwarded.
    std::uint16_t status = 0;
    UpstreamTreatment upstream_headers = UpstreamTreatment::replace;
    bool merge_expose = false;   // union the upstream's ACEH into ours
    bool forward_origin = true;  // N47
    bool hint = false;           // N22: a refused preflight answered so that the console names the culprit
    Mode mode = Mode::enforce;
    /// The header or method that failed, as received; for `detail` (N42).
    std::string_view culprit;
    /// The entry that decided. Never null.
    const Policy* policy = nullptr;
    /// The line of the file that decided: origins, methods or allow_headers of the entry.
    SourceSpan rule;
    Grants grants;

    [[nodiscard]] bool admitted() const noexcept { return reason == Reason::none; }
};

/// Memory for values that a verdict must build (Access-Control-Allow-Headers), so that deciding allocates nothing. One
/// per worker or connection; its bytes live until the next decide() with it.
struct Scratch {
    static constexpr std::size_t kMaxNames = 128;       // N25
    static constexpr std::size_t kMaxLineBytes = 4096;  // N25
    std::array<std::string_view, kMaxNames> names;
    std::array<char, kMaxLineBytes + 2 * kMaxNames + 64> text;
    std::array<char, kMaxLineBytes> lower;
};

}  // namespace corsd::cors
