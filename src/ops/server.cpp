#include "ops/server.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <csignal>
#include <cstdlib>
#include <random>
#include <utility>

#include "ops/logs.hpp"
#include "ops/signals_blocked.hpp"
#include "proxy/series_layout.hpp"
#include "telemetry/log.hpp"

namespace corsd::ops {

using telemetry::Level;
using telemetry::log_write;

namespace {

/// How often the main thread looks whether the workers are done, while it drains.
constexpr std::chrono::milliseconds kDrainLook{20};

[[nodiscard]] std::string random_name() {
    std::random_device random;
    const std::uint64_t number = (std::uint64_t{random()} << 32) | random();
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string name = "corsd-";
    for (int shift = 60; shift >= 0; shift -= 4)
        name.push_back(kDigits[(number >> shift) & 15]);
    return name;
}

}  // namespace

Server::Server(std::shared_ptr<const config::Snapshot> snapshot, Loader::Load reload)
    : snapshot_(std::move(snapshot)),
      listeners_(io_,
                 Acceptor::Hooks{[this] { return has_room(); },
                                 [this](proxy::Accepted accepted) { hand_over(std::move(accepted)); }},
                 passed_),
      signals_(io_),
      timer_(io_.get_executor()),
      watch_timer_(io_.get_executor()),
      loader_(io_, std::move(reload), [this](LoadOutcome outcome) { adopt(std::move(outcome)); }) {
    share_.via_name = random_name();
    share_.peer_closed = [this](const net::SocketAddress& peer) { forget(peer); };
}

Server::~Server() = default;

bool Server::has_room() const noexcept {
    const std::size_t bound = config().limits.max_connections;
    return bound == 0 || share_.connections.load(std::memory_order_relaxed) < bound;
}

std::size_t Server::thread_count(const config::Config& config) noexcept {
    return config.threads != 0 ? config.threads : std::max<std::size_t>(std::thread::hardware_concurrency(), 1);
}

std::string Server::start() {
    // From the moment that somebody can see us listen, signals are ours.
    for (const int signal : {SIGTERM, SIGINT, SIGUSR1, SIGHUP})
        signals_.add(signal);
    const std::size_t threads = thread_count(config());
    telemetry::AccessLog::Opened opened = telemetry::AccessLog::open(access_log(config().log), threads);
    if (!opened.error.empty()) return opened.error;
    access_log_ = std::move(opened.log);
    series_ = std::make_unique<telemetry::SeriesRegistry>(threads);
    series_table_ = series_->arrange(proxy::series_layout(*snapshot_));
    // First, so that whoever gets through to a listener finds the status listener as well.
    std::unique_ptr<StatusListener> status;
    if (std::string error = open_status(config(), status); !error.empty()) return error;
    adopt_status(config(), std::move(status));
    if (std::string error = listeners_.prepare(config().listeners); !error.empty()) return error;
    arrange_upstreams(config());
    for (std::size_t i = 0; i < threads; ++i)
        workers_.push_back(std::make_unique<proxy::Worker>(share_, provision(i), i));
    watchdog_.emplace(
        threads, [this](std::size_t worker, std::function<void()> call) { workers_[worker]->post(std::move(call)); });
    return {};
}

proxy::Provision Server::provision(std::size_t worker) const {
    proxy::Provision provision;
    provision.snapshot = snapshot_;
    provision.series = series_table_;
    for (const Upstream& upstream : upstreams_)
        provision.upstreams.push_back(upstream.provision);
    provision.ring = access_log_ ? &access_log_->ring(worker) : nullptr;
    return provision;
}

void Server::start_workers() {
    const SignalsBlocked blocked;
    for (const auto& worker : workers_)
        threads_.emplace_back([&worker = *worker] { worker.run(); });
}

void Server::admit(proxy::Accepted& accepted) {
    const std::size_t bound = config().limits.max_connections_per_address;
    // Unix sockets have no address to tell one peer from another.
    if (bound == 0 || accepted.peer.family() == AF_UNIX) return;
    const std::lock_guard lock(per_address_mutex_);
    accepted.count = proxy::AddressCount::counted;
    if (++per_address_[accepted.peer.ip_bytes()] > bound) accepted.admission = proxy::Admission::too_many;
}

/// On the worker whose connection has ended, which must not need memory for that.
void Server::forget(const net::SocketAddress& peer) noexcept {
    const std::lock_guard lock(per_address_mutex_);
    const auto found = per_address_.find(peer.ip_bytes());
    if (found != per_address_.end() && --found->second == 0) per_address_.erase(found);
}

void Server::hand_over(proxy::Accepted accepted) {
    admit(accepted);
    const auto least = std::min_element(workers_.begin(), workers_.end(), [](const auto& a, const auto& b) {
        return a->connections() < b->connections();
    });
    const net::SocketAddress peer = accepted.peer;
    const bool counted = accepted.count == proxy::AddressCount::counted;
    try {
        (*least)->adopt(std::move(accepted));
    } catch (const std::bad_alloc&) {
        if (counted) forget(peer);
        throw;
    }
}

void Server::run() {
    std::signal(SIGPIPE, SIG_IGN);
    await_signal();
    start_workers();
    serving_ = true;
    reload_state_.last_success = std::chrono::system_clock::now();
    (void)listeners_.commit(config().listeners);  // the first: none can be gone
    notifier_.ready(summary());
    keep_watch();
    io_.run();
    for (std::thread& thread : threads_)
        thread.join();
    if (access_log_) access_log_->stop();
    log_write(Level::info, "stopped");
}

void Server::await_signal() {
    signals_.async_wait([this](const boost::system::error_code& error, int signal) {
        if (error) return;
        await_signal();  // first: what follows may cancel it for good
        hear(signal);
    });
}

void Server::hear(int signal) {
    if (signal == SIGUSR1) {
        if (access_log_) access_log_->reopen();
        if (const auto failed = telemetry::log_reopen()) log_write(Level::error, *failed);
    } else if (signal == SIGHUP) {
        reload();
    } else if (draining_) {
        log_write(Level::warn, "stopped at once by a second signal");
        std::_Exit(EXIT_FAILURE);
    } else {
        drain();
    }
}

void Server::drain() {
    draining_ = true;
    log_write(Level::info, "stopping: no new connections, finishing what runs");
    notifier_.stopping(config().timeouts.drain);
    listeners_.finish();
    for (const Upstream& upstream : upstreams_)
        upstream.resolver->stop();
    for (const auto& worker : workers_)
        worker->drain();
    drain_end_ = std::chrono::steady_clock::now() + config().timeouts.drain;
    watch_workers();
}

void Server::watch_workers() {
    if (share_.connections.load(std::memory_order_relaxed) == 0) {
        status_.reset();
        // Nothing is left to wait for, and what cannot be cancelled (a name that is being looked up) is not waited for.
        io_.stop();
        return;
    }
    if (!cut_ && std::chrono::steady_clock::now() >= drain_end_) {
        cut_ = true;
        log_write(Level::warn, "cutting what still runs after timeouts.drain");
        for (const auto& worker : workers_)
            worker->cut();
    }
    look_later();
}

void Server::look_later() {
    timer_.expires_after(kDrainLook);
    timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error) watch_workers();
    });
}

}  // namespace corsd::ops
