// A worker's loop without a worker: streams between real sockets of this process, driven by the test itself.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "net/deadline_wheel.hpp"
#include "net/poller.hpp"
#include "net/stream.hpp"
#include "net/task.hpp"

namespace corsd::tests {

/// The other end of a stream: blocking, closed at the end.
class RawPeer {
  public:
    explicit RawPeer(int descriptor) : descriptor_(descriptor) {}
    RawPeer(RawPeer&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    RawPeer& operator=(RawPeer&&) = delete;
    ~RawPeer() { close(); }

    void send(std::string_view bytes) const {
        while (!bytes.empty()) {
            const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent < 0) throw std::runtime_error("send failed");
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
    }
    /// What is there, without waiting.
    [[nodiscard]] std::string receive() const {
        std::string text(65536, '\0');
        const ssize_t got = ::recv(descriptor_, text.data(), text.size(), MSG_DONTWAIT);
        text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
        return text;
    }
    void half_close() const { ::shutdown(descriptor_, SHUT_WR); }
    void reset() {
        const linger hard{1, 0};
        ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        close();
    }
    void close() {
        if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
    }
    [[nodiscard]] int descriptor() const { return descriptor_; }

  private:
    int descriptor_;
};

class LoopBed {
  public:
    /// Turns the loop until `done`; fails when nothing happens for ten seconds.
    template <typename Done>
    void run_until(Done done) {
        while (!done()) {
            if (io.run_one_for(std::chrono::seconds{10}) == 0) throw std::runtime_error("nothing happens any more");
        }
    }
    /// Everything that is ready now.
    void run_ready() {
        while (io.poll() != 0) {
        }
    }

    /// A TCP connection over loopback: ours as a stream, the other end raw.
    std::pair<net::Stream, RawPeer> connection() {
        const int listening = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const int theirs = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* const generic = reinterpret_cast<sockaddr*>(&address);
        if (::bind(listening, generic, size) != 0 || ::listen(listening, 1) != 0 ||
            ::getsockname(listening, generic, &size) != 0 || ::connect(theirs, generic, size) != 0) {
            throw std::runtime_error("no connection");
        }
        const int ours = ::accept4(listening, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        ::close(listening);
        return {net::Stream{loop(), AF_INET, net::Descriptor{ours}}, RawPeer{theirs}};
    }

    [[nodiscard]] net::Loop loop() { return {poller, wheel}; }

    boost::asio::io_context io{1};
    net::DeadlineWheel wheel{io};
    net::Poller poller{io};
};

inline void no_escape(std::exception_ptr escaped) noexcept {
    if (escaped) std::terminate();
}

/// Awaits the read or wait that was posted, and keeps its result.
inline net::Task<void> take_read(net::Stream& stream, std::optional<net::IoResult>& out) {
    const net::IoResult result = co_await stream.read_done();
    out = result;
}

inline net::Task<void> take_write(net::Stream::WriteAwaiter write, std::optional<net::IoResult>& out) {
    const net::IoResult result = co_await write;
    out = result;
}

}  // namespace corsd::tests
