#include "route/resource_table.hpp"

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <tuple>

#include "catch.hpp"

using namespace corsd::route;

namespace {

std::vector<PathPattern> parsed(const std::vector<std::string>& texts) {
    std::vector<PathPattern> patterns;
    for (const std::string& text : texts) {
        auto one = PathPattern::parse(text);
        REQUIRE(std::holds_alternative<PathPattern>(one));
        patterns.push_back(std::get<PathPattern>(std::move(one)));
    }
    return patterns;
}

std::string found(const std::vector<std::string>& texts, std::string_view path) {
    const std::size_t at = ResourceTable(parsed(texts)).match(path);
    return at == ResourceTable::kNone ? "" : texts[at];
}

// C5 said naively: smaller is tried first.
auto rank(const PathPattern& pattern, std::size_t place) {
    const bool glob = pattern.kind() == PathPattern::Kind::glob;
    const auto negative = [&](std::size_t count) { return glob ? -static_cast<long>(count) : 0L; };
    return std::tuple(static_cast<int>(pattern.kind()), negative(pattern.literals_before_wildcard()),
                      negative(pattern.literals()), glob && pattern.ends_in_wildcard(),
                      pattern.kind() == PathPattern::Kind::regex ? place : 0);
}

}  // namespace

TEST_CASE("C5: precedence does not depend on the order in the file") {
    std::vector<std::string> texts = {"/*",          "/api/*",         "/api/users/*", "/api/users/me", "/api/*/photos",
                                      "/*/users/me", "/api/*/photos/*"};
    std::sort(texts.begin(), texts.end());
    do {
        CHECK(found(texts, "/api/users/me") == "/api/users/me");
        CHECK(found(texts, "/api/users/photos") == "/api/users/*");
        CHECK(found(texts, "/api/groups/photos") == "/api/*/photos");
        CHECK(found(texts, "/api/groups/photos/1") == "/api/*/photos/*");
        CHECK(found(texts, "/api/groups") == "/api/*");
        CHECK(found(texts, "/v1/users/me") == "/*/users/me");
        CHECK(found(texts, "/v1/users/you") == "/*");
    } while (std::next_permutation(texts.begin(), texts.begin() + 4));
}

TEST_CASE("C5: globs, then regexes in file order, then /*") {
    CHECK(found({"/*", "~/a/.*", "/a/*"}, "/a/x") == "/a/*");
    CHECK(found({"/*", "~/b/.*", "~/b/x"}, "/b/x") == "~/b/.*");
    CHECK(found({"/*", "~/b/x", "~/b/.*"}, "/b/x") == "~/b/x");
    CHECK(found({"/*", "~/b/x"}, "/c") == "/*");
    CHECK(found({"~/b/x"}, "/c").empty());
    CHECK(found({}, "/").empty());
    CHECK(found({"/*"}, "").empty());
    const ResourceTable table(parsed({"/*", "~/r", "/a/*", "/a/b/*", "/a", "~/q"}));
    CHECK(table.order() == std::vector<std::size_t>{4, 3, 2, 1, 5, 0});
}

TEST_CASE("C5: ties are two patterns that nothing orders and some path matches") {
    const auto ties = [](const std::vector<std::string>& texts) { return ResourceTable::ties(parsed(texts)); };
    REQUIRE(ties({"/a/*/b/*/c", "/x", "/a/*/*/b/c"}).size() == 1);
    CHECK(ties({"/a/*/b/*/c", "/x", "/a/*/*/b/c"}).front().first == 0);
    CHECK(ties({"/a/*/b/*/c", "/x", "/a/*/*/b/c"}).front().second == 2);
    CHECK(ties({"/a/*/b", "/a/*/c"}).empty());
    CHECK(ties({"/a/*/b", "/b/*/b"}).empty());
    CHECK(ties({"/*/a/*/x", "/*/*/b/x"}).size() == 1);
    CHECK(ties({"/*/a/*", "/*/*/b/*"}).size() == 1);
    CHECK(ties({"/*/a/*", "/*/b/*"}).empty());
    CHECK(ties({"/*/a", "/*/a/*"}).empty());
    CHECK(ties({"/a/*/b", "/a/*/b"}).size() == 1);
    CHECK(ties({"/a", "/a"}).size() == 1);
    CHECK(ties({"~/a", "~/a"}).empty());
}

