#include "ops/watchdog.hpp"

#include <utility>

#include "catch.hpp"

using namespace corsd::ops;
using std::chrono::seconds;

namespace {

/// Workers that run what is posted when they are told to.
struct Workers {
    std::vector<std::vector<std::function<void()>>> queues{2};
    Watchdog watchdog{
        2, [this](std::size_t index, std::function<void()> call) { queues[index].push_back(std::move(call)); }};
    Watchdog::Clock::time_point now{};

    void run(std::size_t index) {
        for (const auto& call : std::exchange(queues[index], {}))
            call();
    }
};

}  // namespace

TEST_CASE("workers that answer are fine, however rarely one asks") {
    Workers workers;
    for (int round = 0; round < 3; ++round) {
        CHECK_FALSE(workers.watchdog.ask(workers.now));
        workers.run(0);
        workers.run(1);
        workers.now += seconds{3600};
    }
}

TEST_CASE("a worker that does not get to a call is stuck after the patience, and no sooner") {
    Workers workers;
    CHECK_FALSE(workers.watchdog.ask(workers.now));
    workers.run(0);
    CHECK_FALSE(workers.watchdog.ask(workers.now + Watchdog::kPatience - seconds{1}));
    const auto stuck = workers.watchdog.ask(workers.now + Watchdog::kPatience);
    REQUIRE(stuck);
    CHECK(*stuck == 1);
    CHECK(workers.queues[1].size() == 1);  // one call waits, not one for each question
    workers.run(1);
    workers.run(0);
    CHECK_FALSE(workers.watchdog.ask(workers.now + 2 * Watchdog::kPatience));
}

TEST_CASE("a worker that has ended need not answer") {
    Workers workers;
    CHECK_FALSE(workers.watchdog.ask(workers.now));
    workers.run(0);
    workers.watchdog.forget(1);
    CHECK_FALSE(workers.watchdog.ask(workers.now + 2 * Watchdog::kPatience));
}
