// The endpoints of an upstream as one worker knows them: who there is, who is left out for a while, whose turn it is.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "config/settings.hpp"
#include "net/socket_address.hpp"

namespace corsd::proxy {

class H1Client;

/// Where one of a definition's endpoints is reached just now; a name may have several addresses.
struct EndpointAddress {
    std::size_t endpoint = 0;  // index into the definition's endpoints
    net::SocketAddress address;
};

/// One address of an endpoint. Lives as long as it is in the set or has connections.
struct Endpoint {
    Endpoint(const EndpointAddress& of, std::uint64_t number);
    ~Endpoint();
    Endpoint(const Endpoint&) = delete;
    Endpoint& operator=(const Endpoint&) = delete;

    /// Connections that serve a request or are being made.
    [[nodiscard]] std::size_t busy() const noexcept { return connections - idle.size(); }

    const std::size_t definition;  // index into the definition's endpoints
    const net::SocketAddress address;
    const std::string text;  // of the address, for the log
    const std::uint64_t id;  // of the pool, from 1
    bool gone = false;       // the name has this address no more
    std::size_t connections = 0;
    std::vector<std::unique_ptr<H1Client>> idle;  // the last used last

    // Passive checks: the last failures, as a ring, and until when it is left out.
    std::vector<std::chrono::steady_clock::time_point> failures;
    std::size_t oldest_failure = 0;
    bool ejected = false;
    std::chrono::steady_clock::time_point ejected_until{};
};

/// What became of an endpoint that failed.
enum class Standing : std::uint8_t { stays, ejected };

/// How far a failure of an endpoint goes: there was no connection to be had, or one that came to no good answer.
enum class Trouble : std::uint8_t { unreachable, poor };

/// Chooses. One thread.
///
/// An only endpoint is never ejected. Of several, the last that is left is ejected only while it cannot be reached:
/// then nobody could be served by it, and requests are told so at once. While all are out, time readmits nobody; one
/// request a second is tried on one of them instead, and the endpoint that lets it in is back.
class EndpointSet {
  public:
    using TimePoint = std::chrono::steady_clock::time_point;

    /// `first`: where the turn begins, so that not every worker begins with the same endpoint.
    EndpointSet(const config::UpstreamDefinition& definition, std::size_t first)
        : definition_(definition), next_(first) {}

    /// These are the addresses from now on. What is known of those that stay is kept; gives those that do not.
    std::vector<std::shared_ptr<Endpoint>> replace(std::span<const EndpointAddress> addresses);

    /// The next one by upstreams.NAME.balance, but only if there is no other the one whose id is `avoid` (0: none).
    /// Null when there are no endpoints, or all are ejected and it is not time for a trial.
    [[nodiscard]] const std::shared_ptr<Endpoint>* choose(std::uint64_t avoid);
    /// Could choose() give another one than `id` now?
    [[nodiscard]] bool has_other(std::uint64_t id);

    /// A failure that counts.
    Standing failed(Endpoint& endpoint, Trouble trouble, TimePoint now);
    /// It let somebody in, or answered. Did that end its ejection, because all were out?
    [[nodiscard]] bool readmitted(Endpoint& endpoint) noexcept;
    /// Are there endpoints, all of them ejected?
    [[nodiscard]] bool all_ejected() const noexcept { return ejected_ > 0 && ejected_ == endpoints_.size(); }

    [[nodiscard]] std::span<const std::shared_ptr<Endpoint>> all() const noexcept { return endpoints_; }

  private:
    void readmit(TimePoint now) noexcept;
    void readmit_all() noexcept;
    [[nodiscard]] const std::shared_ptr<Endpoint>* choose_trial(TimePoint now) noexcept;

    const config::UpstreamDefinition& definition_;
    std::vector<std::shared_ptr<Endpoint>> endpoints_;
    std::size_t next_;
    std::size_t ejected_ = 0;
    TimePoint next_trial_{};  // while all are ejected
    std::uint64_t last_id_ = 0;
};

}  // namespace corsd::proxy
