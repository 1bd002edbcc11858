#include "cors/near_miss.hpp"

#include <string>
#include <vector>

#include "catch.hpp"
#include "making.hpp"

using namespace corsd::cors;

namespace {

/// "pattern: difference (remedy)", or "".
std::string told(const std::vector<std::string>& patterns, std::string_view origin) {
    const auto near = near_miss(making::origins(patterns), origin);
    if (!near) return {};
    std::string text = near->pattern + ": " + near->difference;
    if (!near->remedy.empty()) text += " (" + near->remedy + ")";
    return text;
}

}  // namespace

TEST_CASE("a near miss says what differs") {
    CHECK(told({"http://localhost:3000"}, "http://localhost:5173") ==
          "http://localhost:3000: port 5173 instead of port 3000");
    CHECK(told({"http://localhost:3000"}, "http://localhost") == "http://localhost:3000: no port instead of port 3000");
    CHECK(told({"https://app.example"}, "https://app.example:8443") ==
          "https://app.example: port 8443 instead of no port");
    CHECK(told({"https://app.example"}, "http://app.example") == "https://app.example: http instead of https");
    CHECK(
        told({"http://localhost:3000"}, "http://127.0.0.1:3000") ==
        "http://localhost:3000: host 127.0.0.1 instead of localhost (both are this machine, but browsers take them for "
        "two origins)");
    CHECK(
        told({"http://localhost:3000"}, "http://[::1]:3000") ==
        "http://localhost:3000: host [::1] instead of localhost (both are this machine, but browsers take them for two "
        "origins)");
    CHECK(
        told({"https://www.app.example"}, "https://app.example") ==
        "https://www.app.example: host app.example instead of www.app.example (with and without www. are two origins)");
    CHECK(told({"https://app.example"}, "https://app.example.") ==
          "https://app.example: host app.example. instead of app.example (a trailing dot makes another origin)");
    CHECK(told({"https://*.app.example"}, "https://app.example") ==
          "https://*.app.example: host app.example instead of one below it (a wildcard admits subdomains only)");
    CHECK(told({"https://*.app.example"}, "https://x.app.example:8443") ==
          "https://*.app.example: port 8443 instead of no port");
    CHECK(told({"http://localhost:*"}, "https://localhost:3000") == "http://localhost:*: https instead of http");
    CHECK(told({"https://app.example"}, "http://app.example:3000") ==
          "https://app.example: http instead of https and port 3000 instead of no port");
}

TEST_CASE("the nearest pattern is told, the first of equals") {
    CHECK(told({"https://localhost:3000", "http://localhost:8000", "http://localhost:9000"}, "http://localhost:5173") ==
          "http://localhost:8000: port 5173 instead of port 8000");
    CHECK(told({"https://other.example", "http://app.example", "https://app.example:444"}, "https://app.example") ==
          "http://app.example: https instead of http");
}

TEST_CASE("what is far is not told") {
    for (const char* origin : {"https://evil.example", "https://app.example.evil.example", "https://xapp.example",
                               "https://a.app.example", "null", "no origin", ""}) {
        CAPTURE(origin);
        CHECK(told({"https://app.example", "~https://app[.]example", "null"}, origin).empty());
    }
    CHECK(told({}, "https://app.example").empty());
    std::vector<std::string> many;
    for (std::size_t i = 0; i < kMostCompared; ++i)
        many.push_back("https://host" + std::to_string(i) + ".example");
    CHECK_FALSE(told(many, "http://host1023.example").empty());
    many.emplace_back("https://app.example");
    CHECK(told(many, "http://app.example").empty());
}
