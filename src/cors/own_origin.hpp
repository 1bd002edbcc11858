// How a request stands to the site it was sent to (rules N4, N7, N11).
#pragma once

#include <cstdint>
#include <optional>

#include "cors/origin.hpp"
#include "cors/question.hpp"
#include "cors/verdict.hpp"

namespace corsd::cors {

/// What the Origin header says.
enum class OriginForm : std::uint8_t { absent, null, valid, malformed };

/// Sec-Fetch-Site (Fetch Metadata section 2.4); absent also when it is not exactly one line with a standard value.
enum class FetchSite : std::uint8_t { absent, none, same_origin, same_site, cross_site };

struct Caller {
    OriginForm form = OriginForm::absent;
    Origin origin;  // when valid
    FetchSite site = FetchSite::absent;
    Relation relation = Relation::no_origin;
};

/// `question.origin` has at most one line (N6 is decided before). The relation of a handshake is that of its Origin
/// alone (N43).
[[nodiscard]] Caller identify(const Question& question) noexcept;

/// A GET whose Upgrade names "websocket", in any case and version (RFC 6455 section 4.2.1; N43). Nothing else that a
/// page can send switches protocols.
[[nodiscard]] bool is_handshake(const Question& question) noexcept;

/// Sec-Fetch-Mode is exactly one line with the value `navigate`.
[[nodiscard]] bool is_navigation(const Question& question) noexcept;

}  // namespace corsd::cors
