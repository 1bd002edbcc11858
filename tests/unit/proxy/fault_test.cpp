// What goes wrong between a client and an upstream, one worker in the middle.
#include <chrono>
#include <string>

#include "catch.hpp"
#include "test_bed.hpp"

namespace {

using namespace corsd::tests;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

const std::string kPolicy = R"(
public_origin: http://api.test
resources:
  /*:
    origins: [https://app.test]
    methods: [GET, POST, PUT]
)";
const std::string kHost = "Host: api.test\r\n";
const std::string kGet = "GET / HTTP/1.1\r\n" + kHost + "\r\n";
const std::string kPost = "POST / HTTP/1.1\r\n" + kHost + "Content-Length: 2\r\n\r\nhi";
const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

/// Serves one GET, so that a connection to the upstream is kept.
Peer warm(TestBed& bed, Peer& client) {
    client.send(kGet);
    Peer upstream = bed.accept_upstream();
    (void)upstream.receive_until("\r\n\r\n");
    upstream.send(kOk);
    (void)client.receive_until("\r\n\r\nok");
    return upstream;
}

}  // namespace

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
        Peer upstream = bed.accept_upstream();
        (void)upstream.receive_all();
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
    TestBed bed(kPolicy);
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
