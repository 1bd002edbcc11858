#include "net/stream.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <utility>

#include "net/stream_state.hpp"

namespace corsd::net {

Stream::Stream(Loop loop, int family, Descriptor descriptor) : state_(new State(loop)) {
    adopt(family, std::move(descriptor));
}

void Stream::adopt(int family, Descriptor descriptor) noexcept {
    state_->descriptor = descriptor.release();
    if (family != AF_UNIX) {
        const int on = 1;
        ::setsockopt(state_->descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    if (!state_->loop.poller.add(state_->descriptor, *state_)) state_->close();
}

Stream Stream::dial(Loop loop, const SocketAddress& address, std::chrono::milliseconds within) {
    Stream stream;
    stream.state_ = new State(loop);
    State& state = *stream.state_;
    state.write_done = true;
    Descriptor descriptor{::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (descriptor.get() < 0) {
        state.write_result.error = io_error_from_errno(errno);
        return stream;
    }
    if (address.family() != AF_UNIX) keep_alive(descriptor.get());
    if (::connect(descriptor.get(), address.data(), address.size()) != 0 && errno != EINPROGRESS) {
        // A Unix socket with a full backlog says EAGAIN: it cannot be waited for, and is as good as refused.
        state.write_result.error = errno == EAGAIN ? IoError::refused : io_error_from_errno(errno);
        return stream;
    }
    // Also when it is connected already: the poller says so with its first event.
    stream.adopt(address.family(), std::move(descriptor));
    if (!stream.is_open()) {
        state.write_result.error = IoError::exhausted;
        return stream;
    }
    state.write_done = false;
    state.connecting = true;
    state.write_within = within;
    return stream;
}

Stream::Stream(Stream&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}

Stream& Stream::operator=(Stream&& other) noexcept {
    if (this != &other) {
        release();
        state_ = std::exchange(other.state_, nullptr);
    }
    return *this;
}

Stream::~Stream() {
    release();
}

void Stream::release() noexcept {
    if (state_ == nullptr) return;
    state_->reader = {};
    state_->writer = {};
    state_->observer = nullptr;
    state_->close();
    state_->loop.poller.retire(std::exchange(state_, nullptr));
}

void Stream::start_read(std::span<char> space, std::chrono::milliseconds within) {
    assert(!state_->read_pending && !space.empty());
    state_->space = space;
    state_->begin_read(within);
}

void Stream::start_wait(std::chrono::milliseconds within) {
    assert(!state_->read_pending);
    state_->space = {};
    state_->begin_read(within);
}

void Stream::end_wait() noexcept {
    state_->read_deadline.disarm();
    state_->read_pending = state_->read_ready = false;
}

void Stream::cancel_read() noexcept {
    if (!state_->read_pending) return;
    state_->read_cancelled = true;
    state_->loop.poller.defer(*state_);
}

bool Stream::read_pending() const noexcept {
    return state_->read_pending;
}
bool Stream::read_ready() const noexcept {
    return state_->read_ready;
}
void Stream::read_within(std::chrono::milliseconds within) noexcept {
    if (state_->read_pending) state_->loop.wheel.arm(state_->read_deadline, within);
}
void Stream::observe(StreamObserver* observer) noexcept {
    state_->observer = observer;
}

bool Stream::ReadAwaiter::await_ready() const noexcept {
    return !state.read_pending;
}
void Stream::ReadAwaiter::await_suspend(std::coroutine_handle<> awaiting) const noexcept {
    state.reader = awaiting;
}
IoResult Stream::ReadAwaiter::await_resume() const noexcept {
    state.read_ready = false;
    return state.read_result;
}

Stream::WriteAwaiter Stream::write_all(std::span<const std::string_view> pieces, std::chrono::milliseconds within) {
    State& state = *state_;
    state.first_piece = state.piece_count = 0;
    for (const std::string_view piece : pieces) {
        if (piece.empty()) continue;
        assert(state.piece_count < kMaxPieces);
        state.pieces[state.piece_count++] = {const_cast<char*>(piece.data()), piece.size()};
    }
    state.write_within = within;
    state.write_result = {};
    state.write_done = false;
    if (state.descriptor < 0) {
        state.write_done = true;
        state.write_result.error = IoError::cancelled;
    } else {
        state.write_some();
    }
    return WriteAwaiter{state};
}

bool Stream::WriteAwaiter::await_ready() const noexcept {
    return state.write_done;
}
void Stream::WriteAwaiter::await_suspend(std::coroutine_handle<> awaiting) const {
    state.writer = awaiting;
    if (!state.connecting) {
        state.outstanding = state.unacknowledged();
        if (state.write_pace.asked()) state.room_awaited = std::chrono::steady_clock::now();
    }
    state.await_room();
}
IoResult Stream::WriteAwaiter::await_resume() const noexcept {
    return state.write_result;
}

void Stream::keep_write_rate(std::uint64_t bytes_per_second) noexcept {
    state_->write_pace.begin(bytes_per_second);
}

void keep_alive(int descriptor) noexcept {
    constexpr int kOn = 1, kIdleSeconds = 60, kIntervalSeconds = 10, kProbes = 6;
    ::setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &kOn, sizeof kOn);
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, &kIdleSeconds, sizeof kIdleSeconds);
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, &kIntervalSeconds, sizeof kIntervalSeconds);
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPCNT, &kProbes, sizeof kProbes);
}

void Stream::shutdown_send() noexcept {
    if (is_open()) ::shutdown(state_->descriptor, SHUT_WR);
}

void Stream::reset_on_close() noexcept {
    const linger hard{1, 0};
    if (is_open()) ::setsockopt(state_->descriptor, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

void Stream::close() noexcept {
    state_->close();
}
bool Stream::is_open() const noexcept {
    return state_ != nullptr && state_->descriptor >= 0;
}
bool Stream::is_broken() const noexcept {
    return state_->broken;
}
bool Stream::has_unread() const noexcept {
    return state_->readable;
}
bool Stream::is_quiet() const noexcept {
    char byte;
    return is_open() && ::recv(state_->descriptor, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
           (errno == EAGAIN || errno == EWOULDBLOCK);
}
int Stream::descriptor() const noexcept {
    return state_->descriptor;
}

}  // namespace corsd::net
