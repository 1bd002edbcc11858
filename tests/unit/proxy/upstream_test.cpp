// Several endpoints, second attempts, and requests that wait for a connection.
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "plain_messages.hpp"
#include "test_bed.hpp"

using namespace corsd;
using namespace corsd::tests;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

/// An address where nobody listens.
net::SocketAddress nobody() {
    return Listening{}.address();
}

/// An address where nobody listens yet.
class Later {
  public:
    Later() : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        const auto wanted = net::SocketAddress::ip("127.0.0.1", 0);
        sockaddr_storage bound{};
        socklen_t size = sizeof bound;
        REQUIRE(::bind(descriptor_.get(), wanted->data(), wanted->size()) == 0);
        REQUIRE(::getsockname(descriptor_.get(), reinterpret_cast<sockaddr*>(&bound), &size) == 0);
        address = net::SocketAddress{reinterpret_cast<const sockaddr*>(&bound), size};
    }
    [[nodiscard]] int descriptor() const { return descriptor_.get(); }
    void listen() const { REQUIRE(::listen(descriptor_.get(), 8) == 0); }
    [[nodiscard]] Peer accept() const { return Peer{::accept(descriptor_.get(), nullptr, nullptr)}; }
    net::SocketAddress address;

  private:
    net::Descriptor descriptor_;
};

/// Answers the next request on a new connection.
Peer serve_new(const Listening& listening) {
    Peer upstream = listening.accept();
    (void)upstream.receive_until("\r\n\r\n");
    upstream.send(kOk);
    return upstream;
}

void wait_for(const std::atomic<std::size_t>& count, std::size_t value) {
    const auto end = steady_clock::now() + std::chrono::seconds{10};
    while (count.load() != value && steady_clock::now() < end)
        std::this_thread::yield();
    REQUIRE(count.load() == value);
}

bool ok(Peer& client) {
    return has(client.receive_until("\r\n\r\nok"), "HTTP/1.1 200 ");
}

}  // namespace

TEST_CASE("two endpoints take turns, and Host is that of the one in turn") {
    TestBed bed(with_upstream("pass_host: false"));
    Listening one, two;
    bed.set_endpoints({{0, one.address()}, {1, two.address()}});
    Peer client = bed.connect();
    client.send(kGet);
    Peer first = one.accept();
    CHECK(has(first.receive_until("\r\n\r\n"), "Host: 127.0.0.1:1\r\n"));
    first.send(kOk);
    CHECK(ok(client));
    client.send(kGet);
    Peer second = two.accept();
    CHECK(has(second.receive_until("\r\n\r\n"), "Host: 127.0.0.1:2\r\n"));
    second.send("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/x\r\nContent-Length: 2\r\n\r\nok");
    CHECK(has(client.receive_until("\r\n\r\nok"), "Location: http://api.test/x\r\n"));
    client.send(kGet);
    (void)first.receive_until("\r\n\r\n");
    first.send(kOk);
    CHECK(ok(client));
    CHECK(bed.upstream_connects() == 2);
}

TEST_CASE("a connect that fails goes to the other endpoint, for any method; then it is left out") {
    TestBed bed(with_upstream("ejection: {failures: 2}"));
    Listening there;
    bed.set_endpoints({{0, nobody()}, {1, there.address()}});
    Peer client = bed.connect();
    client.send(kPost);
    Peer upstream = there.accept();
    (void)upstream.receive_until("\r\n\r\nhi");
    upstream.send(kOk);
    CHECK(ok(client));
    CHECK(bed.upstream_connects() == 2);
    const auto next = [&] {
        client.send(kPost);
        (void)upstream.receive_until("\r\n\r\nhi");
        upstream.send(kOk);
        CHECK(ok(client));
    };
    // The second failure; a retry does not trust kept connections.
    client.send(kPost);
    Peer another = there.accept();
    (void)another.receive_until("\r\n\r\nhi");
    another.send(kOk);
    CHECK(ok(client));
    const std::size_t before = bed.upstream_connects();
    CHECK(before == 4);
    another.reset();
    wait_for(bed.share().open, 1);
    for (int i = 0; i < 6; ++i)
        next();
    CHECK(bed.upstream_connects() == before);
}

