// The status listener: /livez, /readyz and /metrics over plain HTTP/1.1, on the main thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <list>
#include <memory>
#include <string>

#include "config/settings.hpp"
#include "ops/acceptor.hpp"
#include "ops/status_answer.hpp"

namespace corsd::ops {

/// Main thread. Slow or silent clients cost nobody else anything: each wait has a deadline, and when there are too many
/// connections the one that has been quiet for longest makes room.
class StatusListener {
  public:
    StatusListener(boost::asio::io_context& io, config::Address address, StatusSource source);
    /// Closes everything at once.
    ~StatusListener();
    StatusListener(const StatusListener&) = delete;
    StatusListener& operator=(const StatusListener&) = delete;

    /// Binds and listens. Returns what went wrong in one line, or nothing.
    [[nodiscard]] std::string open();
    void start();

    [[nodiscard]] const config::Address& address() const noexcept { return listener_.address; }

  private:
    class Connection;
    using Connections = std::list<std::shared_ptr<Connection>>;  // the quietest first

    void take(proxy::Accepted accepted);

    boost::asio::io_context& io_;
    const config::Listener listener_;
    const StatusSource source_;
    const HostCheck check_;
    Connections connections_;
    Acceptor acceptor_;
};

}  // namespace corsd::ops
