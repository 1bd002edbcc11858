// Answers that corsd makes itself: preflights, refusals and failures (N13 to N22, N41, N42).
#pragma once

#include <string_view>

#include "http/head.hpp"
#include "net/task.hpp"
#include "proxy/context.hpp"

namespace corsd::proxy {

/// 403 and the like, or the preflight's answer, as the verdict says.
net::Task<void> answer_verdict(Context& context);

/// A problem of the exchange: with the verdict's grants when the resource is known (N41), else without.
net::Task<void> answer_problem(Context& context, Reason reason, std::string_view detail);

/// A request whose head could not be read: nothing is known of it but why. Also writes its line of the access log.
net::Task<void> refuse_unread(Exchange& exchange, Worker& worker, http::ParseFailure failure);

/// 429 for a connection over limits.max_connections_per_address, with its line of the access log.
net::Task<void> refuse_crowd(Exchange& exchange, Worker& worker);

}  // namespace corsd::proxy
