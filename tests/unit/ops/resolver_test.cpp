// Names of upstreams: what is published when, and that nobody waits for a query.
#include "ops/resolver.hpp"

#include <atomic>
#include <future>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>

#include "catch.hpp"

using namespace corsd;
using namespace corsd::ops;
using std::chrono::milliseconds;

namespace {

config::Address name(const std::string& host) {
    config::Address address;
    address.host = host;
    address.port = 80;
    return address;
}

net::SocketAddress address(const char* literal) {
    return *net::SocketAddress::ip(literal, 80);
}

/// Collects what is published, each as its texts joined.
struct Published {
    std::vector<std::string> seen;
    void operator()(const std::vector<proxy::EndpointAddress>& all) {
        std::string text;
        for (const auto& each : all)
            text += std::to_string(each.endpoint) + "=" + each.address.host_text() + " ";
        seen.push_back(text);
    }
};

void run_until_told(boost::asio::io_context& io, const Published& published) {
    const auto guard = boost::asio::make_work_guard(io);
    while (published.seen.empty())
        io.run_one_for(std::chrono::seconds{10});
}

}  // namespace

TEST_CASE("a refresh tells what has changed, and one that fails keeps the last good addresses") {
    boost::asio::io_context io;
    config::UpstreamDefinition upstream;
    upstream.endpoints = {name("192.0.2.9"), name("a.test")};
    upstream.refresh = milliseconds{1};
    std::atomic<int> queries{0};
    Published published;
    const NameQuery query = [&](const std::string&, std::uint16_t) -> NameAnswer {
        switch (++queries) {
            case 1:
                return {{address("192.0.2.1"), address("192.0.2.2")}, {}};
            case 2:  // the same, turned around
                return {{address("192.0.2.2"), address("192.0.2.1")}, {}};
            case 3:
                return {{}, "gone for now"};
            default:
                return {{address("192.0.2.3")}, {}};
        }
    };
    Resolver resolver(
        io, upstream, [&](const auto& all) { published(all); }, query);
    resolver.start();
    CHECK(published.seen == std::vector<std::string>{"0=192.0.2.9 "});  // known at once
    auto guard = boost::asio::make_work_guard(io);
    while (queries < 6)
        io.run_one_for(std::chrono::seconds{10});
    resolver.stop();
    CHECK(published.seen ==
          std::vector<std::string>{"0=192.0.2.9 ", "0=192.0.2.9 1=192.0.2.1 1=192.0.2.2 ", "0=192.0.2.9 1=192.0.2.3 "});
}

TEST_CASE("a query that hangs holds up neither the other names nor the end") {
    std::promise<void> release;
    const std::shared_future<void> released = release.get_future().share();
    std::atomic<bool> over{false};
    {
        boost::asio::io_context io;
        config::UpstreamDefinition upstream;
        upstream.endpoints = {name("hangs.test"), name("works.test")};
        Published published;
        const NameQuery query = [released, &over](const std::string& host, std::uint16_t) -> NameAnswer {
            if (host == "works.test") return {{address("192.0.2.1")}, {}};
            released.wait();
            over = true;
            return {{address("192.0.2.2")}, {}};
        };
        Resolver resolver(
            io, upstream, [&](const auto& all) { published(all); }, query);
        resolver.start();
        run_until_told(io, published);
        CHECK(published.seen == std::vector<std::string>{"1=192.0.2.1 "});
    }
    CHECK_FALSE(over);  // both are gone, and nobody has waited
    release.set_value();
    while (!over)
        std::this_thread::yield();
}

TEST_CASE("that no name resolves is said once all were asked for") {
    boost::asio::io_context io;
    config::UpstreamDefinition upstream;
    upstream.endpoints = {name("a.test"), name("b.test")};
    Published published;
    const NameQuery query = [](const std::string&, std::uint16_t) -> NameAnswer { return {{}, "no such name"}; };
    Resolver resolver(
        io, upstream, [&](const auto& all) { published(all); }, query);
    resolver.start();
    run_until_told(io, published);
    CHECK(published.seen == std::vector<std::string>{""});
}
