// What the workers share of an upstream: its definition, the counts that hold for the process, and the line of requests
// that wait for a connection.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "config/settings.hpp"
#include "net/poller.hpp"

namespace corsd::proxy {

class UpstreamPool;
class UpstreamShare;

/// How one worker reaches the pool of another: by a call on that worker's thread.
class PoolDoor {
  public:
    PoolDoor(UpstreamPool& pool, net::Poller& poller) : pool_(&pool), poller_(poller) {}

    /// The pool's own thread: it is about to go.
    void shut() noexcept { pool_ = nullptr; }

  private:
    friend class UpstreamShare;
    UpstreamPool* pool_;  // on its thread only
    net::Poller& poller_;
};

/// Any thread. It stands for the upstream across reloads: a definition that did not change keeps its share, and with it
/// its pools. The counts are touched when a connection is opened, closed or becomes idle; the line's lock only while
/// max_connections is reached and somebody waits.
class UpstreamShare : public std::enable_shared_from_this<UpstreamShare> {
  public:
    explicit UpstreamShare(config::UpstreamDefinition of) : definition(std::move(of)) {}

    const config::UpstreamDefinition definition;
    std::atomic<std::size_t> idle{0};
    std::atomic<std::size_t> open{0};     // connections: busy, idle and being made
    std::atomic<std::size_t> waiting{0};  // requests, in the line
    std::atomic<std::size_t> workers{0};  // that have ever had a pool

    using Ticket = std::uint64_t;  // a place in the line; 0 is none
    using TimePoint = std::chrono::steady_clock::time_point;

    void add(std::shared_ptr<PoolDoor> door);
    void remove(const PoolDoor& door) noexcept;

    /// Counts a connection, when max_connections allows it.
    [[nodiscard]] bool try_open() noexcept;
    /// The connection is closed: whoever is first in the line hears of it.
    void closed() noexcept;

    /// A place at the end of the line; 0 when queue.length is reached. Its pool's called() is called when it may try.
    [[nodiscard]] Ticket join(const std::shared_ptr<PoolDoor>& door);
    /// Back to the same place: somebody else was faster.
    void join_again(Ticket ticket, const std::shared_ptr<PoolDoor>& door, TimePoint since);
    /// The place is given up.
    void leave(Ticket ticket) noexcept;
    /// Calls whoever is first, when there is room. Said after anything that may have made some.
    void call_next() noexcept;
    /// Since when the first in the line waits.
    [[nodiscard]] TimePoint first_since() noexcept;
    /// Workers that keep idle connections while a request of `asking` waits give one up.
    void ask_for_idle(const PoolDoor& asking) noexcept;

  private:
    struct Place {
        std::shared_ptr<PoolDoor> door;
        TimePoint since;
    };
    void call(const Place& place, Ticket ticket);
    [[nodiscard]] bool has_room() const noexcept;

    std::mutex mutex_;
    std::vector<std::shared_ptr<PoolDoor>> doors_;
    std::map<Ticket, Place> line_;
    Ticket last_ = 0;
};

}  // namespace corsd::proxy
