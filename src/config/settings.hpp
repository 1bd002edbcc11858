// A configuration as typed values: everything resolved, checked and with defaults filled in. Plain data, no behaviour.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/source_span.hpp"
#include "config/provenance.hpp"
#include "cors/policy.hpp"
#include "route/path.hpp"

namespace corsd::config {

enum class AddressKind : std::uint8_t { tcp, unix_socket, passed };

/// Where a listener listens or an endpoint is reached.
struct Address {
    bool operator==(const Address&) const = default;

    AddressKind kind = AddressKind::tcp;
    std::string host;        // tcp: IP literal without brackets, or (endpoints) a name
    std::uint16_t port = 0;  // tcp
    std::string path;        // unix_socket
    std::string name;        // passed: of the socket that systemd opened (FileDescriptorName=)
    std::string text;        // as people read it: "127.0.0.1:8080", "[::1]:80", "unix:/run/x.sock", "fd:http"
};

struct Listener {
    std::string name;
    Address address;
    SourceSpan span;
};

enum class PassHost : std::uint8_t { client, endpoint };  // pass_host: true | false

enum class Balance : std::uint8_t { round_robin, least_connections };

/// Requests that wait for a connection, when max_connections are open.
struct Queue {
    bool operator==(const Queue&) const = default;

    std::size_t length = 100;  // per process
    std::chrono::milliseconds timeout{5'000};
};

/// An endpoint that fails `failures` times (0: never mind) within `window` is left out for `duration`.
struct Ejection {
    bool operator==(const Ejection&) const = default;

    std::size_t failures = 5;
    std::chrono::milliseconds window{30'000}, duration{30'000};
};

/// What an upstream is. Two files with equal definitions mean the same upstream, wherever in the file it stands: its
/// connections and what is known of its endpoints go on living.
struct UpstreamDefinition {
    bool operator==(const UpstreamDefinition&) const = default;

    std::string name;  // "default" in the short form
    std::vector<Address> endpoints;
    Balance balance = Balance::round_robin;
    PassHost pass_host = PassHost::client;
    std::size_t max_idle = 64;  // keepalive.max_idle, per process
    std::chrono::milliseconds idle_timeout{60'000};
    std::size_t max_connections = 0;  // per process; 0 is no bound
    Queue queue;
    Ejection ejection;
    std::size_t retries = 1;                    // retry.attempts
    std::chrono::milliseconds refresh{30'000};  // of names
};

struct Upstream : UpstreamDefinition {
    SourceSpan span;
};

struct Resource {
    cors::Governed governed;
    std::vector<Provenance> provenance;  // of each of governed.entries
    std::size_t upstream = 0;            // index into Config::upstreams
    std::size_t first_policy = 0;        // its first entry among all policies of the configuration; set by Snapshot
};

struct Site {
    std::string name;                // "" for the unnamed site
    std::string public_origin;       // serialised origin, or empty
    std::vector<std::string> hosts;  // lower-case, without port
    std::size_t upstream = 0;
    std::vector<Resource> resources;  // in file order
    cors::Governed unmatched;         // C6; its one entry has the site's defaults and no origins
    Provenance unmatched_provenance;
    std::size_t unmatched_policy = 0;  // as Resource::first_policy
    bool unnamed = true;
    SourceSpan span;
};

struct Cidr {
    std::array<std::uint8_t, 16> bytes{};  // IPv4 as ::ffff:a.b.c.d
    std::uint8_t bits = 128;               // of the 128
};

struct Limits {
    std::size_t max_connections = 10'000;
    std::size_t max_connections_per_address = 0;
    std::size_t max_requests_per_connection = 0;  // 0 = no bound, here and below
    std::size_t max_header_bytes = 32 * 1024;
    std::size_t max_header_fields = 100;
    std::size_t max_target_bytes = 8 * 1024;
    std::uint64_t max_body_bytes = 0;
};

/// All in milliseconds; what each bounds stands in docs/configuration.md.
struct Timeouts {
    std::chrono::milliseconds header{10'000}, body{30'000}, write{30'000}, idle{60'000}, connect{3'000},
        response{30'000}, stream{300'000}, drain{30'000};
};

enum class Underscores : std::uint8_t { drop, keep, reject };
enum class ForwardedStyle : std::uint8_t { x_forwarded, rfc7239, both, none };
enum class TrustForwardedHost : std::uint8_t { no, yes };

struct Headers {
    Underscores underscores = Underscores::drop;
    ForwardedStyle forwarded = ForwardedStyle::x_forwarded;
    TrustForwardedHost trust_forwarded_host = TrustForwardedHost::no;
};

enum class LogFormat : std::uint8_t { automatic, json, text };
enum class AccessOnly : std::uint8_t { all, refused, errors };
enum class AccessEnabled : std::uint8_t { no, yes };

struct Log {
    bool operator==(const Log&) const = default;

    std::string level = "info";
    LogFormat format = LogFormat::automatic;
    std::string output = "stderr";  // stderr | stdout | a path (relative to the working directory)
    AccessEnabled access = AccessEnabled::yes;
    AccessOnly only = AccessOnly::all;
    std::vector<std::string> redact_query{"token", "access_token"};
};

/// Where the process tells how it is.
struct Status {
    std::optional<Address> listen;  // none: nowhere
    SourceSpan span;
};

struct Config {
    std::vector<Listener> listeners;
    std::vector<Upstream> upstreams;
    std::vector<Site> sites;
    std::vector<Cidr> trusted_proxies;
    std::size_t threads = 0;  // 0: auto, one per core
    Limits limits;
    Timeouts timeouts;
    std::uint64_t min_rate = 0;  // bytes a second that a client keeps up while a body waits for it; 0: any
    route::PathRules paths;
    Headers headers;
    Log log;
    Status status;
};

}  // namespace corsd::config
