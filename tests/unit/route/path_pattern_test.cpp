#include "route/path_pattern.hpp"

#include <string>

#include "catch.hpp"

using namespace corsd::route;
using Code = PatternError::Code;
using Kind = PathPattern::Kind;

TEST_CASE("C4: what a pattern matches, and what comes near it") {
    struct Row {
        const char* pattern;
        const char* path;
        bool matched;
    };
    const Row rows[] = {
        {"/exact", "/exact", true},
        {"/exact", "/exact/", false},
        {"/exact", "/Exact", false},
        {"/exact", "/exactly", false},
        {"/", "/", true},
        {"/", "/a", false},
        {"/prefix/*", "/prefix", true},
        {"/prefix/*", "/prefix/", true},
        {"/prefix/*", "/prefix/a/b", true},
        {"/prefix/*", "/prefixed", false},
        {"/prefix/*", "/pre", false},
        {"/*", "/", true},
        {"/*", "/a//b", true},
        {"/users/*/photos", "/users/1/photos", true},
        {"/users/*/photos", "/users/1/2/photos", false},
        {"/users/*/photos", "/users//photos", false},
        {"/users/*/photos", "/users/1/photos/", false},
        {"/users/*/photos", "/users/photos", false},
        {"/users/*/photos/*", "/users/1/photos", true},
        {"/users/*/photos/*", "/users/1/photos/2/3", true},
        {"/users/*/photos/*", "/users/1", false},
        {"/*/a", "/x/a", true},
        {"/*/a", "//a", false},
        {"/*/*", "/a", true},
        {"/*/*", "/", false},
        {"/x/*/", "/x/1/", true},
        {"/x/*/", "/x/1", false},
        {"/a+b", "/a+b", true},
        {"/caf%C3%A9", "/caf%C3%A9", true},
        {"~/v[0-9]+/.*", "/v12/x", true},
        {"~/v[0-9]+", "/v1/x", false},
        {"~v1", "/v1", false},
        {"~/a|/b", "/b", true},
        {"~/a|/b", "/b/x", false},
    };
    for (const Row& row : rows) {
        CAPTURE(row.pattern, row.path);
        const auto parsed = PathPattern::parse(row.pattern);
        REQUIRE(std::holds_alternative<PathPattern>(parsed));
        CHECK(std::get<PathPattern>(parsed).matches(row.path) == row.matched);
    }
}

TEST_CASE("C4: mistakes, each with its fix") {
    struct Row {
        const char* text;
        Code code;
        std::size_t offset;
        const char* fix;
    };
    const Row rows[] = {
        {"", Code::empty, 0, "/*"},
        {"api", Code::not_absolute, 0, "/api"},
        {"*", Code::not_absolute, 0, "/*"},
        {"/api*", Code::partial_wildcard, 4, "/api/*"},
        {"/a*b", Code::partial_wildcard, 2, "/a/*"},
        {"/**", Code::partial_wildcard, 1, "/*"},
        {"/a/*.json", Code::partial_wildcard, 3, "/a/*"},
        {"/a/../b", Code::not_canonical, 0, "/b"},
        {"/%61pi", Code::not_canonical, 0, "/api"},
        {"/a%00", Code::ambiguous, 0, ""},
        {"/..", Code::ambiguous, 0, ""},
        {"/a\\b", Code::ambiguous, 0, ""},
        {"/a?x=1", Code::query_or_fragment, 2, "/a"},
        {"/a#x", Code::query_or_fragment, 2, "/a"},
        {"/a b", Code::control_or_non_ascii, 2, "/a%20b"},
        {"/caf\xc3\xa9", Code::control_or_non_ascii, 4, "/caf%C3%A9"},
        {"/caf\xc3\xa9*", Code::control_or_non_ascii, 4, "/caf%C3%A9/*"},
        {"http://localhost:5000/api*", Code::not_absolute, 0, "/api/*"},
        {"api?x", Code::not_absolute, 0, "/api"},
        {"r\"/api/*\"", Code::not_absolute, 0, "/api/*"},
        {"'api*'", Code::not_absolute, 0, "/api/*"},
        {"\"\"", Code::not_absolute, 0, ""},
        {"r", Code::not_absolute, 0, "/r"},
        {"~(", Code::bad_regex, 1, ""},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const auto parsed = PathPattern::parse(row.text);
        const auto* error = std::get_if<PatternError>(&parsed);
        REQUIRE(error != nullptr);
        CHECK(error->code == row.code);
        CHECK(error->offset == row.offset);
        CHECK(error->fix == row.fix);
        CHECK_FALSE(error->message.empty());
    }
}

TEST_CASE("C5: what precedence looks at") {
    struct Row {
        const char* text;
        Kind kind;
        std::size_t before, literals;
        bool ends;
    };
    const Row rows[] = {
        {"/a/b", Kind::exact, 2, 2, false}, {"/a/*", Kind::glob, 1, 1, true}, {"/a/*/b", Kind::glob, 1, 2, false},
        {"/*/b/*", Kind::glob, 0, 1, true}, {"/*", Kind::all, 0, 0, true},    {"/*/*", Kind::glob, 0, 0, true},
        {"~/x", Kind::regex, 0, 0, false},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const auto parsed = PathPattern::parse(row.text);
        REQUIRE(std::holds_alternative<PathPattern>(parsed));
        const auto& pattern = std::get<PathPattern>(parsed);
        CHECK(pattern.kind() == row.kind);
        CHECK(pattern.literals_before_wildcard() == row.before);
        CHECK(pattern.literals() == row.literals);
        CHECK(pattern.ends_in_wildcard() == row.ends);
    }
}
