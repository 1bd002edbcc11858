#include "config/snapshot.hpp"

#include "catch.hpp"
#include "config/address.hpp"
#include "loading.hpp"

using namespace corsd::config;
using corsd::cors::OwnOrigin;
using corsd::route::HostMatch;

namespace {

Config good(const std::string& text) {
    Loaded loaded = World{}.load(text);
    INFO(rendered(loaded));
    REQUIRE(loaded.ok());
    return std::move(*loaded.config);
}

const OwnOrigin kGuess{OwnOrigin::Known::guessed, "http", "guess.example", 81};

}  // namespace

TEST_CASE("C5, C6: paths find their resource, others the site's defaults") {
    const Snapshot snapshot(good(R"(public_origin: https://api.example
upstreams:
  default: {endpoints: ["http://a"]}
  other: {endpoints: ["http://b"]}
defaults: {max_age: 1m}
resources:
  /api/*: {origins: ["*"]}
  /api/users: {upstream: other}
)"));
    const auto found = snapshot.match("api.example");
    REQUIRE(found.site != nullptr);
    CHECK(found.how == HostMatch::public_origin);
    CHECK(found.site->match("/api/x").governed->pattern == "/api/*");
    CHECK(found.site->match("/api/x").upstream == 0);
    CHECK(found.site->match("/api/users").governed->pattern == "/api/users");
    CHECK(found.site->match("/api/users").upstream == 1);
    const auto unmatched = found.site->match("/elsewhere");
    REQUIRE(unmatched.governed != nullptr);
    CHECK(unmatched.governed->pattern.empty());
    CHECK(unmatched.governed->entries.at(0).source().origins.empty());
    CHECK(unmatched.governed->entries.at(0).source().max_age == std::chrono::seconds{60});
    CHECK(found.site->unmatched().governed == unmatched.governed);
    CHECK(snapshot.match("other.example").site == nullptr);
    CHECK(snapshot.match("other.example").how == HostMatch::none);
}

TEST_CASE("N4: what a site's own origin is, by how its host was found") {
    const Snapshot snapshot(good(R"(upstream: http://a
sites:
  - {name: one, public_origin: "https://one.example:8443", hosts: [alias.example, "*.one.example", "*"]}
  - {name: two, hosts: [two.example]}
)"));
    const auto own = [&](std::string_view host) {
        const auto found = snapshot.match(host);
        REQUIRE(found.site != nullptr);
        return found.site->own_origin(found.how, host, kGuess);
    };
    for (const auto& [host, expected] :
         {std::pair{"one.example", "one.example"}, std::pair{"alias.example", "alias.example"},
          std::pair{"x.one.example", "x.one.example"}, std::pair{"any.where", "one.example"}}) {
        CAPTURE(host);
        const OwnOrigin origin = own(host);
        CHECK(origin.known == OwnOrigin::Known::declared);
        CHECK(origin.scheme == "https");
        CHECK(origin.host == expected);
        CHECK(origin.port == 8443);
    }
    const OwnOrigin guessed = own("two.example");
    CHECK(guessed.known == OwnOrigin::Known::guessed);
    CHECK(guessed.host == "guess.example");
    CHECK(guessed.port == 81);
}

TEST_CASE("a trailing dot in public_origin is part of the origin, not of the host that finds it") {
    const Snapshot snapshot(good("public_origin: https://a.example.\n"));
    const auto found = snapshot.match("a.example");
    REQUIRE(found.site != nullptr);
    CHECK(found.how == HostMatch::public_origin);
    CHECK(found.site->own_origin(found.how, "a.example", kGuess).host == "a.example.");
}

TEST_CASE("trusted_proxies hold networks of both families") {
    const Snapshot snapshot(
        good("trusted_proxies: [10.0.0.0/8, 192.0.2.7, 172.16.0.0/12, \"2001:db8::/33\", \"::1\"]\n"));
    const auto trusts = [&](const char* address) {
        const auto ip = parse_ip(address);
        REQUIRE(ip);
        return snapshot.trusts(ip->bytes);
    };
    for (const char* yes : {"10.0.0.0", "10.255.255.255", "192.0.2.7", "172.16.0.1", "172.31.255.255", "2001:db8::1",
                            "2001:db8:7fff::", "::1", "::ffff:10.1.2.3"}) {
        CAPTURE(yes);
        CHECK(trusts(yes));
    }
    for (const char* no :
         {"11.0.0.0", "9.255.255.255", "192.0.2.6", "172.32.0.0", "172.15.255.255", "2001:db8:8000::", "::2", "::"}) {
        CAPTURE(no);
        CHECK_FALSE(trusts(no));
    }
    CHECK_FALSE(Snapshot(good("")).trusts(parse_ip("127.0.0.1")->bytes));
    CHECK(Snapshot(good("trusted_proxies: [0.0.0.0/0]\n")).trusts(parse_ip("203.0.113.1")->bytes));
}
