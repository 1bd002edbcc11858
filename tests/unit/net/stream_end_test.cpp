// Streams that are observed, written to, exhausted and dialled.
#include "net/stream.hpp"

#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "catch.hpp"
#include "loop_bed.hpp"
#include "net/socket_address.hpp"
#include "stream_calls.hpp"

using namespace corsd::net;
using namespace corsd::tests;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

TEST_CASE("an observer hears what nobody awaits, and may destroy the stream") {
    LoopBed bed;
    auto [stream, peer] = bed.connection();
    Observer observer;
    stream.observe(&observer);
    bed.run_ready();
    observer.seen.clear();
    SECTION("bytes") {
        peer.send("x");
        bed.run_until([&] { return !observer.seen.empty(); });
        CHECK(observer.seen.back() == Disturbance::readable);
    }
    SECTION("a reset") {
        peer.reset();
        bed.run_until([&] { return !observer.seen.empty(); });
        CHECK(observer.seen.back() == Disturbance::reset);
    }
    SECTION("the end of a wait") {
        stream.start_wait(milliseconds{100});
        bed.run_until([&] { return !observer.seen.empty(); });
        CHECK(observer.seen.back() == Disturbance::timed_out);
    }
    SECTION("a wait that is taken back") {
        stream.start_wait(milliseconds{100});
        stream.end_wait();
        std::array<char, 10> space;
        CHECK(read(bed, stream, space, milliseconds{300}).error == IoError::timed_out);
        CHECK(observer.seen.empty());
    }
    SECTION("and destroys") {
        observer.destroys = &stream;
        peer.send("x");
        bed.run_until([&] { return !observer.seen.empty(); });
        CHECK_FALSE(stream);
    }
}

