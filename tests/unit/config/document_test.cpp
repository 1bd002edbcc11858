// The tree and its places.
#include "config/document.hpp"

#include "catch.hpp"
#include "loading.hpp"

using namespace corsd::config;
using corsd::SourceSpan;

namespace {

Node parse(std::string_view text) {
    Report report;
    REQUIRE(check_text(text, 3, report));
    auto node = parse_document(text, 3, report);
    REQUIRE(node);
    CHECK_FALSE(report.has_errors());
    return std::move(*node);
}

}  // namespace

TEST_CASE("keys and values know their lines, columns and lengths") {
    const Node root = parse("a: plain\n\"b\": 'two words'\nlist:\n  - x\n  - \"é\\t\"\n  -\nmap: {k: [1, null]}\n");
    REQUIRE(root.kind == Node::Kind::map);
    REQUIRE(root.entries.size() == 4);
    CHECK(root.entries[0].key_span == SourceSpan{3, 1, 1, 1});
    CHECK(root.entries[0].value.span == SourceSpan{3, 1, 4, 5});
    CHECK(root.entries[0].value.at(2) == SourceSpan{3, 1, 6, 1});
    CHECK(root.entries[1].key == "b");
    CHECK(root.entries[1].key_span == SourceSpan{3, 2, 1, 3});
    CHECK(root.entries[1].value.quoted);
    CHECK(root.entries[1].value.span == SourceSpan{3, 2, 6, 11});
    CHECK(root.entries[1].value.at(4, 5) == SourceSpan{3, 2, 11, 5});
    const Node& list = root.entries[2].value;
    REQUIRE(list.items.size() == 3);
    CHECK(list.items[0].span == SourceSpan{3, 4, 5, 1});
    // An escape: the bytes of the value do not stand in the file one by one.
    CHECK_FALSE(list.items[1].verbatim);
    CHECK(list.items[1].text == "é\t");
    CHECK(list.items[1].at(1) == list.items[1].span);
    CHECK(list.items[2].kind == Node::Kind::null);
    const Node& map = root.entries[3].value;
    REQUIRE(map.find("k") != nullptr);
    CHECK(map.find("nothing") == nullptr);
    CHECK(map.entries[0].value.items.at(1).kind == Node::Kind::null);
    CHECK(map.entries[0].value.items[1].span == SourceSpan{3, 7, 14, 4});
}

TEST_CASE("a key without a value has the place of the key") {
    const Node root = parse("a:\nb: 1\n");
    CHECK(root.entries.at(0).value.kind == Node::Kind::null);
    CHECK(root.entries[0].value.span == SourceSpan{3, 1, 1, 1});
}

TEST_CASE("columns count bytes, carets count characters") {
    const Loaded loaded = World{}.load("{\"é\": 1, zz: 2}\n");
    CHECK(rendered(loaded).find("corsd.yaml:1:11: error[unknown-key]") != std::string::npos);
    CHECK(rendered(loaded).find("\n      |          ^~\n") != std::string::npos);
}

TEST_CASE("C10: what the bytes of a file may not be") {
    const auto refused = [](std::string_view text, std::string_view code) {
        const Loaded loaded = World{}.load(std::string(text));
        CAPTURE(rendered(loaded));
        return !loaded.ok() && has_code(loaded, code);
    };
    using namespace std::string_view_literals;
    CHECK(refused("a: \0"sv, "control-character"));
    CHECK(refused("a: \x1b[0m"sv, "control-character"));
    CHECK(refused("a: \x7f"sv, "control-character"));
    CHECK(refused("a: 1\rb: 2\n"sv, "control-character"));
    CHECK(refused("a: \xc2\x85"sv, "control-character"));
    CHECK(refused("a: \xff"sv, "bad-utf8"));
    CHECK(refused("a: \xc0\xaf"sv, "bad-utf8"));
    CHECK(refused("a: \xed\xa0\x80"sv, "bad-utf8"));
    CHECK(refused("a: \xf4\x90\x80\x80"sv, "bad-utf8"));
    CHECK(refused("a: \xe2\x82"sv, "bad-utf8"));
    CHECK(refused("l\0i\0s\0t\0e\0n\0"sv, "control-character"));  // UTF-16
    CHECK(refused("--- \n--- \na: 1\n"sv, "second-document"));
    CHECK(refused("a: 1\n...\nb: 1\n"sv, "second-document"));
}

TEST_CASE("a binary file is not worth a diagnostic a byte") {
    CHECK(World{}.load(std::string(100'000, '\0')).diagnostics.size() == 20);
}

TEST_CASE("nesting is bounded, in each style") {
    CHECK(has_code(World{}.load("a: " + std::string(100'000, '[')), "too-deep"));
    CHECK(has_code(World{}.load("a: " + std::string(100'000, '{')), "too-deep"));
    std::string dashes;
    for (int i = 0; i < 40; ++i)
        dashes += "- ";
    CHECK(has_code(World{}.load("a:\n  " + dashes + "x\n"), "too-deep"));
}
