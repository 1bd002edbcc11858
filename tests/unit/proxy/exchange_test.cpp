// Requests and answers through one worker, cut at every byte.
#include <string>
#include <vector>

#include "catch.hpp"
#include "test_bed.hpp"

namespace {

using namespace corsd::tests;

constexpr const char* kPolicy = R"(
public_origin: http://api.test
resources:
  /*:
    origins: [https://app.test]
    methods: [GET, POST, PUT]
)";

const std::string kHost = "Host: api.test\r\n";
const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";

/// Reads one request off an upstream's connection: its request line and its body, decoded.
std::string take_request(Peer& upstream) {
    const std::string head = upstream.receive_until("\r\n\r\n");
    std::string text = head.substr(0, head.find(" HTTP/1.1\r\n"));
    const std::size_t at = head.find("Content-Length: ");
    if (at != std::string::npos) {
        text += " [" + upstream.receive_exactly(std::stoul(head.substr(at + 16))) + "]";
    } else if (head.find("Transfer-Encoding: chunked\r\n") != std::string::npos) {
        text += " [";
        for (;;) {
            const std::size_t size = std::stoul(upstream.receive_until("\r\n"), nullptr, 16);
            if (size == 0) break;
            text += upstream.receive_exactly(size);
            (void)upstream.receive_until("\r\n");
        }
        while (upstream.receive_until("\r\n") != "\r\n") {  // trailers
        }
        text += "]";
    }
    return text;
}

/// The body of an answer in chunks.
std::string take_chunks(Peer& client) {
    std::string text;
    for (;;) {
        const std::size_t size = std::stoul(client.receive_until("\r\n"), nullptr, 16);
        text += client.receive_exactly(size);
        (void)client.receive_until("\r\n");
        if (size == 0) return text;
    }
}

}  // namespace

TEST_CASE("pipelined requests with bodies, cut at every byte") {
    TestBed bed(kPolicy);
    const std::string all = "GET /1 HTTP/1.1\r\n" + kHost + "\r\n" +                                    //
                            "POST /2 HTTP/1.1\r\n" + kHost + "Content-Length: 5\r\n\r\nhello" +         //
                            "\r\nPUT /3 HTTP/1.1\r\n" + kHost + "Transfer-Encoding: chunked\r\n\r\n" +  //
                            "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX-Trailer: 1\r\n\r\n" +                    //
                            "GET /4 HTTP/1.1\r\n" + kHost + "\r\n";
    Peer client = bed.connect();
    client.send("GET /0 HTTP/1.1\r\n" + kHost + "\r\n");
    Peer upstream = bed.accept_upstream();
    const auto serve = [&](const std::string& expected) {
        REQUIRE(take_request(upstream) == expected);
        upstream.send(kOk + "ok");
        (void)client.receive_until("\r\n\r\n");
        REQUIRE(client.receive_exactly(2) == "ok");
    };
    serve("GET /0");
    for (std::size_t cut = 1; cut <= all.size(); ++cut) {
        INFO("cut at " << cut);
        client.send(all.substr(0, cut));
        client.settle();
        client.send(all.substr(cut));
        serve("GET /1");
        serve("POST /2 [hello]");
        serve("PUT /3 [abcde]");
        serve("GET /4");
    }
    CHECK(bed.upstream_connects() == 1);
}

TEST_CASE("a length is told once, either way") {
    const auto lengths = [](const std::string& head) {
        std::size_t count = 0;
        for (std::size_t at = 0; (at = head.find("ontent-", at)) != std::string::npos; ++at)
            ++count;
        return count;
    };
    TestBed bed(kPolicy);
    Peer client = bed.connect();
    client.send("POST / HTTP/1.1\r\n" + kHost + "Content-Length: 2\r\n\r\nhi");
    Peer upstream = bed.accept_upstream();
    CHECK(lengths(upstream.receive_until("\r\n\r\nhi")) == 1);
    upstream.send(kOk + "ok");
    CHECK(lengths(client.receive_until("\r\n\r\nok")) == 1);
}

TEST_CASE("a request that comes byte by byte") {
    TestBed bed(kPolicy);
    Peer client = bed.connect();
    const std::string text = "POST /x HTTP/1.1\r\n" + kHost + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    for (const char c : text) {
        client.send(std::string(1, c));
        client.settle();
    }
    Peer upstream = bed.accept_upstream();
    CHECK(take_request(upstream) == "POST /x [abc]");
}

TEST_CASE("answers cut at every byte") {
    struct Row {
        const char *method, *answer, *status;
        int body;  // 0 none, 1 with a length, 2 chunked
        const char* text;
    };
    const Row rows[] = {
        {"GET", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.1 200 ", 1, "hello"},
        {"GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
         "HTTP/1.1 200 ", 2, "hello"},
        {"GET", "HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 204 ", 0, ""},
        {"GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", "HTTP/1.1 304 ", 0, ""},
        {"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HTTP/1.1 200 ", 0, ""},
        {"HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 200 ", 0, ""},
        {"GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 ", 1, ""},
    };
    TestBed bed(kPolicy);
    Peer client = bed.connect();
    client.send("GET / HTTP/1.1\r\n" + kHost + "\r\n");
    Peer upstream = bed.accept_upstream();
    (void)take_request(upstream);
    upstream.send(kOk + "ok");
    (void)client.receive_until("\r\n\r\nok");
    for (const Row& row : rows) {
        const std::string answer = row.answer;
        for (std::size_t cut = 1; cut <= answer.size(); ++cut) {
            INFO(answer << "\ncut at " << cut);
            client.send(std::string{row.method} + " / HTTP/1.1\r\n" + kHost + "Origin: https://app.test\r\n\r\n");
            (void)upstream.receive_until("\r\n\r\n");
            upstream.send(answer.substr(0, cut));
            upstream.settle();
            if (cut < answer.size()) upstream.send(answer.substr(cut));
            const std::string head = client.receive_until("\r\n\r\n");
            REQUIRE(head.find(row.status) == 0);
            REQUIRE(head.find("Access-Control-Allow-Origin: https://app.test\r\n") != std::string::npos);
            const std::string text = row.text;
            if (row.body == 1) REQUIRE(client.receive_exactly(text.size()) == text);
            if (row.body == 2) REQUIRE(take_chunks(client) == text);
        }
    }
    CHECK(bed.upstream_connects() == 1);
}

TEST_CASE("interim answers cut at every byte, and none for HTTP/1.0") {
    TestBed bed(kPolicy);
    const std::string answer =
        "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nAccess-Control-Allow-Origin: *\r\n\r\n" + kOk + "ok";
    Peer client = bed.connect();
    client.send("GET / HTTP/1.1\r\n" + kHost + "\r\n");
    Peer upstream = bed.accept_upstream();
    for (std::size_t cut = 1; cut <= answer.size(); ++cut) {
        INFO("cut at " << cut);
        (void)take_request(upstream);
        upstream.send(answer.substr(0, cut));
        upstream.settle();
        upstream.send(answer.substr(cut));
        REQUIRE(client.receive_until("\r\n\r\n") == "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
        REQUIRE(client.receive_until("\r\n\r\n").find("HTTP/1.1 200 ") == 0);
        REQUIRE(client.receive_exactly(2) == "ok");
        client.send("GET / HTTP/1.1\r\n" + kHost + "\r\n");
    }
    (void)take_request(upstream);
    upstream.send(kOk + "ok");
    (void)client.receive_until("\r\n\r\nok");
    Peer old = bed.connect();
    old.send("GET / HTTP/1.0\r\n" + kHost + "\r\n");
    (void)take_request(upstream);
    upstream.send(answer);
    const std::string text = old.receive_all();
    CHECK(text.find("HTTP/1.1 200 ") == 0);
    CHECK_FALSE(old.was_reset());
}

TEST_CASE("a stream without end announced is framed as the client's version can") {
    TestBed bed(kPolicy);
    const std::string version = GENERATE("1.1", "1.0");
    Peer client = bed.connect();
    client.send("GET / HTTP/" + version + "\r\n" + kHost + "Connection: keep-alive\r\n\r\n");
    Peer upstream = bed.accept_upstream();
    (void)take_request(upstream);
    upstream.send("HTTP/1.1 200 OK\r\n\r\nhel");
    const std::string head = client.receive_until("\r\n\r\n");
    upstream.send("lo");
    SECTION("ended") {
        upstream.half_close();
        if (version == "1.1") {
            CHECK(take_chunks(client) == "hello");
        } else {
            CHECK(head.find("Connection: close\r\n") != std::string::npos);
            CHECK(client.receive_all() == "hello");
            CHECK_FALSE(client.was_reset());
        }
    }
    SECTION("cut") {
        upstream.reset();
        CHECK(client.receive_all().find("0\r\n\r\n") == std::string::npos);
        CHECK(client.was_reset());
    }
}

TEST_CASE("an upload is held back by its upstream, and a download by its client") {
    TestBed bed(kPolicy);
    constexpr std::size_t kMuch = 64 << 20;
    // What the kernels buffer on both connections, and a block of ours: far from all of it.
    constexpr std::size_t kHeld = 32 << 20;
    Peer client = bed.connect();
    SECTION("up, with a length") {
        client.send("POST / HTTP/1.1\r\n" + kHost + "Content-Length: " + std::to_string(kMuch) + "\r\n\r\n");
        Peer upstream = bed.accept_upstream();
        (void)upstream.receive_until("\r\n\r\n");
        const std::size_t taken = client.send_until_full(kMuch);
        CHECK(taken < kHeld);
        std::size_t sent = taken, got = 0;
        while (got < kMuch) {
            got += upstream.receive_exactly(std::min<std::size_t>(1 << 20, kMuch - got)).size();
            // Never more ahead than the kernel holds anyway: this thread plays both ends.
            const std::size_t more = std::min<std::size_t>(kMuch - sent, got + taken > sent ? got + taken - sent : 0);
            client.send(std::string(more, 'x'));
            sent += more;
        }
        upstream.send(kOk + "ok");
        CHECK(client.receive_until("\r\n\r\nok").find("HTTP/1.1 200 ") == 0);
    }
    SECTION("down, close-delimited") {
        client.send("GET / HTTP/1.1\r\n" + kHost + "\r\n");
        Peer upstream = bed.accept_upstream();
        (void)take_request(upstream);
        upstream.send("HTTP/1.1 200 OK\r\n\r\n");
        const std::size_t taken = upstream.send_until_full(kMuch);
        CHECK(taken < kHeld);
        upstream.half_close();
        (void)client.receive_until("\r\n\r\n");
        CHECK(take_chunks(client).size() == taken);
    }
}

TEST_CASE("an answer streams while its upload still runs") {
    TestBed bed(std::string{kPolicy} + "timeouts: {response: 300ms}\n");
    Peer client = bed.connect();
    client.send("POST / HTTP/1.1\r\n" + kHost + "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n");
    Peer upstream = bed.accept_upstream();
    (void)upstream.receive_until("1\r\na\r\n");
    upstream.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nA\r\n");
    (void)client.receive_until("1\r\nA\r\n");
    client.send("1\r\nb\r\n");
    (void)upstream.receive_until("1\r\nb\r\n");
    upstream.send("1\r\nB\r\n");
    (void)client.receive_until("1\r\nB\r\n");
    client.send("0\r\n\r\n");
    (void)upstream.receive_until("0\r\n\r\n");
    // timeouts.response bounds the head, which is there; the body has timeouts.stream.
    CHECK_FALSE(client.hears_within(std::chrono::milliseconds{900}));
    upstream.send("1\r\nC\r\n0\r\n\r\n");
    CHECK(take_chunks(client) == "C");
    client.send("GET / HTTP/1.1\r\n" + kHost + "\r\n");
    CHECK(take_request(upstream) == "GET /");
    CHECK(bed.upstream_connects() == 1);
}
