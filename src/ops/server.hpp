// The process: listeners and signals on the main thread, workers on theirs.
#pragma once

#include <array>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "config/snapshot.hpp"
#include "ops/listeners.hpp"
#include "ops/loader.hpp"
#include "ops/passed_sockets.hpp"
#include "ops/reload_state.hpp"
#include "ops/resolver.hpp"
#include "ops/service_notifier.hpp"
#include "ops/status_listener.hpp"
#include "ops/watchdog.hpp"
#include "proxy/worker.hpp"
#include "telemetry/access_log.hpp"
#include "telemetry/series.hpp"

namespace corsd::ops {

/// One per process. start(), then run() until a signal ends it.
class Server {
  public:
    /// `reload` loads the configuration anew (SIGHUP); empty: there is nothing to load it from.
    Server(std::shared_ptr<const config::Snapshot> snapshot, Loader::Load reload);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Opens the access log and all listeners. Returns what went wrong, in one line; nothing then listens.
    [[nodiscard]] std::string start();
    /// Serves until SIGTERM or SIGINT, then finishes what runs within timeouts.drain; a second one ends the process at
    /// once. SIGHUP reloads the configuration, SIGUSR1 opens log files again.
    void run();

    /// After run(): does a thread still read the configuration, which cannot be waited for?
    [[nodiscard]] bool hangs() const noexcept { return loader_.busy(); }

  private:
    using Timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                    boost::asio::wait_traits<std::chrono::steady_clock>,
                                                    boost::asio::io_context::executor_type>;
    struct Upstream {
        proxy::Provision::Upstream provision;
        std::unique_ptr<Resolver> resolver;
    };

    void await_signal();
    void hear(int signal);
    void drain();
    void hand_over(proxy::Accepted accepted);
    void admit(proxy::Accepted& accepted);
    void forget(const net::SocketAddress& peer) noexcept;
    [[nodiscard]] bool has_room() const noexcept;
    [[nodiscard]] proxy::Provision provision(std::size_t worker) const;
    void start_workers();
    void watch_workers();
    void look_later();

    // server_status.cpp
    /// Opens the status listener that `next` wants beside the one there is, unless that is the same. Returns what went
    /// wrong in one line; `opened` is then empty, and nothing has changed.
    [[nodiscard]] std::string open_status(const config::Config& next, std::unique_ptr<StatusListener>& opened);
    /// Takes what open_status opened for `now`, or ends the one there is when `now` wants none.
    void adopt_status(const config::Config& now, std::unique_ptr<StatusListener> opened);
    /// Tells the service manager that all is well, for as long as every worker answers.
    void keep_watch();
    [[nodiscard]] std::string summary() const;
    [[nodiscard]] std::string liveness();
    [[nodiscard]] std::string readiness();
    [[nodiscard]] std::string unresolved();
    [[nodiscard]] std::string metrics();

    // server_reload.cpp
    void reload();
    void adopt(LoadOutcome outcome);
    [[nodiscard]] std::string open_logs(const config::Log& log, std::unique_ptr<telemetry::AccessLog>& access_log);
    void arrange_upstreams(const config::Config& next);
    void resolve(const std::shared_ptr<proxy::UpstreamShare>& share);
    void hand_to_workers();
    void end_connections(const std::vector<std::uint32_t>& listeners);
    void acknowledged();
    void end_reload(ReloadState::Last how);
    [[nodiscard]] const config::Config& config() const noexcept { return snapshot_->config(); }
    [[nodiscard]] static std::size_t thread_count(const config::Config& config) noexcept;

    boost::asio::io_context io_{1};
    std::shared_ptr<const config::Snapshot> snapshot_;
    proxy::WorkerShare share_;
    std::unique_ptr<telemetry::AccessLog> access_log_;
    std::unique_ptr<telemetry::SeriesRegistry> series_;
    std::shared_ptr<const telemetry::SeriesTable> series_table_;  // of the snapshot
    const PassedSockets passed_ = PassedSockets::of_environment();
    Listeners listeners_;
    std::vector<Upstream> upstreams_;  // by index in the configuration
    std::vector<std::unique_ptr<proxy::Worker>> workers_;
    std::vector<std::thread> threads_;
    boost::asio::signal_set signals_;
    Timer timer_;
    std::chrono::steady_clock::time_point drain_end_{};
    std::mutex per_address_mutex_;  // taken when one of those connections begins or ends
    std::map<std::array<std::uint8_t, 16>, std::size_t>
        per_address_;                         // only while limits.max_connections_per_address is set
    std::unique_ptr<StatusListener> status_;  // null: nobody asks
    std::optional<Watchdog> watchdog_;
    ServiceNotifier notifier_;
    Timer watch_timer_;
    bool serving_ = false, draining_ = false, cut_ = false;
    bool resolved_ = false;  // every name was answered once since the start

    // Reloads.
    Loader loader_;
    ReloadState reload_state_;
    bool reloading_ = false, reload_again_ = false;
    std::size_t awaited_ = 0;                                // workers that have not acknowledged yet
    std::unique_ptr<telemetry::AccessLog> last_access_log_;  // until then
    std::map<std::uint32_t, Timer> gone_listeners_;          // their connections are cut when it expires
};

}  // namespace corsd::ops
