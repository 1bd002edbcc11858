#include "cors/origin_set.hpp"

#include <algorithm>
#include <random>
#include <string>

#include "catch.hpp"
#include "making.hpp"

using namespace corsd::cors;

namespace {

// A small alphabet, so that random patterns and random origins meet often.
std::string random_host(std::mt19937& random) {
    static const char* const kLabels[] = {"a", "b", "ex", "ab"};
    std::string host = kLabels[random() % 4];
    for (auto more = random() % 3; more > 0; --more)
        host = std::string(kLabels[random() % 4]) + "." + host;
    return host;
}

std::string random_scheme(std::mt19937& random) {
    return random() % 3 == 0 ? "http" : "https";
}
std::string random_port(std::mt19937& random) {
    static const char* const kPorts[] = {"", "", ":81", ":8443"};
    return kPorts[random() % 4];
}

std::string random_pattern(std::mt19937& random) {
    const std::string host = random_host(random), scheme = random_scheme(random);
    switch (random() % 6) {
        case 0:
            return scheme + "://*." + host + random_port(random);
        case 1:
            return scheme + "://" + host + ":*";
        case 2:
            return scheme + "://*." + host + ":*";
        case 3:
            return "~" + scheme + "://(a|b)\\." + host;
        default:
            return scheme + "://" + host + random_port(random);
    }
}

}  // namespace

TEST_CASE("an OriginSet admits what any of its patterns admits") {
    std::mt19937 random(42);
    std::size_t admitted = 0, refused = 0;
    for (int round = 0; round < 400; ++round) {
        std::vector<std::string> texts;
        for (auto left = 1 + random() % 8; left > 0; --left)
            texts.push_back(random_pattern(random));
        const OriginSet set = making::origins(texts);
        for (int i = 0; i < 100; ++i) {
            const std::string text = random_scheme(random) + "://" + random_host(random) + random_port(random);
            const auto origin = parse_origin(text);
            REQUIRE(origin.has_value());
            const auto& patterns = set.patterns();
            const bool expected = std::any_of(patterns.begin(), patterns.end(),
                                              [&](const OriginPattern& one) { return one.matches(*origin); });
            if (set.admits(*origin) != expected) {
                CAPTURE(text, texts);
                REQUIRE(set.admits(*origin) == expected);
            }
            ++(expected ? admitted : refused);
        }
    }
    // The comparison means something only if both happen often.
    CHECK(admitted > 2000);
    CHECK(refused > 2000);
}

TEST_CASE("any, null and nothing") {
    const auto origin = parse_origin("https://a.ex");
    REQUIRE(origin.has_value());
    CHECK_FALSE(OriginSet().admits(*origin));
    CHECK(OriginSet().empty());
    const OriginSet any = making::origins({"*"});
    CHECK(any.any());
    CHECK(any.admits(*origin));
    CHECK_FALSE(any.allows_null());
    const OriginSet null = making::origins({"null"});
    CHECK(null.allows_null());
    CHECK_FALSE(null.any());
    CHECK_FALSE(null.admits(*origin));
}

TEST_CASE("a subdomain pattern admits no address, whatever it ends in") {
    const auto origin = parse_origin("http://[::1]");
    REQUIRE(origin.has_value());
    CHECK_FALSE(making::origins({"http://*.ex"}).admits(*origin));
}

TEST_CASE("100 000 patterns of all kinds admit what each of them says") {
    std::vector<OriginPattern> patterns;
    const auto texts = [](std::size_t i) {
        const std::string n = std::to_string(i);
        return i % 2 == 0 ? "https://app" + n + ".ex" : "https://*.app" + n + ".ex";
    };
    for (std::size_t i = 0; i < 100'000; ++i)
        patterns.push_back(making::pattern(texts(i)));
    const OriginSet set(std::move(patterns));
    const auto admits = [&](const std::string& text) {
        const auto origin = parse_origin(text);
        REQUIRE(origin.has_value());
        return set.admits(*origin);
    };
    for (std::size_t i = 0; i < 100'000; i += 997) {
        const std::string host = "app" + std::to_string(i) + ".ex";
        CHECK(admits("https://" + host) == (i % 2 == 0));
        CHECK(admits("https://deep.er." + host) == (i % 2 == 1));
        CHECK_FALSE(admits("http://" + host));
    }
    CHECK_FALSE(admits("https://a.b.c.nobody.ex"));
}

TEST_CASE("one host may have all ports, each with schemes of its own") {
    std::vector<OriginPattern> patterns;
    for (unsigned port = 1024; port < 30'000; ++port) {
        const std::string n = std::to_string(port);
        patterns.push_back(making::pattern((port % 3 == 0 ? "http://*.ex:" : "https://*.ex:") + n));
    }
    patterns.push_back(making::pattern("ws://*.ex:*"));
    patterns.push_back(making::pattern("app://localhost:*"));
    const OriginSet set(std::move(patterns));
    const auto admits = [&](const std::string& text) {
        const auto origin = parse_origin(text);
        return origin && set.admits(*origin);
    };
    for (unsigned port = 1023; port < 30'002; port += 7) {
        const std::string n = std::to_string(port);
        const bool listed = port >= 1024 && port < 30'000;
        CHECK(admits("http://a.ex:" + n) == (listed && port % 3 == 0));
        CHECK(admits("https://a.ex:" + n) == (listed && port % 3 != 0));
        CHECK(admits("ws://a.ex:" + n));
        CHECK(admits("app://localhost:" + n));
    }
    CHECK(admits("ws://a.ex"));
    CHECK_FALSE(admits("https://a.ex"));
    CHECK_FALSE(admits("wss://a.ex:2000"));
}
