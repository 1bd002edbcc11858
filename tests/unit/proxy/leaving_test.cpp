// Clients that leave, and answers that come before their upload is over; each piece of a stream before the next.
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
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

/// An address that answers no SYN: its backlog is full.
class Silent {
  public:
    Silent() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        const auto wanted = net::SocketAddress::ip("127.0.0.1", 0);
        sockaddr_storage bound{};
        socklen_t size = sizeof bound;
        REQUIRE(::bind(listener_, wanted->data(), wanted->size()) == 0);
        REQUIRE(::listen(listener_, 0) == 0);
        REQUIRE(::getsockname(listener_, reinterpret_cast<sockaddr*>(&bound), &size) == 0);
        address_ = net::SocketAddress{reinterpret_cast<const sockaddr*>(&bound), size};
        for (int i = 0; i < 4; ++i) {
            fillers_.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
            (void)::connect(fillers_.back(), address_.data(), address_.size());
        }
    }
    ~Silent() {
        for (const int filler : fillers_)
            ::close(filler);
        ::close(listener_);
    }
    Silent(const Silent&) = delete;
    Silent& operator=(const Silent&) = delete;
    [[nodiscard]] const net::SocketAddress& address() const { return address_; }

  private:
    int listener_;
    std::vector<int> fillers_;
    net::SocketAddress address_;
};

/// How many connections of clients the worker has once they are down to `most`, or after ten seconds.
std::size_t connections_left(TestBed& bed, std::size_t most) {
    const auto end = steady_clock::now() + std::chrono::seconds{10};
    while (bed.worker().connections() > most && steady_clock::now() < end)
        std::this_thread::yield();
    return bed.worker().connections();
}

}  // namespace

TEST_CASE("a client that leaves while its upstream is dialled ends the dial") {
    TestBed bed(kPolicy + "timeouts: {connect: 60s}\n");
    const Silent silent;
    bed.move_upstream(silent.address());
    Peer client = bed.connect();
    client.send(kGet);
    client.settle();
    CHECK(bed.worker().connections() == 1);
    client.reset();
    CHECK(connections_left(bed, 0) == 0);
}

TEST_CASE("a client that leaves in the middle of an upload that nobody reads") {
    TestBed bed(kPolicy + "timeouts: {response: 60s}\n");
    Peer client = bed.connect();
    client.send("POST / HTTP/1.1\r\n" + kHost + "Content-Length: 100000000\r\n\r\n");
    Peer upstream = bed.accept_upstream();
    (void)upstream.receive_until("\r\n\r\n");
    REQUIRE(client.send_until_full(90'000'000) < 90'000'000);
    client.reset();
    CHECK(connections_left(bed, 0) == 0);
    (void)upstream.receive_all();
}

TEST_CASE("who has left without a word is noticed by the first write") {
    TestBed bed(kPolicy);
    Peer client = bed.connect();
    client.send(kGet);
    Peer upstream = bed.accept_upstream();
    (void)upstream.receive_until("\r\n\r\n");
    {
        const Peer gone = std::move(client);  // a FIN: it might still listen
    }
    CHECK_FALSE(upstream.hears_within(milliseconds{200}));
    upstream.send("HTTP/1.1 200 OK\r\n\r\ndata");
    CHECK(upstream.receive_all().empty());
}

TEST_CASE("an early answer survives a client that goes on sending for seconds") {
    TestBed bed(kPolicy);
    Peer client = bed.connect();
    Peer clock = bed.connect();
    client.send("POST / HTTP/1.1\r\n" + kHost + "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n");
    Peer upstream = bed.accept_upstream();
    (void)upstream.receive_until("\r\n\r\n");
    upstream.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 20000\r\n\r\n" +
                  std::string(20'000, 'n'));  // what a reset cannot take back
    upstream.reset();
    const auto start = steady_clock::now();
    while (steady_clock::now() - start < milliseconds{3000}) {
        client.send("1\r\nx\r\n");  // throws once the connection is reset
        (void)clock.hears_within(milliseconds{50});
    }
    CHECK(has(client.receive_until("\r\n\r\n"), "HTTP/1.1 413 "));
    CHECK(client.receive_all().size() == 20'000);
    CHECK_FALSE(client.was_reset());
}

TEST_CASE("each piece of an answer leaves before the next one comes") {
    TestBed bed(kPolicy);
    const std::string framing =
        GENERATE(as<std::string>{}, "Content-Length: 40\r\n\r\n", "\r\n", "Transfer-Encoding: chunked\r\n\r\n");
    const bool chunked = has(framing, "chunked");
    Peer client = bed.connect();
    client.send(kGet);
    Peer upstream = bed.accept_upstream();
    (void)upstream.receive_until("\r\n\r\n");
    upstream.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" + framing);
    (void)client.receive_until("\r\n\r\n");
    for (int i = 0; i < 10; ++i) {
        const std::string piece = "no " + std::to_string(i);
        upstream.send(chunked ? "4\r\n" + piece + "\r\n" : piece);
        (void)client.receive_until(piece);
    }
}

TEST_CASE("each piece of an upload leaves before the next one comes") {
    TestBed bed(kPolicy);
    const bool chunked = GENERATE(false, true);
    Peer client = bed.connect();
    client.send("POST / HTTP/1.1\r\n" + kHost +
                (chunked ? "Transfer-Encoding: chunked\r\n\r\n" : "Content-Length: 40\r\n\r\n"));
    Peer upstream = bed.accept_upstream();
    (void)upstream.receive_until("\r\n\r\n");
    for (int i = 0; i < 10; ++i) {
        const std::string piece = "no " + std::to_string(i);
        client.send(chunked ? "4\r\n" + piece + "\r\n" : piece);
        (void)upstream.receive_until(piece);
    }
}
