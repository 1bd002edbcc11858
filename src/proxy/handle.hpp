// The story of one request.
#pragma once

#include "net/task.hpp"
#include "proxy/exchange.hpp"

namespace corsd::proxy {

class Worker;

/// Routes, decides, and answers or forwards one request; records it on every path out.
net::Task<void> handle(Exchange& exchange, Worker& worker);

}  // namespace corsd::proxy
