// Who has been retired hears nothing any more, and is deleted once nothing can point at it.
#include "net/poller.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "catch.hpp"
#include "loop_bed.hpp"

using namespace corsd::net;
using namespace corsd::tests;

namespace {

/// What happened to the pollables of a test.
struct Seen {
    int ready = 0, deferred = 0, deleted = 0;
};

/// Retires another one as soon as it is told of anything.
struct Probe final : Pollable {
    Probe(Poller& of, Seen& record) : poller(of), seen(record) {}
    ~Probe() override { ++seen.deleted; }
    void ready(std::uint32_t) noexcept override {
        ++seen.ready;
        retire_other();
    }
    void deferred() noexcept override {
        ++seen.deferred;
        retire_other();
    }
    void retire_other() noexcept {
        if (other != nullptr) poller.retire(std::exchange(other, nullptr));
    }
    Poller& poller;
    Seen& seen;
    Probe* other = nullptr;
};

/// Two probes, each with an end of a pair of sockets. The first that is told anything retires the other.
struct Bed : LoopBed {
    Bed() {
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
        for (std::size_t i = 0; i < 2; ++i)
            probes[i] = new Probe(poller, seen[i]);
        probes[0]->other = probes[1];
        probes[1]->other = probes[0];
    }
    ~Bed() {
        for (const int end : ends)
            ::close(end);
    }
    Bed(const Bed&) = delete;
    Bed& operator=(const Bed&) = delete;
    [[nodiscard]] int sum(int Seen::*what) const { return seen[0].*what + seen[1].*what; }

    std::array<int, 2> ends{};
    std::array<Seen, 2> seen;
    std::array<Probe*, 2> probes{};
};

}  // namespace

TEST_CASE("events of a batch are not told to who is retired by one of them") {
    Bed bed;
    for (std::size_t i = 0; i < 2; ++i)
        REQUIRE(bed.poller.add(bed.ends[i], *bed.probes[i]));
    bed.run_until([&] { return bed.sum(&Seen::ready) > 0; });
    bed.run_ready();
    CHECK(bed.sum(&Seen::ready) == 1);  // both were writable
    CHECK(bed.sum(&Seen::deleted) == 1);
    bed.poller.retire(bed.probes[bed.seen[0].deleted != 0 ? 1 : 0]);
    bed.run_ready();
    CHECK(bed.sum(&Seen::deleted) == 2);
}

TEST_CASE("who was deferred and is retired has no turn") {
    Bed bed;
    for (Probe* probe : bed.probes)
        bed.poller.defer(*probe);
    bed.run_until([&] { return bed.sum(&Seen::deferred) > 0; });
    bed.run_ready();
    CHECK(bed.sum(&Seen::deferred) == 1);
    CHECK(bed.sum(&Seen::deleted) == 1);
    Probe& left = *bed.probes[bed.seen[0].deleted != 0 ? 1 : 0];
    bed.poller.defer(left);  // once more, and so often
    bed.run_until([&] { return bed.sum(&Seen::deferred) == 2; });
    bed.poller.retire(&left);
    bed.run_ready();
    CHECK(bed.sum(&Seen::deleted) == 2);
}
