#include "telemetry/byte_ring.hpp"

#include <string>
#include <thread>

#include "catch.hpp"

using corsd::telemetry::ByteRing;

namespace {

bool push(ByteRing& ring, std::string_view record) {
    char* const place = ring.reserve(record.size());
    if (place == nullptr) return false;
    std::memcpy(place, record.data(), record.size());
    ring.commit(record.size());
    return true;
}

std::string pop_all(ByteRing& ring) {
    const auto pieces = ring.readable();
    std::string out(pieces[0]);
    out += pieces[1];
    ring.consume(out.size());
    return out;
}

}  // namespace

TEST_CASE("byte ring: records come out whole at every offset of the wrap-around", "[ring]") {
    constexpr std::size_t kCapacity = 64;
    const std::string record = "0123456789abcdefghijklmnopqrstuvwxyz";
    for (std::size_t offset = 0; offset <= kCapacity; ++offset) {
        for (std::size_t size = 1; size <= record.size(); ++size) {
            ByteRing ring(kCapacity, kCapacity);
            REQUIRE(push(ring, std::string(offset, '.')));
            ring.consume(offset);
            REQUIRE(push(ring, std::string_view(record).substr(0, size)));
            INFO("offset " << offset << ", size " << size);
            REQUIRE(pop_all(ring) == record.substr(0, size));
        }
    }
}

TEST_CASE("byte ring: a reservation larger than the record costs nothing of the ring", "[ring]") {
    ByteRing ring(64, 64);
    for (int round = 0; round < 100; ++round) {
        char* const place = ring.reserve(60);
        REQUIRE(place != nullptr);
        std::memset(place, '#', 60);  // as a formatter that runs past its end
        std::memcpy(place, "abc", 3);
        ring.commit(3);
        REQUIRE(pop_all(ring) == "abc");
    }
}

TEST_CASE("byte ring: full means full, and reading makes room", "[ring]") {
    ByteRing ring(64, 32);
    CHECK(ring.capacity() == 64);
    CHECK(ring.reserve(33) == nullptr);
    CHECK_FALSE(ring.over_half());
    REQUIRE(push(ring, std::string(32, 'a')));
    CHECK_FALSE(ring.over_half());
    REQUIRE(push(ring, std::string(31, 'b')));
    CHECK(ring.over_half());
    CHECK_FALSE(push(ring, "cc"));
    REQUIRE(push(ring, "c"));
    CHECK_FALSE(push(ring, "d"));
    ring.consume(1);
    REQUIRE(push(ring, "d"));
    CHECK(pop_all(ring) == std::string(31, 'a') + std::string(31, 'b') + "cd");
    CHECK_FALSE(ring.over_half());
}

TEST_CASE("byte ring: two threads never see a torn record", "[ring]") {
    ByteRing ring(1024, 256);
    constexpr int kRecords = 200000;
    std::thread producer([&] {
        for (int number = 0; number < kRecords;) {
            const std::string text = std::to_string(number);
            const std::string record = text + std::string(static_cast<std::size_t>(number % 97), 'x') + "\n";
            if (push(ring, record)) {
                ++number;
            } else {
                std::this_thread::yield();
            }
        }
    });
    std::string line;
    int expected = 0;
    bool intact = true;
    while (expected < kRecords) {
        const std::string batch = pop_all(ring);
        if (batch.empty()) std::this_thread::yield();
        intact = intact && (batch.empty() || batch.back() == '\n');
        for (const char c : batch) {
            if (c != '\n') {
                line += c;
                continue;
            }
            const std::string wanted =
                std::to_string(expected) + std::string(static_cast<std::size_t>(expected % 97), 'x');
            intact = intact && line == wanted;
            line.clear();
            ++expected;
        }
    }
    producer.join();
    CHECK(intact);
    CHECK(expected == kRecords);
}
