#include "ops/server.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <csignal>
#include <cstdlib>
#include <random>
#include <utility>

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

[[nodiscard]] telemetry::LineFormat line_format(config::LogFormat format) noexcept {
    switch (format) {
        case config::LogFormat::automatic:
            return telemetry::LineFormat::automatic;
        case config::LogFormat::json:
            return telemetry::LineFormat::json;
        case config::LogFormat::text:
            return telemetry::LineFormat::text;
    }
    return telemetry::LineFormat::automatic;
}

[[nodiscard]] telemetry::AccessFilter access_filter(config::AccessOnly only) noexcept {
    switch (only) {
        case config::AccessOnly::all:
            return telemetry::AccessFilter::all;
        case config::AccessOnly::refused:
            return telemetry::AccessFilter::refused;
        case config::AccessOnly::errors:
            return telemetry::AccessFilter::errors;
    }
    return telemetry::AccessFilter::all;
}

}  // namespace

Server::Server(std::shared_ptr<const config::Snapshot> snapshot)
    : snapshot_(std::move(snapshot)), signals_(io_), timer_(io_.get_executor()) {
    share_.via_name = random_name();
    share_.peer_closed = [this](const net::SocketAddress& peer) {
        boost::asio::post(io_, [this, peer] { forget(peer); });
    };
    for (const config::Upstream& upstream : config().upstreams)
        upstreams_.push_back(std::make_shared<proxy::UpstreamShare>(upstream));
}

Server::~Server() = default;

bool Server::has_room() const noexcept {
    const std::size_t bound = config().limits.max_connections;
    return bound == 0 || share_.connections.load(std::memory_order_relaxed) < bound;
}

std::string Server::start() {
    const std::size_t cores = std::max<std::size_t>(std::thread::hardware_concurrency(), 1);
    const std::size_t threads = config().threads == 0 ? cores : config().threads;
    const config::Log& log = config().log;
    telemetry::AccessSettings settings;
    settings.state =
        log.access == config::AccessEnabled::yes ? telemetry::AccessState::enabled : telemetry::AccessState::disabled;
    settings.only = access_filter(log.only);
    settings.redact_query = log.redact_query;
    settings.format = line_format(log.format);
    settings.output = log.output;
    telemetry::AccessLog::Opened opened = telemetry::AccessLog::open(settings, threads);
    if (!opened.error.empty()) return opened.error;
    access_log_ = std::move(opened.log);

    series_ = std::make_unique<telemetry::SeriesRegistry>(threads);
    const auto series = series_->arrange(proxy::series_layout(*snapshot_));
    // First, so that whoever gets through to a listener finds the status listener as well.
    std::unique_ptr<StatusListener> status;
    if (std::string error = open_status(config(), status); !error.empty()) return error;
    adopt_status(config(), std::move(status));
    const Acceptor::Hooks hooks{[this] { return has_room(); },
                                [this](proxy::Accepted accepted) { hand_over(std::move(accepted)); }};
    for (const config::Listener& listener : config().listeners) {
        acceptors_.push_back(std::make_unique<Acceptor>(io_, listener, hooks));
        if (std::string error = acceptors_.back()->open(); !error.empty()) return error;
    }
    for (std::size_t i = 0; i < threads; ++i) {
        proxy::Provision provision;
        provision.snapshot = snapshot_;
        for (const auto& upstream : upstreams_)
            provision.upstreams.push_back({upstream, {}});
        provision.series = series;
        provision.ring = access_log_ ? &access_log_->ring(i) : nullptr;
        workers_.push_back(std::make_unique<proxy::Worker>(share_, provision, i));
    }
    watchdog_.emplace(
        threads, [this](std::size_t worker, std::function<void()> call) { workers_[worker]->post(std::move(call)); });
    reload_state_.last_success = std::chrono::system_clock::now();
    return {};
}

void Server::start_workers() {
    // Signals are the main thread's business: the workers start with all of them blocked.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (const auto& worker : workers_)
        threads_.emplace_back([&worker = *worker] { worker.run(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    for (std::size_t i = 0; i < config().upstreams.size(); ++i) {
        const config::Address& endpoint = config().upstreams[i].endpoints.front();
        resolvers_.push_back(std::make_unique<Resolver>(io_, endpoint, [this, i](const auto& addresses) {
            for (const auto& worker : workers_)
                worker->set_addresses(upstreams_[i], addresses);
        }));
        resolvers_.back()->start();
    }
}

void Server::admit(proxy::Accepted& accepted) {
    const std::size_t bound = config().limits.max_connections_per_address;
    // Unix sockets have no address to tell one peer from another.
    if (bound == 0 || accepted.peer.family() == AF_UNIX) return;
    accepted.count = proxy::AddressCount::counted;
    if (++per_address_[accepted.peer.ip_bytes()] > bound) accepted.admission = proxy::Admission::too_many;
}

void Server::forget(const net::SocketAddress& peer) {
    const auto found = per_address_.find(peer.ip_bytes());
    if (found != per_address_.end() && --found->second == 0) per_address_.erase(found);
}

void Server::hand_over(proxy::Accepted accepted) {
    admit(accepted);
    const auto least = std::min_element(workers_.begin(), workers_.end(), [](const auto& a, const auto& b) {
        return a->connections() < b->connections();
    });
    (*least)->adopt(std::move(accepted));
}

void Server::run() {
    std::signal(SIGPIPE, SIG_IGN);
    signals_.add(SIGTERM);
    signals_.add(SIGINT);
    signals_.add(SIGUSR1);
    await_signal();
    start_workers();
    for (const auto& acceptor : acceptors_)
        acceptor->start();
    serving_ = true;
    reload_state_.last_success = std::chrono::system_clock::now();
    for (const config::Listener& listener : config().listeners) {
        log_write(Level::info, "listening on " + listener.address.text);
    }
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
        if (signal == SIGUSR1) {
            if (access_log_) access_log_->reopen();
            if (const auto failed = telemetry::log_reopen()) log_write(Level::error, *failed);
        } else if (draining_) {
            log_write(Level::warn, "stopped at once by a second signal");
            std::_Exit(EXIT_FAILURE);
        } else {
            drain();
        }
    });
}

void Server::drain() {
    draining_ = true;
    log_write(Level::info, "stopping: no new connections, finishing what runs");
    for (const auto& acceptor : acceptors_)
        acceptor->finish();
    for (const auto& resolver : resolvers_)
        resolver->stop();
    for (const auto& worker : workers_)
        worker->drain();
    drain_end_ = std::chrono::steady_clock::now() + config().timeouts.drain;
    watch_workers();
}

void Server::watch_workers() {
    if (share_.connections.load(std::memory_order_relaxed) == 0) {
        signals_.cancel();
        status_.reset();
        return;  // nothing is left to wait for: run() returns
    }
    if (!cut_ && std::chrono::steady_clock::now() >= drain_end_) {
        cut_ = true;
        log_write(Level::warn, "cutting what still runs after timeouts.drain");
        for (const auto& worker : workers_)
            worker->cut();
    }
    timer_.expires_after(kDrainLook);
    timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error) watch_workers();
    });
}

}  // namespace corsd::ops
