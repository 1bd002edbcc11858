#include "http/upgrade.hpp"

#include <string>

#include "catch.hpp"
#include "http/h1_reader.hpp"

using namespace corsd;
using namespace corsd::http;

namespace {

std::string offer_of(const std::string& lines, const char* version = "1.1") {
    RequestReader reader(HeadLimits{}, Underscores::keep);
    const std::string text = std::string("GET / HTTP/") + version + "\r\nHost: h.test\r\n" + lines + "\r\n";
    REQUIRE(reader.feed(text) == Progress::complete);
    ConnectionNames named;
    named.read(reader.head().fields);
    std::string out;
    append_offer(out, reader.head(), named);
    return out;
}

/// What a 101 with these lines switches to; "no" for nothing that was offered.
std::string accepted(const std::string& lines, std::string_view offer) {
    ResponseReader reader(HeadLimits{});
    reader.reset(AnsweredMethod::other);
    const std::string text = "HTTP/1.1 101 Switching Protocols\r\n" + lines + "\r\n";
    REQUIRE(reader.feed(text) == Progress::complete);
    std::string out = "before";
    const bool taken = append_accepted(out, reader.head(), offer);
    REQUIRE(out.substr(0, 6) == "before");
    CHECK((taken || out == "before"));
    return taken ? out.substr(6) : "no";
}

}  // namespace

TEST_CASE("what is offered to the upstream") {
    const std::string upgrade = "Connection: Upgrade\r\n";
    CHECK(offer_of(upgrade + "Upgrade: websocket\r\n") == "websocket");
    CHECK(offer_of(upgrade + "Upgrade: a/1 , WebSocket,,b/2\r\nUpgrade: c\r\n") == "a/1, WebSocket, b/2, c");
    CHECK(offer_of("Connection: keep-alive, upgrade\r\nUpgrade: websocket\r\n") == "websocket");
    CHECK(offer_of("Connection: keep-alive\r\nConnection: UPGRADE\r\nUpgrade: websocket\r\n") == "websocket");

    CHECK(offer_of("Upgrade: websocket\r\n").empty());  // not meant for this hop
    CHECK(offer_of("Connection: close\r\nUpgrade: websocket\r\n").empty());
    CHECK(offer_of(upgrade + "Upgrade: websocket\r\n", "1.0").empty());
    CHECK(offer_of(upgrade).empty());
    CHECK(offer_of(upgrade + "Upgrade:\r\n").empty());
}

TEST_CASE("what carries HTTP, and what is no protocol, is not offered") {
    for (const char* value :
         {"h2c", "H2C", "h2c/1", "h2", "HTTP/2.0", "TLS/1.0", "tls", "a b", "a/", "/1", "a/b/c", "\"a\""}) {
        INFO(value);
        CHECK(offer_of(std::string("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: ") + value + "\r\n").empty());
        CHECK(offer_of(std::string("Connection: Upgrade\r\nUpgrade: ") + value + ", websocket\r\n") == "websocket");
    }
    CHECK(offer_of("Connection: Upgrade\r\nUpgrade: h2cx\r\n") == "h2cx");
}

TEST_CASE("an offer is bounded") {
    std::string many;
    for (int i = 0; i < 500; ++i)
        many += (i == 0 ? "p" : ",p") + std::to_string(i);
    CHECK(offer_of("Connection: Upgrade\r\nUpgrade: " + many + "\r\n") == "p0, p1, p2, p3, p4, p5, p6, p7");
}

TEST_CASE("what a 101 may switch to") {
    CHECK(accepted("Upgrade: websocket\r\n", "websocket") == "websocket");
    CHECK(accepted("Upgrade: WebSocket\r\n", "a/1, websocket") == "WebSocket");
    CHECK(accepted("Upgrade: b, a/1\r\n", "a/1, b") == "b, a/1");
    CHECK(accepted("", "websocket") == "no");
    CHECK(accepted("Upgrade:\r\n", "websocket") == "no");
    CHECK(accepted("Upgrade: h2c\r\n", "websocket") == "no");
    CHECK(accepted("Upgrade: websocket, h2c\r\n", "websocket") == "no");
    CHECK(accepted("Upgrade: websocket\r\nUpgrade: x\r\n", "websocket") == "no");
    CHECK(accepted("Upgrade: websocket/13\r\n", "websocket") == "no");
    CHECK(accepted("Upgrade: websocket\r\n", "") == "no");
}
