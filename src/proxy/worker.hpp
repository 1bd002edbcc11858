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
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/snapshot.hpp"
#include "cors/verdict.hpp"
#include "http/h1_reader.hpp"
#include "net/deadline_wheel.hpp"
#include "net/descriptor.hpp"
#include "net/socket_address.hpp"
#include "net/stream.hpp"
#include "proxy/buffer.hpp"
#include "proxy/context.hpp"
#include "proxy/edition.hpp"
#include "proxy/refusal_hints.hpp"
#include "proxy/upstream_pool.hpp"
#include "proxy/workspace.hpp"
#include "telemetry/access_ring.hpp"
#include "telemetry/counters.hpp"
#include "telemetry/series.hpp"

namespace corsd::proxy {

class H1Server;

/// Within limits.max_connections_per_address, or one too many: told so with its first request (429).
enum class Admission : std::uint8_t { admitted, too_many };

/// Does the main thread keep count of the connection's address? Then it is told of its end.
enum class AddressCount : std::uint8_t { uncounted, counted };

/// A connection that the main thread accepted.
struct Accepted {
    net::Descriptor descriptor;
    net::SocketAddress peer;
    std::uint32_t listener = 0;  // which of the process's listeners, as the main thread numbers them
    Admission admission = Admission::admitted;
    AddressCount count = AddressCount::uncounted;
};

/// What all workers of a process have in common. Outlives them.
struct WorkerShare {
    std::string via_name;                     // in Via: tells a loop from a chain of corsds
    std::atomic<std::size_t> connections{0};  // clients', of the process
    std::function<void(const net::SocketAddress&)>
        peer_closed;  // on the worker: one of AddressCount::counted has ended
};

/// What a worker is to serve with from now on.
struct Provision {
    /// One of the configuration's upstreams, in its order. A share that the worker knows already brings its pool.
    struct Upstream {
        std::shared_ptr<UpstreamShare> share;
        std::vector<EndpointAddress> endpoints;  // as far as they are known; set_endpoints changes them
    };
    std::shared_ptr<const config::Snapshot> snapshot;
    std::vector<Upstream> upstreams;
    std::shared_ptr<const telemetry::SeriesTable> series;  // of the snapshot
    telemetry::AccessRing* ring = nullptr;                 // null: there is no access log
};

class Worker {
  public:
    /// `index` among the process's workers, for the counters of each series.
    Worker(WorkerShare& share, const Provision& provision, std::size_t index);
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// The worker's thread: returns after drain() when the last connection has ended.
    void run();

    // For the main thread. All but connections() are posted to the worker.
    void adopt(Accepted accepted);
    void set_endpoints(std::shared_ptr<const UpstreamShare> upstream, std::vector<EndpointAddress> endpoints);
    /// Serves the next request with this; those that have begun keep what they began with. `done` is called on the
    /// worker when that holds. Not again before. Throws std::bad_alloc before anything is changed.
    void reload(Provision provision, std::function<void()> done);
    /// Ends the connections of one listener as they become idle; or all, and then the worker.
    void drain_listener(std::uint32_t listener);
    void drain();
    /// Ends them now.
    void cut_listener(std::uint32_t listener);
    void cut();
    /// Runs `call` on the worker; after its end, never.
    void post(std::function<void()> call);
    [[nodiscard]] std::size_t connections() const noexcept { return connections_.load(std::memory_order_relaxed); }
    [[nodiscard]] const telemetry::Counters& counters() const noexcept { return counters_; }

    // For what runs on the worker.
    /// The edition that the next request is served with, to look at and to keep.
    [[nodiscard]] const Edition& edition() const noexcept { return *edition_; }
    [[nodiscard]] EditionLease current() const noexcept { return edition_; }
    [[nodiscard]] BufferPool& buffers() noexcept { return buffers_; }
    [[nodiscard]] net::DeadlineWheel& wheel() noexcept { return wheel_; }
    [[nodiscard]] WorkspacePool& workspaces() noexcept { return workspaces_; }
    [[nodiscard]] cors::Scratch& scratch() noexcept { return scratch_; }
    [[nodiscard]] telemetry::Counters& counters() noexcept { return counters_; }
    [[nodiscard]] RefusalHints& hints() noexcept { return hints_; }
    [[nodiscard]] std::size_t index() const noexcept { return index_; }
    [[nodiscard]] telemetry::AccessRing* ring() const noexcept { return ring_; }
    [[nodiscard]] std::string_view via_name() const noexcept { return share_.via_name; }
    [[nodiscard]] bool draining() const noexcept { return draining_; }
    /// The Date field (RFC 9110 section 5.6.7), made once a second.
    [[nodiscard]] std::string_view date();

    [[nodiscard]] std::unique_ptr<Context> take_context();
    void give_context(std::unique_ptr<Context> context) noexcept;

  private:
    class Counted;
    /// What reload() brought, until it is adopted.
    struct Reload final : net::Deadline {
        explicit Reload(Worker& of) : worker(of) {}
        Worker& worker;
        Provision provision;
        std::function<void()> done;
        void expired() noexcept override { worker.try_reload(); }
    };
    net::Task<void> serve(Accepted accepted, Counted counted);
    void adopt_provision(const Provision& provision);
    void try_reload() noexcept;
    void link(H1Server& server) noexcept;
    void unlink(H1Server& server) noexcept;
    /// All connections, or those of one listener.
    void tell(void (H1Server::*what)() noexcept, std::optional<std::uint32_t> listener) noexcept;
    void finish_when_empty();
    void give_back_memory() noexcept;

    WorkerShare& share_;
    boost::asio::io_context io_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    net::DeadlineWheel wheel_;
    Reload reload_{*this};
    net::Poller poller_;
    BufferPool buffers_;
    WorkspacePool workspaces_;
    EditionLease edition_;
    std::vector<std::unique_ptr<Context>> contexts_;
    cors::Scratch scratch_;
    RefusalHints hints_;
    telemetry::Counters counters_;
    telemetry::AccessRing* ring_ = nullptr;
    std::size_t index_;
    std::array<char, 32> date_{};
    std::time_t date_second_ = -1;
    H1Server* first_ = nullptr;
    bool draining_ = false;
    std::atomic<std::size_t> connections_{0};
    std::size_t most_connections_ = 0;  // at once, since memory was given back
};

}  // namespace corsd::proxy