TEST_CASE("a ResourceTable finds what trying all patterns in order finds") {
    std::mt19937 random(11);
    static const char* const kSegments[] = {"a", "b", "*", "*", "c"};
    std::size_t hits = 0, ties = 0;
    for (int round = 0; round < 2000; ++round) {
        std::set<std::string> distinct;
        for (int i = 0; i < 8; ++i) {
            std::string text;
            for (auto more = 1 + random() % 4; more > 0; --more)
                text += "/" + std::string(kSegments[random() % 5]);
            distinct.insert(text);
        }
        if (random() % 2 == 0) distinct.insert("~/a/.*");
        if (random() % 2 == 0) distinct.insert("~/[ab]/b.*");
        const std::vector<std::string> texts(distinct.begin(), distinct.end());
        const std::vector<PathPattern> patterns = parsed(texts);
        const ResourceTable table(patterns);
        for (int i = 0; i < 40; ++i) {
            static const char* const kParts[] = {"a", "b", "c", ""};
            std::string path;
            for (auto more = 1 + random() % 5; more > 0; --more)
                path += "/" + std::string(kParts[random() % 4]);
            std::vector<std::size_t> best;
            for (std::size_t at = 0; at < patterns.size(); ++at) {
                if (!patterns[at].matches(path)) continue;
                if (!best.empty() && rank(patterns[at], at) < rank(patterns[best.front()], best.front())) best.clear();
                if (best.empty() || rank(patterns[at], at) == rank(patterns[best.front()], best.front()))
                    best.push_back(at);
            }
            const std::size_t got = table.match(path);
            const bool right =
                best.empty() ? got == ResourceTable::kNone : std::find(best.begin(), best.end(), got) != best.end();
            if (!right) {
                CAPTURE(texts, path, got);
                REQUIRE(right);
            }
            hits += best.empty() ? 0 : 1;
            if (best.size() > 1) {
                ++ties;
                const auto all = ResourceTable::ties(patterns);
                REQUIRE(std::any_of(all.begin(), all.end(), [&](const ResourceTable::Tie& tie) {
                    return tie.first == best[0] && tie.second == best[1];
                }));
            }
        }
    }
    CHECK(hits > 20'000);
    CHECK(ties > 100);
}

namespace {

// Two globs that some path matches, segment by segment; and nothing puts them in order.
bool tie(const PathPattern& a, const PathPattern& b) {
    const auto order = [](const PathPattern& one) {
        return std::tuple(one.kind(), one.literals_before_wildcard(), one.literals(), one.ends_in_wildcard());
    };
    if (a.kind() != PathPattern::Kind::glob || order(a) != order(b)) return false;
    const std::size_t rest = a.ends_in_wildcard() ? 1 : 0;
    const std::size_t fixed_a = a.segments().size() - rest, fixed_b = b.segments().size() - rest;
    if (rest == 0 && fixed_a != fixed_b) return false;
    for (std::size_t i = 0; i < std::min(fixed_a, fixed_b); ++i) {
        const std::string &x = a.segments()[i], &y = b.segments()[i];
        if (x != y && !(x == "*" && !y.empty()) && !(y == "*" && !x.empty())) return false;
    }
    return true;
}

}  // namespace

TEST_CASE("C5: ties are found as by comparing each with each") {
    std::mt19937 random(5);
    static const char* const kSegments[] = {"a", "b", "*", "*", "*", ""};
    std::size_t found = 0;
    for (int round = 0; round < 1000; ++round) {
        std::set<std::string> distinct;
        for (int i = 0; i < 30; ++i) {
            std::string text;
            for (auto more = 2 + random() % 4; more > 0; --more)
                text += "/" + std::string(kSegments[random() % 6]);
            distinct.insert(text + (random() % 2 == 0 ? "/z" : ""));
        }
        const std::vector<std::string> texts(distinct.begin(), distinct.end());
        const std::vector<PathPattern> patterns = parsed(texts);
        std::set<std::pair<std::size_t, std::size_t>> wanted, got;
        for (std::size_t i = 0; i < patterns.size(); ++i) {
            for (std::size_t j = 0; j < i; ++j) {
                if (tie(patterns[j], patterns[i])) wanted.emplace(j, i);
            }
        }
        for (const ResourceTable::Tie& one : ResourceTable::ties(patterns))
            CHECK(got.emplace(one.first, one.second).second);
        if (got != wanted) {
            CAPTURE(texts);
            REQUIRE(got == wanted);
        }
        found += got.size();
    }
    CHECK(found > 1'000);
}

TEST_CASE("10 000 resources, also behind one star, are found each, and tie or do not") {
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < 10'000; ++i) {
        const std::string n = std::to_string(i);
        static const std::string kForms[] = {"/api/r", "/*/r", "/api/*/r", "/r"};
        texts.push_back(kForms[i % 4] + n + (i % 2 == 0 ? "/*" : "/*/x"));
    }
    const std::vector<PathPattern> patterns = parsed(texts);
    CHECK(ResourceTable::ties(patterns).empty());
    const ResourceTable table(patterns);
    for (std::size_t i = 0; i < texts.size(); i += 101) {
        const std::string n = std::to_string(i);
        static const std::string kPaths[] = {"/api/r", "/q/r", "/api/q/r", "/r"};
        CHECK(table.match(kPaths[i % 4] + n + "/7/x") == i);
        CHECK(table.match(kPaths[i % 4] + "x" + n) == ResourceTable::kNone);
    }
    for (int i = 0; i < 2'000; ++i)
        texts.push_back("/t/*/" + std::string(1, static_cast<char>('a' + i % 26)) + "/*/u" + std::to_string(i / 26)),
            texts.push_back("/t/*/*/v/u" + std::to_string(i));
    CHECK(ResourceTable::ties(parsed(texts)).size() == ResourceTable::kMostTies);
}