TEST_CASE("a write waits for a slow reader and loses nothing") {
    LoopBed bed;
    auto [stream, peer] = bed.connection();
    std::string much(8 << 20, '\0');
    for (std::size_t i = 0; i < much.size(); ++i)
        much[i] = static_cast<char>(i * 7 >> 3);
    std::optional<IoResult> result;
    const std::string_view text{much};
    const std::array<std::string_view, 6> pieces{
        text.substr(0, 1), "", text.substr(1, 1000), text.substr(1001, 4 << 20), text.substr(1001 + (4 << 20)), ""};
    spawn(take_write(stream.write_all(pieces, milliseconds{10'000}), result), no_escape);
    CHECK_FALSE(result);
    std::string got;
    while (got.size() < much.size()) {
        const std::string part = peer.receive();
        got += part;
        if (part.empty()) bed.run_until([&, once = 0]() mutable { return once++ > 0 || result; });
    }
    bed.run_until([&] { return result.has_value(); });
    CHECK(result->ok());
    CHECK(result->bytes == much.size());
    CHECK(got == much);
}

TEST_CASE("a write that makes no progress ends by its deadline") {
    LoopBed bed;
    auto [stream, peer] = bed.connection();
    const std::string much(64 << 20, 'x');
    const std::array<std::string_view, 1> pieces{much};
    std::optional<IoResult> result;
    const auto start = steady_clock::now();
    spawn(take_write(stream.write_all(pieces, milliseconds{150}), result), no_escape);
    bed.run_until([&] { return result.has_value(); });
    CHECK(result->error == IoError::timed_out);
    CHECK(steady_clock::now() - start >= milliseconds{150});
}

TEST_CASE("a write to a peer that resets ends") {
    LoopBed bed;
    auto [stream, peer] = bed.connection();
    const std::string much(64 << 20, 'x');
    const std::array<std::string_view, 1> pieces{much};
    std::optional<IoResult> result;
    spawn(take_write(stream.write_all(pieces, milliseconds{0}), result), no_escape);
    bed.run_ready();
    CHECK_FALSE(result);
    peer.reset();
    bed.run_until([&] { return result.has_value(); });
    CHECK(result->error == IoError::reset);
}

TEST_CASE("a stream that never runs dry gives way to the others") {
    LoopBed bed;
    auto [busy, busy_peer] = bed.connection();
    auto [other, other_peer] = bed.connection();
    busy_peer.send(std::string(100'000, 'x'));
    bed.run_ready();
    std::size_t at_once = 0;
    std::array<char, 1> byte;
    for (; at_once < 100'000; ++at_once) {
        busy.start_read(byte, milliseconds{0});
        if (busy.read_pending()) break;
        std::optional<IoResult> result;
        spawn(take_read(busy, result), no_escape);
        REQUIRE(result);
    }
    CHECK(at_once > 0);
    CHECK(at_once < 1000);
    std::optional<IoResult> result;
    spawn(take_read(busy, result), no_escape);
    bed.run_until([&] { return result.has_value(); });  // its turn comes without any event
    CHECK(result->bytes == 1);
}

TEST_CASE("dialling") {
    LoopBed bed;
    std::optional<IoResult> result;
    const int listening = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto any = SocketAddress::ip("127.0.0.1", 0);
    REQUIRE(::bind(listening, any->data(), any->size()) == 0);
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    ::getsockname(listening, reinterpret_cast<sockaddr*>(&bound), &size);
    const SocketAddress address{reinterpret_cast<const sockaddr*>(&bound), size};
    SECTION("someone listens") {
        REQUIRE(::listen(listening, 1) == 0);
        Stream stream = Stream::dial(bed.loop(), address, milliseconds{5000});
        spawn(take_write(stream.connected(), result), no_escape);
        bed.run_until([&] { return result.has_value(); });
        CHECK(result->ok());
        CHECK(write(bed, stream, "x").ok());
    }
    SECTION("nobody listens") {
        Stream stream = Stream::dial(bed.loop(), address, milliseconds{5000});
        spawn(take_write(stream.connected(), result), no_escape);
        bed.run_until([&] { return result.has_value(); });
        CHECK(result->error == IoError::refused);
    }
    SECTION("a Unix socket that is not there") {
        Stream stream =
            Stream::dial(bed.loop(), *SocketAddress::unix_socket("/nonexistent/socket"), milliseconds{5000});
        spawn(take_write(stream.connected(), result), no_escape);
        REQUIRE(result);
        CHECK(result->error == IoError::refused);
    }
    SECTION("a Unix socket with a full queue") {
        // An abstract name, which no file is left behind of.
        sockaddr_un name{AF_UNIX, {}};
        const std::string text = "corsd-full-queue-" + std::to_string(::getpid());
        text.copy(name.sun_path + 1, text.size());
        const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + text.size());
        const SocketAddress full{reinterpret_cast<const sockaddr*>(&name), length};
        const int queue = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        REQUIRE(::bind(queue, full.data(), full.size()) == 0);
        REQUIRE(::listen(queue, 0) == 0);
        const Stream waiting = Stream::dial(bed.loop(), full, milliseconds{5000});
        Stream stream = Stream::dial(bed.loop(), full, milliseconds{5000});
        spawn(take_write(stream.connected(), result), no_escape);
        REQUIRE(result);
        CHECK(result->error == IoError::refused);
        ::close(queue);
    }
    SECTION("a full queue: the deadline ends it") {
        REQUIRE(::listen(listening, 0) == 0);
        std::vector<Stream> waiting;
        for (int i = 0; i < 4; ++i)
            waiting.push_back(Stream::dial(bed.loop(), address, milliseconds{5000}));
        const auto start = steady_clock::now();
        Stream stream = Stream::dial(bed.loop(), address, milliseconds{150});
        spawn(take_write(stream.connected(), result), no_escape);
        bed.run_until([&] { return result.has_value(); });
        CHECK(result->error == IoError::timed_out);
        CHECK(steady_clock::now() - start >= milliseconds{150});
    }
    ::close(listening);
}
