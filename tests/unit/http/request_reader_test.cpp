#include <string>
#include <string_view>

#include "base/ascii.hpp"
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
    const char* outcome;  // how the description starts
};

std::string get(std::string_view lines) {
    return "GET / HTTP/1.1\r\nHost: h.test\r\n" + std::string{lines} + "\r\n";
}
std::string post(std::string_view lines) {
    return "POST / HTTP/1.1\r\nHost: h.test\r\n" + std::string{lines} + "\r\n";
}
std::string host(std::string_view value) {
    return "GET / HTTP/1.1\r\nHost: " + std::string{value} + "\r\n\r\n";
}
std::string line(std::string_view text) {
    return std::string{text} + "\r\nHost: h.test\r\n\r\n";
}

/// The outcome, however the bytes are cut.
void check_all(const std::vector<Case>& cases, const RequestSetting& setting = {}) {
    for (const auto& row : cases) {
        INFO(row.title);
        const auto whole = read_request(row.raw, {row.raw.size()}, setting);
        INFO(whole);
        CHECK(whole.substr(0, std::string_view{row.outcome}.size()) == row.outcome);
        CHECK(first_difference(row.raw, whole, [&](std::string_view raw, const Cuts& cuts) {
                  return read_request(raw, cuts, setting);
              }) == "");
    }
}

}  // namespace

TEST_CASE("request lines (RFC 9112 section 3)") {
    check_all({
        {"plain", line("GET / HTTP/1.1"), "GET / 1.1 host=h.test, no body, keep, 32 bytes [Host=h.test#1]"},
        {"1.0 closes", line("GET / HTTP/1.0"), "GET / 1.0 host=h.test, no body, close"},
        {"1.0 without Host", "GET / HTTP/1.0\r\n\r\n", "GET / 1.0 host=, no body, close"},
        {"1.9 is read as 1.1", line("GET / HTTP/1.9"), "GET / 1.1"},
        {"a token of any case is a method", line("get / HTTP/1.1"), "get / 1.1"},
        {"PRI is a token", line("PRI /x HTTP/1.1"), "PRI /x 1.1"},
        {"asterisk", line("OPTIONS * HTTP/1.1"), "OPTIONS * 1.1"},
        {"absolute", line("GET http://o.test/x HTTP/1.1"), "GET http://o.test/x 1.1 host=h.test"},
        {"a word", line("GET admin HTTP/1.1"), "failed bad_request: the target is neither"},
        {"asterisk with GET", line("GET * HTTP/1.1"), "failed bad_request: the target '*'"},
        {"no host", line("GET http:///x HTTP/1.1"), "failed bad_request: the target's host"},
        {"all bytes of targets", line("GET /!\"$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~ HTTP/1.1"), "GET /!\""},
        {"empty lines before", "\r\n\r\n" + line("GET / HTTP/1.1"), "GET / 1.1 host=h.test, no body, keep, 36 bytes"},
        {"too many empty lines", "\r\n\r\n\r\n\r\n\r\n" + line("GET / HTTP/1.1"), "failed bad_request: too many empty"},
        {"LF before", "\n" + line("GET / HTTP/1.1"), "failed bad_request"},
        {"CR before", "\r" + line("GET / HTTP/1.1"), "failed bad_request"},
        {"bare LF", "GET / HTTP/1.1\nHost: h.test\n\n", "failed bad_request: a line ends in LF"},
        {"tab", line("GET\t/ HTTP/1.1"), "failed bad_request"},
        {"two spaces", line("GET  / HTTP/1.1"), "failed bad_request"},
        {"space after", line("GET / HTTP/1.1 "), "failed bad_request"},
        {"space before", line(" GET / HTTP/1.1"), "failed bad_request: the method is no token"},
        {"no target", line("GET HTTP/1.1"), "failed bad_request"},
        {"no version: HTTP/0.9", "GET /\r\n", "failed bad_request: the request line has no version"},
        {"method alone", "GET\r\n", "failed bad_request"},
        {"1.10", line("GET / HTTP/1.10"), "failed bad_request"},
        {"01.01", line("GET / HTTP/01.01"), "failed bad_request"},
        {"lower-case http", line("GET / http/1.1"), "failed bad_request"},
        {"2.0", line("GET / HTTP/2.0"), "failed version_not_supported"},
        {"0.9", line("GET / HTTP/0.9"), "failed version_not_supported"},
        {"HTTP/3", line("GET / HTTP/3"), "failed version_not_supported"},
        {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "failed version_not_supported"},
        {"TLS hello", "\x16\x03\x01\x02"s, "failed bad_request: the method is no token"},
        {"NUL method", line("\0 / HTTP/1.1"s), "failed bad_request"},
        {"response", "HTTP/1.1 200 OK\r\n\r\n", "failed bad_request"},
        {"#", line("GET /a#b HTTP/1.1"), "failed bad_request: a forbidden byte in the target"},
        {"8 bit", line("GET /\xc3\xa9 HTTP/1.1"), "failed bad_request: a forbidden byte"},
        {"control", line("GET /\x02 HTTP/1.1"), "failed bad_request: a forbidden byte"},
        {"DEL", line("GET /\x7f HTTP/1.1"), "failed bad_request: a forbidden byte"},
        {"CR in target", line("GET /a\rb HTTP/1.1"), "failed bad_request: a forbidden byte"},
        {"CONNECT", line("CONNECT h.test:443 HTTP/1.1"), "failed not_implemented"},
        {"CONNECT in lower case", line("connect h.test:443 HTTP/1.1"), "failed not_implemented"},
        {"TRACE", line("TRACE / HTTP/1.1"), "failed not_implemented"},
        {"track, any case", line("tRaCk / HTTP/1.1"), "failed not_implemented"},
        {"a longer method", line("TRACED / HTTP/1.1"), "TRACED / 1.1"},
        {"long method", line(std::string(65, 'M') + " / HTTP/1.1"), "failed not_implemented: the method is too long"},
        {"longest method", line(std::string(64, 'M') + " / HTTP/1.1"), "MMM"},
    });
}

