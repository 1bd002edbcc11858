#include <string>
#include <string_view>

#include "catch.hpp"
#include "feeding.hpp"

using namespace corsd;
using namespace corsd::http;
using namespace corsd::http::feeding;
using namespace std::string_literals;

namespace {

struct Case {
    const char* title;
    std::string raw;
    const char* outcome;
};

void check_all(const std::vector<Case>& cases, const HeadLimits& limits = {}) {
    for (const auto& row : cases) {
        INFO(row.title);
        const auto whole = decode_chunks(row.raw, {row.raw.size()}, limits);
        INFO(whole);
        CHECK(whole.substr(0, std::string_view{row.outcome}.size()) == row.outcome);
        CHECK(first_difference(row.raw, whole, [&](std::string_view raw, const Cuts& cuts) {
                  return decode_chunks(raw, cuts, limits);
              }) == "");
    }
}

}  // namespace

TEST_CASE("chunked bodies (RFC 9112 section 7.1)") {
    check_all({
        {"empty", "0\r\n\r\n", "'' ends at 5"},
        {"one chunk", "5\r\nhello\r\n0\r\n\r\n", "'hello' ends at 15"},
        {"what follows is left alone", "5\r\nhello\r\n0\r\n\r\nGET / ", "'hello' ends at 15"},
        {"several", "1\r\na\r\n2\r\nbc\r\n3\r\ndef\r\n0\r\n\r\n", "'abcdef' ends at 26"},
        {"a lot in the first, little after", "a\r\n0123456789\r\n1\r\nx\r\n0\r\n\r\n", "'0123456789x'"},
        {"hexadecimal of both cases", "A\r\n0123456789\r\nb\r\n0123456789a\r\n0\r\n\r\n", "'01234567890123456789a'"},
        {"leading zeros", "0000005\r\nhello\r\n000\r\n\r\n", "'hello' ends at 23"},
        {"line ends are payload", "4\r\n\r\n\r\n\r\n0\r\n\r\n", "'\r\n\r\n' ends at 14"},
        {"extension", "5;a=b;c=\"d e\"\r\nhello\r\n0;x\r\n\r\n", "'hello' ends at 29"},
        {"trailers", "0\r\nX-A: b\r\nx-c:d \r\n\r\n", "'' ends at 21 [X-A=b] [x-c=d]"},
        {"trailer that looks like a request", "0\r\nX:POST / HTTP/1.1\r\n\r\n", "'' ends at 24 [X=POST / HTTP/1.1]"},
        {"unfinished", "5\r\nhel", "'hel' incomplete"},
        {"no last chunk", "5\r\nhello\r\n", "'hello' incomplete"},
    });
}

TEST_CASE("chunked bodies that are refused") {
    check_all({
        {"0x", "0x5\r\nhello\r\n0\r\n\r\n", "'' then failed bad_request"},
        {"plus", "+5\r\nhello\r\n", "'' then failed bad_request"},
        {"minus", "-1\r\n", "'' then failed bad_request"},
        {"no digits", "\r\nhello\r\n0\r\n\r\n", "'' then failed bad_request"},
        {"no digits before an extension", ";a\r\n", "'' then failed bad_request"},
        {"letters", "Z\r\n", "'' then failed bad_request"},
        {"space before", " 5\r\nhello\r\n", "'' then failed bad_request"},
        {"space after", "5 \r\nhello\r\n", "'' then failed bad_request"},
        {"space before an extension", "5 ;a\r\nhello\r\n", "'' then failed bad_request"},
        {"tab after", "5\t\r\nhello\r\n", "'' then failed bad_request"},
        {"16 digits", "8000000000000000\r\n", "'' then failed bad_request: a chunk size is too large"},
        {"17 digits", "10000000000000005\r\nhello\r\n", "'' then failed bad_request: a chunk size is too large"},
        {"17 zeros", "00000000000000000\r\n", "'' then failed bad_request: a chunk size is too large"},
        {"LF after the size", "5\nhello\r\n", "'' then failed bad_request"},
        {"CR CR", "5\r\r\nhello\r\n", "'' then failed bad_request"},
        {"LF in an extension", "5;a\nhello\r\n", "'' then failed bad_request"},
        {"NUL in an extension", "5;\0\r\nhello\r\n"s, "'' then failed bad_request"},
        {"NUL in quotes", "5;a=\"\0\"\r\nhello\r\n"s, "'' then failed bad_request"},
        {"LF after the payload", "5\r\nhello\n0\r\n\r\n", "'hello' then failed bad_request: a chunk is longer"},
        {"a byte and LF after the payload", "5\r\nhelloX\n0\r\n\r\n",
         "'hello' then failed bad_request: a chunk is longer"},
        {"CR without LF after the payload", "5\r\nhello\rX", "'hello' then failed bad_request"},
        {"payload too long", "4\r\nhello\r\n0\r\n\r\n", "'hell' then failed bad_request: a chunk is longer"},
        {"LF after the last chunk", "0\n\r\n", "'' then failed bad_request"},
        {"LF ends the trailers", "0\r\n\n", "'' then failed bad_request: a line ends in LF"},
        {"empty line in between", "1\r\na\r\n\r\n0\r\n\r\n", "'a' then failed bad_request"},
        {"folded trailer", "0\r\nX: a\r\n b\r\n\r\n", "'' then failed bad_request: a field line starts"},
        {"trailer without a colon", "0\r\nGET / HTTP/1.1\r\n\r\n",
         "'' then failed bad_request: a field name is no token"},
        {"control in a trailer", "0\r\nX: a\x01\r\n\r\n", "'' then failed bad_request: a control character"},
    });
}

