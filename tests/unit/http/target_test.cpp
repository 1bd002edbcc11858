#include <string>
#include <string_view>

#include "catch.hpp"
#include "http/target.hpp"

using namespace corsd;
using namespace corsd::http;

namespace {

std::string describe(std::string_view method, std::string_view target, std::string_view host) {
    RequestHead head;
    head.method = method;
    head.target = target;
    head.host = host;
    Target out;
    ParseFailure failure;
    if (!split_target(head, out, failure)) {
        return failure.reason == Reason::bad_request && *failure.detail != 0 ? "refused" : "refused without a reason";
    }
    const char* form = out.form == TargetForm::origin     ? "origin"
                       : out.form == TargetForm::absolute ? "absolute"
                                                          : "asterisk";
    return std::string{form} + " " + std::string{out.scheme} + " " + std::string{out.authority.text} + " " +
           std::string{out.path} + " " + std::string{out.query};
}

}  // namespace

TEST_CASE("authorities (RFC 3986 section 3.2)") {
    struct Good {
        const char* text;
        const char* host;
        unsigned port;
    };
    for (const auto& row :
         {Good{"h.test", "h.test", 0}, Good{"H.Test:80", "H.Test", 80}, Good{"h.test.", "h.test.", 0},
          Good{"localhost:65535", "localhost", 65535}, Good{"127.0.0.1:1", "127.0.0.1", 1}, Good{"[::1]", "[::1]", 0},
          Good{"[::1]:8080", "[::1]", 8080}, Good{"[::]", "[::]", 0}, Good{"[2001:db8::1]", "[2001:db8::1]", 0},
          Good{"[1:2:3:4:5:6:7:8]", "[1:2:3:4:5:6:7:8]", 0}, Good{"[1:2:3:4:5:6:7::]", "[1:2:3:4:5:6:7::]", 0},
          Good{"[::ffff:1.2.3.4]", "[::ffff:1.2.3.4]", 0}, Good{"a_b.test", "a_b.test", 0},
          Good{"xn--bcher-kva.example", "xn--bcher-kva.example", 0}}) {
        INFO(row.text);
        Authority out;
        REQUIRE(parse_authority(row.text, out));
        CHECK(out.text == row.text);
        CHECK(out.host == row.host);
        CHECK(out.port == row.port);
    }
    for (const char* text : {"",
                             ":80",
                             ".",
                             ".h.test",
                             "h..test",
                             "u@h.test",
                             "h.test/",
                             "h.test?",
                             "h.test#",
                             "h test",
                             "h\\test",
                             "h,test",
                             "h;test",
                             "h%2etest",
                             "h.test:",
                             "h.test:0",
                             "h.test:080",
                             "h.test:65536",
                             "h.test:123456",
                             "h.test:8x",
                             "h.test:-1",
                             "h.test:80:80",
                             "a[::1]",
                             "[::1",
                             "[::1]x",
                             "[::1]80",
                             "[::1]:",
                             "[]",
                             "[:]",
                             "[:::]",
                             "[1::2::3]",
                             "[1:2:3:4::5:6:7:8]",
                             "[1:2:3:4:5:6:7:8:9]",
                             "[1:2:3:4:5:6:7]",
                             "[12345::]",
                             "[::1%25eth0]",
                             "[::g]",
                             "[1:]",
                             "[::1.2.3]",
                             "[::1.2.3.256]",
                             "[::01.2.3.4]",
                             "[1.2.3.4]",
                             "[v1.a]",
                             "h\x7f",
                             "h\xe9"}) {
        INFO(text);
        Authority out;
        CHECK_FALSE(parse_authority(text, out));
    }
    Authority out;
    CHECK(parse_authority(std::string(255, 'a'), out));
    CHECK_FALSE(parse_authority(std::string(256, 'a'), out));
}

TEST_CASE("targets (RFC 9112 section 3.2)") {
    struct Row {
        const char* method;
        const char* target;
        const char* host;
        const char* outcome;
    };
    for (const auto& row : {
             Row{"GET", "/", "h.test", "origin  h.test / "},
             Row{"GET", "/a/b?c=/d?e", "h.test", "origin  h.test /a/b ?c=/d?e"},
             Row{"GET", "/?", "h.test", "origin  h.test / ?"},
             Row{"GET", "//evil.test/x", "h.test", "origin  h.test //evil.test/x "},
             Row{"GET", "/", "", "origin   / "},
             Row{"GET", "http://o.test:81/x?y=1", "h.test", "absolute http o.test:81 /x ?y=1"},
             Row{"GET", "HTTPS://o.test", "h.test", "absolute HTTPS o.test / "},
             Row{"GET", "http://o.test?y", "h.test", "absolute http o.test / ?y"},
             Row{"OPTIONS", "*", "h.test", "asterisk  h.test  "},
             Row{"GET", "*", "h.test", "refused"},
             Row{"OPTIONS", "*x", "h.test", "refused"},
             Row{"GET", "admin", "h.test", "refused"},
             Row{"GET", "h.test:80", "h.test", "refused"},
             Row{"GET", "http:h.test", "h.test", "refused"},
             Row{"GET", "http:/h.test", "h.test", "refused"},
             Row{"GET", "http:///x", "", "refused"},
             Row{"GET", "http://u@h.test/", "h.test", "refused"},
             Row{"GET", "http://h.test:123456/", "h.test", "refused"},
             Row{"GET", "http://h.test\\x/", "h.test", "refused"},
             Row{"GET", "ftp://h.test/", "h.test", "refused"},
             Row{"GET", "?x", "h.test", "refused"},
             Row{"GET", "", "h.test", "refused"},
             Row{"GET", "/", "u@h.test", "refused"},
         }) {
        INFO(row.target);
        CHECK(describe(row.method, row.target, row.host) == row.outcome);
    }
}
