#include "proxy/worker.hpp"

#include <malloc.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <exception>
#include <new>
#include <utility>

#include "net/frame_pool.hpp"
#include "proxy/h1_server.hpp"
#include "telemetry/log.hpp"

namespace corsd::proxy {

namespace {

/// Contexts kept for the next request; more than that many at once are made and freed.
constexpr std::size_t kKeptContexts = 1024;

/// So many connections at once are a crowd: what they needed is given back when they are gone.
constexpr std::size_t kCrowd = 1000;

void report_escape(std::exception_ptr escaped) noexcept {
    try {
        std::rethrow_exception(escaped);
    } catch (const std::bad_alloc&) {  // nothing is asked for to say so
        telemetry::log_write(telemetry::Level::error, "a connection was closed: no memory for it");
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

/// A connection as the counts know it, from the moment the main thread hands it over: also when its own objects cannot
/// be made.
class Worker::Counted {
  public:
    Counted(Worker& worker, const Accepted& accepted) noexcept
        : worker_(&worker), peer_(accepted.peer), count_(accepted.count) {
        worker.counters_.connections_opened.add();
        worker.most_connections_ = std::max(worker.most_connections_, worker.connections());
    }
    Counted(Counted&& other) noexcept
        : worker_(std::exchange(other.worker_, nullptr)), peer_(other.peer_), count_(other.count_) {}
    Counted& operator=(Counted&&) = delete;
    ~Counted() {
        if (worker_ == nullptr) return;
        if (count_ == AddressCount::counted) worker_->share_.peer_closed(peer_);
        worker_->counters_.connections_closed.add();
        worker_->share_.connections.fetch_sub(1, std::memory_order_relaxed);
        worker_->connections_.fetch_sub(1, std::memory_order_relaxed);
        worker_->give_back_memory();
        worker_->finish_when_empty();
    }

  private:
    Worker* worker_;
    net::SocketAddress peer_;
    AddressCount count_;
};

Worker::Worker(WorkerShare& share, const Provision& provision, std::size_t index)
    : share_(share), work_(boost::asio::make_work_guard(io_)), wheel_(io_), poller_(io_), index_(index) {
    contexts_.reserve(kKeptContexts);
    adopt_provision(provision);
}

Worker::~Worker() = default;

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
    try {
        boost::asio::post(io_, [this, accepted = std::move(accepted)]() mutable {
            Counted counted(*this, accepted);
            net::spawn(serve(std::move(accepted), std::move(counted)), report_escape);
        });
    } catch (...) {  // no memory: the worker has not heard of it
        share_.connections.fetch_sub(1, std::memory_order_relaxed);
        connections_.fetch_sub(1, std::memory_order_relaxed);
        throw;
    }
}

net::Task<void> Worker::serve(Accepted accepted, Counted counted) {
    const Counted until_the_end = std::move(counted);
    net::Stream stream(net::Loop{poller_, wheel_}, accepted.peer.family(), std::move(accepted.descriptor));
    H1Server server(*this, std::move(stream),
                    Arrival{client_address(accepted.peer), accepted.admission, accepted.listener});
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

void Worker::set_endpoints(std::shared_ptr<const UpstreamShare> upstream, std::vector<EndpointAddress> endpoints) {
    boost::asio::post(io_, [this, upstream = std::move(upstream), endpoints = std::move(endpoints)] {
        for (const auto& pool : edition_->pools())
            if (pool->share() == upstream.get()) pool->set_endpoints(endpoints);
    });
}

void Worker::adopt_provision(const Provision& provision) {
    std::vector<std::shared_ptr<UpstreamPool>> pools, before;
    if (edition_) before = edition_->pools();
    for (const Provision::Upstream& upstream : provision.upstreams) {
        const auto kept = std::find_if(before.begin(), before.end(),
                                       [&](const auto& pool) { return pool->share() == upstream.share.get(); });
        if (kept != before.end()) {
            pools.push_back(*kept);
            continue;
        }
        const UpstreamPool::Site site{{poller_, wheel_}, buffers_};
        pools.push_back(std::make_shared<UpstreamPool>(upstream.share, site));
        if (!upstream.endpoints.empty()) pools.back()->set_endpoints(upstream.endpoints);
    }
    hints_.clear();
    EditionLease next(new Edition(provision.snapshot, provision.series, std::move(pools)));
    // From here on nothing fails.
    edition_ = std::move(next);
    ring_ = provision.ring;
    for (const auto& pool : before) {
        const auto& now = edition_->pools();
        if (std::find(now.begin(), now.end(), pool) == now.end()) pool->close_idle();
    }
}

void Worker::reload(Provision provision, std::function<void()> done) {
    boost::asio::post(io_, [this, provision = std::move(provision), done = std::move(done)]() mutable {
        reload_.provision = std::move(provision);
        reload_.done = std::move(done);
        try_reload();
    });
}

/// The main thread waits for every worker: one that lacks the memory serves on with what it has, and tries again.
void Worker::try_reload() noexcept {
    try {
        adopt_provision(reload_.provision);
        reload_.done();
        reload_.done = nullptr;
        reload_.provision = {};
    } catch (const std::bad_alloc&) {
        telemetry::log_write(telemetry::Level::error, "a worker has no memory to reload; it will try again");
        wheel_.arm(reload_, net::DeadlineWheel::kTick);
    }
}

void Worker::tell(void (H1Server::*what)() noexcept, std::optional<std::uint32_t> listener) noexcept {
    for (H1Server* server = first_; server != nullptr; server = server->next_)
        if (!listener || server->arrival_.listener == *listener) (server->*what)();
}

void Worker::drain_listener(std::uint32_t listener) {
    boost::asio::post(io_, [this, listener] { tell(&H1Server::drain, listener); });
}

void Worker::cut_listener(std::uint32_t listener) {
    boost::asio::post(io_, [this, listener] { tell(&H1Server::cut, listener); });
}

void Worker::drain() {
    boost::asio::post(io_, [this] {
        draining_ = true;
        tell(&H1Server::drain, {});
        finish_when_empty();
    });
}

void Worker::cut() {
    boost::asio::post(io_, [this] { tell(&H1Server::cut, {}); });
}

void Worker::post(std::function<void()> call) {
    boost::asio::post(io_, std::move(call));
}

/// Once three quarters of a crowd are gone: neither free frames nor free pages in the middle of the heap would go by
/// themselves. Takes milliseconds, and not again before there was another crowd.
void Worker::give_back_memory() noexcept {
    if (most_connections_ < kCrowd || connections() > most_connections_ / 4) return;
    most_connections_ = connections();
    net::release_free_frames();
    ::malloc_trim(0);
}

void Worker::finish_when_empty() {
    if (!draining_ || connections() != 0) return;
    for (const auto& pool : edition_->pools())
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
