// Steps 4 to 7 of the story: a connection to the upstream, the request up, the answer down.
#pragma once

#include "net/task.hpp"
#include "proxy/context.hpp"

namespace corsd::proxy {

/// Carries the exchange through the upstream that the context names. Answers 502, 503 or 504 itself while no head has
/// gone out; once it has, a failure cuts the client's connection. The outcome stands in the context.
net::Task<void> forward(Context& context);

}  // namespace corsd::proxy
