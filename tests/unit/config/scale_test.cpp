// Many origins and many resources: loading is linear, and lists that are inherited are shared.
#include <chrono>

#include "catch.hpp"
#include "config/snapshot.hpp"
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

double seconds_to_load(const std::string& text) {
    const auto start = std::chrono::steady_clock::now();
    Loaded loaded = World{}.load(text);
    REQUIRE(loaded.ok());
    const Snapshot snapshot(std::move(*loaded.config));
    REQUIRE(snapshot.match("api.example").site != nullptr);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

TEST_CASE("10 000 origins and 1 000 resources load fast") {
    const double taken = seconds_to_load(many_origins(10'000) + many_resources(1'000));
    CAPTURE(taken);
    CHECK(taken < 10);  // some tenths of a second; the bound leaves room for sanitizers on a busy machine
}

TEST_CASE("four times the file takes nothing like sixteen times as long") {
    const double once = seconds_to_load(many_origins(5'000) + many_resources(1'000));
    const double four_times = seconds_to_load(many_origins(20'000) + many_resources(4'000));
    CAPTURE(once, four_times);
    CHECK(four_times < 12 * once + 1);
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

TEST_CASE("saying what is wrong costs the same at the end of a long file as at its start") {
    std::string text = "public_origin: https://api.example\n";
    for (int i = 0; i < 200'000; ++i)
        text += "# a comment\n";
    text += "groups:\n  all:\n";
    for (int i = 0; i < 100'000; ++i)
        text += "    - app" + std::to_string(i) + ".example\n";
    const auto start = std::chrono::steady_clock::now();
    const Loaded loaded = World{}.load(text);
    const auto loaded_at = std::chrono::steady_clock::now();
    CHECK(loaded.diagnostics.size() == 20'001);
    CHECK(loaded.diagnostics.back().code == "too-many");
    const std::string said = rendered(loaded);
    const auto seconds = [](auto time) { return std::chrono::duration<double>(time).count(); };
    const double loading = seconds(loaded_at - start);
    const double saying = seconds(std::chrono::steady_clock::now() - loaded_at);
    CAPTURE(loading, saying);
    CHECK(said.find("220002 |") != std::string::npos);
    CHECK(saying < loading + 1);
}