TEST_CASE("nobody listens anywhere: 502 after one more attempt; then 503 at once, and a try a second") {
    TestBed bed(with_upstream("ejection: {failures: 1, duration: 1h}"));
    const Later one, two;
    bed.set_endpoints({{0, one.address}, {1, two.address}});
    Peer client = bed.connect();
    const auto start = steady_clock::now();
    client.send(kGet);
    CHECK(has(client.receive_until("}"), "upstream_unreachable"));
    CHECK(bed.upstream_connects() == 2);
    // Each answer that is not 503 took one connect, and there were no more of them than seconds.
    std::size_t refused = 0, tried = 0;
    while (refused == 0 || tried < 2) {
        client.send(kGet);
        const std::string answer = client.receive_until("}");
        ++(has(answer, "HTTP/1.1 503 ") ? refused : tried);
        if (has(answer, "HTTP/1.1 503 ")) {
            CHECK(has(answer, "upstream_unavailable"));
            CHECK(has(answer, "Retry-After: 1\r\n"));
        }
        REQUIRE(bed.upstream_connects() == 2 + tried);
        REQUIRE(milliseconds{1000} * tried <= steady_clock::now() - start);
    }
    one.listen();
    two.listen();
    const std::size_t before = bed.upstream_connects();
    while (bed.upstream_connects() == before) {
        client.send(kGet);
        if (client.hears_within(milliseconds{100})) CHECK(has(client.receive_until("}"), "HTTP/1.1 503 "));
    }
    // It is let in: from now on everything goes there.
    std::array<pollfd, 2> ready{{{one.descriptor(), POLLIN, 0}, {two.descriptor(), POLLIN, 0}}};
    REQUIRE(::poll(ready.data(), ready.size(), 10'000) == 1);
    Peer upstream = (ready[0].revents != 0 ? one : two).accept();
    for (int i = 0; i < 4; ++i) {
        (void)upstream.receive_until("\r\n\r\n");
        upstream.send(kOk);
        CHECK(ok(client));
        client.send(kGet);
    }
}

TEST_CASE("an only endpoint is tried for each request: whoever restarts is back at once") {
    TestBed bed("upstreams: {default: {endpoints: [\"http://127.0.0.1:1\"], ejection: {failures: 1}}}\n" + kPolicy);
    const Later there;
    bed.move_upstream(there.address);
    Peer client = bed.connect();
    for (std::size_t i = 1; i < 4; ++i) {
        client.send(kGet);
        CHECK(has(client.receive_until("}"), "upstream_unreachable"));
        CHECK(bed.upstream_connects() == i);
    }
    there.listen();
    client.send(kGet);
    Peer upstream = there.accept();
    (void)upstream.receive_until("\r\n\r\n");
    upstream.send(kOk);
    CHECK(ok(client));
}

TEST_CASE("a POST goes on a kept connection only if that lives still, as far as the kernel knows") {
    TestBed bed(kPolicy);
    Peer client = bed.connect();
    std::promise<void> release;
    {
        const Peer kept = warm(bed, client);
        // The worker stands still while the request comes, and after it the end of the kept connection.
        bed.worker().post([held = release.get_future().share()] { held.wait(); });
        client.send(kPost);
    }
    release.set_value();
    Peer fresh = bed.accept_upstream();
    CHECK(has(fresh.receive_until("\r\n\r\nhi"), "POST / "));
    fresh.send(kOk);
    CHECK(ok(client));
    CHECK(bed.upstream_connects() == 2);
}

TEST_CASE("an endpoint that swallows connections has half of timeouts.connect, and the other one the rest") {
    TestBed bed(with_upstream("retry: {attempts: 1}") + "timeouts: {connect: 2s}\n");
    const Later swallows;
    REQUIRE(::listen(swallows.descriptor(), 0) == 0);
    std::vector<net::Descriptor> crowd;  // until its queue is full: who comes then hears nothing at all
    for (bool full = false; !full;) {
        REQUIRE(crowd.size() < 16);
        crowd.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        (void)::connect(crowd.back().get(), swallows.address.data(), swallows.address.size());
        pollfd connected{crowd.back().get(), POLLOUT, 0};
        full = ::poll(&connected, 1, 300) == 0;
    }
    Listening good;
    bed.set_endpoints({{0, swallows.address}, {1, good.address()}});
    Peer client = bed.connect();
    const auto start = steady_clock::now();
    client.send(kPost);
    Peer upstream = good.accept();
    CHECK(steady_clock::now() - start >= milliseconds{1000});
    (void)upstream.receive_until("\r\n\r\nhi");
    upstream.send(kOk);
    CHECK(ok(client));
    CHECK(bed.upstream_connects() == 2);
}

TEST_CASE("attempts: 0 tries once") {
    TestBed bed(with_upstream("retry: {attempts: 0}"));
    bed.set_endpoints({{0, nobody()}, {1, nobody()}});
    Peer client = bed.connect();
    client.send(kGet);
    CHECK(has(client.receive_until("\r\n\r\n"), "HTTP/1.1 502 "));
    CHECK(bed.upstream_connects() == 1);
}

TEST_CASE("attempts: 1 tries twice, of however many endpoints") {
    TestBed bed(with_upstream("retry: {attempts: 1}"));
    bed.set_endpoints({{0, nobody()}, {1, nobody()}, {0, nobody()}, {1, nobody()}});
    Peer client = bed.connect();
    client.send(kGet);
    CHECK(has(client.receive_until("\r\n\r\n"), "HTTP/1.1 502 "));
    CHECK(bed.upstream_connects() == 2);
}

TEST_CASE("no address at all is 503 at once") {
    TestBed bed(with_upstream("retry: {attempts: 1}"));
    bed.set_endpoints({});
    Peer client = bed.connect();
    client.send(kGet);
    const std::string answer = client.receive_until("}");
    CHECK(has(answer, "HTTP/1.1 503 "));
    CHECK(has(answer, "upstream_unavailable"));
    CHECK(bed.upstream_connects() == 0);
}

TEST_CASE("an address that is gone loses its connections as they become idle") {
    TestBed bed(kPolicy);
    Peer client = bed.connect();
    Peer idle = warm(bed, client);
    Listening elsewhere;
    SECTION("idle already") {
        bed.move_upstream(elsewhere.address());
        CHECK(idle.receive_all().empty());
    }
    SECTION("busy") {
        client.send(kGet);
        (void)idle.receive_until("\r\n\r\n");
        bed.move_upstream(elsewhere.address());
        Peer other = bed.connect();
        other.send(kGet);
        Peer next = serve_new(elsewhere);
        CHECK(ok(other));
        idle.send(kOk);
        CHECK(ok(client));
        CHECK(idle.receive_all().empty());
    }
}

TEST_CASE("connections that are not used again for what was said on them") {
    TestBed bed(kPolicy);
    Peer client = bed.connect();
    const bool expects = GENERATE(false, true);
    client.send(expects ? "PUT / HTTP/1.1\r\n" + kHost + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\nhi" : kGet);
    Peer first = bed.accept_upstream();
    (void)first.receive_until(expects ? "\r\n\r\nhi" : "\r\n\r\n");
    first.send(expects ? kOk : "HTTP/1.1 200 OK\r\nKeep-Alive: max=9, timeout=1\r\nContent-Length: 2\r\n\r\nok");
    CHECK(ok(client));
    CHECK(first.receive_all().empty());
}

TEST_CASE("a connection that its upstream keeps for a second serves no second request") {
    TestBed bed(kPolicy);
    Peer client = bed.connect();
    client.send(kGet);
    Peer first = bed.accept_upstream();
    (void)first.receive_until("\r\n\r\n");
    client.send(kGet);
    first.send("HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 2\r\n\r\nok");
    CHECK(ok(client));
    Peer second = bed.accept_upstream();
    (void)second.receive_until("\r\n\r\n");
    second.send(kOk);
    CHECK(ok(client));
}

TEST_CASE("Keep-Alive: timeout bounds how long a connection is kept, a second before the upstream") {
    TestBed bed(kPolicy);
    Peer client = bed.connect();
    client.send(kGet);
    Peer first = bed.accept_upstream();
    (void)first.receive_until("\r\n\r\n");
    const auto start = steady_clock::now();
    first.send("HTTP/1.1 200 OK\r\nKeep-Alive: timeout=2\r\nContent-Length: 2\r\n\r\nok");
    CHECK(ok(client));
    CHECK(first.receive_all().empty());
    CHECK(steady_clock::now() - start >= milliseconds{1000});
}

TEST_CASE("with max_connections open, requests wait in their order") {
    TestBed bed(with_upstream("max_connections: 1, queue: {length: 2, timeout: 5m}"));
    Peer busy = bed.connect();
    busy.send(kGet);
    Peer upstream = bed.accept_upstream();
    (void)upstream.receive_until("\r\n\r\n");
    Peer second = bed.connect();
    second.send("GET /second HTTP/1.1\r\n" + kHost + "\r\n");
    wait_for(bed.share().waiting, 1);
    Peer third = bed.connect();
    third.send("GET /third HTTP/1.1\r\n" + kHost + "\r\n");
    wait_for(bed.share().waiting, 2);
    SECTION("one too many is told so") {
        Peer fourth = bed.connect();
        fourth.send(kGet);
        const std::string answer = fourth.receive_until("}");
        CHECK(has(answer, "HTTP/1.1 503 "));
        CHECK(has(answer, "Retry-After: "));
        CHECK(has(answer, "\"overloaded\""));
    }
    SECTION("one whose client goes away leaves") {
        second.reset();
        wait_for(bed.share().waiting, 1);
        upstream.send(kOk);
        CHECK(ok(busy));
        CHECK(has(upstream.receive_until("\r\n\r\n"), "GET /third "));
    }
    SECTION("a connection that comes free goes to the first") {
        upstream.send(kOk);
        CHECK(ok(busy));
        CHECK(has(upstream.receive_until("\r\n\r\n"), "GET /second "));
        upstream.send(kOk);
        CHECK(ok(second));
        CHECK(has(upstream.receive_until("\r\n\r\n"), "GET /third "));
        CHECK(bed.upstream_connects() == 1);
        CHECK(bed.share().open == 1);
    }
    SECTION("a connection that ends makes room for another") {
        upstream.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
        CHECK(ok(busy));
        Peer next = bed.accept_upstream();
        CHECK(has(next.receive_until("\r\n\r\n"), "GET /second "));
        CHECK(bed.share().open == 1);
        next.reset();
        CHECK(has(second.receive_until("\r\n\r\n"), "HTTP/1.1 502 "));
        CHECK(has(bed.accept_upstream().receive_until("\r\n\r\n"), "GET /third "));
    }
}

TEST_CASE("who waits too long is told so") {
    TestBed bed(with_upstream("max_connections: 1, queue: {timeout: 300ms}"));
    Peer busy = bed.connect();
    busy.send(kGet);
    Peer upstream = bed.accept_upstream();
    (void)upstream.receive_until("\r\n\r\n");
    const auto start = steady_clock::now();
    Peer second = bed.connect();
    second.send(kGet);
    CHECK(has(second.receive_until("}"), "\"overloaded\""));
    CHECK(steady_clock::now() - start >= milliseconds{300});
    CHECK(bed.share().waiting == 0);
    upstream.send(kOk);
    CHECK(ok(busy));
}
