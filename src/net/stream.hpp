// A connected byte stream: TCP or Unix socket. Reads are posted and awaited apart, so that one may be pending while its
// owner does other things; writes are tried at once and wait only when the socket is full.
#pragma once

#include <sys/uio.h>

#include <chrono>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "net/deadline_wheel.hpp"
#include "net/descriptor.hpp"
#include "net/io_result.hpp"
#include "net/poller.hpp"
#include "net/socket_address.hpp"

namespace corsd::net {

/// What the streams of a worker share.
struct Loop {
    Poller& poller;
    DeadlineWheel& wheel;
};

/// Lets the system ask a TCP peer that has said nothing for a minute whether it is still there, and break the
/// connection two minutes after it last was. A connection has it from the listening socket that it came by (tcp(7)), or
/// from dial.
void keep_alive(int descriptor) noexcept;

/// What may happen to a stream while nobody awaits it.
enum class Disturbance : std::uint8_t {
    readable,   // bytes, or the end of the peer's
    reset,      // the connection is gone
    timed_out,  // the deadline of a wait that nobody awaited
};

/// Told of disturbances, from the loop. May destroy the stream.
class StreamObserver {
  public:
    virtual void disturbed(Disturbance disturbance) noexcept = 0;

  protected:
    ~StreamObserver() = default;
};

/// One thread. Move-only; an empty Stream has no socket. Destroying one closes the socket at once: nobody is told of
/// operations that are pending.
class Stream {
  public:
    Stream() = default;
    /// Takes a connected, non-blocking descriptor of `family` (AF_INET, AF_INET6, AF_UNIX). Closes it when there is no
    /// memory for the stream (std::bad_alloc).
    Stream(Loop loop, int family, Descriptor descriptor);
    Stream(Stream&& other) noexcept;
    Stream& operator=(Stream&& other) noexcept;
    ~Stream();

    [[nodiscard]] explicit operator bool() const noexcept { return state_ != nullptr; }

    /// Posts a read of up to `space.size()` bytes (not 0). None may be pending. `space` must stay until the read is
    /// done. It may be done on return: read_ready() tells.
    void start_read(std::span<char> space, std::chrono::milliseconds within);
    [[nodiscard]] bool read_pending() const noexcept;
    /// Has a posted read ended whose result nobody has taken yet?
    [[nodiscard]] bool read_ready() const noexcept;
    /// Changes the deadline of the pending read; zero lifts it.
    void read_within(std::chrono::milliseconds within) noexcept;
    void observe(StreamObserver* observer) noexcept;

    struct State;
    struct ReadAwaiter {
        State& state;
        bool await_ready() const noexcept;
        void await_suspend(std::coroutine_handle<> awaiting) const noexcept;
        IoResult await_resume() const noexcept;
    };
    /// The result of the read posted by start_read or start_wait.
    [[nodiscard]] ReadAwaiter read_done() noexcept { return ReadAwaiter{*state_}; }

    /// Posts a wait for bytes without a buffer for them: an idle connection costs no memory. Awaited like a read;
    /// `bytes` is 0. It may also be left alone: then the observer hears how it ended, unless end_wait comes first.
    void start_wait(std::chrono::milliseconds within);
    /// Forgets a wait that nobody awaits.
    void end_wait() noexcept;
    /// Ends the pending read or wait: it completes as `cancelled` (or with what came just before).
    void cancel_read() noexcept;

    struct WriteAwaiter {
        State& state;
        bool await_ready() const noexcept;
        void await_suspend(std::coroutine_handle<> awaiting) const;
        IoResult await_resume() const noexcept;
    };
    /// Writes all pieces, in order; `within` bounds the time in which the peer takes nothing. At most kMaxPieces. What
    /// the peer's system has acknowledged counts as taken (the socket tells of room only when a third of its buffer is
    /// free again, which a slow reader of a large one reaches late).
    static constexpr std::size_t kMaxPieces = 6;
    [[nodiscard]] WriteAwaiter write_all(std::span<const std::string_view> pieces, std::chrono::milliseconds within);

    /// From now on writes end as `timed_out` also when the peer, while it is waited for, takes less than so many bytes
    /// a second; see Pace. Zero: any pace will do.
    void keep_write_rate(std::uint64_t bytes_per_second) noexcept;

    /// Begins a connection to `address` and gives its stream, whose connected() must be awaited before anything else.
    /// Out of descriptors and the like: connected() says so.
    [[nodiscard]] static Stream dial(Loop loop, const SocketAddress& address, std::chrono::milliseconds within);
    [[nodiscard]] WriteAwaiter connected() noexcept { return WriteAwaiter{*state_}; }

    /// Half-closes: the peer reads the end of the stream.
    void shutdown_send() noexcept;
    /// Makes the close that follows a reset, so that a peer cannot take a cut body for whole.
    void reset_on_close() noexcept;
    /// Ends everything at once; whoever awaits gets `cancelled`.
    void close() noexcept;
    [[nodiscard]] bool is_open() const noexcept;
    /// Is it known that the peer has reset the connection? (Bytes that came before may still be read.)
    [[nodiscard]] bool is_broken() const noexcept;
    /// Has the peer sent something, or its end, that was not read yet? As far as the loop has heard.
    [[nodiscard]] bool has_unread() const noexcept;
    /// Has it sent nothing, not even its end, up to this moment? Asks the kernel, whose answer the loop may not have
    /// heard yet.
    [[nodiscard]] bool is_quiet() const noexcept;
    [[nodiscard]] int descriptor() const noexcept;

  private:
    void adopt(int family, Descriptor descriptor) noexcept;
    void release() noexcept;

    State* state_ = nullptr;  // given back to the poller
};

}  // namespace corsd::net
