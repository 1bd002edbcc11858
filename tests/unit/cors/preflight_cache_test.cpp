// What browsers remember of preflights (Fetch 4.9), alone and in front of decide(): while a policy stays as it is, a
// page fares with it as it would without.
#include "cors/preflight_cache.hpp"

#include <cstdlib>
#include <random>
#include <string>

#include "asked_page.hpp"
#include "catch.hpp"
#include "making.hpp"

using namespace corsd::cors;
using std::chrono::seconds;

namespace {

const PreflightKey kPlain{"https://a.test", "https://api.test/x", Credentials::omitted};
const PreflightKey kSecret{"https://a.test", "https://api.test/x", Credentials::included};

unsigned seed() {
    const char* given = std::getenv("CORSD_SEED");
    return given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : std::random_device{}();
}

}  // namespace

TEST_CASE("Fetch 4.9: methods and header names are remembered for an origin and a URL") {
    PreflightCache cache;
    CHECK_FALSE(cache.knows_method(kPlain, "PUT"));
    cache.remember(kPlain, "60", {"PUT", "patch"}, {"x-a"});
    CHECK(cache.knows_method(kPlain, "PUT"));
    CHECK(cache.knows_method(kPlain, "patch"));
    CHECK_FALSE(cache.knows_method(kPlain, "PATCH"));
    CHECK(cache.knows_header(kPlain, "X-A"));
    CHECK_FALSE(cache.knows_header(kPlain, "x-b"));
    CHECK_FALSE(cache.knows_header(kPlain, "PUT"));
    PreflightKey other = kPlain;
    other.origin = "https://b.test";
    CHECK_FALSE(cache.knows_method(other, "PUT"));
    other = kPlain;
    other.url = "https://api.test/y";
    CHECK_FALSE(cache.knows_method(other, "PUT"));
    cache.forget(kPlain);
    CHECK_FALSE(cache.knows_method(kPlain, "PUT"));
}

TEST_CASE("Fetch 4.9: what was allowed with credentials serves without, not the other way round") {
    PreflightCache cache;
    cache.remember(kPlain, "60", {"PUT"}, {});
    CHECK_FALSE(cache.knows_method(kSecret, "PUT"));
    cache.remember(kSecret, "60", {"DELETE"}, {});
    CHECK(cache.knows_method(kSecret, "DELETE"));
    CHECK(cache.knows_method(kPlain, "DELETE"));
}

TEST_CASE("Fetch 4.9: a star is any method, and any name but Authorization") {
    PreflightCache cache;
    cache.remember(kPlain, "60", {"*"}, {"*"});
    CHECK(cache.knows_method(kPlain, "PURGE"));
    CHECK(cache.knows_header(kPlain, "x-any"));
    CHECK_FALSE(cache.knows_header(kPlain, "Authorization"));
    cache.remember(kPlain, "60", {}, {"authorization"});
    CHECK(cache.knows_header(kPlain, "Authorization"));
}

TEST_CASE("Fetch 4.8: how long it is remembered") {
    const auto lives = [](const char* max_age) {
        PreflightCache cache;
        cache.remember(kPlain, max_age, {"PUT"}, {"x-a"});
        long lived = 0;
        while (cache.knows_method(kPlain, "PUT") && lived < 9000) {
            cache.pass(seconds{1});
            ++lived;
        }
        CHECK_FALSE(cache.knows_header(kPlain, "x-a"));
        return lived;
    };
    CHECK(lives("0") == 0);
    CHECK(lives("1") == 1);
    CHECK(lives("600") == 600);
    CHECK(lives("7200") == 7200);
    CHECK(lives("7201") == 7200);
    CHECK(lives("99999999999999999999999999") == 7200);
    for (const char* none : {"", "-1", "1.5", "60, 60", "x"})
        CHECK(lives(none) == 5);
}

TEST_CASE("Fetch 4.8: a later preflight sets the time anew, also to nothing") {
    PreflightCache cache;
    cache.remember(kPlain, "60", {"PUT"}, {});
    cache.pass(seconds{59});
    cache.remember(kPlain, "60", {"PUT"}, {});
    cache.pass(seconds{59});
    CHECK(cache.knows_method(kPlain, "PUT"));
    cache.remember(kPlain, "0", {"PUT"}, {});
    CHECK_FALSE(cache.knows_method(kPlain, "PUT"));
}

TEST_CASE("Fetch 4.1: when a request fails after all, its permission is forgotten") {
    PreflightCache cache;
    const PageRequest put{"https://a.test", "https://api.test/x", "PUT", {}, CredentialsMode::omit};
    bool readable = true;
    const Server server = [&](const WireRequest& wire) {
        WireResponse response;
        if (readable || wire.method == "OPTIONS") response.headers = {{"Access-Control-Allow-Origin", "*"}};
        response.headers.push_back({"Access-Control-Allow-Methods", "PUT"});
        response.headers.push_back({"Access-Control-Max-Age", "60"});
        return response;
    };
    CHECK(fetch(put, server, cache).preflighted);
    CHECK_FALSE(fetch(put, server, cache).preflighted);
    readable = false;
    CHECK(fetch(put, server, cache).outcome == PageOutcome::response_blocked);
    CHECK(fetch(put, server, cache).preflighted);
}

