// What is kept of connections, for how long, and what counts as whose failure.
#include <chrono>
#include <string>
#include <thread>

#include "catch.hpp"
#include "plain_messages.hpp"
#include "test_bed.hpp"

using namespace corsd;
using namespace corsd::tests;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

template <typename True>
bool comes_true(True is_true) {
    const auto end = steady_clock::now() + std::chrono::seconds{10};
    while (!is_true() && steady_clock::now() < end)
        std::this_thread::yield();
    return is_true();
}

/// Answers the request that comes on the connection.
void serve(Peer& upstream) {
    (void)upstream.receive_until("\r\n\r\n");
    upstream.send(kOk);
}

bool ok(Peer& client) {
    return has(client.receive_until("\r\n\r\nok"), "HTTP/1.1 200 ");
}

std::size_t failures(const TestBed& bed) {
    std::size_t sum = 0;
    for (const telemetry::Counter& counter : bed.upstream_counters().failures)
        sum += counter.value();
    return sum;
}

}  // namespace

TEST_CASE("as many idle connections are kept as max_idle says, and they are counted until they end") {
    TestBed bed(with_upstream("keepalive: {max_idle: 1}"));
    const auto idle = [&] { return bed.share().idle.load(); };
    Peer client = bed.connect(), other = bed.connect();
    client.send(kGet);
    Peer first = bed.accept_upstream();
    (void)first.receive_until("\r\n\r\n");
    other.send(kGet);
    Peer second = bed.accept_upstream();
    serve(second);
    CHECK(ok(other));
    CHECK(comes_true([&] { return idle() == 1; }));
    first.send(kOk);
    CHECK(ok(client));
    CHECK(first.receive_all().empty());
    for (int i = 0; i < 3; ++i) {
        client.send(kGet);
        serve(second);
        CHECK(ok(client));
        CHECK(comes_true([&] { return idle() == 1; }));
    }
    second.half_close();
    CHECK(second.receive_all().empty());
    CHECK(comes_true([&] { return idle() == 0; }));
    client.send(kGet);
    Peer third = bed.accept_upstream();
    serve(third);
    CHECK(ok(client));
    client.send(kGet);
    serve(third);
    CHECK(ok(client));
    CHECK(bed.upstream_connects() == 3);
}

TEST_CASE("a second try goes on a fresh connection, however many are kept") {
    TestBed bed(kPolicy);
    Peer client = bed.connect(), other = bed.connect();
    client.send(kGet);
    Peer first = bed.accept_upstream();
    (void)first.receive_until("\r\n\r\n");
    Peer second = warm(bed, other);
    first.send(kOk);
    CHECK(ok(client));
    REQUIRE(comes_true([&] { return bed.share().idle == 2; }));
    client.send(kGet);
    (void)first.receive_until("\r\n\r\n");  // the one that was used last
    first.reset();
    Peer third = bed.accept_upstream();
    serve(third);
    CHECK(ok(client));
}

