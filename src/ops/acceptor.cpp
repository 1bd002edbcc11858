#include "ops/acceptor.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/system/error_code.hpp>
#include <cerrno>
#include <new>
#include <system_error>
#include <utility>

#include "net/stream.hpp"
#include "ops/passed_sockets.hpp"
#include "ops/socket_address.hpp"
#include "telemetry/log.hpp"

namespace corsd::ops {

using boost::system::error_code;
using std::chrono::milliseconds;

namespace {

/// Connections taken in one go before other work of the main thread has its turn.
constexpr int kBatch = 64;
constexpr milliseconds kExhaustedPause{100};
constexpr milliseconds kFullPause{10};
/// Descriptors have lasted this long: it is over.
constexpr milliseconds kCalm{1000};

/// Is there a socket file that nobody listens on any more?
[[nodiscard]] bool is_stale(const net::SocketAddress& address, const std::string& path) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return false;
    const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (probe < 0) return false;
    const bool refused = ::connect(probe, address.data(), address.size()) != 0 && errno == ECONNREFUSED;
    ::close(probe);
    return refused;
}

}  // namespace

Acceptor::Acceptor(boost::asio::io_context& io, const config::Listener& listener, std::uint32_t number, Hooks hooks)
    : listener_(listener),
      number_(number),
      hooks_(std::move(hooks)),
      acceptor_(io.get_executor()),
      timer_(io.get_executor()) {}

Acceptor::~Acceptor() {
    close();
}

std::string Acceptor::bind_error(const std::string& what, int error) const {
    std::string text = "cannot " + what + " " + listener_.address.text + ": " + std::generic_category().message(error);
    if (error == EADDRINUSE) text += " (another program has it; see ss -ltnp)";
    return text;
}

std::string Acceptor::open() {
    const auto address = socket_address(listener_.address);
    if (!address) return "cannot listen on " + listener_.address.text + ": not an address";
    const bool is_unix = listener_.address.kind == config::AddressKind::unix_socket;
    net::Descriptor descriptor{::socket(address->family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (descriptor.get() < 0) return bind_error("make a socket for", errno);
    const int on = 1;
    ::setsockopt(descriptor.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (!is_unix) net::keep_alive(descriptor.get());
    if (address->family() == AF_INET6) {
        // [::] means IPv6 alone, as it is written; 0.0.0.0 is a listener of its own.
        ::setsockopt(descriptor.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    }
    if (is_unix && is_stale(*address, listener_.address.path)) ::unlink(listener_.address.path.c_str());
    if (::bind(descriptor.get(), address->data(), address->size()) != 0) return bind_error("listen on", errno);
    owns_path_ = is_unix;
    if (::listen(descriptor.get(), SOMAXCONN) != 0) return bind_error("listen on", errno);
    return take(address->family(), std::move(descriptor));
}

std::string Acceptor::open_passed(int descriptor) {
    if (const std::string_view flaw = unfit_to_accept(descriptor); !flaw.empty()) {
        return "cannot listen on " + listener_.address.text + ": what was passed is " + std::string(flaw);
    }
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    net::Descriptor own{::fcntl(descriptor, F_DUPFD_CLOEXEC, 0)};
    if (own.get() < 0 || ::getsockname(own.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0 ||
        ::fcntl(own.get(), F_SETFL, O_NONBLOCK) != 0) {
        return bind_error("listen on", errno);
    }
    if (address.ss_family != AF_UNIX) net::keep_alive(own.get());
    passed_ = true;
    return take(address.ss_family, std::move(own));
}

std::string Acceptor::take(int family, net::Descriptor descriptor) {
    error_code error;
    acceptor_.assign(boost::asio::generic::stream_protocol(family, 0), descriptor.get(), error);
    if (error) return "cannot listen on " + listener_.address.text + ": " + error.message();
    (void)descriptor.release();
    return {};
}

void Acceptor::start() {
    wait();
}

// What these wait for may have happened already when the acceptor is closed or destroyed, and is told of in its turn.

void Acceptor::wait() {
    acceptor_.async_wait(decltype(acceptor_)::wait_read,
                         [this, alive = std::weak_ptr<char>(alive_)](const error_code& error) {
                             if (!error && !alive.expired() && acceptor_.is_open()) accept_all();
                         });
}

void Acceptor::pause(milliseconds time) {
    timer_.expires_after(time);
    timer_.async_wait([this, alive = std::weak_ptr<char>(alive_)](const error_code& error) {
        if (!error && !alive.expired() && acceptor_.is_open()) accept_all();
    });
}

/// Once, however often a descriptor comes free and is taken again.
void Acceptor::report_exhaustion(int error) {
    exhausted_at_ = std::chrono::steady_clock::now();
    if (std::exchange(exhausted_, true)) return;
    telemetry::log_write(telemetry::Level::error, "no more connections on " + listener_.address.text +
                                                      " for now: " + std::generic_category().message(error));
}

void Acceptor::report_room() {
    if (std::chrono::steady_clock::now() - exhausted_at_ < kCalm) return;
    exhausted_ = false;
    telemetry::log_write(telemetry::Level::info, "accepting again on " + listener_.address.text);
}

/// 0, or why the connection was lost.
int Acceptor::hand_over(proxy::Accepted accepted) {
    try {
        hooks_.accepted(std::move(accepted));
    } catch (const std::bad_alloc&) {
        return ENOMEM;
    }
    if (exhausted_) report_room();
    return 0;
}

Acceptor::Taken Acceptor::accept_one() {
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    net::Descriptor descriptor{
        ::accept4(acceptor_.native_handle(), reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC)};
    int error = descriptor.get() < 0 ? errno : 0;
    if (error == 0) {
        const net::SocketAddress from{reinterpret_cast<const sockaddr*>(&peer), size};
        error = hand_over({std::move(descriptor), from, number_});
    }
    if (error == EAGAIN || error == EWOULDBLOCK) return Taken::all;
    if (error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM) {
        report_exhaustion(error);
        return Taken::exhausted;
    }
    // Anything else belongs to the one connection that was lost before it was taken (accept(2)).
    return Taken::one;
}

void Acceptor::accept_all() {
    for (int taken = 0; taken < kBatch; ++taken) {
        if (!hooks_.room()) {
            pause(kFullPause);
            return;
        }
        const Taken outcome = accept_one();
        if (outcome == Taken::all) break;
        if (outcome == Taken::exhausted) {
            pause(kExhaustedPause);
            return;
        }
    }
    wait();
}

void Acceptor::finish() {
    // Whether there is room or not: no more will come, and the kernel bounds the queue.
    while (!passed_ && acceptor_.is_open() && accept_one() == Taken::one) {
    }
    close();
}

void Acceptor::close() noexcept {
    error_code ignored;
    timer_.cancel();
    acceptor_.close(ignored);
    if (std::exchange(owns_path_, false)) ::unlink(listener_.address.path.c_str());
}

}  // namespace corsd::ops