TEST_CASE("extensions and trailers are bounded") {
    const HeadLimits small{30, 2, 20};
    check_all(
        {
            {"trailers fit", "0\r\nA: b\r\nC: d\r\n\r\n", "'' ends at 17"},
            {"too many", "0\r\nA: b\r\nC: d\r\nE: f\r\n\r\n", "'' then failed header_too_large: too many"},
            {"30 bytes fit", "0\r\nA: " + std::string(23, 'b') + "\r\n\r\n", "'' ends at 33"},
            {"31 do not", "0\r\nA: " + std::string(24, 'b') + "\r\n\r\n",
             "'' then failed header_too_large: the trailer"},
            {"no end of line", "0\r\n" + std::string(40, 'b'), "'' then failed header_too_large: the trailer"},
        },
        small);
    std::string long_extensions;
    for (int i = 0; i < 9; ++i)
        long_extensions += "1;" + std::string(1000, 'x') + "\r\na\r\n";
    const auto outcome = decode_chunks(long_extensions, {long_extensions.size()});
    CHECK(outcome == "'aaaaaaaa' then failed bad_request: too many bytes of chunk extensions");
    CHECK(decode_chunks(long_extensions, byte_by_byte(long_extensions.size())) == outcome);
    check_all({
        {"8 KiB of extensions fit", "0;" + std::string(8191, 'x') + "\r\n\r\n", "'' ends at 8197"},
        {"not a byte more", "0;" + std::string(8192, 'x') + "\r\n\r\n", "'' then failed bad_request: too many bytes"},
    });
}

TEST_CASE("a decoder starts over") {
    ChunkedDecoder decoder;
    std::string first = "5;x\r\nhello\r\n0\r\nA: b\r\n\r\n";
    REQUIRE(decoder.decode(first.data(), first.size()).progress == Progress::complete);
    CHECK(decoder.trailers() == "A: b\r\n");
    decoder.reset();
    CHECK(decoder.trailers().empty());
    std::string bad = "x";
    REQUIRE(decoder.decode(bad.data(), bad.size()).progress == Progress::failed);
    CHECK(decoder.failure().reason == Reason::bad_request);
    decoder.reset();
    std::string second = "2\r\nab\r\n0\r\n\r\nrest";
    const auto step = decoder.decode(second.data(), second.size());
    REQUIRE(step.progress == Progress::complete);
    CHECK(step.payload == 2);
    CHECK(step.consumed == second.size() - 4);
    CHECK(second.substr(0, 2) == "ab");
    CHECK(second.substr(step.consumed) == "rest");
}

namespace {

std::string framed(const BodyPart& part) {
    ChunkFrame frame;
    std::string text;
    for (const auto piece : frame.frame(part))
        text += piece;
    return text;
}

}  // namespace

TEST_CASE("framing a body") {
    using Place = BodyPart::Place;
    CHECK(framed({"a", Place::inside, {}}) == "1\r\na\r\n");
    CHECK(framed({std::string(0x1f40, 'x'), Place::inside, {}}) == "1f40\r\n" + std::string(0x1f40, 'x') + "\r\n");
    CHECK(framed({"", Place::inside, {}}) == "");
    CHECK(framed({"ab", Place::last, {}}) == "2\r\nab\r\n0\r\n\r\n");
    CHECK(framed({"", Place::last, {}}) == "0\r\n\r\n");
    CHECK(framed({"ab", Place::last, "A: b\r\n"}) == "2\r\nab\r\n0\r\nA: b\r\n\r\n");
    CHECK(framed({"", Place::last, "A: b\r\nC: d\r\n"}) == "0\r\nA: b\r\nC: d\r\n\r\n");
    CHECK(framed({"ab", Place::inside, "A: b\r\n"}) == "2\r\nab\r\n");
}