TEST_CASE("field lines (RFC 9112 section 5)") {
    check_all({
        {"forms", get("A: b\r\nC:d\r\nE:  f\r\nG: h \r\nI:\r\nJ: \r\nK:\tl\r\nM:  \r\n"),
         "GET / 1.1 host=h.test, no body, keep, 78 bytes [Host=h.test#1] [A=b#0] [C=d#0~] [E=f#0~] [G=h#0~] [I=#0~] "
         "[J=#0] "
         "[K=l#0~] [M=#0~]"},
        {"high bytes and tabs are values", get("X: \x85y\tz\xa0\r\n"), "GET / 1.1"},
        {"fold", get("X: a\r\n b\r\n"), "failed bad_request: a field line starts with white space"},
        {"fold with a tab", get("X: a\r\n\tb\r\n"), "failed bad_request: a field line starts with white space"},
        {"fold first", "GET / HTTP/1.1\r\n Host: h.test\r\n\r\n", "failed bad_request: a field line starts"},
        {"space before the colon", get("X : a\r\n"), "failed bad_request: a field name is no token"},
        {"empty name", get(": a\r\n"), "failed bad_request: a field name is no token"},
        {"no colon", get("Name\r\n"), "failed bad_request: a field line has no colon"},
        {"8-bit name", get("X\xc3\xab: a\r\n"), "failed bad_request: a field name is no token"},
        {"bracket", get("A[: a\r\n"), "failed bad_request: a field name is no token"},
        {"NUL in a value", get("X: a\0b\r\n"s), "failed bad_request: a control character"},
        {"NUL in a long value", get("X: 0123456789abcdef0123456789\0bcdef\r\n"s), "failed bad_request: a control char"},
        {"CR in a value", get("X: a\rb\r\n"), "failed bad_request: a control character"},
        {"CR before CRLF", get("X: a\r\r\n"), "failed bad_request: a control character"},
        {"DEL in a value", get("X: a\x7f\r\n"), "failed bad_request: a control character"},
        {"bare LF", get("X: a\nY: b\r\n"), "failed bad_request: a line ends in LF"},
        {"another control character instead of CR", get("X: a\x01\nY: 0123456789abcdef\r\n"),
         "failed bad_request: a line ends in LF"},
        {"CR and no LF at the end", "GET / HTTP/1.1\r\nHost: h\r\n\rZ: a\r\n\r\n", "failed bad_request"},
        {"LF LF is no end", "GET / HTTP/1.1\r\nHost: h\r\n\n", "failed bad_request: a line ends in LF"},
        {"underscores are dropped", get("X_Y: a\r\nContent_Length: 9\r\nTransfer_Encoding: chunked\r\n"),
         "GET / 1.1 host=h.test, no body, keep, 87 bytes [Host=h.test#1]"},
    });
}

