#include "net/pace.hpp"

#include <chrono>

#include "catch.hpp"

using corsd::net::Pace;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_CASE("no rate: no bound but the caller's") {
    Pace pace;
    pace.moved(0, seconds{1000});
    CHECK_FALSE(pace.asked());
    CHECK_FALSE(pace.too_slow());
    CHECK(pace.bound(milliseconds{0}) == milliseconds{0});
    CHECK(pace.bound(milliseconds{70}) == milliseconds{70});
}

TEST_CASE("a peer may fall behind by the slack, and no further") {
    Pace pace;
    pace.begin(1000);
    CHECK(pace.bound(milliseconds{0}) == Pace::kSlack);
    CHECK(pace.bound(milliseconds{70}) == milliseconds{70});
    pace.moved(0, Pace::kSlack - milliseconds{1});
    CHECK_FALSE(pace.too_slow());
    CHECK(pace.bound(seconds{30}) == milliseconds{1});
    pace.moved(500, milliseconds{0});
    CHECK(pace.bound(seconds{30}) == milliseconds{501});
    pace.moved(1, milliseconds{502});
    CHECK(pace.too_slow());
    pace.begin(1000);
    CHECK_FALSE(pace.too_slow());
}

TEST_CASE("who keeps the rate is never too slow, and saves up no more than the slack") {
    Pace pace;
    pace.begin(10);
    for (int tenths = 0; tenths < 1000; ++tenths)
        pace.moved(1, milliseconds{100});
    CHECK(pace.bound(seconds{30}) == Pace::kSlack);
    pace.moved(~0ULL, milliseconds{0});
    CHECK(pace.bound(seconds{30}) == Pace::kSlack);
    for (int tenths = 0; tenths < 60; ++tenths)
        pace.moved(tenths % 2, milliseconds{100});  // half of it
    CHECK(pace.too_slow());
}

TEST_CASE("the largest rate does not overflow") {
    Pace pace;
    pace.begin(1U << 30U);
    pace.moved((3ULL << 30U) - 1, seconds{2});
    CHECK(pace.bound(seconds{30}) == Pace::kSlack);
}
