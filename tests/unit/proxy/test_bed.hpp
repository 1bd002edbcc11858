// A worker between real sockets of this process: a blocking client on one side, a scripted upstream on the other.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "config/snapshot.hpp"
#include "net/socket_address.hpp"
#include "proxy/worker.hpp"
#include "telemetry/access_log.hpp"

namespace corsd::tests {

/// A blocking connection; every call fails the test when it fails or takes longer than ten seconds.
class Peer {
  public:
    explicit Peer(int descriptor);
    Peer(Peer&& other) noexcept;
    Peer& operator=(Peer&&) = delete;
    ~Peer();

    void send(std::string_view bytes) const;
    /// What the other side has sent, up to and with `end`; what comes behind it is kept for the next call.
    [[nodiscard]] std::string receive_until(std::string_view end);
    [[nodiscard]] std::string receive_exactly(std::size_t size);
    /// Everything up to the end of the stream (or its reset).
    [[nodiscard]] std::string receive_all();
    void half_close() const;
    void reset();
    /// Did the stream end with a reset?
    [[nodiscard]] bool was_reset() const { return was_reset_; }
    /// Waits until the other end (of this process) has read all that was sent, or does not want it yet.
    void settle();
    /// Does something come, or the end, within this time? What comes stays for the next call.
    [[nodiscard]] bool hears_within(std::chrono::milliseconds time) const;
    /// Sends until the other side takes no more for a while; gives how much it took.
    [[nodiscard]] std::size_t send_until_full(std::size_t most) const;
    [[nodiscard]] int descriptor() const { return descriptor_; }

  private:
    [[nodiscard]] bool fill();
    int descriptor_;
    int other_end_ = -1;
    bool was_reset_ = false;
    std::string pending_;
};

/// Listens on a free port of 127.0.0.1.
class Listening {
  public:
    Listening();
    ~Listening();
    Listening(const Listening&) = delete;
    Listening& operator=(const Listening&) = delete;
    [[nodiscard]] std::uint16_t port() const { return address_.port(); }
    [[nodiscard]] const net::SocketAddress& address() const { return address_; }
    [[nodiscard]] Peer accept() const { return Peer{accept_descriptor()}; }
    [[nodiscard]] int accept_descriptor() const;
    [[nodiscard]] int descriptor() const { return descriptor_; }

  private:
    int descriptor_;
    net::SocketAddress address_;
};

/// One Worker on its own thread, with the policy of `yaml` (without listen and upstream, which the bed fills in; the
/// first of `upstreams`, if it has them, is reached at the bed's own address).
class TestBed {
  public:
    explicit TestBed(std::string_view yaml);
    ~TestBed();
    TestBed(const TestBed&) = delete;
    TestBed& operator=(const TestBed&) = delete;

    /// A new client connection to the worker.
    [[nodiscard]] Peer connect();
    /// The same, but the worker gets it only after `before` is done with the client's end.
    [[nodiscard]] Peer connect_after(const std::function<void(Peer&)>& before);
    /// The next connection that the worker makes.
    [[nodiscard]] Peer accept_upstream() { return upstream_.accept(); }
    /// From now on the worker's upstream is elsewhere.
    void move_upstream(const net::SocketAddress& address) { set_endpoints({{0, address}}); }
    void set_endpoints(const std::vector<proxy::EndpointAddress>& endpoints);
    [[nodiscard]] const proxy::UpstreamShare& share() const { return *upstream_share_; }
    [[nodiscard]] proxy::Worker& worker() { return *worker_; }
    /// Waits until the worker has done what it was told before.
    void settle();
    /// The same configuration anew, with upstreams that the worker does not know yet.
    void reload(std::function<void()> done);
    [[nodiscard]] std::size_t connections() const { return share_.connections.load(); }
    /// Drains the worker, cuts what runs and waits for its end.
    void finish();
    [[nodiscard]] const telemetry::UpstreamCounters& upstream_counters() const { return series_->upstream(0).of(0); }
    [[nodiscard]] std::size_t upstream_connects() const { return upstream_counters().connects.value(); }

  private:
    Listening upstream_, front_;
    proxy::WorkerShare share_;
    proxy::Provision provision_;
    std::shared_ptr<const proxy::UpstreamShare> upstream_share_;
    std::unique_ptr<telemetry::AccessLog> access_log_;
    std::shared_ptr<const telemetry::SeriesTable> series_;
    std::unique_ptr<proxy::Worker> worker_;
    std::thread thread_;
};

}  // namespace corsd::tests
