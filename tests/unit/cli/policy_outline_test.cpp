// What `corsd check --explain` prints is what the program does: it is read off the tables that serve.
#include "cli/policy_outline.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <random>

#include "cli/indented_json.hpp"
#include "config/schema.hpp"
#include "golden_files.hpp"
#include "route/path_pattern.hpp"

using namespace corsd;
using boost::json::array;
using boost::json::object;

namespace {

std::string outline_text(const config::Snapshot& snapshot, const config::Sources& sources) {
    std::string text;
    cli::IndentedJson out([&](std::string_view piece) { text += piece; });
    cli::write_outline(out, snapshot, sources);
    return text;
}

array outline_as_json(const config::Snapshot& snapshot, const config::Sources& sources) {
    return boost::json::parse(outline_text(snapshot, sources)).as_array();
}

const object& first_site(const array& sites) {
    return sites.at(0).as_object();
}

/// A resource's key, of its first entry.
const object& key_of(const object& resource, std::string_view key) {
    return resource.at("policies").as_array().at(0).as_object().at("keys").as_object().at(key).as_object();
}

/// Patterns of few segments, so that they meet.
std::string random_pattern(std::mt19937& random) {
    static const std::vector<std::string> kSegments{"a", "b", "*"};
    static const std::vector<std::string> kRegexes{"~/a/[ab]+", "~/[^/]*", "~/.*/b", "~/a.*"};
    const auto pick = [&](const std::vector<std::string>& from) {
        return from[std::uniform_int_distribution<std::size_t>(0, from.size() - 1)(random)];
    };
    if (std::uniform_int_distribution<int>(0, 4)(random) == 0) return pick(kRegexes);
    std::string pattern;
    for (int i = std::uniform_int_distribution<int>(1, 4)(random); i > 0; --i)
        pattern += '/' + pick(kSegments);
    return pattern;
}

/// The patterns of a random site in the order that is printed, or nothing when it is refused (ties).
std::optional<config::Snapshot> random_site(std::mt19937& random, config::Sources& sources) {
    std::string text = "public_origin: http://localhost:8080\nresources:\n";
    std::vector<std::string> patterns;
    for (int i = 0; i < 8; ++i) {
        const std::string pattern = random_pattern(random);
        if (std::find(patterns.begin(), patterns.end(), pattern) != patterns.end()) continue;
        patterns.push_back(pattern);
        text += "  \"" + pattern + "\": {}\n";
    }
    config::Loaded loaded = config::World{}.load(text);
    if (!loaded.ok()) return std::nullopt;
    sources = loaded.sources;
    return std::optional<config::Snapshot>(std::in_place, std::move(*loaded.config));
}

}  // namespace

TEST_CASE("the outline of a configuration, for people and for programs") {
    config::Loaded loaded = cli::load_golden("outline.yaml");
    INFO(config::rendered(loaded));
    REQUIRE(loaded.ok());
    const config::Snapshot snapshot(std::move(*loaded.config));
    cli::check_golden("outline.txt", cli::outline_as_text(snapshot, loaded.sources));
    cli::check_golden("outline.json", outline_text(snapshot, loaded.sources));
}

TEST_CASE("C5: the first pattern of the printed order that matches a path is the one that governs it") {
    const unsigned seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    std::size_t compared = 0;
    for (int round = 0; round < 200; ++round) {
        config::Sources sources;
        const auto snapshot = random_site(random, sources);
        if (!snapshot) continue;
        const array sites = outline_as_json(*snapshot, sources);
        std::vector<route::PathPattern> order;
        for (const auto& resource : first_site(sites).at("resources").as_array()) {
            const std::string path(resource.as_object().at("path").as_string());
            order.push_back(std::get<route::PathPattern>(route::PathPattern::parse(path)));
        }
        for (const char* path : {"/", "/a", "/b", "/c", "/a/", "/a/a", "/a/b", "/a/c", "/b/a", "/c/b", "/a/b/a",
                                 "/a/a/b", "/b/b/b", "/a/b/a/b", "/b/a/c/a", "/a/b/c/d/b"}) {
            const auto first =
                std::find_if(order.begin(), order.end(), [&](const auto& one) { return one.matches(path); });
            const std::string printed = first == order.end() ? "" : first->text();
            CAPTURE(round, path);
            CHECK(snapshot->match("localhost").site->match(path).governed->pattern == printed);
            ++compared;
        }
    }
    CHECK(compared > 200);
}

