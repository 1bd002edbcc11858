#include "test_bed.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <future>
#include <stdexcept>
#include <utility>

#include "allocation_count.hpp"
#include "config/load.hpp"
#include "proxy/series_layout.hpp"

namespace corsd::tests {

Peer::Peer(int descriptor) : descriptor_(descriptor) {
    if (descriptor < 0) throw std::runtime_error("no connection");
    const timeval limit{10, 0};
    ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    const int on = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Peer::Peer(Peer&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      other_end_(other.other_end_),
      was_reset_(other.was_reset_),
      pending_(std::move(other.pending_)) {}

Peer::~Peer() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

void Peer::send(std::string_view bytes) const {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0) throw std::runtime_error("send failed");
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

bool Peer::fill() {
    char space[65536];
    const ssize_t got = ::recv(descriptor_, space, sizeof space, 0);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) throw std::runtime_error("nothing came");
    was_reset_ = got < 0;
    if (got <= 0) return false;
    pending_.append(space, static_cast<std::size_t>(got));
    return true;
}

std::string Peer::receive_until(std::string_view end) {
    std::size_t at;
    while ((at = pending_.find(end)) == std::string::npos) {
        if (!fill()) throw std::runtime_error("the stream ended after: " + pending_);
    }
    std::string taken = pending_.substr(0, at + end.size());
    pending_.erase(0, taken.size());
    return taken;
}

std::string Peer::receive_exactly(std::size_t size) {
    while (pending_.size() < size) {
        if (!fill()) throw std::runtime_error("the stream ended after: " + pending_);
    }
    std::string taken = pending_.substr(0, size);
    pending_.erase(0, size);
    return taken;
}

std::string Peer::receive_all() {
    while (fill()) {
    }
    return std::exchange(pending_, {});
}

void Peer::half_close() const {
    ::shutdown(descriptor_, SHUT_WR);
}

namespace {

/// The descriptor, in this process, of the other end of a connection over TCP.
int find_other_end(int descriptor) {
    const auto name = [](int of, auto ask) {
        sockaddr_in address{};
        socklen_t size = sizeof address;
        if (ask(of, reinterpret_cast<sockaddr*>(&address), &size) != 0) return std::uint16_t{0};
        return address.sin_family == AF_INET ? address.sin_port : std::uint16_t{0};
    };
    const std::uint16_t ours = name(descriptor, ::getsockname), theirs = name(descriptor, ::getpeername);
    for (int other = 3; other < 1024; ++other) {
        if (name(other, ::getsockname) == theirs && name(other, ::getpeername) == ours) return other;
    }
    return -1;
}

}  // namespace

void Peer::settle() {
    if (other_end_ < 0) other_end_ = find_other_end(descriptor_);
    int unread = 1;
    // Bounded: a worker that waits for an upstream leaves the next request where it is.
    for (int looks = 0; looks < 200 && unread > 0; ++looks) {
        std::this_thread::yield();
        if (::ioctl(other_end_, FIONREAD, &unread) != 0) return;
    }
}

bool Peer::hears_within(std::chrono::milliseconds time) const {
    if (!pending_.empty()) return true;
    pollfd wanted{descriptor_, POLLIN, 0};
    return ::poll(&wanted, 1, static_cast<int>(time.count())) > 0;
}

std::size_t Peer::send_until_full(std::size_t most) const {
    const std::string block(65536, 'x');
    std::size_t sent = 0;
    while (sent < most) {
        pollfd wanted{descriptor_, POLLOUT, 0};
        if (::poll(&wanted, 1, 300) <= 0) break;
        const ssize_t got =
            ::send(descriptor_, block.data(), std::min(block.size(), most - sent), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (got <= 0) break;
        sent += static_cast<std::size_t>(got);
    }
    return sent;
}

void Peer::reset() {
    const linger hard{1, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    ::close(std::exchange(descriptor_, -1));
}

Listening::Listening() : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const auto wanted = net::SocketAddress::ip("127.0.0.1", 0);
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    const timeval limit{10, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (::bind(descriptor_, wanted->data(), wanted->size()) != 0 || ::listen(descriptor_, 64) != 0 ||
        ::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&bound), &size) != 0) {
        throw std::runtime_error("cannot listen");
    }
    address_ = net::SocketAddress{reinterpret_cast<const sockaddr*>(&bound), size};
}

Listening::~Listening() {
    ::close(descriptor_);
}

int Listening::accept_descriptor() const {
    return ::accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC);
}

TestBed::TestBed(std::string_view yaml) {
    std::string text = "listen: 127.0.0.1:1\n";
    if (yaml.find("upstreams:") == std::string_view::npos)
        text += "upstream: http://127.0.0.1:" + std::to_string(upstream_.port()) + "\n";
    text += yaml;
    config::Loaded loaded = config::load_text(text, "test.yaml", config::system_environment());
    if (!loaded.ok()) throw std::runtime_error(config::render(loaded.diagnostics.front(), loaded.sources));
    for (const config::Upstream& upstream : loaded.config->upstreams) {
        provision_.upstreams.push_back({std::make_shared<proxy::UpstreamShare>(upstream), {{0, upstream_.address()}}});
    }
    upstream_share_ = provision_.upstreams.front().share;
    provision_.snapshot = std::make_shared<const config::Snapshot>(std::move(*loaded.config));
    share_.via_name = "corsd-test";
    telemetry::AccessSettings settings;
    settings.state = telemetry::AccessState::enabled;
    settings.output = "/dev/null";
    access_log_ = telemetry::AccessLog::open(settings, 1).log;
    provision_.ring = &access_log_->ring(0);
    series_ = telemetry::SeriesRegistry(1).arrange(proxy::series_layout(*provision_.snapshot));
    provision_.series = series_;
    worker_ = std::make_unique<proxy::Worker>(share_, provision_, 0);
    thread_ = std::thread([this] {
        count_my_allocations();
        worker_->run();
    });
}

TestBed::~TestBed() {
    finish();
}

void TestBed::finish() {
    if (!thread_.joinable()) return;
    worker_->drain();
    worker_->cut();
    thread_.join();
    access_log_->stop();
}

void TestBed::set_endpoints(const std::vector<proxy::EndpointAddress>& endpoints) {
    worker_->set_endpoints(upstream_share_, endpoints);
}

void TestBed::settle() {
    std::promise<void> done;
    worker_->post([&done] { done.set_value(); });
    done.get_future().wait();
}

void TestBed::reload(std::function<void()> done) {
    for (proxy::Provision::Upstream& upstream : provision_.upstreams)
        upstream.share = std::make_shared<proxy::UpstreamShare>(upstream.share->definition);
    upstream_share_ = provision_.upstreams.front().share;
    worker_->reload(provision_, std::move(done));
}

Peer TestBed::connect() {
    return connect_after([](Peer&) {});
}

Peer TestBed::connect_after(const std::function<void(Peer&)>& before) {
    const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::connect(client, front_.address().data(), front_.address().size()) != 0) throw std::runtime_error("connect");
    Peer peer{client};
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    ::getsockname(client, reinterpret_cast<sockaddr*>(&from), &size);
    // The other end, as the main thread would accept it.
    const int accepted = front_.accept_descriptor();
    ::fcntl(accepted, F_SETFL, ::fcntl(accepted, F_GETFL) | O_NONBLOCK);
    before(peer);
    worker_->adopt({net::Descriptor{accepted}, net::SocketAddress{reinterpret_cast<const sockaddr*>(&from), size}});
    return peer;
}

}  // namespace corsd::tests
