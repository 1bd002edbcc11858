#include "base/json_text.hpp"

#include <random>
#include <string>

#include "catch.hpp"

using corsd::append_json_string;

namespace {

std::string json(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
}

/// Reads back what append_json_string wrote; the inverse as far as \u00XX of a lone byte allows (a code point).
std::string plain_reading(char32_t code) {
    std::string out;
    if (code < 0x80) return {static_cast<char>(code)};
    out += static_cast<char>(0xc0U | (code >> 6U));
    out += static_cast<char>(0x80U | (code & 0x3fU));
    return out;
}

}  // namespace

TEST_CASE("json string: plain text is quoted and kept", "[json]") {
    CHECK(json("") == "\"\"");
    CHECK(json("abc") == "\"abc\"");
    CHECK(json("https://app.example:8443/path?x=1") == "\"https://app.example:8443/path?x=1\"");
    std::string out = "before ";
    append_json_string(out, "x");
    CHECK(out == "before \"x\"");
}

TEST_CASE("json string: quote, backslash and controls are escaped (RFC 8259 section 7)", "[json]") {
    CHECK(json("a\"b\\c") == R"("a\"b\\c")");
    CHECK(json("\b\f\n\r\t") == R"("\b\f\n\r\t")");
    CHECK(json(std::string_view("\0\x01\x1f\x7f", 4)) == R"("\u0000\u0001\u001f\u007f")");
    CHECK(json("\x1b[31mred") == R"("\u001b[31mred")");
}

TEST_CASE("json string: well-formed UTF-8 stays, C1 controls are escaped", "[json]") {
    CHECK(json("gr\xc3\xbc\xc3\x9f") == "\"gr\xc3\xbc\xc3\x9f\"");
    CHECK(json("\xe2\x82\xac \xf0\x9f\x98\x80") == "\"\xe2\x82\xac \xf0\x9f\x98\x80\"");
    CHECK(json("\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0") == "\"\\u0080\\u009b\\u009f\xc2\xa0\"");
}

TEST_CASE("json string: bytes that are not UTF-8 become their number (RFC 3629)", "[json]") {
    CHECK(json("\xff\xfe") == R"("\u00ff\u00fe")");
    CHECK(json("\xc0\xaf") == R"("\u00c0\u00af")");            // overlong slash
    CHECK(json("\xe0\x80\xaf") == R"("\u00e0\u0080\u00af")");  // overlong
    CHECK(json("\xed\xa0\x80") == R"("\u00ed\u00a0\u0080")");  // surrogate
    CHECK(json("\xf4\x90\x80\x80") == R"("\u00f4\u0090\u0080\u0080")");
    CHECK(json("\xf5\x80\x80\x80") == R"("\u00f5\u0080\u0080\u0080")");
    CHECK(json("a\xe2\x82") == R"("a\u00e2\u0082")");  // cut short
    CHECK(json("\xc3"
               "A") == R"("\u00c3A")");
    CHECK(json("\x80") == R"("\u0080")");
}

TEST_CASE("json string: every byte at every place of a word is treated alike", "[json]") {
    for (int value = 0; value < 256; ++value) {
        const std::string alone = json(std::string(1, static_cast<char>(value)));
        const std::string body = alone.substr(1, alone.size() - 2);
        for (std::size_t place = 0; place < 17; ++place) {
            std::string text(17, 'x');
            text[place] = static_cast<char>(value);
            const std::string expected = "\"" + text.substr(0, place) + body + text.substr(place + 1) + "\"";
            INFO("byte " << value << " at " << place);
            REQUIRE(json(text) == expected);
        }
    }
}

TEST_CASE("json string: random bytes give printable, well-formed output within the bound", "[json]") {
    std::mt19937 random(7);  // NOLINT: the same bytes in every run
    for (int round = 0; round < 2000; ++round) {
        std::string text(random() % 64, '\0');
        for (char& c : text)
            c = static_cast<char>(random() % 4 == 0 ? random() : 0x20 + random() % 96);
        const std::string out = json(text);
        REQUIRE(out.size() <= corsd::json_string_bound(text.size()));
        std::string_view rest = out;
        while (!rest.empty()) {
            const std::size_t length = corsd::utf8_length(rest);
            REQUIRE(length != 0);
            REQUIRE(static_cast<unsigned char>(rest[0]) >= 0x20);
            REQUIRE(rest[0] != 0x7f);
            rest.remove_prefix(length);
        }
    }
}

TEST_CASE("utf8_length accepts exactly the two-byte code points", "[json]") {
    for (char32_t code = 0x80; code < 0x800; ++code)
        REQUIRE(corsd::utf8_length(plain_reading(code)) == 2);
    for (unsigned second = 0; second < 256; ++second) {
        const char pair[2] = {static_cast<char>(0xc3), static_cast<char>(second)};
        CHECK((corsd::utf8_length({pair, 2}) == 2) == ((second & 0xc0U) == 0x80U));
    }
}
