// One thread, one io_context, its own connections, pools and counters. Nothing is shared on the data path.
#pragma once

#include <array>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <ctime>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/snapshot.hpp"
#include "cors/verdict.hpp"
#include "http/h1_reader.hpp"
#include "net/deadline_wheel.hpp"
#include "net/socket_address.hpp"
#include "net/stream.hpp"
#include "proxy/buffer.hpp"
#include "proxy/context.hpp"
#include "proxy/upstream_pool.hpp"
#include "telemetry/access_ring.hpp"
#include "telemetry/counters.hpp"

namespace corsd::proxy {

class H1Server;

/// Within limits.max_connections_per_address, or one too many: told so with its first request (429).
enum class Admission : std::uint8_t { admitted, too_many };

/// A connection that the main thread accepted.
struct Accepted {
    int descriptor = -1;
    net::SocketAddress peer;
    Admission admission = Admission::admitted;
};

/// What all workers of a process have in common. Outlives them.
struct WorkerShare {
    std::shared_ptr<const config::Snapshot> snapshot;
    std::vector<std::unique_ptr<UpstreamShare>> upstreams;  // by index in the configuration
    std::string via_name;                                   // this process in Via: tells a loop from a chain of corsds
    std::atomic<std::size_t> connections{0};                // clients', of the process
    std::function<void(const Accepted&)> closed;            // told of each end, on the worker; empty: nobody asks
};

class Worker {
  public:
    /// `ring` is null when there is no access log.
    Worker(WorkerShare& share, telemetry::AccessRing* ring);
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// The worker's thread: returns after drain() when the last connection has ended.
    void run();

    // For the main thread. All but connections() are posted to the worker.
    void adopt(Accepted accepted);
    void set_addresses(std::size_t upstream, std::vector<net::SocketAddress> addresses);
    void drain();
    void cut();
    [[nodiscard]] std::size_t connections() const noexcept { return connections_.load(std::memory_order_relaxed); }
    [[nodiscard]] const telemetry::Counters& counters() const noexcept { return counters_; }

    // For what runs on the worker.
    [[nodiscard]] const config::Snapshot& snapshot() const noexcept { return *share_.snapshot; }
    [[nodiscard]] const config::Limits& limits() const noexcept { return snapshot().config().limits; }
    [[nodiscard]] const config::Timeouts& timeouts() const noexcept { return snapshot().config().timeouts; }
    [[nodiscard]] http::HeadLimits head_limits() const noexcept;
    [[nodiscard]] http::Underscores underscores() const noexcept;
    [[nodiscard]] BufferPool& buffers() noexcept { return buffers_; }
    [[nodiscard]] UpstreamPool& pool(std::size_t upstream) noexcept { return *pools_[upstream]; }
    [[nodiscard]] cors::Scratch& scratch() noexcept { return scratch_; }
    [[nodiscard]] telemetry::Counters& counters() noexcept { return counters_; }
    [[nodiscard]] telemetry::AccessRing* ring() const noexcept { return ring_; }
    [[nodiscard]] std::string_view via_name() const noexcept { return share_.via_name; }
    [[nodiscard]] bool draining() const noexcept { return draining_; }
    /// The Date field (RFC 9110 section 5.6.7), made once a second.
    [[nodiscard]] std::string_view date();

    [[nodiscard]] std::unique_ptr<Context> take_context();
    void give_context(std::unique_ptr<Context> context) noexcept;

  private:
    net::Task<void> serve(Accepted accepted);
    void link(H1Server& server) noexcept;
    void unlink(H1Server& server) noexcept;
    void finish_when_empty();

    WorkerShare& share_;
    boost::asio::io_context io_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    net::DeadlineWheel wheel_;
    net::Poller poller_;
    BufferPool buffers_;
    std::vector<std::unique_ptr<UpstreamPool>> pools_;
    std::vector<std::unique_ptr<Context>> contexts_;
    cors::Scratch scratch_;
    telemetry::Counters counters_;
    telemetry::AccessRing* ring_;
    std::array<char, 32> date_{};
    std::time_t date_second_ = -1;
    H1Server* first_ = nullptr;
    bool draining_ = false;
    std::atomic<std::size_t> connections_{0};
};

}  // namespace corsd::proxy
