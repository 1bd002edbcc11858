#include "route/path.hpp"

#include <random>
#include <string>

#include "catch.hpp"

using namespace corsd::route;

namespace {

struct Result {
    PathProblem problem;
    std::string path;
};

Result canonical(std::string_view raw, const PathRules& rules = {}) {
    std::string storage;
    std::string_view out;
    const PathProblem problem = canonical_path(raw, rules, storage, out);
    return {problem, problem == PathProblem::none ? std::string(out) : std::string()};
}

}  // namespace

TEST_CASE("N48: the canonical path") {
    struct Row {
        const char* raw;
        const char* path;
    };
    const Row rows[] = {
        {"/", "/"},
        {"/a/b", "/a/b"},
        {"/%61%2D%5f%7E%30", "/a-_~0"},
        {"/%41pi", "/Api"},
        {"/caf%c3%A9", "/caf%c3%A9"},
        {"/a%20b%2b", "/a%20b%2b"},
        {"/a%3Bb%25", "/a%3Bb%25"},
        {"/%252f", "/%252f"},
        {"/.", "/"},
        {"/./a", "/a"},
        {"/a/.", "/a/"},
        {"/a/..", "/"},
        {"/a/b/../c", "/a/c"},
        {"/a/b/../../c/", "/c/"},
        {"/a/%2e%2E/b", "/b"},
        {"/a/.%2e/b", "/b"},
        {"/a/%2e./b", "/b"},
        {"/a/%2e", "/a/"},
        {"/.../a", "/.../a"},
        {"/..a/.b", "/..a/.b"},
        {"/.well-known/x", "/.well-known/x"},
        {"//a", "//a"},
        {"/a//b", "/a//b"},
        {"/a//..", "/a/"},
        {"/a//../b", "/a/b"},
        {"/a;v=1/..;/b", "/a;v=1/..;/b"},
        {"/a/", "/a/"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.raw);
        const Result result = canonical(row.raw);
        CHECK(result.problem == PathProblem::none);
        CHECK(result.path == row.path);
    }
}

TEST_CASE("N48: what has no canonical path, each with its sentence") {
    struct Row {
        std::string raw;
        PathProblem problem;
    };
    const Row rows[] = {
        {"", PathProblem::not_absolute},
        {"a", PathProblem::not_absolute},
        {"*", PathProblem::not_absolute},
        {"/a%00b", PathProblem::encoded_nul},
        {"/a%2fb", PathProblem::encoded_slash},
        {"/a%2Fb", PathProblem::encoded_slash},
        {"/a%5cb", PathProblem::encoded_backslash},
        {"/a%5C", PathProblem::encoded_backslash},
        {"/a\\b", PathProblem::backslash},
        {"/%", PathProblem::bad_escape},
        {"/%4", PathProblem::bad_escape},
        {"/%4g", PathProblem::bad_escape},
        {"/%u0041", PathProblem::bad_escape},
        {"/..", PathProblem::above_root},
        {"/../a", PathProblem::above_root},
        {"/a/../..", PathProblem::above_root},
        {"/%2e%2e/a", PathProblem::above_root},
        {"/a/%2e%2e/%2e%2e/b", PathProblem::above_root},
    };
    for (const Row& row : rows) {
        CAPTURE(row.raw);
        CHECK(canonical(row.raw).problem == row.problem);
        CHECK_FALSE(describe(row.problem).empty());
    }
}

TEST_CASE("N48: rules for upstreams that differ") {
    PathRules rules;
    rules.encoded_slash = EncodedSlash::keep;
    CHECK(canonical("/group%2Fproject", rules).path == "/group%2Fproject");
    CHECK(canonical("/a%2f../b", rules).path == "/a%2f../b");
    rules = {};
    rules.double_slashes = DoubleSlashes::merge;
    CHECK(canonical("//a///b//", rules).path == "/a/b/");
    CHECK(canonical("/a//../b", rules).path == "/b");
    CHECK(canonical("//..", rules).problem == PathProblem::above_root);
    rules.double_slashes = DoubleSlashes::refuse;
    CHECK(canonical("/a//b", rules).problem == PathProblem::double_slashes);
    CHECK(canonical("/a/b", rules).path == "/a/b");
    rules = {};
    rules.parameters = PathParameters::refuse;
    CHECK(canonical("/a;x", rules).problem == PathProblem::parameters);
    CHECK(canonical("/a%3bx", rules).problem == PathProblem::parameters);
    CHECK(canonical("/a%3Bx", rules).problem == PathProblem::parameters);
}

TEST_CASE("a canonical path is not copied, and is its own canonical path") {
    std::string storage;
    std::string_view out;
    const std::string_view raw = "/api/users/1";
    REQUIRE(canonical_path(raw, {}, storage, out) == PathProblem::none);
    CHECK(out.data() == raw.data());

    std::mt19937 random(7);
    static const char* const kPieces[] = {"/", "/", ".", "..", "a", "%2e", "%41", "%c3", ";", "/../"};
    int canonicalised = 0;
    for (int i = 0; i < 50'000; ++i) {
        std::string path = "/";
        for (auto more = random() % 8; more > 0; --more)
            path += kPieces[random() % 10];
        for (const DoubleSlashes slashes : {DoubleSlashes::keep, DoubleSlashes::merge}) {
            PathRules rules;
            rules.double_slashes = slashes;
            const Result once = canonical(path, rules);
            if (once.problem != PathProblem::none) continue;
            const Result twice = canonical(once.path, rules);
            ++canonicalised;
            if (twice.path != once.path || (once.path + "/").find("/../") != std::string::npos) {
                CAPTURE(path, once.path, twice.path);
                FAIL("not canonical");
            }
        }
    }
    CHECK(canonicalised > 20'000);
}
