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
    AnsweredMethod method = AnsweredMethod::other;
};

std::string ok(std::string_view lines) {
    return "HTTP/1.1 200 OK\r\n" + std::string{lines} + "\r\n";
}
std::string status(std::string_view code, std::string_view lines = "") {
    return "HTTP/1.1 " + std::string{code} + "\r\n" + std::string{lines} + "\r\n";
}

void check_all(const std::vector<Case>& cases) {
    for (const auto& row : cases) {
        INFO(row.title);
        const auto whole = read_response(row.raw, {row.raw.size()}, row.method);
        INFO(whole);
        CHECK(whole.substr(0, std::string_view{row.outcome}.size()) == row.outcome);
        CHECK(first_difference(row.raw, whole, [&](std::string_view raw, const Cuts& cuts) {
                  return read_response(raw, cuts, row.method);
              }) == "");
    }
}

constexpr const char* kInvalid = "failed upstream_invalid";

}  // namespace

TEST_CASE("status lines (RFC 9112 section 4)") {
    check_all({
        {"plain", ok("Content-Length: 0\r\n"), "200 'OK' 1.1, no body, keep, 38 bytes [Content-Length=0#3]"},
        {"reason of several words", status("404 Not Found", "Content-Length: 2\r\n"),
         "404 'Not Found' 1.1, length 2, keep"},
        {"reason with high bytes", status("200 \xc3\xa9t\xc3\xa9"), "200 '\xc3\xa9t\xc3\xa9' 1.1"},
        {"empty reason", status("200 ", "Content-Length: 0\r\n"), "200 '' 1.1, no body, keep"},
        {"no second space", status("200", "Content-Length: 0\r\n"), "200 '' 1.1, no body, keep"},
        {"1.0", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n", "200 'OK' 1.0, length 1, close"},
        {"1.0 keep-alive", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\n",
         "200 'OK' 1.0, length 1, keep"},
        {"garbage", "this is not http\r\n\r\n", kInvalid},
        {"2.0", "HTTP/2.0 200 OK\r\n\r\n", kInvalid},
        {"1.10", "HTTP/1.10 200 OK\r\n\r\n", kInvalid},
        {"ICY", "ICY 200 OK\r\n\r\n", kInvalid},
        {"lower case", "http/1.1 200 OK\r\n\r\n", kInvalid},
        {"two digits", status("20 OK"), kInvalid},
        {"four digits", status("2000 OK"), kInvalid},
        {"000", status("000 OK"), kInvalid},
        {"099", status("099 OK"), kInvalid},
        {"600", status("600 OK"), kInvalid},
        {"sign", status("+20 OK"), kInvalid},
        {"two spaces", status(" 200 OK"), kInvalid},
        {"control in the reason", status("200 O\x01K"), kInvalid},
        {"CR in the reason", status("200 O\rK"), kInvalid},
        {"bare LF", "HTTP/1.1 200 OK\n\n", kInvalid},
        {"empty line before", "\r\n" + ok(""), kInvalid},
    });
}

TEST_CASE("fields of responses") {
    check_all({
        {"underscores stay", ok("X_Y: a\r\nContent-Length: 0\r\n"), "200 'OK' 1.1, no body, keep, 46 bytes [X_Y=a#0]"},
        {"fold", ok("X: a\r\n b\r\n"), kInvalid},
        {"space before the colon", ok("X : a\r\n"), kInvalid},
        {"no colon", ok("NoColon\r\n"), kInvalid},
        {"NUL", ok("X: a\0b\r\n"s), kInvalid},
        {"bare LF", ok("X: a\nY: b\r\n"), kInvalid},
        {"too large", ok("X: " + std::string(33 * 1024, 'x') + "\r\n").substr(0, 33000), kInvalid},
    });
}

TEST_CASE("framing of responses (RFC 9112 section 6.3)") {
    const auto head = AnsweredMethod::head;
    check_all({
        {"length", ok("Content-Length: 5\r\n"), "200 'OK' 1.1, length 5, keep"},
        {"chunked", ok("Transfer-Encoding: chunked\r\n"), "200 'OK' 1.1, chunked, keep"},
        {"neither", ok(""), "200 'OK' 1.1, until close, close"},
        {"close", ok("Content-Length: 5\r\nConnection: close\r\n"), "200 'OK' 1.1, length 5, close"},
        {"HEAD", ok("Content-Length: 5\r\n"), "200 'OK' 1.1, no body, keep", head},
        {"HEAD, chunked", ok("Transfer-Encoding: chunked\r\n"), "200 'OK' 1.1, no body, keep", head},
        {"HEAD, neither", ok(""), "200 'OK' 1.1, no body, keep", head},
        {"HEAD, bad length", ok("Content-Length: x\r\n"), kInvalid, head},
        {"204", status("204 No Content"), "204 'No Content' 1.1, no body, keep"},
        {"204 with length 0", status("204 No Content", "Content-Length: 0\r\n"), "204 'No Content' 1.1, no body, keep"},
        {"204 loses its length and is not reused", status("204 No Content", "Content-Length: 5\r\nA: b\r\n"),
         "204 'No Content' 1.1, no body, close, 52 bytes [A=b#0]"},
        {"204 chunked is not reused", status("204 No Content", "Transfer-Encoding: chunked\r\n"),
         "204 'No Content' 1.1, no body, close"},
        {"304 with a length", status("304 Not Modified", "Content-Length: 5\r\n"),
         "304 'Not Modified' 1.1, no body, keep"},
        {"100", status("100 Continue"), "100 'Continue' 1.1, no body, keep"},
        {"103", status("103 Early Hints", "Link: </a>\r\n"), "103 'Early Hints' 1.1, no body, keep"},
        {"103 loses a length of 0", status("103 Early Hints", "Content-Length: 0\r\nA: b\r\n"),
         "103 'Early Hints' 1.1, no body, keep, 53 bytes [A=b#0]"},
        {"103 with a length", status("103 Early Hints", "Content-Length: 5\r\n"), kInvalid},
        {"101", status("101 Switching Protocols", "Upgrade: websocket\r\nConnection: upgrade\r\n"),
         "101 'Switching Protocols' 1.1, no body"},
        {"101 chunked", status("101 Switching Protocols", "Transfer-Encoding: chunked\r\n"), kInvalid},
        {"repeated length", ok("Content-Length: 0\r\nContent-Length: 0\r\n"), kInvalid},
        {"different lengths", ok("Content-Length: 5\r\nContent-Length: 6\r\n"), kInvalid},
        {"list", ok("Content-Length: 5, 5\r\n"), kInvalid},
        {"negative", ok("Content-Length: -5\r\n"), kInvalid},
        {"letters", ok("Content-Length: foo\r\n"), kInvalid},
        {"both", ok("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), kInvalid},
        {"both, other order", ok("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), kInvalid},
        {"unknown coding", ok("Transfer-Encoding: foo\r\n"), kInvalid},
        {"chunked not last", ok("Transfer-Encoding: chunked, gzip\r\n"), kInvalid},
        {"gzip, chunked", ok("Transfer-Encoding: gzip, chunked\r\n"), kInvalid},
        {"chunked in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", kInvalid},
    });
}

TEST_CASE("interim responses are heads of their own") {
    ResponseReader reader{HeadLimits{}};
    const std::string two = status("103 Early Hints", "Link: </a>\r\n") + ok("Content-Length: 2\r\n") + "ab";
    reader.reset(AnsweredMethod::other);
    REQUIRE(reader.feed(two) == Progress::complete);
    CHECK(reader.head().status == 103);
    const auto first = reader.head().bytes;
    reader.reset(AnsweredMethod::other);
    REQUIRE(reader.feed(std::string_view{two}.substr(first)) == Progress::complete);
    CHECK(reader.head().status == 200);
    CHECK(reader.head().fields.size() == 1);
    CHECK(first + reader.head().bytes + 2 == two.size());
}

TEST_CASE("limits of responses") {
    ResponseReader reader{HeadLimits{60, 2, 20}};
    reader.reset(AnsweredMethod::other);
    CHECK(reader.feed(ok("A: b\r\nC: d\r\n")) == Progress::complete);
    reader.reset(AnsweredMethod::other);
    CHECK(reader.feed(ok("A: b\r\nC: d\r\nE: f\r\n")) == Progress::failed);
    CHECK(reader.failure().detail == "too many fields"s);
    reader.configure(HeadLimits{30, 9, 20});
    reader.reset(AnsweredMethod::other);
    CHECK(reader.feed(ok("A: b\r\nC: d\r\n")) == Progress::failed);
    CHECK(reader.failure().reason == Reason::upstream_invalid);
    CHECK(reader.failure().detail == "the head is too large"s);
}
