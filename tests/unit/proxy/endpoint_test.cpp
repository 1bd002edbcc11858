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

TEST_CASE("so many failures within the window leave an endpoint out, but never the last one") {
    config::UpstreamDefinition definition;
    definition.ejection = {3, seconds{30}, seconds{3600}};
    EndpointSet set(definition, 0);
    (void)set.replace(std::vector{address(1), address(2)});
    Endpoint& first = *set.all()[0];
    Endpoint& second = *set.all()[1];
    const auto now = steady_clock::now();
    CHECK(set.failed(first, now - seconds{40}) == Standing::stays);
    CHECK(set.failed(first, now - seconds{20}) == Standing::stays);
    CHECK(set.failed(first, now - seconds{5}) == Standing::stays);  // the third in 35 s
    CHECK(set.failed(first, now) == Standing::ejected);             // the third in 20 s
    CHECK(turns(set, 3) == Ports{2, 2, 2});
    CHECK(turns(set, 1, second.id) == Ports{2});
    for (int i = 0; i < 5; ++i)
        CHECK(set.failed(second, now) == Standing::stays);
    SECTION("when the other one is back, the next failure counts with those before") {
        first.ejected_until = now;
        CHECK(set.failed(second, now + seconds{1}) == Standing::ejected);
        CHECK(turns(set, 2) == Ports{1, 1});
    }
    SECTION("its time over, it is back with a clean record") {
        first.ejected_until = now;
        CHECK(turns(set, 2) == Ports{1, 2});
        CHECK(set.failed(first, now) == Standing::stays);
    }
    SECTION("the one left goes: those left out come back") {
        (void)set.replace(std::vector{address(1)});
        CHECK(turns(set, 1) == Ports{1});
    }
}

TEST_CASE("failures: 0 never leaves an endpoint out") {
    config::UpstreamDefinition definition;
    definition.ejection.failures = 0;
    EndpointSet set(definition, 0);
    (void)set.replace(std::vector{address(1), address(2)});
    for (int i = 0; i < 100; ++i)
        CHECK(set.failed(*set.all()[0], steady_clock::now()) == Standing::stays);
}
