#include "cors/token_set.hpp"

#include "catch.hpp"

using namespace corsd::cors;

TEST_CASE("N23: methods are case-sensitive and keep their order") {
    const MethodSet methods({"POST", "GET", "POST", "get"});
    CHECK(methods.names() == std::vector<std::string>{"POST", "GET", "get"});
    CHECK(methods.lists("GET"));
    CHECK_FALSE(methods.lists("Get"));
    CHECK_FALSE(methods.lists("HEAD"));
    CHECK_FALSE(methods.any());
    CHECK(MethodSet({"*"}).any());
    CHECK_FALSE(MethodSet().any());
}

TEST_CASE("N17: header names in any case; \"*\" covers all but Authorization") {
    const HeaderSet headers({"X-B", "content-type", "x-b"});
    CHECK(headers.names() == std::vector<std::string>{"content-type", "x-b"});
    CHECK(headers.lists("CONTENT-Type"));
    CHECK_FALSE(headers.lists("content-typ"));
    CHECK_FALSE(headers.lists("content-typee"));
    CHECK_FALSE(headers.allows("x-c"));
    const HeaderSet any({"*"});
    CHECK(any.any());
    CHECK(any.names().empty());
    CHECK(any.allows("x-c"));
    CHECK_FALSE(any.allows("Authorization"));
    CHECK_FALSE(any.lists("x-c"));
    const HeaderSet both({"*", "Authorization"});
    CHECK(both.allows("AUTHORIZATION"));
    CHECK(both.names_authorization());
}
