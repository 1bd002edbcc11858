// How exchanges and connections end: early, late, cut, at shutdown.
#include <chrono>
#include <string>

#include "catch.hpp"
#include "plain_messages.hpp"
#include "test_bed.hpp"

using namespace corsd::tests;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

TEST_CASE("the last answer of a connection is not lost to what the client sent meanwhile") {
    TestBed bed(kPolicy + "limits: {max_requests_per_connection: 1}\n");
    Peer client = bed.connect();
    const bool says_so = GENERATE(false, true);
    client.send(says_so ? "GET / HTTP/1.1\r\n" + kHost + "Connection: close\r\n\r\n" : kGet);
    Peer upstream = bed.accept_upstream();
    (void)upstream.receive_until("\r\n\r\n");
    client.send(kGet);  // unread when the answer goes out
    upstream.send(kOk);
    CHECK(has(client.receive_until("\r\n\r\nok"), "Connection: close\r\n"));
    CHECK(client.receive_all().empty());
    CHECK_FALSE(client.was_reset());
    CHECK(bed.upstream_connects() == 1);
}

TEST_CASE("a head that stops in a grown buffer") {
    TestBed bed(kPolicy + "limits: {max_header_bytes: 128KiB}\ntimeouts: {header: 400ms}\n");
    Peer client = bed.connect();
    client.send("GET /" + std::string(100, 'x') + " HTTP/1.1\r\n" + kHost + "X-Long: " + std::string(30'000, 'x'));
    client.settle();
    client.send(std::string(3'856, 'x'));
    CHECK(has(client.receive_until("\r\n\r\n"), "HTTP/1.1 408 "));
}

TEST_CASE("heads larger than a block, with bodies behind them") {
    TestBed bed(kPolicy + "limits: {max_header_bytes: 128KiB}\n");
    const auto size = GENERATE(20'000u, 24'500u, 25'500u, 33'000u, 33'700u, 70'000u);
    INFO(size);
    const std::string request = "POST / HTTP/1.1\r\n" + kHost + "X-Long: " + std::string(size, 'l') +
                                "\r\nContent-Length: 50000\r\n\r\n" + std::string(50'000, 'b');
    Peer client = bed.connect();
    client.send(request + kGet);
    Peer upstream = bed.accept_upstream();
    const std::string head = upstream.receive_until("\r\n\r\n");
    CHECK(has(head, "X-Long: " + std::string(size, 'l') + "\r\n"));
    CHECK(upstream.receive_exactly(50'000) == std::string(50'000, 'b'));
    const std::string answer =
        "HTTP/1.1 200 OK\r\nX-Long: " + std::string(size, 'l') + "\r\nContent-Length: 2\r\n\r\nok";
    upstream.send(answer);
    CHECK(has(client.receive_until("\r\n\r\nok"), "X-Long: " + std::string(size, 'l') + "\r\n"));
    CHECK(has(upstream.receive_until("\r\n\r\n"), "GET / "));
}

TEST_CASE("Expect: 100-continue") {
    TestBed bed(kPolicy);
    Peer client = bed.connect();
    client.send("POST / HTTP/1.1\r\n" + kHost + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    Peer upstream = bed.accept_upstream();
    CHECK(has(upstream.receive_until("\r\n\r\n"), "Expect: 100-continue\r\n"));
    SECTION("granted") {
        upstream.send("HTTP/1.1 100 Continue\r\n\r\n");
        CHECK(client.receive_until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
        client.send("hi");
        CHECK(upstream.receive_exactly(2) == "hi");
        upstream.send(kOk);
        CHECK_FALSE(has(client.receive_until("\r\n\r\nok"), "Connection: close"));
        client.send(kGet);
        (void)upstream.receive_until("\r\n\r\n");
        CHECK(bed.upstream_connects() == 1);
    }
    SECTION("a final answer in its place: the body is not asked for, and the connection ends") {
        upstream.send("HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno");
        CHECK(has(client.receive_until("\r\n\r\nno"), "Connection: close\r\n"));
        CHECK(upstream.receive_all().empty());
        CHECK(client.receive_all().empty());
    }
}

TEST_CASE("too many interim answers, and 101 unasked, are 502") {
    TestBed bed(kPolicy);
    Peer client = bed.connect();
    client.send(kGet);
    Peer upstream = bed.accept_upstream();
    (void)upstream.receive_until("\r\n\r\n");
    SECTION("too many") {
        for (int i = 0; i < 33; ++i)
            upstream.send("HTTP/1.1 103 Early Hints\r\n\r\n");
        for (int i = 0; i < 32; ++i)
            CHECK(has(client.receive_until("\r\n\r\n"), "HTTP/1.1 103 "));
    }
    SECTION("101") {
        upstream.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n");
    }
    CHECK(has(client.receive_until("\r\n\r\n"), "HTTP/1.1 502 "));
    (void)upstream.receive_all();
}

TEST_CASE("an answer that breaks off") {
    TestBed bed(kPolicy);
    Peer client = bed.connect();
    client.send(kGet);
    Peer upstream = bed.accept_upstream();
    (void)upstream.receive_until("\r\n\r\n");
    const bool resets = GENERATE(false, true);
    const auto end = [&] { resets ? upstream.reset() : upstream.half_close(); };
    SECTION("in its head: 502") {
        upstream.send("HTTP/1.1 200 OK\r\nContent-Le");
        end();
        CHECK(has(client.receive_until("\r\n\r\n"), "HTTP/1.1 502 "));
    }
    SECTION("in its body: the client's connection is cut") {
        const std::string body =
            GENERATE("Content-Length: 5\r\n\r\nhel", "Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n");
        upstream.send("HTTP/1.1 200 OK\r\n" + body);
        (void)client.receive_until("hel");
        end();
        CHECK_FALSE(has(client.receive_all(), "0\r\n\r\n"));
        CHECK(client.was_reset());
    }
}

TEST_CASE("shutdown") {
    TestBed bed(kPolicy + "timeouts: {header: 60s}\n");  // who is still waited for after ten seconds was not told
    Peer client = bed.connect();
    SECTION("a cut is not repaired by a second try") {
        Peer upstream = warm(bed, client);
        client.send(kGet);
        (void)upstream.receive_until("\r\n\r\n");
        bed.finish();
        CHECK(bed.upstream_connects() == 1);
        (void)client.receive_all();
    }
    SECTION("a close-delimited answer that is cut is not whole") {
        client.send("GET / HTTP/1.0\r\n" + kHost + "\r\n");
        Peer upstream = bed.accept_upstream();
        (void)upstream.receive_until("\r\n\r\n");
        upstream.send("HTTP/1.1 200 OK\r\n\r\nhello");
        (void)client.receive_until("hello");
        bed.finish();
        CHECK(client.receive_all().empty());
        CHECK(client.was_reset());
    }
    SECTION("what runs is finished, with the end announced") {
        client.send(kGet);
        Peer upstream = bed.accept_upstream();
        (void)upstream.receive_until("\r\n\r\n");
        Peer idle = bed.connect();
        bed.worker().drain();
        CHECK(idle.receive_all().empty());
        upstream.send(kOk);
        CHECK(has(client.receive_until("\r\n\r\nok"), "Connection: close\r\n"));
        CHECK(client.receive_all().empty());
        CHECK_FALSE(client.was_reset());
    }
}

TEST_CASE("what the upstream is told") {
    TestBed bed(kPolicy);
    Peer client = bed.connect();
    client.send("POST / HTTP/1.1\r\n" + kHost +
                "Content-Length: 0\r\nX-Forwarded-For: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\n\r\n");
    Peer upstream = bed.accept_upstream();
    const std::string head = upstream.receive_until("\r\n\r\n");
    CHECK(has(head, "Content-Length: 0\r\n"));
    CHECK(has(head, "X-Forwarded-For: 127.0.0.1\r\n"));
    CHECK_FALSE(has(head, "6.6.6.6"));
    upstream.send(
        "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/x\r\nVary: origin, Accept\r\nContent-Length: 0\r\n\r\n");
    const std::string answer = client.receive_until("\r\n\r\n");
    CHECK(has(answer, "Location: http://127.0.0.1:1/x\r\n"));
    CHECK(has(answer, "Vary: origin, Accept\r\n"));
}
