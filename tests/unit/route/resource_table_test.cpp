#include "route/resource_table.hpp"

#include <algorithm>
#include <chrono>
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

TEST_CASE("10 000 resources cost what 10 do") {
    const auto best_ns = [](std::size_t count) {
        std::vector<std::string> texts;
        for (std::size_t i = 0; i < count; ++i) {
            const std::string n = std::to_string(i);
            texts.push_back(i % 2 == 0 ? "/api/r" + n : "/api/r" + n + "/*/x");
        }
        const ResourceTable table(parsed(texts));
        const std::string path = "/api/r" + std::to_string(count - 1) + "/7/x";
        REQUIRE(table.match(path) == count - 1);
        auto best = std::chrono::nanoseconds::max();
        for (int round = 0; round < 20; ++round) {
            const auto start = std::chrono::steady_clock::now();
            bool all = true;
            for (int i = 0; i < 2000; ++i)
                all = all && table.match(path) == count - 1;
            best = std::min(
                best, std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - start));
            REQUIRE(all);
        }
        return best.count();
    };
    CHECK(best_ns(10'000) < 20 * best_ns(10));
}
