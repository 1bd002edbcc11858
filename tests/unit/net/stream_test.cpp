// Streams over an edge-triggered poller: nothing that happens is missed, whenever it happens.
#include "net/stream.hpp"

#include <netinet/tcp.h>

#include <array>
#include <cerrno>
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

TEST_CASE("bytes are read whether they came before the post, before the loop looked, or after") {
    LoopBed bed;
    auto [stream, peer] = bed.connection();
    std::array<char, 100> space;
    SECTION("before") {
        peer.send("hello");
    }
    SECTION("before, and the loop has looked") {
        peer.send("hello");
        bed.run_ready();
    }
    SECTION("after") {
        bed.run_ready();
        std::optional<IoResult> result;
        stream.start_read(space, milliseconds{0});
        spawn(take_read(stream, result), no_escape);
        bed.run_ready();
        CHECK_FALSE(result);
        peer.send("x");
        bed.run_until([&] { return result.has_value(); });
        CHECK(result->bytes == 1);
        peer.send("hello");
    }
    const IoResult result = read(bed, stream, space);
    CHECK(result.ok());
    CHECK(std::string(space.data(), result.bytes) == "hello");
}

TEST_CASE("a result that nobody awaited yet is kept") {
    LoopBed bed;
    auto [stream, peer] = bed.connection();
    std::array<char, 100> space;
    stream.start_read(space, milliseconds{0});
    CHECK(stream.read_pending());
    peer.send("hello");
    bed.run_until([&] { return stream.read_ready(); });
    std::optional<IoResult> result;
    spawn(take_read(stream, result), no_escape);
    REQUIRE(result);
    CHECK(result->bytes == 5);
    CHECK_FALSE(stream.read_ready());
}

TEST_CASE("bytes and then the end, in whatever portions they are read") {
    LoopBed bed;
    auto [stream, peer] = bed.connection();
    const std::size_t portion = GENERATE(1u, 4u, 5u, 100u);
    std::vector<char> space(portion);
    peer.send("hello");
    peer.half_close();
    std::string text;
    IoResult result;
    while ((result = read(bed, stream, space)).ok())
        text.append(space.data(), result.bytes);
    CHECK(text == "hello");
    CHECK(result.error == IoError::eof);
    CHECK(read(bed, stream, space).error == IoError::eof);  // and again
}

TEST_CASE("an end that comes after the bytes were read") {
    LoopBed bed;
    auto [stream, peer] = bed.connection();
    std::array<char, 100> space;
    peer.send("hello");
    CHECK(read(bed, stream, space).bytes == 5);
    peer.half_close();
    CHECK(read(bed, stream, space).error == IoError::eof);
}

TEST_CASE("a reset is told, after the bytes before it") {
    LoopBed bed;
    auto [stream, peer] = bed.connection();
    std::array<char, 100> space;
    peer.send("hello");
    peer.reset();
    SECTION("to a read") {}
    SECTION("after a wait") {
        CHECK(wait(bed, stream).ok());
    }
    CHECK(read(bed, stream, space).bytes == 5);
    CHECK(read(bed, stream, space).error == IoError::reset);
    CHECK(stream.is_broken());
}

TEST_CASE("a reset that a write was told of is no end for the reader") {
    LoopBed bed;
    auto [stream, peer] = bed.connection();
    std::array<char, 100> space;
    bed.run_ready();
    peer.reset();
    CHECK(write(bed, stream, "x").error == IoError::reset);  // takes the socket's error with it
    CHECK(read(bed, stream, space).error == IoError::reset);
}

TEST_CASE("a write behind the own end says nothing about the peer's") {
    LoopBed bed;
    auto [stream, peer] = bed.connection();
    std::array<char, 100> space;
    stream.shutdown_send();
    CHECK_FALSE(write(bed, stream, "x").ok());
    CHECK_FALSE(stream.is_broken());
    peer.half_close();
    CHECK(read(bed, stream, space).error == IoError::eof);
}

TEST_CASE("pieces do not wait for an acknowledgement") {
    LoopBed bed;
    auto [stream, peer] = bed.connection();
    int at_once = 0;
    socklen_t size = sizeof at_once;
    REQUIRE(::getsockopt(stream.descriptor(), IPPROTO_TCP, TCP_NODELAY, &at_once, &size) == 0);
    CHECK(at_once != 0);
}

TEST_CASE("a wait takes no bytes") {
    LoopBed bed;
    auto [stream, peer] = bed.connection();
    std::array<char, 100> space;
    peer.send("hello");
    CHECK(wait(bed, stream).ok());
    CHECK(wait(bed, stream).ok());
    CHECK(stream.has_unread());
    CHECK(read(bed, stream, space).bytes == 5);
    CHECK_FALSE(stream.has_unread());
}

