// Names of upstream endpoints, resolved off the data path.
#pragma once

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "config/settings.hpp"
#include "net/socket_address.hpp"
#include "net/stream.hpp"

namespace corsd::ops {

/// Main thread. Resolves one endpoint's name now and then every 30 s (every second while it has never resolved); a
/// failing refresh keeps the last good addresses.
class Resolver {
  public:
    using Found = std::function<void(std::vector<net::SocketAddress>)>;

    Resolver(boost::asio::io_context& io, const config::Address& endpoint, Found found);

    /// Addresses and Unix sockets are known at once; a name is asked for in the background.
    void start();
    void stop() noexcept;

  private:
    using Tcp = boost::asio::ip::tcp;
    void ask();
    void ask_again();

    const config::Address& endpoint_;
    Found found_;
    boost::asio::ip::basic_resolver<Tcp, boost::asio::io_context::executor_type> resolver_;
    boost::asio::basic_waitable_timer<std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>,
                                      boost::asio::io_context::executor_type>
        timer_;
    std::vector<std::string> known_;  // as text, to tell what has changed
    bool complained_ = false;
    bool stopped_ = false;
};

}  // namespace corsd::ops
