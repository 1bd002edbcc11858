// Step 8 of the story: one line of the access log and the counters, for every request.
#pragma once

#include "proxy/context.hpp"

namespace corsd::proxy {

void record(const Context& context) noexcept;

}  // namespace corsd::proxy
