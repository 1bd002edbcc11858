#include "base/edit_distance.hpp"

#include <string>

#include "catch.hpp"

using corsd::edit_distance;
using corsd::is_near;

TEST_CASE("edit distance counts insertions, deletions, substitutions and swaps") {
    CHECK(edit_distance("", "") == 0);
    CHECK(edit_distance("", "abc") == 3);
    CHECK(edit_distance("origins", "origins") == 0);
    CHECK(edit_distance("origin", "origins") == 1);
    CHECK(edit_distance("orignis", "origins") == 1);
    CHECK(edit_distance("orikins", "origins") == 1);
    CHECK(edit_distance("kitten", "sitting") == 3);
    CHECK(edit_distance("abcd", "badc") == 2);
}

TEST_CASE("edit distance is symmetric, and bounded for words that nobody typed") {
    const std::string words[] = {"a", "max_age", "maxage", "timeouts", "time_outs", ""};
    for (const std::string& a : words) {
        for (const std::string& b : words)
            CHECK(edit_distance(a, b) == edit_distance(b, a));
    }
    const std::string longer(100'000, 'x');
    CHECK(edit_distance(longer, "x") == longer.size());
    CHECK(edit_distance(longer, longer) == 0);
}

TEST_CASE("a slip is near, another word is not") {
    CHECK(is_near("lisen", "listen"));
    CHECK(is_near("upsteam", "upstream"));
    CHECK(is_near("allow_header", "allow_headers"));
    CHECK_FALSE(is_near("a", "b"));
    CHECK_FALSE(is_near("max_age", "methods"));
    CHECK_FALSE(is_near("log", "hosts"));
}
