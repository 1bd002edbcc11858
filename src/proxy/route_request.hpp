// Step 1 of the story: which resource of which site governs the request, and the question that its policy is asked.
#pragma once

#include <string>

#include "http/head.hpp"
#include "proxy/context.hpp"

namespace corsd::proxy {

/// Fills the routing part of the context. A failure (bad_request, unknown_host, path_ambiguous, loop_detected) says why
/// there is no resource; its detail may be in `detail`, which then outlives the answer.
[[nodiscard]] http::ParseFailure route_request(Context& context, std::string& detail);

/// Fills context.question from the request's fields (after route_request).
void ask(Context& context);

}  // namespace corsd::proxy