TEST_CASE("deadlines of reads and waits") {
    LoopBed bed;
    auto [stream, peer] = bed.connection();
    std::array<char, 100> space;
    const auto start = steady_clock::now();
    CHECK(read(bed, stream, space, milliseconds{150}).error == IoError::timed_out);
    CHECK(steady_clock::now() - start >= milliseconds{150});
    // The stream lives on, and the next read has a deadline of its own.
    peer.send("hello");
    CHECK(read(bed, stream, space, milliseconds{10'000}).bytes == 5);
    std::optional<IoResult> result;
    stream.start_wait(milliseconds{10'000});
    stream.read_within(milliseconds{100});
    spawn(take_read(stream, result), no_escape);
    bed.run_until([&] { return result.has_value(); });
    CHECK(result->error == IoError::timed_out);
}

TEST_CASE("a cancelled read ends, but not over bytes that came before") {
    LoopBed bed;
    auto [stream, peer] = bed.connection();
    std::array<char, 100> space;
    std::optional<IoResult> result;
    const bool waits = GENERATE(false, true);
    const auto post = [&, &stream = stream] {
        result.reset();
        if (waits) {
            stream.start_wait(milliseconds{0});
        } else {
            stream.start_read(space, milliseconds{0});
        }
        spawn(take_read(stream, result), no_escape);
    };
    post();
    stream.cancel_read();
    CHECK_FALSE(result);  // never from inside the call
    bed.run_until([&] { return result.has_value(); });
    CHECK(result->error == IoError::cancelled);
    post();
    peer.send("hello");  // in the socket, but the loop has not heard of it
    stream.cancel_read();
    bed.run_until([&] { return result.has_value(); });
    CHECK(result->ok());
    if (waits) CHECK(read(bed, stream, space).bytes == 5);
    stream.cancel_read();  // nothing pending: nothing happens
    bed.run_ready();
    post();
    bed.run_ready();
    CHECK_FALSE(result);
    stream.close();
    bed.run_until([&] { return result.has_value(); });
}

TEST_CASE("a read that is cancelled while events are told still gets bytes that no event has told of") {
    struct Canceller final : StreamObserver {
        Stream* stream = nullptr;
        RawPeer* peer = nullptr;
        void disturbed(Disturbance) noexcept override {
            if (stream == nullptr) return;
            peer->send("hello");
            std::exchange(stream, nullptr)->cancel_read();
        }
    } canceller;
    LoopBed bed;
    auto [first, first_peer] = bed.connection();
    auto [second, second_peer] = bed.connection();
    first.observe(&canceller);
    bed.run_ready();
    std::array<char, 100> space;
    std::optional<IoResult> result;
    const bool waits = GENERATE(false, true);
    if (waits) {
        second.start_wait(milliseconds{0});
    } else {
        second.start_read(space, milliseconds{0});
    }
    spawn(take_read(second, result), no_escape);
    canceller.stream = &second;
    canceller.peer = &second_peer;
    first_peer.send("x");
    bed.run_until([&] { return result.has_value(); });
    CHECK(result->ok());
    if (waits) result = read(bed, second, space);
    CHECK(result->bytes == 5);
}

TEST_CASE("a close ends what is pending") {
    LoopBed bed;
    auto [stream, peer] = bed.connection();
    std::array<char, 100> space;
    std::optional<IoResult> read_result, write_result;
    stream.start_read(space, milliseconds{0});
    spawn(take_read(stream, read_result), no_escape);
    const std::string much(64 << 20, 'x');
    const std::array<std::string_view, 1> pieces{much};
    spawn(take_write(stream.write_all(pieces, milliseconds{0}), write_result), no_escape);
    bed.run_ready();
    REQUIRE_FALSE(write_result);
    stream.close();
    CHECK_FALSE(read_result);
    bed.run_until([&] { return read_result && write_result; });
    CHECK(read_result->error == IoError::cancelled);
    CHECK(write_result->error == IoError::cancelled);
    CHECK_FALSE(stream.is_open());
    CHECK(read(bed, stream, space).error == IoError::cancelled);
    CHECK(write(bed, stream, "x").error == IoError::cancelled);
}

TEST_CASE("a stream may go with a read pending, also while events of its batch are told") {
    LoopBed bed;
    std::array<char, 100> space;
    {
        auto [stream, peer] = bed.connection();
        stream.start_read(space, milliseconds{100});
        peer.send("hello");
    }
    bed.run_ready();
    auto [first, first_peer] = bed.connection();
    auto [second, second_peer] = bed.connection();
    Observer observer;
    observer.destroys = &second;
    first.observe(&observer);
    Observer other;
    other.destroys = &first;
    second.observe(&other);
    bed.run_ready();
    first_peer.send("x");
    second_peer.send("x");
    bed.run_until([&] { return observer.seen.size() + other.seen.size() > 0; });
    bed.run_ready();
    CHECK(observer.seen.size() + other.seen.size() == 1);  // whoever is first takes the other with it
}
