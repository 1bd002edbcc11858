// What goes wrong between a client and an upstream, one worker in the middle.
#include <chrono>
#include <string>

#include "catch.hpp"
#include "plain_messages.hpp"
#include "test_bed.hpp"

using namespace corsd::tests;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

TEST_CASE("an upstream that neither reads nor answers an upload is given up") {
    TestBed bed(kPolicy + "timeouts: {response: 300ms}\n");
    Peer client = bed.connect();
    client.send("POST / HTTP/1.1\r\n" + kHost + "Origin: https://app.test\r\nContent-Length: 100000000\r\n\r\n");
    Peer upstream = bed.accept_upstream();
    (void)client.send_until_full(100'000'000);
    const std::string head = client.receive_until("\r\n\r\n");
    CHECK(has(head, "HTTP/1.1 504 "));
    CHECK(has(head, "Access-Control-Allow-Origin: https://app.test\r\n"));
}

TEST_CASE("an upstream's head that trickles is bounded in all") {
    TestBed bed(kPolicy + "timeouts: {response: 400ms}\n");
    Peer client = bed.connect();
    client.send(kGet);
    Peer upstream = bed.accept_upstream();
    (void)upstream.receive_until("\r\n\r\n");
    const auto start = steady_clock::now();
    const std::string piece = GENERATE(as<std::string>{}, "x", "HTTP/1.1 103 Early Hints\r\n\r\n");
    if (piece == "x") upstream.send("HTTP/1.1 200 OK\r\nX-Long: ");
    // Every 50 ms a little, until the worker closes its end.
    bool closed = false;
    int pieces = 0;
    for (; pieces < 30 && !closed; ++pieces) {
        upstream.send(piece);
        closed = upstream.hears_within(milliseconds{50});
    }
    CHECK(closed);
    std::string head = client.receive_until("\r\n\r\n");
    while (has(head, " 103 "))
        head = client.receive_until("\r\n\r\n");
    CHECK(has(head, "HTTP/1.1 504 "));
    CHECK(steady_clock::now() - start >= milliseconds{400});
}

TEST_CASE("a client's head that trickles is bounded in all") {
    TestBed bed(kPolicy + "timeouts: {header: 400ms}\n");
    Peer client = bed.connect();
    const auto start = steady_clock::now();
    client.send("GET / HTTP/1.1\r\nX-Long: ");
    bool answered = false;
    for (int pieces = 0; pieces < 30 && !answered; ++pieces) {
        client.send("x");
        answered = client.hears_within(milliseconds{50});
    }
    REQUIRE(answered);
    CHECK(has(client.receive_until("\r\n\r\n"), "HTTP/1.1 408 "));
    CHECK(steady_clock::now() - start >= milliseconds{400});
}

