// Trailer sections through one worker (RFC 9110 section 6.5, N35).
#include <string>

#include "catch.hpp"
#include "plain_messages.hpp"
#include "test_bed.hpp"

using namespace corsd::tests;

namespace {

const std::string kChunked = "Transfer-Encoding: chunked\r\n\r\n";
const std::string kForbidden =
    "Content-Length: 5\r\nOrigin: https://evil.test\r\nHost: evil.test\r\nAuthorization: x\r\nConnection: close\r\n"
    "Access-Control-Allow-Origin: *\r\nSet-Cookie: a=b\r\nX_Sum: 2\r\n";

}  // namespace

TEST_CASE("a request's trailers reach the upstream, cut at every byte") {
    TestBed bed(kPolicy);
    Peer client = bed.connect();
    Peer upstream = warm(bed, client);
    const std::string head =
        "POST / HTTP/1.1\r\n" + kHost + "Trailer: X-Sum, X-Hop\r\nConnection: x-hop\r\nTE: gzip;q=0.5, Trailers\r\n";
    const std::string all = head + kChunked + "2\r\nhi\r\n0\r\nX-Sum:1 \r\nX-Hop: 1\r\n" + kForbidden + "\r\n";
    for (std::size_t cut = 1; cut <= all.size(); ++cut) {
        INFO("cut at " << cut);
        client.send(all.substr(0, cut));
        if (cut < all.size()) {
            client.settle();
            client.send(all.substr(cut));
        }
        const std::string received = upstream.receive_until("\r\n\r\n");
        REQUIRE(has(received, "Trailer: X-Sum, X-Hop\r\n"));
        REQUIRE(has(received, "TE: trailers\r\nConnection: TE\r\n"));
        REQUIRE_FALSE(has(received, "gzip"));
        const std::string body = upstream.receive_until("\r\n\r\n");
        REQUIRE(body.ends_with("\r\n0\r\nX-Sum: 1\r\n\r\n"));
        upstream.send(kOk);
        (void)client.receive_until("\r\n\r\nok");
    }
    CHECK(bed.upstream_connects() == 1);
}

TEST_CASE("an answer's trailers reach an HTTP/1.1 client, and never grant anything") {
    const std::string mode = GENERATE(as<std::string>{}, "", "    upstream_headers: keep\n", "    mode: report-only\n");
    TestBed bed(kPolicy + mode);
    Peer client = bed.connect();
    Peer upstream = warm(bed, client);
    const std::string answer = "HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nConnection: X-Hop\r\n" + kChunked +
                               "2\r\nhi\r\n0\r\nX-Sum: 1\r\nX-Hop: 1\r\n" + kForbidden + "\r\n";
    const std::string get = "GET / HTTP/1.1\r\n" + kHost + "Origin: https://app.test\r\n\r\n";
    for (std::size_t cut = 1; cut <= answer.size(); ++cut) {
        INFO("cut at " << cut);
        client.send(get);
        (void)upstream.receive_until("\r\n\r\n");
        upstream.send(answer.substr(0, cut));
        if (cut < answer.size()) {
            upstream.settle();
            upstream.send(answer.substr(cut));
        }
        REQUIRE(has(client.receive_until("\r\n\r\n"), "Trailer: X-Sum\r\n"));
        const std::string body = client.receive_until("\r\n\r\n");
        REQUIRE(body.ends_with("\r\n0\r\nX-Sum: 1\r\n\r\n"));
    }
    CHECK(bed.upstream_connects() == 1);
}

TEST_CASE("where the framing has no place for trailers they are dropped, and not announced") {
    TestBed bed(kPolicy);
    SECTION("an HTTP/1.0 client") {
        Peer client = bed.connect();
        client.send("GET / HTTP/1.0\r\n" + kHost + "TE: trailers\r\n\r\n");
        Peer upstream = bed.accept_upstream();
        CHECK_FALSE(has(upstream.receive_until("\r\n\r\n"), "TE:"));
        upstream.send("HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\n" + kChunked + "2\r\nhi\r\n0\r\nX-Sum: 1\r\n\r\n");
        const std::string answer = client.receive_all();
        CHECK_FALSE(has(answer, "Trailer:"));
        CHECK(answer.substr(answer.size() - 6) == "\r\n\r\nhi");
    }
    SECTION("bodies with a length") {
        Peer client = bed.connect();
        client.send("POST / HTTP/1.1\r\n" + kHost + "Trailer: X-Sum\r\nTE: gzip\r\nContent-Length: 2\r\n\r\nhi");
        Peer upstream = bed.accept_upstream();
        const std::string head = upstream.receive_until("\r\n\r\n");
        CHECK_FALSE(has(head, "Trailer:"));
        CHECK_FALSE(has(head, "TE:"));
        upstream.send("HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nContent-Length: 2\r\n\r\nok");
        CHECK_FALSE(has(client.receive_until("\r\n\r\nok"), "Trailer:"));
    }
}

TEST_CASE("an answer whose trailers are too large is not whole") {
    TestBed bed(kPolicy + "limits: {max_header_bytes: 4KiB}\n");
    Peer client = bed.connect();
    Peer upstream = warm(bed, client);
    client.send(kGet);
    (void)upstream.receive_until("\r\n\r\n");
    upstream.send("HTTP/1.1 200 OK\r\n" + kChunked + "2\r\nhi\r\n");
    (void)client.receive_until("2\r\nhi\r\n");
    upstream.send("0\r\nX-Sum: " + std::string(5000, 'x') + "\r\n\r\n");
    CHECK_FALSE(has(client.receive_all(), "0\r\n"));
    CHECK(client.was_reset());
}
