#include "proxy/worker.hpp"

#include <boost/asio/post.hpp>
#include <exception>
#include <utility>

#include "proxy/h1_server.hpp"
#include "telemetry/log.hpp"

namespace corsd::proxy {

namespace {

/// Contexts kept for the next request; more than that many at once are made and freed.
constexpr std::size_t kKeptContexts = 1024;

void report_escape(std::exception_ptr escaped) noexcept {
    try {
        std::rethrow_exception(escaped);
    } catch (const std::exception& exception) {
        telemetry::log_write(telemetry::Level::error,
                             std::string{"a connection was closed by an internal error: "} + exception.what());
    } catch (...) {
        telemetry::log_write(telemetry::Level::error, "a connection was closed by an internal error");
    }
}

[[nodiscard]] ClientAddress client_address(const net::SocketAddress& peer) {
    return ClientAddress{peer.text(), peer.host_text(), peer.ip_bytes()};
}

}  // namespace

Worker::Worker(WorkerShare& share, telemetry::AccessRing* ring)
    : share_(share), work_(boost::asio::make_work_guard(io_)), wheel_(io_), poller_(io_), ring_(ring) {
    contexts_.reserve(kKeptContexts);
    const UpstreamPool::Site site{{poller_, wheel_}, buffers_};
    const auto& upstreams = snapshot().config().upstreams;
    for (std::size_t i = 0; i < upstreams.size(); ++i) {
        pools_.push_back(std::make_unique<UpstreamPool>(upstreams[i], *share.upstreams[i], site, head_limits()));
    }
}

Worker::~Worker() = default;

http::HeadLimits Worker::head_limits() const noexcept {
    return {limits().max_header_bytes, limits().max_header_fields, limits().max_target_bytes};
}

http::Underscores Worker::underscores() const noexcept {
    switch (snapshot().config().headers.underscores) {
        case config::Underscores::drop:
            return http::Underscores::drop;
        case config::Underscores::keep:
            return http::Underscores::keep;
        case config::Underscores::reject:
            return http::Underscores::reject;
    }
    return http::Underscores::drop;
}

void Worker::run() {
    for (;;) {
        try {
            io_.run();
            return;
        } catch (...) {
            report_escape(std::current_exception());
        }
    }
}

void Worker::adopt(Accepted accepted) {
    connections_.fetch_add(1, std::memory_order_relaxed);
    share_.connections.fetch_add(1, std::memory_order_relaxed);
    boost::asio::post(io_, [this, accepted] { net::spawn(serve(accepted), report_escape); });
}

net::Task<void> Worker::serve(Accepted accepted) {
    struct Counted {  // also when the connection's own objects cannot be made
        Worker& worker;
        const Accepted& accepted;
        ~Counted() {
            if (worker.share_.closed) worker.share_.closed(accepted);
            worker.counters_.connections_closed.add();
            worker.share_.connections.fetch_sub(1, std::memory_order_relaxed);
            worker.connections_.fetch_sub(1, std::memory_order_relaxed);
            worker.finish_when_empty();
        }
    };
    const Counted counted{*this, accepted};
    counters_.connections_opened.add();
    net::Stream stream(net::Loop{poller_, wheel_}, accepted.peer.family(), accepted.descriptor);
    H1Server server(*this, std::move(stream), client_address(accepted.peer), accepted.admission);
    link(server);
    std::exception_ptr escaped;
    try {
        co_await server.serve();
    } catch (...) {
        escaped = std::current_exception();
        server.watch(nullptr);  // gone with what escaped
        server.cut();
    }
    unlink(server);
    if (escaped) std::rethrow_exception(escaped);
}

void Worker::link(H1Server& server) noexcept {
    server.next_ = first_;
    if (first_ != nullptr) first_->previous_ = &server;
    first_ = &server;
}

void Worker::unlink(H1Server& server) noexcept {
    (server.previous_ != nullptr ? server.previous_->next_ : first_) = server.next_;
    if (server.next_ != nullptr) server.next_->previous_ = server.previous_;
}

void Worker::set_addresses(std::size_t upstream, std::vector<net::SocketAddress> addresses) {
    boost::asio::post(io_, [this, upstream, addresses = std::move(addresses)]() mutable {
        pools_[upstream]->set_addresses(std::move(addresses));
    });
}

void Worker::drain() {
    boost::asio::post(io_, [this] {
        draining_ = true;
        for (H1Server* server = first_; server != nullptr; server = server->next_)
            server->drain();
        finish_when_empty();
    });
}

void Worker::cut() {
    boost::asio::post(io_, [this] {
        for (H1Server* server = first_; server != nullptr; server = server->next_)
            server->cut();
    });
}

void Worker::finish_when_empty() {
    if (!draining_ || connections() != 0) return;
    for (const auto& pool : pools_)
        pool->close_idle();
    wheel_.stop();
    poller_.stop();
    work_.reset();
}

std::string_view Worker::date() {
    const std::time_t now = std::time(nullptr);
    if (now != date_second_) {
        std::tm utc{};
        ::gmtime_r(&now, &utc);
        std::strftime(date_.data(), date_.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc);
        date_second_ = now;
    }
    return date_.data();
}

std::unique_ptr<Context> Worker::take_context() {
    if (contexts_.empty()) return std::make_unique<Context>();
    std::unique_ptr<Context> context = std::move(contexts_.back());
    contexts_.pop_back();
    return context;
}

void Worker::give_context(std::unique_ptr<Context> context) noexcept {
    if (contexts_.size() < kKeptContexts) contexts_.push_back(std::move(context));
}

}  // namespace corsd::proxy
