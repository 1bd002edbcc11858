#include "net/stream_state.hpp"

#include <linux/sockios.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace corsd::net {

namespace {

/// Reads that may complete without waiting before the others of the worker have their turn.
constexpr int kReadsAtOnce = 16;

}  // namespace

void Stream::State::ready(std::uint32_t events) noexcept {
    if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
        readable = true;
        ended = ended || (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
        broken = broken || (events & EPOLLERR) != 0;
        reads_at_once = 0;
        if (read_pending) {
            if (try_read()) complete_read();
        } else if (observer != nullptr) {
            observer->disturbed(broken ? Disturbance::reset : Disturbance::readable);
        }
    }
    if ((events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) == 0 || !writer || descriptor < 0) return;
    if (std::exchange(connecting, false)) {
        finish_write(connect_error());
        return;
    }
    const std::size_t before = write_result.bytes;
    write_some();
    if (!write_done || write_pace.asked()) note_taken(write_result.bytes - before);
    if (write_done) {
        finish_write(write_result.error);
    } else if (taken != 0) {
        await_room();
    }
}

void Stream::State::deferred() noexcept {
    if (read_pending) {
        if (descriptor < 0) {
            finish_read({IoError::cancelled, 0});
        } else if (std::exchange(read_cancelled, false)) {
            end_cancelled_read();
        } else {
            reads_at_once = 0;
            if (try_read()) complete_read();
        }
    }
    if (writer && descriptor < 0) finish_write(IoError::cancelled);
}

void Stream::State::begin_read(std::chrono::milliseconds within) {
    read_ready = false;
    read_cancelled = false;
    if (descriptor < 0) {
        read_result = {IoError::cancelled, 0};
        read_ready = true;
        return;
    }
    if (readable) {
        if (++reads_at_once > kReadsAtOnce) {
            loop.poller.defer(*this);
        } else if (try_read()) {
            read_ready = true;
            return;
        }
    }
    read_pending = true;
    loop.wheel.arm(read_deadline, within);
}

bool Stream::State::try_read() noexcept {
    if (space.empty()) {
        read_result = {};  // also when the connection is reset: what came before is still there to be read
        return true;
    }
    for (;;) {
        const ssize_t got = ::recv(descriptor, space.data(), space.size(), 0);
        if (got > 0) {
            read_result = {IoError::none, static_cast<std::size_t>(got)};
            // A short read has emptied the socket: what comes later is a new edge (epoll(7), question 9).
            readable = ended || read_result.bytes == space.size();
            return true;
        }
        if (got == 0) {
            // A write that was told of the reset has taken the error with it: without it, this would pass for an end
            // (tcp(7)).
            read_result = {write_was_reset ? IoError::reset : IoError::eof, 0};
            return true;
        }
        if (errno == EINTR) continue;
        if (errno == EAGAIN || errno == EWOULDBLOCK) {
            readable = false;
            return false;
        }
        read_result = {io_error_from_errno(errno), 0};
        return true;
    }
}

void Stream::State::finish_read(IoResult result) noexcept {
    if (!read_pending) return;
    read_result = result;
    complete_read();
}

/// What has come before the cancel, and was not told of yet, still counts.
void Stream::State::end_cancelled_read() noexcept {
    char byte;
    const bool came = space.empty() ? ::recv(descriptor, &byte, 1, MSG_PEEK) > 0 : try_read();
    if (!came) {
        read_result = {IoError::cancelled, 0};
    } else if (space.empty()) {
        read_result = {};
        readable = true;
    }
    complete_read();
}

void Stream::State::complete_read() noexcept {
    read_deadline.disarm();
    read_pending = false;
    read_ready = true;
    if (reader) {
        std::exchange(reader, {}).resume();
    } else if (observer != nullptr) {
        observer->disturbed(read_result.error == IoError::timed_out ? Disturbance::timed_out
                            : broken                                ? Disturbance::reset
                                                                    : Disturbance::readable);
    }
}

ssize_t Stream::State::send_pieces() noexcept {
    iovec* const first = &pieces[first_piece];
    const std::size_t count = piece_count - first_piece;
    if (count == 1) return ::send(descriptor, first->iov_base, first->iov_len, MSG_NOSIGNAL);
    msghdr message{};
    message.msg_iov = first;
    message.msg_iovlen = count;
    return ::sendmsg(descriptor, &message, MSG_NOSIGNAL);
}

void Stream::State::write_some() noexcept {
    while (first_piece < piece_count) {
        const ssize_t sent = send_pieces();
        if (sent < 0) {
            if (errno == EINTR) continue;
            if (errno == EAGAIN || errno == EWOULDBLOCK) return;
            // EPIPE is no news for the reading side: the peer's end was read before, or will be.
            write_was_reset = write_was_reset || errno != EPIPE;
            broken = broken || write_was_reset;
            write_result.error = io_error_from_errno(errno);
            write_done = true;
            return;
        }
        auto left = static_cast<std::size_t>(sent);
        write_result.bytes += left;
        while (first_piece < piece_count && left >= pieces[first_piece].iov_len) {
            left -= pieces[first_piece].iov_len;
            ++first_piece;
        }
        if (left > 0) {
            pieces[first_piece].iov_base = static_cast<char*>(pieces[first_piece].iov_base) + left;
            pieces[first_piece].iov_len -= left;
        }
    }
    write_done = true;
}

void Stream::State::finish_write(IoError error) noexcept {
    write_deadline.disarm();
    write_done = true;
    write_result.error = error;
    if (writer) std::exchange(writer, {}).resume();
}

/// One that is too slow already has a last chance of a tick.
void Stream::State::await_room() noexcept {
    const std::chrono::milliseconds within =
        write_pace.too_slow() ? std::chrono::milliseconds{1} : write_pace.bound(write_within);
    loop.wheel.arm(write_deadline, within);
}

/// `sent` more bytes were handed to the socket since the last look.
void Stream::State::note_taken(std::size_t sent) noexcept {
    const std::size_t now = unacknowledged();
    taken = outstanding + sent - std::min(now, outstanding + sent);
    outstanding = now;
    if (!write_pace.asked()) return;
    const auto time = std::chrono::steady_clock::now();
    write_pace.moved(taken, time - std::exchange(room_awaited, time));
}

void Stream::State::write_late() noexcept {
    if (!connecting) note_taken(0);
    if (connecting || taken == 0 || write_pace.too_slow()) {
        finish_write(IoError::timed_out);
    } else {
        await_room();
    }
}

std::size_t Stream::State::unacknowledged() const noexcept {
    int bytes = 0;
    return ::ioctl(descriptor, SIOCOUTQ, &bytes) == 0 && bytes > 0 ? static_cast<std::size_t>(bytes) : 0;
}

IoError Stream::State::connect_error() const noexcept {
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
    return io_error_from_errno(error);
}

void Stream::State::close() noexcept {
    read_deadline.disarm();
    write_deadline.disarm();
    if (descriptor < 0) return;
    ::close(std::exchange(descriptor, -1));
    if (read_pending || writer) loop.poller.defer(*this);
}

}  // namespace corsd::net
