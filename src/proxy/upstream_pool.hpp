// The connections of one worker to one upstream.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "config/settings.hpp"
#include "net/socket_address.hpp"
#include "net/stream.hpp"
#include "proxy/h1_client.hpp"

namespace corsd::proxy {

/// What all workers share of an upstream: its definition, and counts that hold for the process. It stands for the
/// upstream across reloads: a definition that did not change keeps its share, and with it its pools. The counts are
/// touched when a connection becomes idle or stops being so, never per byte.
struct UpstreamShare {
    explicit UpstreamShare(config::UpstreamDefinition of) : definition(std::move(of)) {}

    const config::UpstreamDefinition definition;
    std::atomic<std::size_t> idle{0};
    std::atomic<std::size_t> open{0};  // idle ones included
};

/// A connection that is being made, for whoever may want to give it up: a client that has gone away.
class Dial final : public Abortable {
  public:
    void abort() noexcept override {
        aborted_ = true;
        if (stream_) stream_.close();
    }

  private:
    friend class UpstreamPool;
    net::Stream stream_;
    bool aborted_ = false;
};

class UpstreamPool {
  public:
    struct Site {  // where the pool lives
        net::Loop loop;
        BufferPool& buffers;
    };

    UpstreamPool(std::shared_ptr<UpstreamShare> share, Site site);
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
    /// A new connection, within timeouts.connect for all addresses together. `dial` lives in the caller, who may abort
    /// it meanwhile: then the failure's cause is `cancelled`.
    net::Task<Connected> connect(Dial& dial, std::chrono::milliseconds within);

    /// Keeps the connection for the next request when it is reusable and there is room; else closes it.
    void give_back(std::unique_ptr<H1Client> client);
    void evict(H1Client& client) noexcept;
    /// Shutdown, or no upstream of the configuration any more: no idle connections from now on.
    void close_idle() noexcept;

    [[nodiscard]] const config::UpstreamDefinition& upstream() const noexcept { return share_->definition; }
    [[nodiscard]] const UpstreamShare* share() const noexcept { return share_.get(); }
    /// The endpoint as the log shows it.
    [[nodiscard]] const std::string& endpoint() const noexcept { return upstream().endpoints.front().text; }

  private:
    std::shared_ptr<UpstreamShare> share_;
    Site site_;
    std::vector<net::SocketAddress> addresses_;
    std::vector<std::unique_ptr<H1Client>> idle_;
    bool closed_ = false;
};

}  // namespace corsd::proxy
