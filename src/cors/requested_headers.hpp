// Access-Control-Request-Headers, judged (rules N17, N25, N26).
#pragma once

#include <cstddef>
#include <string_view>

#include "base/reason.hpp"
#include "cors/policy.hpp"
#include "cors/question.hpp"
#include "cors/verdict.hpp"

namespace corsd::cors {

struct RequestedHeaders {
    /// none, headers_too_many or header_not_allowed.
    Reason reason = Reason::none;
    /// The first name that is not allowed, as received.
    std::string_view culprit;
    /// How many elements were not empty.
    std::size_t requested = 0;
    /// The value of Access-Control-Allow-Headers for what is allowed; views `scratch` or is static. Empty: omit it.
    std::string_view allowed;
};

/// One pass over all lines, no allocation. A bound that is exceeded anywhere wins over a name that is not allowed.
[[nodiscard]] RequestedHeaders judge_requested_headers(const Policy& policy, const Question::Lines& lines,
                                                       Scratch& scratch) noexcept;

}  // namespace corsd::cors
