// The connections of one worker to one upstream.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <utility>

#include "config/settings.hpp"
#include "net/stream.hpp"
#include "proxy/endpoint.hpp"
#include "proxy/h1_client.hpp"
#include "proxy/place.hpp"
#include "proxy/upstream_share.hpp"

namespace corsd::proxy {

/// Is a kept connection asked whether it still lives before it is used? A request that may not be sent twice wants to
/// know; for others the question would cost a system call, and a second try answers it as well.
enum class Check : std::uint8_t { none, alive };
/// Will a request do with a kept connection?
enum class Kept : std::uint8_t { welcome, unwelcome };

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

    /// All addresses that the endpoints have now, as far as their names resolve. Posted by the main thread. Until the
    /// first time, requests wait for it as long as timeouts.connect allows.
    void set_endpoints(std::span<const EndpointAddress> addresses);

    /// Whose turn it is; another than `avoid` (the id of one that failed; 0: none) if there is one. Null: nobody is
    /// known, or all are left out.
    [[nodiscard]] const std::shared_ptr<Endpoint>* choose(std::uint64_t avoid) { return endpoints_.choose(avoid); }
    [[nodiscard]] bool has_other(std::uint64_t id) { return endpoints_.has_other(id); }
    /// A failure of this endpoint. A failure that says nothing about it (no descriptors here, a client that went away,
    /// a kept connection that had run out) is not counted.
    Standing note_failure(Endpoint& endpoint, const Failure& failure);
    /// It let somebody in, or answered.
    void note_life(Endpoint& endpoint);

    /// An idle connection to this endpoint, the last used first; null when there is none.
    [[nodiscard]] std::unique_ptr<H1Client> take_idle(Endpoint& endpoint, Check check) noexcept;

    /// What a request asks of open().
    struct Wish {
        Exchange* exchange = nullptr;        // whose client may go away meanwhile
        std::shared_ptr<Endpoint> endpoint;  // null: nobody was there to choose
        Kept kept = Kept::welcome;
        bool may_fail_over = false;                  // another endpoint would be tried after this one
        std::chrono::milliseconds connect_within{};  // not counting the wait in the queue
    };
    struct Opened {
        std::unique_ptr<H1Client> client;    // null: failure says why
        std::shared_ptr<Endpoint> endpoint;  // the one tried, if it came to that
        Failure failure;
        std::chrono::milliseconds dialled{};  // how long the connecting took
        Place place;                          // until there is a client
    };
    /// A new connection; where upstreams.NAME.max_connections are open, one that comes free, after the requests that
    /// wait already.
    net::Task<Opened> open(Wish wish);

    /// Keeps the connection for the next request, or hands it to one that waits, when it is reusable and there is room;
    /// else closes it.
    void give_back(std::unique_ptr<H1Client> client);
    void evict(H1Client& client) noexcept;
    /// Shutdown, or no upstream of the configuration any more: no idle connections from now on.
    void close_idle() noexcept;

    /// From the share: the request with this ticket may try to open a connection.
    void called(UpstreamShare::Ticket ticket);
    /// From the share: a request of another worker waits for a connection, and idle ones stand in its way.
    void give_up_one() noexcept;

    [[nodiscard]] const config::UpstreamDefinition& upstream() const noexcept { return share_->definition; }
    [[nodiscard]] const UpstreamShare* share() const noexcept { return share_.get(); }

  private:
    class Waiter;
    class Dialling;

    net::Task<void> wait_for_endpoints(Wish& wish, Opened& opened);
    net::Task<void> wait_for_turn(Wish& wish, Opened& opened);
    [[nodiscard]] Failure nobody() const noexcept;
    net::Task<void> dial(const Wish& wish, Opened& opened);
    [[nodiscard]] std::unique_ptr<H1Client> take_any_idle() noexcept;
    void drop_idle(Endpoint& endpoint) noexcept;
    void hand_over(std::unique_ptr<H1Client> client);

    std::shared_ptr<UpstreamShare> share_;
    std::shared_ptr<PoolDoor> door_;
    Site site_;
    EndpointSet endpoints_;
    std::deque<Waiter*> queue_;       // for a connection, in the order of their tickets
    std::deque<Waiter*> unresolved_;  // for endpoints
    bool known_ = false;              // set_endpoints has been called
    bool closed_ = false;
};

}  // namespace corsd::proxy
