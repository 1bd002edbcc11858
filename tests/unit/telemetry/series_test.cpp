#include "telemetry/series.hpp"

#include <set>

#include "catch.hpp"

using namespace corsd;
using namespace corsd::telemetry;

namespace {

const Outcome kForwarded{DecisionKind::cross_origin, Decision::forward, Reason::none};
const Outcome kRefused{DecisionKind::cross_origin, Decision::refuse, Reason::origin_not_allowed};

SeriesLayout layout(std::vector<ResourceLabels> rows) {
    return {std::move(rows), {"shop"}, {"app"}};
}

}  // namespace

TEST_CASE("every decision has a cell of its own") {
    std::set<std::size_t> places;
    for (std::size_t kind = 0; kind < kDecisionKinds; ++kind) {
        for (std::size_t decision = 0; decision < kDecisions; ++decision) {
            for (std::size_t reason = 0; reason < kPolicyReasons; ++reason) {
                places.insert(DecisionCells::place(
                    {static_cast<DecisionKind>(kind), static_cast<Decision>(decision), static_cast<Reason>(reason)}));
            }
        }
    }
    CHECK(places.size() == DecisionCells{}.counts.size());
    CHECK(*places.rbegin() == places.size() - 1);
    // What is no policy's reason stays inside.
    CHECK(DecisionCells::place({DecisionKind::websocket, Decision::would_refuse, Reason::client_timeout}) <
          DecisionCells{}.counts.size());
}

TEST_CASE("workers count apart and are summed up") {
    ResourceSeries series({"shop", "/a", "enforce"}, 3);
    CHECK_FALSE(series.used());
    series.count(0, kForwarded);
    series.count(2, kForwarded);
    series.count(2, kRefused);
    CHECK(series.used());
    CHECK(series.total(kForwarded) == 2);
    CHECK(series.total(kRefused) == 1);
    CHECK(series.total({DecisionKind::preflight, Decision::preflight, Reason::none}) == 0);
}

TEST_CASE("rows with the same labels share a series, which is exposed once") {
    SeriesRegistry registry(1);
    const auto table = registry.arrange(layout({{"shop", "/a", "enforce"},
                                                {"shop", "/a", "report-only"},
                                                {"shop", "/a", "enforce"},
                                                {"shop", "", "enforce"}}));
    CHECK(table->resources().size() == 3);
    CHECK(&table->resource(0) == &table->resource(2));
    CHECK(&table->resource(0) != &table->resource(1));
    CHECK(&table->resource(0) != &table->resource(3));
    CHECK(table->sites().size() == 2);
    CHECK(table->site(0).name() == "shop");
    CHECK(table->site(1).name().empty());
}

TEST_CASE("a series goes on where its labels stay, at whatever index") {
    SeriesRegistry registry(2);
    const auto before = registry.arrange(layout({{"shop", "/a", "enforce"}, {"shop", "/b", "enforce"}}));
    before->resource(1).count(0, kForwarded);
    before->site(0).of(1).bytes_in.add(5);
    before->site(1).of(0).count_response(400);
    before->upstream(0).of(0).retries.add();
    SeriesLayout next{{{"shop", "/b", "enforce"}, {"shop", "/c", "enforce"}}, {"other", "shop"}, {"new", "app"}};
    const auto after = registry.arrange(next);
    CHECK(&registry.current() == after.get());
    CHECK(after->resource(0).total(kForwarded) == 1);
    CHECK(after->resource(1).total(kForwarded) == 0);
    CHECK(after->site(1).of(1).bytes_in.value() == 5);
    CHECK(after->site(2).of(0).responses[4].value() == 1);
    CHECK(after->upstream(1).of(0).retries.value() == 1);
    // Requests that began before the reload count where the next exposition looks.
    before->resource(1).count(1, kForwarded);
    CHECK(after->resource(0).total(kForwarded) == 2);
    // What is gone may still be counted by whoever holds the old table.
    before->resource(0).count(0, kForwarded);
    CHECK(after->resources().size() == 2);
}

TEST_CASE("what a reload left out begins at zero when it comes back") {
    SeriesRegistry registry(1);
    registry.arrange(layout({{"shop", "/a", "enforce"}}))->resource(0).count(0, kForwarded);
    (void)registry.arrange(layout({{"shop", "/b", "enforce"}}));
    CHECK(registry.arrange(layout({{"shop", "/a", "enforce"}}))->resource(0).total(kForwarded) == 0);
}

TEST_CASE("responses count by the class of their status") {
    SiteCounters counters;
    for (const unsigned status : {0U, 100U, 204U, 200U, 304U, 404U, 599U, 600U, 65535U})
        counters.count_response(status);
    CHECK(counters.responses[0].value() == 3);
    CHECK(counters.responses[1].value() == 1);
    CHECK(counters.responses[2].value() == 2);
    CHECK(counters.responses[5].value() == 1);
    counters.bytes_out.add(10);
    counters.bytes_out.subtract(4);
    CHECK(counters.bytes_out.value() == 6);
    CHECK(sizeof(SiteCounters) % 64 == 0);
}

TEST_CASE("only an upstream's own failures count as its") {
    UpstreamCounters counters;
    counters.count_failure(Reason::upstream_unreachable);
    counters.count_failure(Reason::overloaded);
    counters.count_failure(Reason::client_timeout);
    counters.count_failure(Reason::bad_request);
    counters.count_failure(Reason::none);
    std::uint64_t sum = 0;
    for (const Counter& failure : counters.failures)
        sum += failure.value();
    CHECK(sum == 2);
    CHECK(counters.failures.front().value() == 1);
    CHECK(counters.failures.back().value() == 1);
}
