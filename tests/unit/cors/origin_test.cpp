#include "cors/origin.hpp"

#include <random>
#include <string>

#include "catch.hpp"
#include "cors/ipv6.hpp"

using namespace corsd::cors;

TEST_CASE("N7: what browsers send parses, part by part") {
    struct Row {
        const char* text;
        const char* scheme;
        const char* host;
        unsigned port;
        HostKind kind;
    };
    const Row rows[] = {
        {"https://a.ex", "https", "a.ex", 0, HostKind::domain},
        {"http://localhost:3000", "http", "localhost", 3000, HostKind::domain},
        {"https://a.ex.", "https", "a.ex.", 0, HostKind::domain},
        {"https://my_app._x_.ex", "https", "my_app._x_.ex", 0, HostKind::domain},
        {"https://xn--bcher-kva.example", "https", "xn--bcher-kva.example", 0, HostKind::domain},
        {"https://a--b.ex", "https", "a--b.ex", 0, HostKind::domain},
        {"https://1and1.ex", "https", "1and1.ex", 0, HostKind::domain},
        {"https://0xg", "https", "0xg", 0, HostKind::domain},
        {"http://127.0.0.1:65535", "http", "127.0.0.1", 65535, HostKind::ipv4},
        {"http://0.0.0.0", "http", "0.0.0.0", 0, HostKind::ipv4},
        {"http://[::1]:8080", "http", "[::1]", 8080, HostKind::ipv6},
        {"http://[2001:db8::1:0:0:1]", "http", "[2001:db8::1:0:0:1]", 0, HostKind::ipv6},
        {"http://[2001:db8:0:1:1:1:1:1]", "http", "[2001:db8:0:1:1:1:1:1]", 0, HostKind::ipv6},
        {"http://[::]", "http", "[::]", 0, HostKind::ipv6},
        {"http://[::ffff:102:304]", "http", "[::ffff:102:304]", 0, HostKind::ipv6},
        {"http://a.ex:443", "http", "a.ex", 443, HostKind::domain},
        {"chrome-extension://abcdefghijklmnop", "chrome-extension", "abcdefghijklmnop", 0, HostKind::domain},
        {"capacitor://localhost", "capacitor", "localhost", 0, HostKind::domain},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const auto origin = parse_origin(row.text);
        REQUIRE(origin.has_value());
        CHECK(origin->text == row.text);
        CHECK(origin->scheme == row.scheme);
        CHECK(origin->host == row.host);
        CHECK(origin->port == row.port);
        CHECK(origin->kind == row.kind);
    }
}

TEST_CASE("N7: what no browser sends is malformed") {
    const std::string label63(63, 'a'), label64(64, 'a');
    const std::string texts[] = {
        "",
        "null",
        "NULL",
        "*",
        "a.ex",
        "//a.ex",
        "https:",
        "https://",
        "https:/a.ex",
        "://a.ex",
        // case, bytes
        "HTTPS://a.ex",
        "https://A.ex",
        "https://a.eX",
        "https://b\xc3\xbc.ex",
        "https://a ex",
        " https://a.ex",
        "https://a.ex ",
        "https://a.ex\t",
        "https://a%2eex",
        "https://a!ex",
        "https://a,ex",
        "https://a.ex,https://b.ex",
        "https://a.ex https://b.ex",
        std::string("https://a.ex\0", 13),
        // more than an origin
        "https://a.ex/",
        "https://a.ex/x",
        "https://a.ex?x",
        "https://a.ex#x",
        "https://u@a.ex",
        "https://u:p@a.ex",
        "https://@a.ex",
        // labels
        "https://.a.ex",
        "https://a..ex",
        "https://a.ex..",
        "https://.",
        "https://-a.ex",
        "https://a-.ex",
        "https://a.-",
        "https://" + label64 + ".ex",
        // ports
        "https://a.ex:",
        "https://a.ex:0",
        "https://a.ex:65536",
        "https://a.ex:00080",
        "https://a.ex:08080",
        "https://a.ex:443",
        "http://a.ex:80",
        "ws://a.ex:80",
        "wss://a.ex:443",
        "ftp://a.ex:21",
        "https://a.ex:+80",
        "https://a.ex:8080x",
        "https://a.ex:80:80",
        "https://a.ex:*",
        "https://a.ex:99999999999",
        // IPv4 and what a URL parser takes for it
        "http://1.2.3",
        "http://1.2.3.4.5",
        "http://1.2.3.256",
        "http://01.2.3.4",
        "http://1.2.3.4.",
        "http://0x7f.1",
        "http://2130706433",
        "http://1.2.3.0x4",
        "http://a.1",
        "http://a.0x",
        "http://a.1.",
        "http://a.0x1f",
        // IPv6
        "http://::1",
        "http://[::1",
        "http://::1]",
        "http://[]",
        "http://[::1]x",
        "http://[::1].ex",
        "http://[0:0:0:0:0:0:0:1]",
        "http://[::0]",
        "http://[2001:DB8::1]",
        "http://[2001:db8:0:0:1::1]",
        "http://[2001:db8::0:1]",
        "http://[2001:db8:0::1:1:1:1]",
        "http://[1:2:3:4:5:6:7]",
        "http://[1:2:3:4:5:6:7:8:9]",
        "http://[:::1]",
        "http://[::1%25eth0]",
        "http://[fe80::1%eth0]",
        "http://[::ffff:1.2.3.4]",
        "http://[::12345]",
        "http://[v1.x]",
        "http://[1::2::3]",
        "http://[01::1]",
        "http://[::g]",
        // schemes
        "1https://a.ex",
        "-x://a.ex",
        "ht tps://a.ex",
        "https*://a.ex",
        "h\xc3\xa9://a.ex",
        std::string(65, 's') + "://a.ex",
    };
    for (const std::string& text : texts) {
        CAPTURE(text);
        CHECK_FALSE(parse_origin(text).has_value());
    }
}

