// Many origins and many resources: loading is linear, and lists that are inherited are shared.
#include "catch.hpp"
#include "config/snapshot.hpp"
#include "cors/decide.hpp"
#include "counting_new.hpp"
#include "loading.hpp"

using namespace corsd::config;

namespace {

std::string many_origins(int count) {
    std::string text = "public_origin: https://api.example\ngroups:\n  all:\n";
    for (int i = 0; i < count; ++i)
        text += "    - https://app" + std::to_string(i) + ".example\n";
    return text;
}

std::string many_resources(int count) {
    std::string text = "resources:\n";
    for (int i = 0; i < count; ++i) {
        text += "  /api/v" + std::to_string(i) + "/*:\n    origins: [\"@all\"]\n    methods: [GET, POST]\n";
    }
    return text;
}

/// How often memory was asked for to load a text; a step that is done for each pair of things shows in it.
std::size_t allocations_to_load(const World& world, const std::string& text) {
    const std::size_t before = allocations;
    Loaded loaded = world.load(text);
    INFO(rendered(loaded).substr(0, 2000));
    REQUIRE(loaded.ok());
    const Snapshot snapshot(std::move(*loaded.config));
    REQUIRE(snapshot.match("api.example").site != nullptr);
    return allocations - before;
}

bool admits(const Snapshot& snapshot, const std::string& path, const std::string& origin) {
    corsd::cors::Question question;
    corsd::cors::Scratch scratch;
    question.method = "GET";
    question.origin.emplace_back(origin);
    const ServingSite& site = *snapshot.match("api.example").site;
    question.own = site.own_origin(corsd::route::HostMatch::public_origin, "api.example", {});
    return corsd::cors::decide(*site.match(path).governed, question, scratch).admitted();
}

}  // namespace

TEST_CASE("100 000 origins in a list and in a file, and 10 000 resources: each decides as it says") {
    std::string list, text = many_origins(100'000);
    for (int i = 0; i < 100'000; ++i)
        list += "https://filed" + std::to_string(i) + ".example\n";
    World world;
    world.files["origins"] = list;
    text += many_resources(10'000);
    text += "  /filed/*: {origins: [\"@file:origins\"]}\n";
    Loaded loaded = world.load(text);
    REQUIRE(loaded.ok());
    CHECK(loaded.diagnostics.empty());
    const Snapshot snapshot(std::move(*loaded.config));
    for (int i = 0; i < 10'000; i += 331) {
        const std::string path = "/api/v" + std::to_string(i) + "/users";
        CHECK(admits(snapshot, path, "https://app" + std::to_string(10 * i) + ".example"));
        CHECK_FALSE(admits(snapshot, path, "https://app100000.example"));
        CHECK_FALSE(admits(snapshot, path, "https://filed" + std::to_string(i) + ".example"));
        CHECK(admits(snapshot, "/filed/x", "https://filed" + std::to_string(10 * i) + ".example"));
        CHECK_FALSE(admits(snapshot, "/api/v10000/users", "https://app1.example"));
    }
}

TEST_CASE("twice the file asks for memory twice as often, whatever is in it") {
    const auto text_of = [](int times) {
        std::string text = many_origins(1'000 * times);
        for (int i = 0; i < 500 * times; ++i) {
            const std::string n = std::to_string(i);
            text += "    - http://plain" + n + ".example\n    - \"https://*.app" + n + ".example:*\"\n";
            text += "    - https://x.app" + n + ".example\n    - http://localhost:" + std::to_string(1'024 + i) + "\n";
        }
        text += "defaults: {origins: [\"@all\"]}\nresources:\n";
        for (int i = 0; i < 500 * times; ++i) {
            const std::string n = std::to_string(i);
            text += "  /api/v" + n + "/*: {}\n  /*/w" + n + "/x: {methods: [GET]}\n";
            text += "  /api/v" + n + "/*/y: {origins: [https://app" + n + ".example]}\n";
        }
        return text;
    };
    const std::size_t once = allocations_to_load({}, text_of(2));
    const std::size_t twice = allocations_to_load({}, text_of(4));
    CAPTURE(once, twice);
    CHECK(twice < 2 * once + once / 5);
}

TEST_CASE("what groups multiply is bounded") {
    std::string text = many_origins(100'000) + "resources:\n";
    for (int i = 0; i < 12; ++i)
        text += "  /r" + std::to_string(i) + ": {origins: [\"@all\", https://own" + std::to_string(i) + ".example]}\n";
    const Loaded loaded = World{}.load(text);
    CHECK_FALSE(loaded.ok());
    CHECK(has_code(loaded, "too-large"));
}

TEST_CASE("a file that is wrong at a million places is refused at once, with the first of them") {
    std::string text = "a: &a [x]\nb: [";
    for (int i = 0; i < 1'000'000; ++i)
        text += "*a, ";
    const Loaded loaded = World{}.load(text + "*a]\n");
    CHECK_FALSE(loaded.ok());
    CHECK(loaded.diagnostics.size() < 30'000);
    CHECK(loaded.diagnostics.front().code == "anchor");
    CHECK(loaded.diagnostics[1].code == "alias");
    CHECK(loaded.diagnostics.back().code == "too-many");
}

TEST_CASE("a file of more than a million values is refused at the one too many") {
    std::string text = "groups: {g: [";
    for (int i = 0; i < 1'000'000; ++i)
        text += "x,";
    const Loaded loaded = World{}.load(text + "x]}\n");
    CHECK_FALSE(loaded.ok());
    REQUIRE(loaded.diagnostics.size() == 1);
    CHECK(loaded.diagnostics.front().code == "too-large");
    CHECK(loaded.diagnostics.front().span.column > 1'900'000);
}

TEST_CASE("10 000 bad origins are 10 000 diagnostics, each once") {
    std::string text = many_origins(1);
    for (int i = 0; i < 10'000; ++i)
        text += "    - http://plain" + std::to_string(i) + ".example\n";
    text += "defaults: {credentials: true}\n" + many_resources(100);
    const Loaded loaded = World{}.load(text);
    CHECK(loaded.diagnostics.size() == 10'000);
    CHECK(has_code(loaded, "origin-insecure-with-credentials"));
}

TEST_CASE("what is wrong far down in a long file is shown with its line") {
    std::string text = "public_origin: https://api.example\n";
    for (int i = 0; i < 200'000; ++i)
        text += "# a comment\n";
    text += "groups:\n  all:\n";
    for (int i = 0; i < 100'000; ++i)
        text += "    - app" + std::to_string(i) + ".example\n";
    const Loaded loaded = World{}.load(text);
    CHECK(loaded.diagnostics.size() == 20'001);
    CHECK(loaded.diagnostics.back().code == "too-many");
    CHECK(rendered(loaded).find("220002 |") != std::string::npos);
}
