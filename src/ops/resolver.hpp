// Names of upstream endpoints, resolved off the data path and off the main thread.
#pragma once

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.hpp"
#include "net/socket_address.hpp"
#include "proxy/endpoint.hpp"

namespace corsd::ops {

/// What is known of a name: its addresses, or why there are none.
struct NameAnswer {
    std::vector<net::SocketAddress> addresses;
    std::string error;
};
/// Asks for a name; may take as long as it likes. Called on a thread of its own.
using NameQuery = std::function<NameAnswer(const std::string& host, std::uint16_t port)>;
/// getaddrinfo(3).
[[nodiscard]] NameAnswer ask_system(const std::string& host, std::uint16_t port);

/// Main thread. Where the endpoints of one upstream are: known at once for addresses and Unix sockets; names are asked
/// for now and then every upstreams.NAME.refresh (every second while one has never resolved). A refresh that fails
/// keeps the last good addresses. A query that hangs holds up nobody: not the other names, not the main thread, not the
/// end of the process.
class Resolver {
  public:
    using Found = std::function<void(const std::vector<proxy::EndpointAddress>&)>;

    /// `found` gets the addresses of all endpoints, when they are first known and whenever they change. Empty: every
    /// name was asked for and none resolves.
    Resolver(boost::asio::io_context& io, const config::UpstreamDefinition& upstream, Found found,
             NameQuery query = ask_system);
    ~Resolver();
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;

    void start();
    void stop() noexcept;
    /// A name that has not been answered yet since start(), neither way; empty: there is none.
    [[nodiscard]] std::string_view unanswered() const noexcept;

  private:
    class Name;
    friend class Name;
    void publish();

    const config::UpstreamDefinition upstream_;
    Found found_;
    std::vector<proxy::EndpointAddress> literal_;  // of endpoints that need no query
    std::vector<std::unique_ptr<Name>> names_;
};

}  // namespace corsd::ops