TEST_CASE("N7: lengths up to their bounds") {
    const std::string label63(63, 'a');
    CHECK(parse_origin("https://" + label63 + ".ex").has_value());
    // Four labels make 253: 63 + 63 + 63 + 61 and three dots.
    const std::string host253 = label63 + "." + label63 + "." + label63 + "." + std::string(61, 'a');
    REQUIRE(host253.size() == kMaxHostBytes);
    CHECK(parse_origin("https://" + host253).has_value());
    CHECK_FALSE(parse_origin("https://" + host253 + "a").has_value());
    const std::string longest = std::string(64, 's') + "://" + host253 + ":65535";
    REQUIRE(longest.size() == kMaxOriginBytes);
    CHECK(parse_origin(longest).has_value());
}

TEST_CASE("loopback names and addresses") {
    for (const char* host :
         {"localhost", "localhost.", "a.localhost", "a.b.localhost", "127.0.0.1", "127.255.0.9", "[::1]"}) {
        CAPTURE(host);
        CHECK(is_loopback_host(host));
    }
    for (const char* host :
         {"localhost.ex", "xlocalhost", ".localhost", "127.ex", "127.0.0.1.ex", "128.0.0.1", "[::2]", "", "[::]"}) {
        CAPTURE(host);
        CHECK_FALSE(is_loopback_host(host));
    }
}

TEST_CASE("RFC 5952: every spelling of an address leads to one text, which leads back") {
    struct Row {
        const char* text;
        const char* canonical;
    };
    const Row rows[] = {
        {"0:0:0:0:0:0:0:0", "::"},
        {"::1", "::1"},
        {"1::", "1::"},
        {"2001:0DB8::0001", "2001:db8::1"},
        {"1:0:0:2:0:0:0:3", "1:0:0:2::3"},
        {"1:0:0:2:3:0:0:4", "1::2:3:0:0:4"},
        {"1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"},
        {"::ffff:1.2.3.4", "::ffff:102:304"},
        {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
        {"0:0:0:0:0:0:0:1", "::1"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const auto pieces = parse_ipv6(row.text);
        REQUIRE(pieces.has_value());
        CHECK(Ipv6Text(*pieces).view() == row.canonical);
    }
    std::mt19937 random(1);
    for (int i = 0; i < 20'000; ++i) {
        Ipv6Pieces pieces{};
        for (auto& piece : pieces) {
            piece = static_cast<std::uint16_t>(random() % 2 * (random() >> (random() % 16)));
        }
        const Ipv6Text text(pieces);
        CAPTURE(std::string(text.view()));
        REQUIRE(parse_ipv6(text.view()) == pieces);
        REQUIRE(parse_origin("http://[" + std::string(text.view()) + "]").has_value());
    }
}
