// Which pattern of a list a refused origin nearly matches, and by what it fails: for logs and explanations, not on the
// serving path.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "cors/origin_set.hpp"

namespace corsd::cors {

struct NearMiss {
    std::string pattern;     // as the file has it
    std::string difference;  // what the origin has instead: "port 5173 instead of 3000"
    std::string remedy;      // why browsers tell them apart, or where it is usual; may be empty
};

/// The most patterns that near_miss looks at, so that a list of ten thousand costs no more than a short one.
inline constexpr std::size_t kMostCompared = 1024;

/// The first of the patterns that differ in the fewest of scheme, host and port. Hosts are near each other when both
/// are this machine, with and without `www.` or a trailing dot, and when only the subdomains of one are admitted; other
/// hosts are no near miss. Neither are regular expressions, "*" and null, nor an `origin` that does not parse. For
/// origins that `origins` refuses. Pure; any thread.
[[nodiscard]] std::optional<NearMiss> near_miss(const OriginSet& origins, std::string_view origin);

}  // namespace corsd::cors