TEST_CASE("every control byte but tab is refused in a value, wherever it stands") {
    for (int byte = 0; byte < 256; ++byte) {
        for (const std::size_t before : {0U, 7U, 15U, 16U, 20U, 40U}) {
            const auto value = std::string(before, 'a') + static_cast<char>(byte) + std::string(3, 'b');
            const auto raw = get("X: " + value + "\r\n");
            const bool legal = (byte >= 0x20 && byte != 0x7f) || byte == '\t';
            const auto outcome = read_request(raw, {raw.size()});
            INFO(byte << " after " << before);
            CHECK((outcome.substr(0, 3) == "GET") == legal);
        }
    }
}

TEST_CASE("every byte that is no token is refused in a name") {
    for (int byte = 0; byte < 256; ++byte) {
        INFO(byte);
        // Short names, and those that are looked at sixteen bytes at once.
        for (const std::size_t size : {1U, 20U}) {
            const auto raw = get(std::string(size, 'X') + std::string(1, static_cast<char>(byte)) +
                                 std::string(size, 'b') + ": c\r\n");
            const auto outcome = read_request(raw, {raw.size()}, {HeadLimits{}, Underscores::keep});
            // "X:b: c" is a name, a colon and a value.
            CHECK((outcome.substr(0, 3) == "GET") == (ascii::is_tchar(static_cast<char>(byte)) || byte == ':'));
        }
    }
}

