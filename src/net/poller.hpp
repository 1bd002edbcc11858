// Readiness of a worker's sockets, told in batches. An epoll instance of its own, driven by the worker's io_context.
//
// Why not Asio's own reactor for these: it tries every read before it waits, which is a recv that fails with EAGAIN for
// each of the two reads of a proxied request, and takes two locks and a queue for each operation (docs/adr/0004).
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <cstdint>
#include <functional>

#include "net/handler_block.hpp"

namespace corsd::net {

class Poller;

/// A socket as the poller knows it. Heap-allocated; given back with Poller::retire, never deleted by its owner: events
/// of the batch that is being told may still point at it.
class Pollable {
  public:
    Pollable() = default;
    Pollable(const Pollable&) = delete;
    Pollable& operator=(const Pollable&) = delete;
    virtual ~Pollable() = default;

    /// `events` as in epoll_ctl(2). Not called any more after retire.
    virtual void ready(std::uint32_t events) noexcept = 0;
    /// What Poller::defer asked for.
    virtual void deferred() noexcept = 0;

  private:
    friend class Poller;
    Pollable* next_deferred_ = nullptr;
    Pollable* next_retired_ = nullptr;
    bool is_deferred_ = false, is_retired_ = false;
};

/// One thread, except for post.
class Poller {
  public:
    /// Throws std::system_error without a descriptor for epoll.
    explicit Poller(boost::asio::io_context& io);
    ~Poller();
    Poller(const Poller&) = delete;
    Poller& operator=(const Poller&) = delete;

    /// Tells `pollable` of all that happens to the descriptor, edge-triggered, until it is closed. False: errno says
    /// why not.
    [[nodiscard]] bool add(int descriptor, Pollable& pollable) noexcept;
    /// Calls pollable.deferred() soon, from the loop.
    void defer(Pollable& pollable) noexcept;
    /// From any thread: calls `call` on the poller's. Throws std::bad_alloc.
    void post(std::function<void()> call);
    /// Deletes it once no event can point at it. Its descriptor is closed.
    void retire(Pollable* pollable) noexcept;
    /// No more batches, so that io_context::run() may return.
    void stop() noexcept;

  private:
    void wait();
    void wake() noexcept;
    void dispatch() noexcept;
    void run_deferred() noexcept;
    void free_retired() noexcept;

    boost::asio::io_context& io_;
    HandlerBlock wait_block_, wake_block_;
    boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type> epoll_;
    Pollable* deferred_ = nullptr;
    Pollable* retired_ = nullptr;
    bool dispatching_ = false, woken_ = false, stopped_ = false;
};

}  // namespace corsd::net