TEST_CASE("every policy key of the schema is in the outline, with the place that decides") {
    config::Loaded loaded = config::World{}.load(R"(public_origin: https://api.example
defaults: {methods: [GET], mode: headers}
resources:
  /a: {methods: [PUT]}
)");
    REQUIRE(loaded.ok());
    const config::Snapshot snapshot(std::move(*loaded.config));
    const array sites = outline_as_json(snapshot, loaded.sources);
    const object& resource = first_site(sites).at("resources").as_array().at(0).as_object();
    const object& keys = resource.at("policies").as_array().at(0).as_object().at("keys").as_object();
    for (const config::Key& key : config::all_keys()) {
        if (key.section != config::Section::policy || key.name == "supports_credentials") continue;
        CAPTURE(key.name);
        REQUIRE(keys.contains(key.name));
        // A null would be a key that nobody has taught the outline to read.
        CHECK_FALSE(keys.at(key.name).as_object().at("value").is_null());
    }
    CHECK(key_of(resource, "methods").at("line").to_number<int>() == 4);
    CHECK(key_of(resource, "methods").at("from").as_string() == "resource");
    CHECK(key_of(resource, "mode").at("line").to_number<int>() == 2);
    CHECK(key_of(resource, "mode").at("from").as_string() == "defaults");
    CHECK(key_of(resource, "origins").at("from").as_string() == "built-in");
    CHECK(key_of(resource, "origins").at("line").is_null());
}

TEST_CASE("what many resources share does not multiply beyond a bound") {
    std::string text = "public_origin: https://api.example\ndefaults:\n  origins:\n";
    for (int i = 0; i < 2'000; ++i)
        text += "    - https://app" + std::to_string(i) + ".example\n";
    text += "resources:\n";
    for (int i = 0; i < 500; ++i)
        text += "  /r" + std::to_string(i) + ": {}\n";
    config::Loaded loaded = config::World{}.load(text);
    REQUIRE(loaded.ok());
    const config::Snapshot snapshot(std::move(*loaded.config));
    CHECK(cli::outline_as_text(snapshot, loaded.sources).size() < 1'500'000);
    const array sites = outline_as_json(snapshot, loaded.sources);
    const object& resource = first_site(sites).at("resources").as_array().at(0).as_object();
    CHECK(key_of(resource, "origins").at("value").as_array().size() == 100);
    CHECK(key_of(resource, "origins").at("left_out").to_number<int>() == 1'900);
    CHECK(key_of(resource, "websocket_origins").at("effective_left_out").to_number<int>() == 1'900);
}

TEST_CASE("what programs get of many resources is handed over as it comes about") {
    std::string text = "public_origin: https://api.example\nresources:\n";
    for (int i = 0; i < 500; ++i)
        text += "  /r" + std::to_string(i) + ": {}\n";
    config::Loaded loaded = config::World{}.load(text);
    REQUIRE(loaded.ok());
    const config::Snapshot snapshot(std::move(*loaded.config));
    std::size_t all = 0, largest = 0;
    cli::IndentedJson out([&](std::string_view piece) {
        all += piece.size();
        largest = std::max(largest, piece.size());
    });
    cli::write_outline(out, snapshot, loaded.sources);
    CHECK(all > 500'000);
    CHECK(largest < 100'000);
}

TEST_CASE("a document that is written piece by piece reads as one that is written whole") {
    const boost::json::value item = boost::json::parse(R"({"a": [1, 2], "b": {}, "c": [], "d": [{"e": null}]})");
    std::string text;
    cli::IndentedJson out([&](std::string_view piece) { text += piece; });
    out.open_object();
    out.name("none");
    out.open_list();
    out.close();
    out.name("some");
    out.open_list();
    out.put(item);
    out.open_object();
    out.close();
    out.close();
    out.member("quo\"ted", item);
    out.close();
    const object whole{{"none", array{}}, {"some", array{item, object{}}}, {"quo\"ted", item}};
    CHECK(text == cli::indented_json(whole));
}