TEST_CASE("framing of requests (RFC 9112 section 6)") {
    check_all({
        {"length", post("Content-Length: 5\r\n"), "POST / 1.1 host=h.test, length 5, keep"},
        {"0", post("Content-Length: 0\r\n"), "POST / 1.1 host=h.test, no body, keep"},
        {"none", post(""), "POST / 1.1 host=h.test, no body, keep"},
        {"GET with a body", get("Content-Length: 5\r\n"), "GET / 1.1 host=h.test, length 5"},
        {"largest", post("Content-Length: 9223372036854775807\r\n"),
         "POST / 1.1 host=h.test, length 9223372036854775807"},
        {"2^63", post("Content-Length: 9223372036854775808\r\n"), "failed bad_request: Content-Length is not"},
        {"20 digits", post("Content-Length: 18446744073709551621\r\n"), "failed bad_request: Content-Length is not"},
        {"leading zero", post("Content-Length: 05\r\n"), "failed bad_request: Content-Length is not"},
        {"plus", post("Content-Length: +5\r\n"), "failed bad_request: Content-Length is not"},
        {"minus", post("Content-Length: -5\r\n"), "failed bad_request: Content-Length is not"},
        {"hex", post("Content-Length: 0x5\r\n"), "failed bad_request: Content-Length is not"},
        {"empty", post("Content-Length:\r\n"), "failed bad_request: Content-Length is not"},
        {"list", post("Content-Length: 5, 5\r\n"), "failed bad_request: Content-Length is not"},
        {"repeated", post("Content-Length: 5\r\nContent-Length: 5\r\n"),
         "failed bad_request: Content-Length is repeated"},
        {"folded", post("Content-Length:\r\n 5\r\n"), "failed bad_request"},
        {"chunked", post("Transfer-Encoding: chunked\r\n"), "POST / 1.1 host=h.test, chunked, keep"},
        {"any case", post("tRANSFER-eNCODING: ChUnKeD\r\n"), "POST / 1.1 host=h.test, chunked, keep"},
        {"repeated chunked", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
         "failed bad_request"},
        {"with length", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
         "failed bad_request: Content-Length and"},
        {"length after", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
         "failed bad_request: Content-Length and"},
        {"gzip", post("Transfer-Encoding: gzip\r\n"), "failed bad_request: the last transfer coding"},
        {"xchunked", post("Transfer-Encoding: xchunked\r\n"), "failed bad_request: the last transfer coding"},
        {"gzip, chunked", post("Transfer-Encoding: gzip, chunked\r\n"), "failed not_implemented"},
        {"chunked, gzip", post("Transfer-Encoding: chunked, gzip\r\n"), "failed bad_request: chunked must be the last"},
        {"chunked twice", post("Transfer-Encoding: chunked, chunked\r\n"),
         "failed bad_request: chunked must be the last"},
        {"empty element", post("Transfer-Encoding: chunked,\r\n"),
         "failed bad_request: Transfer-Encoding is malformed"},
        {"empty coding", post("Transfer-Encoding:\r\n"), "failed bad_request: Transfer-Encoding is malformed"},
        {"parameter", post("Transfer-Encoding: chunked;a=b\r\n"), "failed bad_request: Transfer-Encoding is malformed"},
        {"quoted", post("Transfer-Encoding: \"chunked\"\r\n"), "failed bad_request: Transfer-Encoding is malformed"},
        {"8 bit",
         post("Transfer-Encoding: \xff"
              "chunked\r\n"),
         "failed bad_request: Transfer-Encoding is malformed"},
        {"vertical tab",
         post("Transfer-Encoding: \x0b"
              "chunked\r\n"),
         "failed bad_request"},
        {"HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
         "failed bad_request: Transfer-Encoding in"},
        {"Connection cannot take it away", post("Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n"),
         "POST / 1.1 host=h.test, chunked"},
    });
}

