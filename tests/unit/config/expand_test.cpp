// C9: substitution.
#include "config/expand.hpp"

#include "catch.hpp"
#include "loading.hpp"

using namespace corsd::config;

namespace {

/// The value of `v` in the file `v: VALUE` after expansion, or the code of what is wrong with it.
std::string expanded(const std::string& value, const World& world) {
    Report report;
    Sources sources{{"dir/f.yaml", "v: " + value + "\n"}};
    const Environment environment = world.environment();
    Context context{report, sources, environment, "dir/"};
    auto root = parse_document(sources[0].text(), 0, report);
    REQUIRE(root);
    expand(*root, context);
    if (report.has_errors()) return "error " + report.take().at(0).code;
    const Node& node = root->entries.at(0).value;
    if (node.kind == Node::Kind::null) return "null";
    std::string text = node.text;
    // What was not written is shown in brackets.
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool written = node.written.empty() || node.written[i];
        out += written ? std::string(1, text[i]) : "[" + std::string(1, text[i]) + "]";
    }
    return out;
}

}  // namespace

TEST_CASE("C9: forms of substitution") {
    World world;
    world.variables = {{"A", "x"}, {"E", ""}, {"_b1", "y"}, {"N", "null"}, {"INJECT", "a: [b]"}};
    world.files = {{"dir/secret", "s\n"}, {"dir/two", "s\n\n"}, {"/abs", "t"}, {"dir/crlf", "u\r\n"}};
    CHECK(expanded("${A}", world) == "[x]");
    CHECK(expanded("https://*.${A}/", world) == "https://*.[x]/");
    CHECK(expanded("${A}${_b1}", world) == "[x][y]");
    CHECK(expanded("${E}", world).empty());
    CHECK(expanded("${A:-d}", world) == "[x]");
    CHECK(expanded("${E:-d}", world) == "[d]");
    CHECK(expanded("${U:-d}", world) == "[d]");
    CHECK(expanded("${U:-}", world).empty());
    CHECK(expanded("\"${U:-a:-b}\"", world) == "[a][:][-][b]");
    CHECK(expanded("${A:?needed}", world) == "[x]");
    CHECK(expanded("${file:secret}", world) == "[s]");
    CHECK(expanded("${file:/abs}", world) == "[t]");
    CHECK(expanded("${file:crlf}", world) == "[u]");
    CHECK(expanded("$${A}", world) == "${A}");
    CHECK(expanded("a$$b", world) == "a$b");
    CHECK(expanded("a$b$", world) == "a$b$");
    CHECK(expanded("$$$${A}", world) == "$${A}");
    CHECK(expanded("$$${A}", world) == "$[x]");
    CHECK(expanded("${U:-$$}", world) == "[$]");
    CHECK(expanded("${N}", world) == "null");
    CHECK(expanded("\"${N}\"", world) == "[n][u][l][l]");
    CHECK(expanded("${INJECT}", world) == "[a][:][ ][[][b][]]");
}

TEST_CASE("C9: what is none is an error") {
    World world;
    world.variables = {{"A", "x"}, {"NEWLINE", "a\nb"}, {"BYTE", "\xff"}};
    world.files = {{"dir/two", "s\n\n"}};
    CHECK(expanded("${U}", world) == "error variable-unset");
    CHECK(expanded("${U:?}", world) == "error variable-required");
    CHECK(expanded("${A", world) == "error substitution-unterminated");
    CHECK(expanded("x${", world) == "error substitution-unterminated");
    CHECK(expanded("${}", world) == "error substitution-syntax");
    CHECK(expanded("${A-b}", world) == "error substitution-syntax");
    CHECK(expanded("${A:b}", world) == "error substitution-syntax");
    CHECK(expanded("${ A}", world) == "error substitution-syntax");
    CHECK(expanded("${U:-${A}}", world) == "error substitution-nested");
    CHECK(expanded("${file:gone}", world) == "error substitution-file");
    CHECK(expanded("${file:two}", world) == "error substitution-value");
    CHECK(expanded("${NEWLINE}", world) == "error substitution-value");
    CHECK(expanded("${BYTE}", world) == "error substitution-value");
}

TEST_CASE("C9: what comes out of a substitution is never syntax") {
    World world;
    world.variables = {{"STAR", "*"},      {"GROUP", "@g"},         {"NAME", "g"},
                       {"REGEX", "~.*"},   {"DOMAIN", "a.example"}, {"WILD", "*.a.example"},
                       {"LIST", "[a, b]"}, {"TRUE", "true"},        {"AGE", "5m"}};
    const auto load = [&](const std::string& origin) {
        return world.load("groups: {g: [https://g.example]}\nresources:\n  /a:\n    origins:\n      - \"" + origin +
                          "\"\n");
    };
    CHECK(load("https://*.${DOMAIN}").ok());
    CHECK(load("https://${DOMAIN}:*").ok());
    CHECK(load("@${NAME}").ok());
    CHECK(load("~https://${DOMAIN}").ok());
    CHECK(load("https://${DOMAIN}").ok());
    for (const char* bad :
         {"${STAR}", "${GROUP}", "${REGEX}", "https://${WILD}", "https://${DOMAIN}:${STAR}", "${LIST}"}) {
        CAPTURE(bad);
        CHECK_FALSE(load(bad).ok());
    }
    Loaded loaded = world.load("resources:\n  /a:\n    credentials: ${TRUE}\n    max_age: ${AGE}\n");
    REQUIRE(loaded.ok());
    const auto& source = loaded.config->sites.at(0).resources.at(0).governed.entries.at(0).source();
    CHECK(source.credentials == corsd::cors::Option::on);
    CHECK(source.max_age == std::chrono::seconds{300});
}