TEST_CASE("a page fares with remembered preflights as without, and is spared some") {
    const unsigned chosen = seed();
    WARN("seed " << chosen);
    std::mt19937 random(chosen);
    const auto pick = [&](const auto& from) { return from[random() % from.size()]; };
    const std::vector<std::vector<std::string>> origins = {
        {"https://a.test"}, {"https://a.test", "https://b.test"}, {"*"}};
    const std::vector<std::vector<std::string>> methods = {{"GET", "PUT"}, {"DELETE"}, {"*"}};
    const std::vector<std::vector<std::string>> allowed = {{}, {"X-A", "Authorization"}, {"*"}, {"*", "Authorization"}};
    const std::vector<std::string> pages = {"https://a.test", "https://b.test", "https://evil.test"};
    const std::vector<std::string> asked = {"GET", "POST", "PUT", "DELETE", "PURGE"};
    const std::vector<HeaderLines> sent = {{}, {{"X-A", "1"}}, {{"x-b", "1"}}, {{"Authorization", "x"}}};
    const std::vector<std::optional<seconds>> ages = {std::nullopt, seconds{0}, seconds{1}, seconds{60},
                                                      seconds{86400}};
    std::size_t preflights = 0, spared = 0, readable = 0, refused = 0;
    for (int round = 0; round < 800; ++round) {
        PolicySource source = making::source(pick(origins), pick(methods), pick(allowed));
        if (!source.origins.any() && random() % 2 == 0) source.credentials = Option::on;
        source.devtools_hints = random() % 4 == 0 ? Option::on : Option::off;
        source.minimal_disclosure = random() % 4 == 0 ? Option::on : Option::off;
        source.max_age = pick(ages);
        const Governed governed = making::governed(std::move(source));
        PreflightCache cache;
        for (int step = 0; step < 60; ++step) {
            const CredentialsMode credentials = random() % 2 == 0 ? CredentialsMode::include : CredentialsMode::omit;
            const PageRequest page{pick(pages), "https://api.test/x", pick(asked), pick(sent), credentials};
            const making::Asked without = making::ask(governed, page);
            const making::Asked remembering = making::ask(governed, page, cache);
            const PageResult &fresh = without.result, &with = remembering.result;
            const auto reads = [](const PageResult& result) {
                return result.outcome == PageOutcome::readable && result.status == 200;
            };
            CAPTURE(round, step, page.origin, page.method, static_cast<int>(credentials));
            // What is not asked about again is refused when it comes, not before: no answer of the upstream's either
            // way.
            const bool same = reads(with) == reads(fresh) && remembering.at_upstream == without.at_upstream &&
                              (!reads(fresh) || with.visible_headers == fresh.visible_headers);
            if (!same) FAIL("with remembered preflights the page fares otherwise");
            if (with.preflighted && !fresh.preflighted) FAIL("a preflight that nothing asks for");
            preflights += with.preflighted ? 1 : 0;
            spared += fresh.preflighted && !with.preflighted ? 1 : 0;
            ++(reads(with) ? readable : refused);
            if (random() % 3 == 0) cache.pass(seconds{random() % 90});
        }
    }
    CHECK(preflights > 1'000);
    CHECK(spared > 300);
    CHECK(readable > 1'000);
    CHECK(refused > 1'000);
}

TEST_CASE("a header of one entry goes to another without a preflight for as long as it is remembered") {
    // Browsers remember header names by URL and not by method, and POST itself is never asked about: so a list of
    // entries bounds the headers of its safelisted methods by all of its entries together.
    PolicySource put = making::source({"https://a.test"}, {"PUT"}, {"X-A"});
    PolicySource post = making::source({"https://a.test"}, {"POST"}, {});
    const Governed governed = making::governed({std::move(put), std::move(post)});
    const auto page = [](const char* method) {
        return PageRequest{"https://a.test", "https://api.test/x", method, {{"X-A", "1"}}, CredentialsMode::omit};
    };
    PreflightCache cache;
    CHECK(making::ask(governed, page("POST"), cache).result.outcome == PageOutcome::preflight_failed);
    CHECK(making::ask(governed, page("PUT"), cache).result.outcome == PageOutcome::readable);
    CHECK(making::ask(governed, page("POST"), cache).result.outcome == PageOutcome::readable);
    cache.pass(seconds{600});
    CHECK(making::ask(governed, page("POST"), cache).result.outcome == PageOutcome::preflight_failed);
}
