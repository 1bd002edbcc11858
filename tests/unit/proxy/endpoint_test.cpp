// Whose turn it is among several endpoints, and who is left out.
#include "proxy/endpoint.hpp"

#include <string>
#include <vector>

#include "catch.hpp"
#include "proxy/h1_client.hpp"

using namespace corsd;
using namespace corsd::proxy;
using std::chrono::seconds;
using std::chrono::steady_clock;

namespace {

EndpointAddress address(std::uint16_t port, std::size_t endpoint = 0) {
    return {endpoint, *net::SocketAddress::ip("192.0.2.1", port)};
}

/// The ports chosen in so many turns.
std::vector<int> turns(EndpointSet& set, int count, std::uint64_t avoid = 0) {
    std::vector<int> ports;
    for (int i = 0; i < count; ++i)
        ports.push_back((*set.choose(avoid))->address.port());
    return ports;
}

using Ports = std::vector<int>;

}  // namespace

TEST_CASE("each endpoint in turn, from where the worker begins") {
    config::UpstreamDefinition definition;
    EndpointSet set(definition, 1);
    CHECK(set.choose(0) == nullptr);
    (void)set.replace(std::vector{address(1), address(2), address(2), address(3)});
    CHECK(turns(set, 6) == Ports{2, 3, 1, 2, 3, 1});
    const std::uint64_t second = set.all()[1]->id;
    CHECK(turns(set, 4, second) == Ports{3, 1, 3, 1});
    CHECK(set.has_other(second));
    (void)set.replace(std::vector{address(2)});
    CHECK(turns(set, 2, second) == Ports{2, 2});  // nobody else is there
    CHECK_FALSE(set.has_other(second));
}

TEST_CASE("the endpoint with the fewest requests, and among equals each in turn") {
    config::UpstreamDefinition definition;
    definition.balance = config::Balance::least_connections;
    EndpointSet set(definition, 0);
    (void)set.replace(std::vector{address(1), address(2), address(3)});
    CHECK(turns(set, 4) == Ports{1, 2, 3, 1});
    set.all()[0]->connections = 2;
    set.all()[1]->connections = 1;
    CHECK(turns(set, 2) == Ports{3, 3});
    set.all()[2]->connections = 1;
    CHECK(turns(set, 4) == Ports{2, 3, 2, 3});
}

TEST_CASE("what is known of addresses that stay is kept") {
    config::UpstreamDefinition definition;
    EndpointSet set(definition, 0);
    (void)set.replace(std::vector{address(1), address(2)});
    const auto kept = set.all()[1];
    const auto gone = set.replace(std::vector{address(3), address(2), address(2, 1)});
    REQUIRE(gone.size() == 1);
    CHECK(gone[0]->address.port() == 1);
    CHECK(gone[0]->gone);
    REQUIRE(set.all().size() == 3);  // the same address of another endpoint is another one
    CHECK(set.all()[1] == kept);
    CHECK_FALSE(kept->gone);
}

TEST_CASE("so many failures within the window leave an endpoint out, but not the last one that lets anybody in") {
    config::UpstreamDefinition definition;
    definition.ejection = {3, seconds{30}, seconds{3600}};
    EndpointSet set(definition, 0);
    (void)set.replace(std::vector{address(1), address(2)});
    Endpoint& first = *set.all()[0];
    Endpoint& second = *set.all()[1];
    const auto now = steady_clock::now();
    CHECK(set.failed(first, Trouble::poor, now - seconds{40}) == Standing::stays);
    CHECK(set.failed(first, Trouble::unreachable, now - seconds{20}) == Standing::stays);
    CHECK(set.failed(first, Trouble::poor, now - seconds{5}) == Standing::stays);  // the third in 35 s
    CHECK(set.failed(first, Trouble::poor, now) == Standing::ejected);             // the third in 20 s
    CHECK(turns(set, 3) == Ports{2, 2, 2});
    CHECK(turns(set, 1, second.id) == Ports{2});
    for (int i = 0; i < 5; ++i)
        CHECK(set.failed(second, Trouble::poor, now) == Standing::stays);
    SECTION("when the other one is back, the next failure counts with those before") {
        first.ejected_until = now;
        CHECK(set.failed(second, Trouble::poor, now + seconds{1}) == Standing::ejected);
        CHECK(turns(set, 2) == Ports{1, 1});
    }
    SECTION("its time over, it is back with a clean record") {
        first.ejected_until = now;
        CHECK(turns(set, 2) == Ports{1, 2});
        CHECK(set.failed(first, Trouble::poor, now) == Standing::stays);
    }
    SECTION("the one left goes: those left out come back") {
        (void)set.replace(std::vector{address(1)});
        CHECK(turns(set, 1) == Ports{1});
    }
}

TEST_CASE("where nobody can be reached all are left out, and one request a second finds out whether that is over") {
    config::UpstreamDefinition definition;
    definition.ejection = {1, seconds{30}, seconds{3600}};
    EndpointSet set(definition, 0);
    (void)set.replace(std::vector{address(1), address(2)});
    Endpoint& first = *set.all()[0];
    Endpoint& second = *set.all()[1];
    // Long ago, so that the time of a trial has come.
    const auto then = steady_clock::now() - seconds{10};
    CHECK(set.failed(first, Trouble::unreachable, then) == Standing::ejected);
    CHECK_FALSE(set.all_ejected());
    CHECK_FALSE(set.readmitted(first));  // while others serve, its time is not cut short
    CHECK(set.failed(second, Trouble::unreachable, then) == Standing::ejected);
    CHECK(set.all_ejected());
    CHECK_FALSE(set.has_other(first.id));
    first.ejected_until = second.ejected_until = then;  // time alone brings nobody back
    const auto* const trial = set.choose(0);
    REQUIRE(trial != nullptr);
    CHECK(set.choose(0) == nullptr);  // one at a time
    CHECK(set.all_ejected());
    SECTION("it fails: the next one is tried on the other endpoint") {
        const std::uint64_t tried = (*trial)->id;
        CHECK(set.failed(**trial, Trouble::unreachable, then) == Standing::stays);
        const auto* next = set.choose(0);
        while (next == nullptr)
            next = set.choose(0);
        CHECK((*next)->id != tried);
    }
    SECTION("it gets in: the endpoint is back, and once there is somebody time readmits the other") {
        CHECK(set.readmitted(**trial));
        CHECK_FALSE(set.readmitted(**trial));
        CHECK(turns(set, 2).size() == 2);
        CHECK_FALSE(first.ejected);
        CHECK_FALSE(second.ejected);
    }
    SECTION("new addresses") {
        (void)set.replace(std::vector{address(1), address(2), address(3)});
        CHECK_FALSE(set.all_ejected());
        CHECK(set.choose(0) != nullptr);
    }
}

TEST_CASE("an only endpoint is never left out") {
    config::UpstreamDefinition definition;
    definition.ejection.failures = 1;
    EndpointSet set(definition, 0);
    (void)set.replace(std::vector{address(1)});
    for (int i = 0; i < 5; ++i)
        CHECK(set.failed(*set.all()[0], Trouble::unreachable, steady_clock::now()) == Standing::stays);
    CHECK(turns(set, 2) == Ports{1, 1});
}

TEST_CASE("failures: 0 never leaves an endpoint out") {
    config::UpstreamDefinition definition;
    definition.ejection.failures = 0;
    EndpointSet set(definition, 0);
    (void)set.replace(std::vector{address(1), address(2)});
    for (int i = 0; i < 100; ++i)
        CHECK(set.failed(*set.all()[0], Trouble::unreachable, steady_clock::now()) == Standing::stays);
}