TEST_CASE("persistence and expectations") {
    const std::string expect = "Expect: 100-continue\r\n";
    check_all({
        {"close", get("Connection: close\r\n"), "GET / 1.1 host=h.test, no body, close"},
        {"close in a list", get("Connection: foo,\tCLOSE ,bar\r\n"), "GET / 1.1 host=h.test, no body, close"},
        {"close on the second line", get("Connection: keep-alive\r\nConnection: close\r\n"),
         "GET / 1.1 host=h.test, no body, close"},
        {"part of a word", get("Connection: closed\r\n"), "GET / 1.1 host=h.test, no body, keep"},
        {"1.0 keep-alive", "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "GET / 1.0 host=, no body, keep"},
        {"malformed list", get("Connection: foo bar, \"x\r\n"), "GET / 1.1 host=h.test, no body, keep"},
        {"continue", post(expect + "Content-Length: 5\r\n"), "POST / 1.1 host=h.test, length 5, keep, continue"},
        {"continue, chunked", post("expect: 100-CONTINUE\r\nTransfer-Encoding: chunked\r\n"),
         "POST / 1.1 host=h.test, chunked, keep, continue"},
        {"nothing to wait with", post(expect), "POST / 1.1 host=h.test, no body, keep, 55 bytes"},
        {"HTTP/1.0", "POST / HTTP/1.0\r\n" + expect + "Content-Length: 5\r\n\r\n",
         "POST / 1.0 host=, length 5, close, 60"},
        {"unknown", post("Expect: 200-ok\r\nContent-Length: 5\r\n"), "POST / 1.1 host=h.test, length 5, keep, 68"},
    });
}

TEST_CASE("Host (RFC 9112 section 3.2)") {
    check_all({
        {"missing", "GET / HTTP/1.1\r\n\r\n", "failed bad_request: Host is missing"},
        {"repeated", get("Host: h.test\r\n"), "failed bad_request: Host is repeated"},
        {"empty", host(""), "GET / 1.1 host=, no body"},
        {"port", host("h.test:8080"), "GET / 1.1 host=h.test:8080"},
        {"IPv6", host("[::1]:80"), "GET / 1.1 host=[::1]:80"},
        {"userinfo", host("u@h.test"), "failed bad_request: Host is not"},
        {"path", host("h.test/a"), "failed bad_request: Host is not"},
        {"space", host("h.test b"), "failed bad_request: Host is not"},
        {"list", host("h.test, b"), "failed bad_request: Host is not"},
        {"port too large", host("h.test:65536"), "failed bad_request: Host is not"},
        {"empty label", host("h..test"), "failed bad_request: Host is not"},
        {"8 bit", host("h\xe9.test"), "failed bad_request: Host is not"},
    });
}

TEST_CASE("limits hold while the bytes arrive") {
    RequestSetting small;
    small.limits = {120, 3, 20};
    check_all(
        {
            {"fits", get("A: b\r\nC: d\r\n"), "GET / 1.1"},
            {"fields", get("A: b\r\nC: d\r\nE: f\r\n"), "failed header_too_large: too many fields"},
            {"dropped fields count", get("A_: b\r\nC_: d\r\nE_: f\r\n"), "failed header_too_large: too many fields"},
            {"target fits", line("GET /2345678901234567890 HTTP/1.1"), "GET /2345678901234567890 1.1"},
            {"target", line("GET /23456789012345678901 HTTP/1.1"), "failed target_too_long"},
            {"long target", line("GET /" + std::string(100, 'a') + " HTTP/1.1"), "failed target_too_long"},
            {"longer than the head may be", line("GET /" + std::string(200, 'a') + " HTTP/1.1"),
             "failed target_too_long"},
            {"long version", "GET / HTTP/1.1" + std::string(100, ' '), "failed target_too_long"},
            {"value", get("A: " + std::string(100, 'b') + "\r\n"), "failed header_too_large: the head is too large"},
            {"no end of line", "GET / HTTP/1.1\r\nA: " + std::string(200, 'b'), "failed header_too_large: the head is"},
            {"no end of name", "GET / HTTP/1.1\r\n" + std::string(200, 'b'), "failed header_too_large: the head is"},
            {"120 bytes fit", get("A: " + std::string(83, 'b') + "\r\n"),
             "GET / 1.1 host=h.test, no body, keep, 120 bytes"},
            {"121 do not", get("A: " + std::string(84, 'b') + "\r\n"),
             "failed header_too_large: the head is too large"},
        },
        small);
    RequestSetting tiny;
    tiny.limits = {16, 3, 100};
    check_all(
        {{"the head is the tighter bound", line("GET /aaaaaaaaaaaaaaaaaaaaaaa HTTP/1.1"), "failed header_too_large"}},
        tiny);
}

TEST_CASE("underscores: keep and reject") {
    const auto raw = get("X_Y: a\r\n");
    check_all({{"keep", raw, "GET / 1.1 host=h.test, no body, keep, 40 bytes [Host=h.test#1] [X_Y=a#0]"}},
              {HeadLimits{}, Underscores::keep});
    check_all({{"never as Transfer-Encoding", get("Transfer_Encoding: chunked\r\n"), "GET / 1.1 host=h.test, no body"}},
              {HeadLimits{}, Underscores::keep});
    check_all({{"reject", raw, "failed bad_request: an underscore in a field name"}},
              {HeadLimits{}, Underscores::reject});
}

TEST_CASE("a bad line is refused without waiting for the end of the head") {
    CHECK(read_request("GET /a#b HTTP/1.1\r\n", {19}) == "failed bad_request: a forbidden byte in the target");
    CHECK(read_request("GET / HTTP/1.1\r\nX y: z\r\n", {24}) == "failed bad_request: a field name is no token");
    CHECK(read_request("\x16", {1}) == "failed bad_request: the method is no token");
}

TEST_CASE("the method of a request that is refused or not whole is known: an answer to HEAD has no body") {
    const std::string target(9000, 'x');
    for (const std::string& raw : {"HEAD /" + target + " HTTP/1.1\r\n", "HEAD / HTTP/2.0\r\n"s, "HEAD /#\r\n"s,
                                   "HEAD / HTTP/1.1\nHost: h\n\n"s}) {
        RequestReader whole{HeadLimits{}, Underscores::drop};
        CHECK(whole.feed(raw) == Progress::failed);
        CHECK(whole.head().method == "HEAD");
        RequestReader pieces{HeadLimits{}, Underscores::drop};
        std::size_t end = 0;
        while (end < raw.size() && pieces.feed(std::string_view{raw}.substr(0, ++end)) == Progress::need_more) {
            CHECK(pieces.head().method == (end > 4 ? "HEAD" : ""));
        }
        CHECK(pieces.head().method == "HEAD");
    }
    RequestReader reader{HeadLimits{}, Underscores::drop};
    CHECK(reader.feed("\x16 HEAD") == Progress::failed);
    CHECK(reader.head().method.empty());
}

TEST_CASE("a reader starts over, and what follows a head is left alone") {
    RequestReader reader{HeadLimits{}, Underscores::drop};
    const std::string two = get("A: b\r\n") + post("Content-Length: 3\r\n") + "abc";
    REQUIRE(reader.feed(two) == Progress::complete);
    const auto first = reader.head().bytes;
    CHECK(first == get("A: b\r\n").size());
    CHECK(reader.feed(two) == Progress::complete);
    reader.reset();
    CHECK_FALSE(reader.started());
    REQUIRE(reader.feed(std::string_view{two}.substr(first)) == Progress::complete);
    CHECK(reader.head().method == "POST");
    CHECK(reader.head().framing.length == 3);
    CHECK(reader.head().fields.size() == 2);
    reader.reset();
    REQUIRE(reader.feed("?") == Progress::failed);
    REQUIRE(reader.feed("GET / HTTP/1.1\r\nHost: h\r\n\r\n") == Progress::failed);
    reader.reset();
    CHECK(reader.feed("GET / HTTP/1.1\r\nHost: h\r\n\r\n") == Progress::complete);
}

TEST_CASE("started() tells an idle connection from a slow one") {
    RequestReader reader{HeadLimits{}, Underscores::drop};
    CHECK(reader.feed("") == Progress::need_more);
    CHECK_FALSE(reader.started());
    CHECK(reader.feed("\r") == Progress::need_more);
    CHECK(reader.feed("\r\n") == Progress::need_more);
    CHECK_FALSE(reader.started());
    CHECK(reader.feed("\r\nG") == Progress::need_more);
    CHECK(reader.started());
}

TEST_CASE("the bytes of a canonical line are the line") {
    const std::string raw = get("A: b\r\nC:d\r\nE:  f\r\nG: h \r\nI:\r\nJ: \r\nK: l\tm\r\n");
    RequestReader reader{HeadLimits{}, Underscores::drop};
    REQUIRE(reader.feed(raw) == Progress::complete);
    int canonical = 0;
    for (const auto& field : reader.head().fields) {
        const auto line = std::string{field.name} + ": " + std::string{field.value} + "\r\n";
        const bool same = std::string_view{field.name.data(), line.size()} == line;
        CHECK(same == (field.form == LineForm::canonical));
        canonical += same ? 1 : 0;
    }
    CHECK(canonical == 4);
}

TEST_CASE("a finished line is never looked at again") {
    std::string raw = "GET / HTTP/1.1\r\nHost: h.test\r\nContent-Length: 5\r\n";
    while (raw.size() < 30 * 1024)
        raw += "X-Filler: " + std::string(400, 'x') + "\r\n";
    raw += "\r\n";
    RequestReader reader{HeadLimits{}, Underscores::drop};
    std::string arrived = raw;
    for (std::size_t size = 1; size < raw.size(); ++size) {
        REQUIRE(reader.feed({arrived.data(), size}) == Progress::need_more);
        // Whoever reads it once more finds an end of line in every place.
        if (raw[size - 1] == '\n') arrived.replace(0, size, size, '\n');
    }
    REQUIRE(reader.feed(arrived) == Progress::complete);
    CHECK(reader.head().bytes == raw.size());
    CHECK(reader.head().framing.length == 5);
}
