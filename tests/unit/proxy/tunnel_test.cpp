// Switching protocols: the offer, the 101, and what flows behind it.
#include <chrono>
#include <string>

#include "catch.hpp"
#include "plain_messages.hpp"
#include "test_bed.hpp"

using namespace corsd::tests;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

const std::string kOffer = "GET /chat HTTP/1.1\r\n" + kHost +
                           "Origin: https://app.test\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
                           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
const std::string kSwitch =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

struct Ends {
    Peer client, upstream;
};

/// A tunnel that stands: its heads are read.
Ends tunnel(TestBed& bed) {
    Peer client = bed.connect();
    client.send(kOffer);
    Peer upstream = bed.accept_upstream();
    (void)upstream.receive_until("\r\n\r\n");
    upstream.send(kSwitch);
    REQUIRE(has(client.receive_until("\r\n\r\n"), "HTTP/1.1 101 "));
    return {std::move(client), std::move(upstream)};
}

void carries(Peer& from, Peer& to, const std::string& bytes) {
    from.send(bytes);
    CHECK(to.receive_exactly(bytes.size()) == bytes);
}

}  // namespace

TEST_CASE("a handshake passes, and what follows is a tunnel") {
    TestBed bed(kPolicy + GENERATE(as<std::string>{}, "", "    upstream_headers: keep\n"));
    Peer client = bed.connect();
    client.send(kOffer);
    Peer upstream = bed.accept_upstream();
    const std::string head = upstream.receive_until("\r\n\r\n");
    CHECK(has(head, "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"));
    CHECK(has(head, "\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"));
    CHECK(has(head, "\r\nOrigin: https://app.test\r\n"));
    CHECK_FALSE(has(head, "keep-alive"));
    upstream.send(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: upgrade\r\n"
        "Access-Control-Allow-Origin: *\r\nSec-WebSocket-Protocol: chat\r\n\r\n");
    CHECK(client.receive_until("\r\n\r\n") ==
          "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Protocol: chat\r\n"
          "Connection: Upgrade\r\nUpgrade: WebSocket\r\n\r\n");
    carries(client, upstream, "GET / HTTP/1.1\r\n\r\n");  // whatever it looks like
    carries(upstream, client, "HTTP/1.1 200 OK\r\n\r\n");
    carries(client, upstream, std::string(300'000, 'u'));
    carries(upstream, client, std::string(300'000, 'd'));
    CHECK(bed.upstream_connects() == 1);
}

TEST_CASE("bytes glued behind the offer and behind the 101, cut at every byte") {
    TestBed bed(kPolicy + "log: {access: {enabled: false}}\n");
    const std::string from_client = kOffer + "early", from_upstream = kSwitch + "first";
    for (std::size_t cut = 1; cut <= std::max(from_client.size(), from_upstream.size()); ++cut) {
        const std::size_t up = std::min(cut, from_client.size()), down = std::min(cut, from_upstream.size());
        INFO(cut);
        Peer client = bed.connect();
        client.send(from_client.substr(0, up));
        client.settle();
        client.send(from_client.substr(up));
        Peer upstream = bed.accept_upstream();
        (void)upstream.receive_until("\r\n\r\n");
        upstream.send(from_upstream.substr(0, down));
        upstream.settle();
        upstream.send(from_upstream.substr(down));
        (void)client.receive_until("\r\n\r\n");
        REQUIRE(client.receive_exactly(5) == "first");
        REQUIRE(upstream.receive_exactly(5) == "early");
        client.half_close();
        REQUIRE(upstream.receive_all().empty());
        upstream.half_close();
        REQUIRE(client.receive_all().empty());
    }
}

TEST_CASE("an end that sends no more keeps the other going") {
    TestBed bed(kPolicy);
    Ends ends = tunnel(bed);
    const bool client_first = GENERATE(true, false);
    Peer& first = client_first ? ends.client : ends.upstream;
    Peer& second = client_first ? ends.upstream : ends.client;
    first.send("last words");
    first.half_close();
    CHECK(second.receive_all() == "last words");
    CHECK_FALSE(second.was_reset());
    carries(second, first, "still here");
    carries(second, first, std::string(200'000, 's'));
    second.half_close();
    CHECK(first.receive_all().empty());
    CHECK_FALSE(first.was_reset());
}

TEST_CASE("a reset of one end cuts the other") {
    TestBed bed(kPolicy);
    Ends ends = tunnel(bed);
    carries(ends.client, ends.upstream, "hello");
    SECTION("the client's") {
        ends.client.reset();
        CHECK(ends.upstream.receive_all().empty());
        CHECK(ends.upstream.was_reset());
    }
    SECTION("the upstream's") {
        ends.upstream.reset();
        CHECK(ends.client.receive_all().empty());
        CHECK(ends.client.was_reset());
    }
    SECTION("the client's, while it does not read") {
        (void)ends.upstream.send_until_full(std::size_t{64} << 20);
        ends.client.reset();
        (void)ends.upstream.receive_all();
        CHECK(ends.upstream.was_reset());
    }
}

TEST_CASE("what an upstream said before it closed arrives, whatever the client still sends") {
    TestBed bed(kPolicy);
    Ends ends = tunnel(bed);
    {
        Peer upstream = std::move(ends.upstream);
        upstream.send("goodbye");
    }
    CHECK(ends.client.receive_exactly(7) == "goodbye");
    CHECK(ends.client.receive_all().empty());
    CHECK_FALSE(ends.client.was_reset());
}

TEST_CASE("a tunnel ends after timeouts.stream without a byte either way, and not before") {
    TestBed bed(kPolicy + "timeouts: {stream: 600ms, idle: 100ms, body: 100ms, header: 100ms}\n");
    Ends ends = tunnel(bed);
    // One direction alone keeps it: four times most of the bound.
    for (int i = 0; i < 4; ++i) {
        CHECK_FALSE(ends.upstream.hears_within(milliseconds{400}));
        carries(ends.upstream, ends.client, "tick");
    }
    const auto last = steady_clock::now();
    CHECK(ends.client.receive_all().empty());
    CHECK(steady_clock::now() - last >= milliseconds{600});
    CHECK_FALSE(ends.client.was_reset());
    CHECK(ends.upstream.receive_all().empty());
    CHECK_FALSE(ends.upstream.was_reset());
}

TEST_CASE("what one end does not read, the other is not asked for") {
    TestBed bed(kPolicy);
    Ends ends = tunnel(bed);
    const bool up = GENERATE(true, false);
    Peer& from = up ? ends.client : ends.upstream;
    Peer& to = up ? ends.upstream : ends.client;
    const std::size_t taken = from.send_until_full(std::size_t{256} << 20);
    CHECK(taken < (std::size_t{64} << 20));  // the kernel's buffers of two connections
    carries(to, from, "the other way is free");
    CHECK(to.receive_exactly(taken).size() == taken);
    carries(from, to, "and on");
}

TEST_CASE("an end that reads no more is reset at its deadline, and the other end with it") {
    TestBed bed(kPolicy + "timeouts: {stream: 300ms, write: 300ms}\n");
    Ends ends = tunnel(bed);
    const bool up = GENERATE(true, false);
    Peer& from = up ? ends.client : ends.upstream;
    Peer& to = up ? ends.upstream : ends.client;
    const auto start = steady_clock::now();
    (void)from.send_until_full(std::size_t{256} << 20);
    CHECK(from.receive_all().empty());
    CHECK(steady_clock::now() - start >= milliseconds{300});
    CHECK(from.was_reset());
    (void)to.receive_all();
    CHECK(to.was_reset());
}

TEST_CASE("a tunnel that outlives the drain reads an end, not a reset") {
    TestBed bed(kPolicy);
    Ends ends = tunnel(bed);
    bed.worker().drain();
    carries(ends.client, ends.upstream, "still");
    carries(ends.upstream, ends.client, "open");
    bed.finish();
    CHECK(ends.client.receive_all().empty());
    CHECK_FALSE(ends.client.was_reset());
    CHECK(ends.upstream.receive_all().empty());
    CHECK_FALSE(ends.upstream.was_reset());
}

TEST_CASE("another answer to an offer is an answer like any other") {
    TestBed bed(kPolicy);
    Peer client = bed.connect();
    client.send(kOffer + kGet);
    Peer upstream = bed.accept_upstream();
    (void)upstream.receive_until("\r\n\r\n");
    upstream.send(
        "HTTP/1.1 426 Upgrade Required\r\nUpgrade: other\r\nConnection: Upgrade\r\nContent-Length: 2\r\n\r\nno");
    const std::string answer = client.receive_until("\r\n\r\nno");
    CHECK(has(answer, "HTTP/1.1 426 "));
    CHECK(has(answer, "Access-Control-Allow-Origin: https://app.test\r\n"));
    CHECK_FALSE(has(answer, "Upgrade: "));
    CHECK(has(upstream.receive_until("\r\n\r\n"), "GET / HTTP/1.1\r\n"));  // what came behind is the next request
    upstream.send(kOk);
    (void)client.receive_until("\r\n\r\nok");
    CHECK(bed.upstream_connects() == 1);
}

TEST_CASE("a 101 that was not offered, or to another protocol, is 502") {
    TestBed bed(kPolicy);
    struct Row {
        std::string lines, taken;
    };
    const Row row = GENERATE(Row{"", "websocket"}, Row{"Upgrade: websocket\r\n", "websocket"},
                             Row{"Connection: Upgrade\r\nUpgrade: websocket\r\n", "chat"},
                             Row{"Connection: Upgrade\r\nUpgrade: websocket\r\n", ""},
                             Row{"Connection: Upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n", "h2c"});
    INFO(row.lines << row.taken);
    Peer client = bed.connect();
    client.send("GET / HTTP/1.1\r\n" + kHost + row.lines + "\r\n");
    Peer upstream = bed.accept_upstream();
    const std::string head = upstream.receive_until("\r\n\r\n");
    CHECK(has(head, "Upgrade: websocket") == (row.lines.size() > 30 && !has(row.lines, "h2c")));
    CHECK_FALSE(has(head, "h2c"));
    CHECK_FALSE(has(head, "HTTP2"));
    upstream.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n" +
                  (row.taken.empty() ? "" : "Upgrade: " + row.taken + "\r\n") + "\r\n");
    CHECK(has(client.receive_until("\r\n\r\n"), "HTTP/1.1 502 "));
    CHECK(upstream.receive_all().empty());
}

TEST_CASE("an offer with a body: the new protocol begins behind it") {
    TestBed bed(kPolicy);
    Peer client = bed.connect();
    const bool chunked = GENERATE(true, false);
    client.send("POST / HTTP/1.1\r\n" + kHost + "Connection: Upgrade\r\nUpgrade: raw\r\n" +
                (chunked ? "Transfer-Encoding: chunked\r\n\r\n4\r\nbody" : "Content-Length: 8\r\n\r\nbody"));
    Peer upstream = bed.accept_upstream();
    CHECK(has(upstream.receive_until("\r\n\r\n"), "Upgrade: raw\r\n"));
    upstream.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: raw\r\n\r\nhello");
    CHECK(has(client.receive_until("\r\n\r\n"), "HTTP/1.1 101 "));
    client.send(chunked ? "\r\n4\r\nrest\r\n0\r\n\r\nraw" : "restraw");
    CHECK(has(upstream.receive_until("raw"), chunked ? "4\r\nbody\r\n4\r\nrest\r\n0\r\n\r\nraw" : "bodyrestraw"));
    CHECK(client.receive_exactly(5) == "hello");
    carries(upstream, client, "and on");
}

TEST_CASE("a client that goes away inside the body of an offer takes the upstream with it") {
    TestBed bed(kPolicy);
    Peer client = bed.connect();
    client.send("POST / HTTP/1.1\r\n" + kHost + "Connection: Upgrade\r\nUpgrade: raw\r\nContent-Length: 8\r\n\r\nbody");
    Peer upstream = bed.accept_upstream();
    (void)upstream.receive_until("body");
    upstream.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: raw\r\n\r\n");
    (void)client.receive_until("\r\n\r\n");
    client.half_close();
    CHECK(upstream.receive_all().empty());
    CHECK(client.receive_all().empty());
}

TEST_CASE("a refused handshake reaches no upstream") {
    TestBed bed(kPolicy);
    Peer client = bed.connect();
    std::string foreign = kOffer;
    foreign.replace(foreign.find("https://app.test"), 16, "https://evil.test");
    client.send(foreign);
    const std::string head = client.receive_until("\r\n\r\n");
    CHECK(has(head, "HTTP/1.1 403 "));
    CHECK_FALSE(has(head, "Access-Control-"));
    CHECK(bed.upstream_connects() == 0);
}