TEST_CASE("100 asks for a body, no other interim answer does") {
    TestBed bed(kPolicy);
    Peer client = bed.connect();
    client.send("PUT / HTTP/1.1\r\n" + kHost + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\nhi");
    Peer first = bed.accept_upstream();
    (void)first.receive_until("\r\n\r\nhi");
    first.send("HTTP/1.1 103 Early Hints\r\n\r\n" + kOk);
    CHECK(ok(client));
    CHECK(first.receive_all().empty());
}

TEST_CASE("an upload that is under way is not sent again") {
    TestBed bed(kPolicy);
    Peer client = bed.connect();
    Peer kept = warm(bed, client);
    client.send("PUT / HTTP/1.1\r\n" + kHost + "Content-Length: 4\r\n\r\nab");
    (void)kept.receive_until("\r\n\r\nab");
    client.send("c");
    (void)kept.receive_until("c");
    kept.reset();
    CHECK(has(client.receive_until("\r\n\r\n"), "HTTP/1.1 502 "));
    CHECK(bed.upstream_connects() == 1);
}

TEST_CASE("a body that nobody wants is read to keep the connection, but not a long one") {
    TestBed bed(kPolicy);
    Peer client = bed.connect();
    const std::string foreign = "POST / HTTP/1.1\r\n" + kHost + "Origin: https://evil.test\r\nContent-Length: ";
    client.send(foreign + "65536\r\n\r\n");
    CHECK_FALSE(has(client.receive_until("\r\n\r\n"), "Connection: close"));
    (void)client.receive_until("}");
    client.send(std::string(65536, 'x') + foreign + "65537\r\n\r\n");
    CHECK(has(client.receive_until("\r\n\r\n"), "Connection: close\r\n"));
}

TEST_CASE("a body that waits for 100 is not waited for behind a refusal") {
    TestBed bed(kPolicy);
    Peer client = bed.connect();
    client.send("POST / HTTP/1.1\r\n" + kHost +
                "Origin: https://evil.test\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    CHECK(has(client.receive_until("\r\n\r\n"), "Connection: close\r\n"));
    CHECK(has(client.receive_all(), "}"));
}

TEST_CASE("a connection that ends is read for a while only") {
    TestBed bed(kPolicy + "timeouts: {body: 1s}\n");
    Peer client = bed.connect();
    const auto start = steady_clock::now();
    client.send("GET / HTTP/9.9\r\n\r\n");
    CHECK(has(client.receive_until("\r\n\r\n"), "HTTP/1.1 505 "));
    bool open = true;
    Peer clock = bed.connect();
    while (open && steady_clock::now() - start < std::chrono::seconds{10}) {
        try {
            client.send("x");
        } catch (const std::runtime_error&) {
            open = false;
        }
        (void)clock.hears_within(milliseconds{50});
    }
    CHECK_FALSE(open);
    CHECK(steady_clock::now() - start >= milliseconds{2000});
}

TEST_CASE("a problem in answer to HEAD has no body") {
    TestBed bed(kPolicy);
    Peer client = bed.connect();
    const std::string head = "HEAD / HTTP/1.1\r\n" + kHost + "Content-Length: 0\r\nVia: 1.1 corsd-test\r\n\r\n";
    const std::string again = "GET / HTTP/1.1\r\n" + kHost + "Origin: https://evil.test\r\n\r\n";
    client.send("HEAD / HTTP/1.1\r\n" + kHost + "Origin: https://evil.test\r\n\r\n" + again + head);
    CHECK(has(client.receive_until("\r\n\r\n"), "HTTP/1.1 403 "));
    CHECK(client.receive_exactly(13) == "HTTP/1.1 403 ");
    (void)client.receive_until("}");
    // What came round is refused, and its connection ends.
    CHECK(client.receive_until("\r\n\r\n").starts_with("HTTP/1.1 508 "));
    CHECK(client.receive_all().empty());
}

TEST_CASE("a path that others may read in another way ends its connection") {
    TestBed bed(kPolicy);
    Peer client = bed.connect();
    client.send("GET /a/%2e%2e/..%2f HTTP/1.1\r\n" + kHost + "\r\n" + kGet);
    const std::string head = client.receive_until("\r\n\r\n");
    CHECK(has(head, "HTTP/1.1 400 "));
    CHECK(has(head, "Connection: close\r\n"));
    CHECK_FALSE(has(client.receive_all(), "HTTP/1.1"));
}

TEST_CASE("an answer without a length ends with its connection, and not with a reset of it") {
    TestBed bed(kPolicy);
    Peer client = bed.connect();
    client.send("GET / HTTP/1.0\r\n" + kHost + "Connection: keep-alive\r\n\r\n");
    Peer upstream = bed.accept_upstream();
    (void)upstream.receive_until("\r\n\r\n");
    upstream.send("HTTP/1.1 200 OK\r\n\r\nhalf");
    CHECK(has(client.receive_until("half"), "Connection: close\r\n"));
    const bool whole = GENERATE(true, false);
    whole ? upstream.half_close() : upstream.reset();
    CHECK(client.receive_all().empty());
    CHECK(client.was_reset() == !whole);
}

TEST_CASE("what is not an endpoint's failure leaves none out") {
    TestBed bed(with_upstream("ejection: {failures: 1, duration: 1h}"));
    const Listening one, two;
    bed.set_endpoints({{0, one.address()}, {1, two.address()}});
    Peer client = bed.connect();
    client.send(kGet);
    Peer first = one.accept();
    serve(first);
    CHECK(ok(client));
    SECTION("a kept connection that ran out") {
        client.send(kGet);
        Peer second = two.accept();
        serve(second);
        CHECK(ok(client));
        client.send(kGet);
        (void)first.receive_until("\r\n\r\n");
        first.reset();
        Peer third = two.accept();
        serve(third);
        CHECK(ok(client));
        CHECK(bed.upstream_counters().retries.value() == 1);
    }
    SECTION("a client that sends half its body") {
        client.send("POST / HTTP/1.1\r\n" + kHost + "Content-Length: 10\r\n\r\na");
        Peer second = two.accept();
        (void)second.receive_until("\r\n\r\na");
        client.half_close();
        CHECK(has(client.receive_until("\r\n\r\n"), "HTTP/1.1 400 "));
    }
    SECTION("a client that leaves while the upstream thinks") {
        client.send(kGet);
        Peer second = two.accept();
        (void)second.receive_until("\r\n\r\n");
        client.reset();
        CHECK(second.receive_all().empty());
        CHECK(comes_true([&] { return bed.connections() == 0; }));
        CHECK(bed.worker().counters().cut_by_upstream.value() == 0);
    }
    CHECK(bed.upstream_counters().ejections.value() == 0);
    CHECK(failures(bed) == 0);
}

TEST_CASE("a request that came round is told from one that another corsd sent") {
    TestBed bed(kPolicy);
    Peer client = bed.connect();
    client.send("GET / HTTP/1.1\r\n" + kHost + "Via: 1.1 corsd-other\r\n\r\n");
    Peer upstream = bed.accept_upstream();
    const std::string head = upstream.receive_until("\r\n\r\n");
    CHECK(has(head, "\r\nVia: 1.1 corsd-other\r\n"));
    CHECK(has(head, "\r\nVia: 1.1 corsd-test\r\n"));
    upstream.send(kOk);
    CHECK(ok(client));
    client.send("GET / HTTP/1.1\r\n" + kHost + "Via: 1.1 corsd-test\r\n\r\n");
    CHECK(has(client.receive_until("\r\n\r\n"), "HTTP/1.1 508 "));
}
