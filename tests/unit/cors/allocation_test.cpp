// Section 8 of the policy: deciding allocates nothing outside RE2.
#include <string>

#include "catch.hpp"
#include "counting_new.hpp"
#include "making.hpp"

using namespace corsd::cors;
using making::Ask;

TEST_CASE("deciding allocates nothing") {
    const std::string before = "a string that does not fit into its own object, so that counting is seen to work";
    const std::size_t start = allocations;
    const std::string copy = before;
    REQUIRE(allocations > start);

    PolicySource source = making::source({"https://app.test", "https://*.app.test", "http://localhost:*"},
                                         {"GET", "PUT"}, {"Content-Type", "Authorization", "X-A"});
    source.credentials = Option::on;
    source.expose_headers = {"X-Total", "X-Page"};
    const Governed governed = making::governed({source, making::source({"https://app.test"}, {"POST"})});
    const std::vector<Ask> asks = {
        Ask(),
        Ask().origin("https://app.test"),
        Ask("POST").origin("https://deep.er.app.test").site("cross-site"),
        Ask("PUT").origin("http://localhost:3000").overrides("DELETE"),
        Ask("DELETE").origin("https://evil.test"),
        Ask("OPTIONS").origin("https://app.test").requests("PUT").headers("x-a, AUTHORIZATION,content-type"),
        Ask("OPTIONS").origin("https://app.test").requests("PUT").headers("x-a").headers("x-other"),
        Ask("POST").origin("null"),
        Ask("POST").origin("https://a.test, https://b.test"),
        Ask("POST").origin("https://a.test").origin("https://b.test")};
    Scratch scratch;
    std::size_t refused = 0;
    const std::size_t warm = allocations;
    for (int round = 0; round < 100; ++round) {
        for (const Ask& ask : asks)
            refused += decide(governed, ask.question, scratch).action == Action::refuse ? 1 : 0;
    }
    const std::size_t counted = allocations - warm;
    CHECK(counted == 0);
    CHECK(refused == 700);
}
