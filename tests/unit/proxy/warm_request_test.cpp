// The data path allocates nothing once a connection is warm (docs/architecture.md).
#include <string>

#include "allocation_count.hpp"
#include "catch.hpp"
#include "test_bed.hpp"

namespace {

using namespace corsd::tests;

constexpr const char* kPolicy = R"(
public_origin: http://api.test
resources:
  /api/*:
    origins: [https://app.test]
    methods: [GET, POST]
    allow_headers: [Content-Type, X-Trace]
    expose_headers: [X-Total]
)";

const std::string kGet =
    "GET /api/items?page=2 HTTP/1.1\r\nHost: api.test\r\nUser-Agent: Mozilla/5.0\r\nAccept: application/json\r\n"
    "Accept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br\r\nReferer: https://app.test/list\r\n"
    "Origin: https://app.test\r\nConnection: keep-alive\r\nSec-Fetch-Dest: empty\r\nSec-Fetch-Mode: cors\r\n"
    "Sec-Fetch-Site: cross-site\r\n\r\n";
const std::string kPost =
    "POST /api/items HTTP/1.1\r\nHost: api.test\r\nOrigin: https://app.test\r\nContent-Type: application/json\r\n"
    "Content-Length: 13\r\n\r\n{\"value\": 21}";
const std::string kPreflight =
    "OPTIONS /api/items HTTP/1.1\r\nHost: api.test\r\nOrigin: https://app.test\r\nAccess-Control-Request-Method: "
    "POST\r\n"
    "Access-Control-Request-Headers: content-type,x-trace\r\n\r\n";
const std::string kAnswer =
    "HTTP/1.1 200 OK\r\nServer: upstream\r\nContent-Type: application/json\r\nVary: Accept-Encoding\r\nContent-Length: "
    "2\r\n\r\n{}";

/// The allocations of 1 000 rounds of `round`, after enough of them to warm up.
template <typename Round>
std::size_t allocations_of(Round round) {
    for (int i = 0; i < 100; ++i)
        round();
    const std::size_t before = allocations();
    for (int i = 0; i < 1000; ++i)
        round();
    return allocations() - before;
}

}  // namespace

TEST_CASE("a warm connection serves 1 000 GETs without an allocation") {
    TestBed bed(kPolicy);
    Peer client = bed.connect();
    client.send(kGet);
    Peer upstream = bed.accept_upstream();
    const auto answer = [&] {
        const std::string seen = upstream.receive_until("\r\n\r\n");
        upstream.send(kAnswer);
        const std::string head = client.receive_until("\r\n\r\n");
        REQUIRE(head.find("Access-Control-Allow-Origin: https://app.test\r\n") != std::string::npos);
        REQUIRE(head.find("Vary: Accept-Encoding, Origin\r\n") != std::string::npos);
        REQUIRE(client.receive_exactly(2) == "{}");
        return seen;
    };
    CHECK(answer().find("GET /api/items?page=2 HTTP/1.1\r\nHost: api.test\r\n") == 0);
    CHECK(allocations_of([&] {
              client.send(kGet);
              (void)answer();
          }) == 0);
}

TEST_CASE("a warm connection serves 1 000 POSTs without an allocation") {
    TestBed bed(kPolicy);
    Peer client = bed.connect();
    client.send(kPost);
    Peer upstream = bed.accept_upstream();
    const auto answer = [&] {
        (void)upstream.receive_until("\r\n\r\n");
        REQUIRE(upstream.receive_exactly(13) == "{\"value\": 21}");
        upstream.send(kAnswer);
        (void)client.receive_until("\r\n\r\n");
        REQUIRE(client.receive_exactly(2) == "{}");
    };
    answer();
    CHECK(allocations_of([&] {
              client.send(kPost);
              answer();
          }) == 0);
}

TEST_CASE("a warm connection answers 1 000 preflights without an allocation") {
    TestBed bed(kPolicy);
    Peer client = bed.connect();
    CHECK(allocations_of([&] {
              client.send(kPreflight);
              const std::string head = client.receive_until("\r\n\r\n");
              REQUIRE(head.find("HTTP/1.1 204 ") == 0);
          }) == 0);
}

TEST_CASE("the counter sees an allocation of a worker") {
    TestBed bed(kPolicy);
    const std::size_t before = allocations();
    Peer client = bed.connect();
    client.send("GET / HTTP/1.1\r\nHost: elsewhere.test\r\n\r\n");  // a refusal builds its text
    (void)client.receive_until("\r\n\r\n");
    CHECK(allocations() > before);
}
