// The connections of one worker to one upstream.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "config/settings.hpp"
#include "net/socket_address.hpp"
#include "net/stream.hpp"
#include "proxy/h1_client.hpp"

namespace corsd::proxy {

/// What all workers share of an upstream. Touched when a connection becomes idle or stops being so, never per byte.
struct UpstreamShare {
    std::atomic<std::size_t> idle{0};
};

class UpstreamPool {
  public:
    struct Site {  // where the pool lives
        net::Loop loop;
        BufferPool& buffers;
    };

    UpstreamPool(const config::Upstream& upstream, UpstreamShare& share, Site site, const http::HeadLimits& limits);
    ~UpstreamPool();
    UpstreamPool(const UpstreamPool&) = delete;
    UpstreamPool& operator=(const UpstreamPool&) = delete;

    /// The addresses that the endpoint's name has now, tried in order. Posted by the main thread.
    void set_addresses(std::vector<net::SocketAddress> addresses) { addresses_ = std::move(addresses); }

    /// An idle connection that is still alive, the last used first; null when there is none.
    [[nodiscard]] std::unique_ptr<H1Client> take_idle() noexcept;

    struct Connected {
        std::unique_ptr<H1Client> client;  // null: failure says why
        Failure failure;
    };
    /// A new connection, within timeouts.connect for all addresses together.
    net::Task<Connected> connect(std::chrono::milliseconds within);

    /// Keeps the connection for the next request when it is reusable and there is room; else closes it.
    void give_back(std::unique_ptr<H1Client> client);
    void evict(H1Client& client) noexcept;
    /// Shutdown: no more idle connections from now on.
    void close_idle() noexcept;

    [[nodiscard]] const config::Upstream& upstream() const noexcept { return upstream_; }
    /// The endpoint as the log shows it.
    [[nodiscard]] const std::string& endpoint() const noexcept { return upstream_.endpoints.front().text; }

  private:
    const config::Upstream& upstream_;
    UpstreamShare& share_;
    Site site_;
    http::HeadLimits limits_;
    std::vector<net::SocketAddress> addresses_;
    std::vector<std::unique_ptr<H1Client>> idle_;
    bool closed_ = false;
};

}  // namespace corsd::proxy
