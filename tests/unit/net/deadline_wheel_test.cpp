// Deadlines fire, once, and never early. How late they fire depends on the machine and is not judged here.
#include "net/deadline_wheel.hpp"

#include <memory>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "loop_bed.hpp"

namespace {

using namespace corsd::net;
using corsd::tests::LoopBed;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

struct Alarm final : Deadline {
    void arm(DeadlineWheel& the_wheel, milliseconds after) {
        due = steady_clock::now() + after;
        wheel = &the_wheel;
        the_wheel.arm(*this, after);
    }
    void expired() noexcept override {
        ++fired;
        early = early || steady_clock::now() < due;
        if (victim != nullptr) victim->reset();
        if (again-- > 0) arm(*wheel, milliseconds{100});
    }
    steady_clock::time_point due{};
    DeadlineWheel* wheel = nullptr;
    int fired = 0, again = 0;
    bool early = false;
    std::unique_ptr<Alarm>* victim = nullptr;
};

}  // namespace

TEST_CASE("a deadline fires once and not early") {
    LoopBed bed;
    const int after = GENERATE(1, 49, 50, 51, 99, 100, 101, 200, 450);
    Alarm alarm;
    alarm.arm(bed.wheel, milliseconds{after});
    CHECK(alarm.armed());
    bed.run_until([&] { return alarm.fired > 0; });
    CHECK_FALSE(alarm.early);
    CHECK_FALSE(alarm.armed());
    Alarm later;
    later.arm(bed.wheel, milliseconds{500});
    bed.run_until([&] { return later.fired > 0; });
    CHECK(alarm.fired == 1);
}

TEST_CASE("a deadline that is armed while the loop is behind does not fire early") {
    // The wheel's own clock lags by what the thread was away: every part of a tick up to three.
    const int away = GENERATE(110, 190, 210, 250, 290, 299, 310, 390);
    LoopBed bed;
    Alarm first;
    first.arm(bed.wheel, milliseconds{100});
    bed.run_ready();
    std::this_thread::sleep_for(milliseconds{away});
    Alarm alarm;
    alarm.arm(bed.wheel, milliseconds{100});
    bed.run_until([&] { return alarm.fired > 0; });
    CHECK_FALSE(alarm.early);
    CHECK_FALSE(first.early);
}

TEST_CASE("arming again moves the deadline either way") {
    LoopBed bed;
    Alarm out, in;
    out.arm(bed.wheel, milliseconds{100});
    out.arm(bed.wheel, milliseconds{600});
    in.arm(bed.wheel, std::chrono::hours{10});
    in.arm(bed.wheel, milliseconds{100});
    bed.run_until([&] { return in.fired > 0; });
    CHECK(out.fired == 0);
    CHECK_FALSE(in.early);
    bed.run_until([&] { return out.fired > 0; });
    CHECK_FALSE(out.early);
}

TEST_CASE("a disarmed deadline is silent, and zero means no bound") {
    LoopBed bed;
    Alarm disarmed, unbounded, clock;
    disarmed.arm(bed.wheel, milliseconds{100});
    disarmed.disarm();
    unbounded.arm(bed.wheel, milliseconds{100});
    unbounded.arm(bed.wheel, milliseconds{0});
    clock.arm(bed.wheel, milliseconds{600});
    bed.run_until([&] { return clock.fired > 0; });
    CHECK(disarmed.fired == 0);
    CHECK(unbounded.fired == 0);
    CHECK_FALSE(unbounded.armed());
}

TEST_CASE("a deadline may go while it is linked, also at the hand of its neighbour") {
    LoopBed bed;
    auto gone = std::make_unique<Alarm>();
    gone->arm(bed.wheel, milliseconds{100});
    gone.reset();
    auto neighbour = std::make_unique<Alarm>();
    Alarm killer;
    killer.victim = &neighbour;
    killer.arm(bed.wheel, milliseconds{100});
    neighbour->arm(bed.wheel, milliseconds{100});
    bed.run_until([&] { return killer.fired > 0; });
    CHECK(neighbour == nullptr);
}

TEST_CASE("what expires may arm itself again") {
    LoopBed bed;
    Alarm alarm;
    alarm.again = 3;
    alarm.arm(bed.wheel, milliseconds{100});
    bed.run_until([&] { return alarm.fired == 4; });
    CHECK_FALSE(alarm.early);
}

TEST_CASE("a deadline beyond one turn of the wheel is kept") {
    // 1 024 slots of 50 ms are 51 s: the wheel is not waited for, but a far deadline survives that others fire, and
    // it can be brought near.
    LoopBed bed;
    Alarm far, near;
    far.arm(bed.wheel, std::chrono::seconds{1000});
    near.arm(bed.wheel, milliseconds{300});
    bed.run_until([&] { return near.fired > 0; });
    CHECK(far.fired == 0);
    far.arm(bed.wheel, milliseconds{100});
    bed.run_until([&] { return far.fired > 0; });
    CHECK_FALSE(far.early);
}

TEST_CASE("a wheel that ran empty starts again, and its end lets run() return") {
    LoopBed bed;
    Alarm first, second;
    first.arm(bed.wheel, milliseconds{1});
    bed.run_until([&] { return first.fired > 0; });
    second.arm(bed.wheel, milliseconds{1});
    bed.run_until([&] { return second.fired > 0; });
    CHECK_FALSE(second.early);
    Alarm last;
    last.arm(bed.wheel, milliseconds{100});
    bed.wheel.stop();
    bed.poller.stop();
    bed.io.run();
    CHECK(last.fired == 0);
}
