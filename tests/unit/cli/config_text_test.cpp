// A file changed in single places: everything else stays as it was.
#include "cli/config_text.hpp"
#include "catch.hpp"

using corsd::cli::ConfigText;
using corsd::config::Node;

namespace {

const Node& at(const ConfigText& text, std::initializer_list<const char*> path) {
    const Node* node = &text.root();
    for (const char* key : path) {
        REQUIRE(node->find(key) != nullptr);
        node = &node->find(key)->value;
    }
    return *node;
}

std::string appended(const std::string& text) {
    ConfigText config(text);
    REQUIRE(config.append_item(at(config, {"a"}), "new"));
    return config.text();
}

std::string inserted(const std::string& text) {
    ConfigText config(text);
    REQUIRE(config.insert_key(at(config, {"a"}), "k", "[v]"));
    return config.text();
}

}  // namespace

TEST_CASE("a list takes one more") {
    CHECK(appended("a: []\n") == "a: [new]\n");
    CHECK(appended("a: [x, y] # [z]\nb: 1\n") == "a: [x, y, new] # [z]\nb: 1\n");
    CHECK(appended("a: [x,]") == "a: [x, new]");
    CHECK(appended("a: [ \"x]\", 'y'']' ]\n") == "a: [ \"x]\", 'y'']', new ]\n");
    CHECK(appended("a: [\n  x, # one\n  y # two ]\n]\n") == "a: [\n  x, # one\n  y, new # two ]\n]\n");
    CHECK(appended("a:\n  - x\n  - y # two\n# end\nb: 1\n") == "a:\n  - x\n  - y # two\n  - new\n# end\nb: 1\n");
    CHECK(appended("a:\r\n- x\r\n\r\nb: 1\r\n") == "a:\r\n- x\r\n- new\r\n\r\nb: 1\r\n");
    CHECK(appended("\xef\xbb\xbf"
                   "a: [x]\n") ==
          "\xef\xbb\xbf"
          "a: [x, new]\n");
    CHECK(appended("a: \"*\"\n") == "a: [\"*\", new]\n");
}

TEST_CASE("a map takes one more") {
    CHECK(inserted("a: {}\n") == "a: {k: [v]}\n");
    CHECK(inserted("a: {x: 1, y: {z: 2}} # c\n") == "a: {x: 1, y: {z: 2}, k: [v]} # c\n");
    CHECK(inserted("a:\n  # c\n  x: 1\n  y: 2\n") == "a:\n  # c\n  k: [v]\n  x: 1\n  y: 2\n");
    ConfigText list("a:\n  - x: 1\n    y: 2\n");
    REQUIRE(list.insert_key(at(list, {"a"}).items.front(), "k", "[v]"));
    CHECK(list.text() == "a:\n  - k: [v]\n    x: 1\n    y: 2\n");
}

TEST_CASE("what is not understood is left alone") {
    ConfigText config("a:\n  - - x\nb: |\n  y\nc: 1\n");
    const std::string before = config.text();
    CHECK_FALSE(config.append_item(at(config, {"c"}), "]["));
    CHECK_FALSE(config.replace(at(config, {"b"}), "z"));
    CHECK_FALSE(config.insert_key(at(config, {"c"}), "k", "v"));
    CHECK(config.text() == before);
    CHECK(config.changed_lines().empty());
}

TEST_CASE("changes are shown under their keys") {
    ConfigText config("top: 1\nr:\n  # of both\n  /x:\n    a: [1]\n    b: 2\n  /y:\n    a: [3]\n");
    REQUIRE(config.append_item(at(config, {"r", "/x", "a"}), "4"));
    REQUIRE(config.insert_key(at(config, {"r", "/y"}), "c", "true"));
    CHECK(config.changed_yaml() == "r:\n  /x:\n    a: [1, 4]\n  /y:\n    c: true\n");
    const auto lines = config.changed_lines();
    REQUIRE(lines.size() == 2);
    CHECK((lines[0].number == 5 && lines[0].replaces == 5));
    CHECK((lines[1].number == 8 && lines[1].replaces == 0 && lines[1].behind == 7));
}
