// The process: listeners and signals on the main thread, workers on theirs.
#pragma once

#include <array>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "config/snapshot.hpp"
#include "ops/acceptor.hpp"
#include "ops/reload_state.hpp"
#include "ops/resolver.hpp"
#include "ops/status_listener.hpp"
#include "ops/watchdog.hpp"
#include "proxy/worker.hpp"
#include "telemetry/access_log.hpp"
#include "telemetry/series.hpp"

namespace corsd::ops {

/// One per process. start(), then run() until a signal ends it.
class Server {
  public:
    explicit Server(std::shared_ptr<const config::Snapshot> snapshot);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Opens the access log and all listeners. Returns what went wrong, in one line; nothing then listens.
    [[nodiscard]] std::string start();
    /// Serves until SIGTERM or SIGINT, then finishes what runs within timeouts.drain; a second signal ends the process
    /// at once.
    void run();

    /// Main thread.
    [[nodiscard]] const ReloadState& reload_state() const noexcept { return reload_state_; }

  private:
    void await_signal();
    void drain();
    void hand_over(proxy::Accepted accepted);
    void admit(proxy::Accepted& accepted);
    void forget(const net::SocketAddress& peer);
    [[nodiscard]] bool has_room() const noexcept;
    void start_workers();
    void watch_workers();
    [[nodiscard]] const config::Config& config() const noexcept { return snapshot_->config(); }

    // server_status.cpp
    /// Opens the status listener that `next` wants beside the one there is, unless that is the same. Returns what went
    /// wrong in one line; `opened` is then empty, and nothing has changed.
    [[nodiscard]] std::string open_status(const config::Config& next, std::unique_ptr<StatusListener>& opened);
    /// Takes what open_status opened for `now`, or ends the one there is when `now` wants none.
    void adopt_status(const config::Config& now, std::unique_ptr<StatusListener> opened);
    [[nodiscard]] std::string liveness();
    [[nodiscard]] std::string readiness();
    [[nodiscard]] std::string metrics();

    using Timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                    boost::asio::wait_traits<std::chrono::steady_clock>,
                                                    boost::asio::io_context::executor_type>;

    boost::asio::io_context io_{1};
    std::shared_ptr<const config::Snapshot> snapshot_;
    proxy::WorkerShare share_;
    std::vector<std::shared_ptr<proxy::UpstreamShare>> upstreams_;  // by index in the configuration
    std::unique_ptr<telemetry::AccessLog> access_log_;
    std::unique_ptr<telemetry::SeriesRegistry> series_;
    std::vector<std::unique_ptr<Acceptor>> acceptors_;
    std::vector<std::unique_ptr<Resolver>> resolvers_;
    std::vector<std::unique_ptr<proxy::Worker>> workers_;
    std::vector<std::thread> threads_;
    boost::asio::signal_set signals_;
    Timer timer_;
    std::chrono::steady_clock::time_point drain_end_{};
    std::map<std::array<std::uint8_t, 16>, std::size_t>
        per_address_;  // only while limits.max_connections_per_address is set
    ReloadState reload_state_;
    std::unique_ptr<StatusListener> status_;  // null: nobody asks
    std::optional<Watchdog> watchdog_;
    bool serving_ = false, draining_ = false, cut_ = false;
};

}  // namespace corsd::ops