TEST_CASE("a kept connection that died: GET is sent again, POST never") {
    TestBed bed(kPolicy);
    Peer client = bed.connect();
    Peer first = warm(bed, client);
    SECTION("GET") {
        client.send(kGet);
        (void)first.receive_until("\r\n\r\n");
        first.reset();
        Peer second = bed.accept_upstream();
        (void)second.receive_until("\r\n\r\n");
        second.send(kOk);
        CHECK(has(client.receive_until("\r\n\r\nok"), "HTTP/1.1 200 "));
    }
    SECTION("GET, twice: only once again") {
        client.send(kGet);
        (void)first.receive_until("\r\n\r\n");
        first.reset();
        Peer second = bed.accept_upstream();
        (void)second.receive_until("\r\n\r\n");
        second.reset();
        CHECK(has(client.receive_until("\r\n\r\n"), "HTTP/1.1 502 "));
        CHECK(bed.upstream_connects() == 2);
    }
    SECTION("PUT with its body, which is sent again as it was") {
        const std::string body(20'000, 'b');
        client.send("PUT / HTTP/1.1\r\n" + kHost + "Content-Length: 20000\r\n\r\n" + body);
        (void)first.receive_until("\r\n\r\n");
        (void)first.receive_exactly(20'000);
        client.send(kGet);  // must not end up in the body
        first.reset();
        Peer second = bed.accept_upstream();
        (void)second.receive_until("\r\n\r\n");
        const std::string again = second.receive_exactly(20'000);
        CHECK(again == body);
    }
    SECTION("POST") {
        client.send(kPost);
        (void)first.receive_until("\r\n\r\nhi");
        first.reset();
        CHECK(has(client.receive_until("\r\n\r\n"), "HTTP/1.1 502 "));
        CHECK(bed.upstream_connects() == 1);
    }
    SECTION("PATCH, which may not be repeated either") {
        client.send("PATCH / HTTP/1.1\r\n" + kHost + "\r\n");
        (void)first.receive_until("\r\n\r\n");
        first.reset();
        CHECK(has(client.receive_until("\r\n\r\n"), "HTTP/1.1 502 "));
        CHECK(bed.upstream_connects() == 1);
    }
    SECTION("GET, with half an answer") {
        client.send(kGet);
        (void)first.receive_until("\r\n\r\n");
        first.send("HTTP/1.1 200 OK\r\nContent-Le");
        first.half_close();
        CHECK(has(client.receive_until("\r\n\r\n"), "HTTP/1.1 502 "));
        CHECK(bed.upstream_connects() == 1);
    }
    SECTION("POST after the close was seen: a fresh connection") {
        first.half_close();
        first.settle();
        CHECK(first.receive_all().empty());  // closed by us as well: it is out of the pool
        client.send(kPost);
        Peer second = bed.accept_upstream();
        (void)second.receive_until("\r\n\r\nhi");
        second.send(kOk);
        CHECK(has(client.receive_until("\r\n\r\nok"), "HTTP/1.1 200 "));
    }
}

TEST_CASE("a kept connection that is silent is no reason to ask again") {
    TestBed bed(kPolicy + "timeouts: {response: 200ms}\n");
    Peer client = bed.connect();
    Peer kept = warm(bed, client);
    client.send(kGet);
    (void)kept.receive_until("\r\n\r\n");
    CHECK(has(client.receive_until("\r\n\r\n"), "HTTP/1.1 504 "));
    CHECK(bed.upstream_connects() == 1);
}

TEST_CASE("a body that is broken in the bytes that come with its head is 502") {
    TestBed bed(kPolicy);
    Peer client = bed.connect();
    client.send(kGet);
    Peer upstream = bed.accept_upstream();
    (void)upstream.receive_until("\r\n\r\n");
    upstream.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n");
    CHECK(has(client.receive_until("\r\n\r\n"), "HTTP/1.1 502 "));
}

TEST_CASE("which upstream connections are not used again") {
    TestBed bed(kPolicy);
    Peer client = bed.connect();
    const std::string answer = GENERATE(as<std::string>{}, kOk + "x",  // more than announced
                                        kOk + kOk,                     // a second answer
                                        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
                                        "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
                                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\nx",
                                        "HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n");
    INFO(answer);
    client.send(kGet);
    Peer first = bed.accept_upstream();
    (void)first.receive_until("\r\n\r\n");
    first.send(answer);
    (void)client.receive_until("\r\n\r\n");
    if (has(answer, "chunked")) {
        (void)client.receive_until("0\r\n\r\n");
    } else if (!has(answer, "204")) {
        CHECK(client.receive_exactly(2) == "ok");
    }
    client.send("GET /next HTTP/1.1\r\n" + kHost + "\r\n");
    Peer second = bed.accept_upstream();
    CHECK(has(second.receive_until("\r\n\r\n"), "GET /next "));
    second.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes");
    (void)client.receive_until("\r\n\r\n");
    CHECK(client.receive_exactly(3) == "yes");
}

TEST_CASE("an idle upstream connection that says something is thrown away") {
    TestBed bed(kPolicy);
    Peer client = bed.connect();
    Peer first = warm(bed, client);
    first.send("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n");
    (void)first.receive_all();
    client.send(kPost);
    Peer second = bed.accept_upstream();
    (void)second.receive_until("\r\n\r\nhi");
}

TEST_CASE("an early answer reaches the client, and its upstream connection is closed") {
    TestBed bed(kPolicy);
    Peer client = bed.connect();
    client.send("POST / HTTP/1.1\r\n" + kHost + "Content-Length: 100000000\r\n\r\n" + std::string(100'000, 'x'));
    Peer upstream = bed.accept_upstream();
    (void)upstream.receive_until("\r\n\r\n");
    upstream.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno");
    const bool resets = GENERATE(false, true);
    if (resets) upstream.reset();  // a close with the upload unread
    CHECK(has(client.receive_until("\r\n\r\nno"), "HTTP/1.1 413 "));
    if (!resets) (void)upstream.receive_all();
    // The end of the connection is an end, for a client that goes on sending for a while.
    (void)client.send_until_full(1 << 20);
    CHECK(client.receive_all().empty());
    CHECK_FALSE(client.was_reset());
}

TEST_CASE("a client that goes away takes its upstream's work with it") {
    TestBed bed(kPolicy);
    const std::string chunked = "POST / HTTP/1.1\r\n" + kHost + "Transfer-Encoding: chunked\r\n\r\n";
    SECTION("while the upstream thinks") {
        Peer client = bed.connect();
        client.send(GENERATE(as<std::string>{}, kGet, kPost));
        Peer upstream = bed.accept_upstream();
        (void)upstream.receive_until("\r\n\r\n");
        client.reset();
        (void)upstream.receive_all();
    }
    SECTION("after an upload in parts") {
        Peer client = bed.connect();
        client.send(chunked + "1\r\na\r\n");
        Peer upstream = bed.accept_upstream();
        (void)upstream.receive_until("1\r\na\r\n");
        client.send("0\r\n\r\n");
        (void)upstream.receive_until("0\r\n\r\n");
        client.reset();
        (void)upstream.receive_all();
    }
    SECTION("with the last byte of its request, before anybody watches") {
        Peer client = bed.connect_after([](Peer& peer) {
            peer.send(kGet);
            peer.reset();
        });
        // The upstream is not even asked.
        Peer next = bed.connect();
        next.send("GET /next HTTP/1.1\r\n" + kHost + "\r\n");
        Peer upstream = bed.accept_upstream();
        CHECK(has(upstream.receive_until("\r\n\r\n"), "GET /next "));
    }
    SECTION("mid-upload: the body never looks complete") {
        Peer client = bed.connect();
        const bool length = GENERATE(false, true);
        const bool resets = GENERATE(false, true);
        client.send(length ? "POST / HTTP/1.1\r\n" + kHost + "Content-Length: 10\r\n\r\na" : chunked + "1\r\na\r\n");
        Peer upstream = bed.accept_upstream();
        (void)upstream.receive_until("\r\n\r\n");
        if (resets) {
            client.reset();
        } else {
            client.half_close();
        }
        const std::string rest = upstream.receive_all();
        CHECK_FALSE(has(rest, "0\r\n\r\n"));
        CHECK(rest.size() < 10);
        if (!resets) CHECK(has(client.receive_all(), "HTTP/1.1 400 "));
    }
    SECTION("mid-download") {
        Peer client = bed.connect();
        client.send(kGet);
        Peer upstream = bed.accept_upstream();
        (void)upstream.receive_until("\r\n\r\n");
        upstream.send("HTTP/1.1 200 OK\r\n\r\nx");
        (void)client.receive_until("\r\n\r\n");
        client.reset();
        CHECK(upstream.send_until_full(64 << 20) < (64 << 20));
        (void)upstream.receive_all();
    }
}

TEST_CASE("a client that half-closes gets its answer") {
    TestBed bed(kPolicy);
    Peer client = bed.connect();
    client.send(kGet + kPost);
    client.half_close();
    Peer upstream = bed.accept_upstream();
    (void)upstream.receive_until("\r\n\r\n");
    upstream.send(kOk);
    (void)upstream.receive_until("\r\n\r\nhi");
    upstream.send(kOk);
    (void)client.receive_until("\r\n\r\nok");
    (void)client.receive_until("\r\n\r\nok");
    CHECK(client.receive_all().empty());
    CHECK_FALSE(client.was_reset());
}
