#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "http/forwarded.hpp"
#include "http/hop_by_hop.hpp"
#include "http/keep_alive.hpp"
#include "http/list.hpp"
#include "http/problem.hpp"
#include "http/vary.hpp"

using namespace corsd;
using namespace corsd::http;

namespace {

/// Fields from lines "Name: value".
std::vector<Field> fields(std::initializer_list<std::string_view> lines) {
    std::vector<Field> out;
    for (const auto line : lines) {
        const auto colon = line.find(':');
        Field field;
        field.name = line.substr(0, colon);
        field.value = ascii::trim_ows(line.substr(colon + 1));
        field.id = field_id(field.name);
        out.push_back(field);
    }
    return out;
}

std::string forwarded(std::initializer_list<std::string_view> lines) {
    const auto view = read_forwarded(fields(lines));
    return std::string{view.proto} + " " + std::string{view.host} + " " + std::string{view.for_};
}

std::string vary(std::initializer_list<std::string_view> lines, std::string_view ours) {
    std::string out = "kept: ";
    append_merged_vary(out, fields(lines), ours);
    return out.substr(6);
}

std::string expose(std::initializer_list<std::string_view> lines, std::string_view ours) {
    std::string out;
    append_merged_expose(out, fields(lines), ours);
    return out;
}

}  // namespace

TEST_CASE("N0: X-Forwarded-*: the last value counts, an invalid one is absent") {
    CHECK(forwarded({}) == "  ");
    CHECK(forwarded({"X-Forwarded-Proto: https"}) == "https  ");
    CHECK(forwarded({"X-Forwarded-Proto: http, HTTPS"}) == "HTTPS  ");
    CHECK(forwarded({"X-Forwarded-Proto: https", "X-Forwarded-Proto: http"}) == "http  ");
    CHECK(forwarded({"X-Forwarded-Proto: https, ftp"}) == "  ");
    CHECK(forwarded({"X-Forwarded-Host: a.test, b.test:81"}) == " b.test:81 ");
    CHECK(forwarded({"X-Forwarded-Host: u@b.test"}) == "  ");
    CHECK(forwarded({"X-Forwarded-Host:"}) == "  ");
    CHECK(forwarded({"X-Forwarded-For: 1.2.3.4, 2001:db8::1"}) == "  2001:db8::1");
    CHECK(forwarded({"X-Forwarded-For: 1.2.3.4, <script>"}) == "  ");
}

TEST_CASE("N0: Forwarded (RFC 7239) wins parameter by parameter") {
    CHECK(forwarded({"Forwarded: for=1.2.3.4;proto=https;host=a.test"}) == "https a.test 1.2.3.4");
    CHECK(forwarded({"Forwarded: For=\"[2001:db8::1]:47\";PROTO=http"}) == "http  [2001:db8::1]:47");
    CHECK(forwarded({"Forwarded: proto=http, proto=https ; host=\"b.test:81\""}) == "https b.test:81 ");
    CHECK(forwarded({"Forwarded: proto=http, for=1.2.3.4"}) == "  1.2.3.4");
    CHECK(forwarded({"Forwarded: proto=http", "Forwarded: for=_x"}) == "  _x");
    CHECK(forwarded({"Forwarded: proto=http, "}) == "http  ");
    CHECK(forwarded({"Forwarded: host=\"a, b\";proto=http"}) == "http  ");
    CHECK(forwarded({"X-Forwarded-Proto: http", "X-Forwarded-Host: x.test", "Forwarded: proto=https"}) ==
          "https x.test ");
    CHECK(forwarded({"X-Forwarded-Proto: http", "Forwarded: proto=gopher"}) == "http  ");
    for (const auto* line : {"Forwarded: proto", "Forwarded: proto=", "Forwarded: proto=http proto=https",
                             "Forwarded: =http", "Forwarded: proto = http", "Forwarded: proto=\"http",
                             "Forwarded: proto=\"ht\\tp\"", "Forwarded: proto=http;proto=https",
                             "Forwarded: for=1.2.3.4, proto", "Forwarded: proto=http;host=a.test;host=b.test"}) {
        INFO(line);
        CHECK(forwarded({line}) == "  ");
        CHECK(forwarded({"Forwarded: proto=http;host=a.test", line}) == "  ");
    }
}

TEST_CASE("N36: Vary is merged") {
    CHECK(vary({}, "") == "");
    CHECK(vary({}, "Origin") == "Origin");
    CHECK(vary({"Vary: Accept-Encoding"}, "Origin") == "Accept-Encoding, Origin");
    CHECK(vary({"Vary: origin, Accept", "Vary: ACCEPT,Cookie"}, "Origin") == "origin, Accept, Cookie");
    CHECK(vary({"Vary: Accept"}, "Origin, Access-Control-Request-Method") ==
          "Accept, Origin, Access-Control-Request-Method");
    CHECK(vary({"Vary: Accept, *"}, "Origin") == "*");
    CHECK(vary({"Vary: Accept", "Vary: *"}, "") == "*");
    CHECK(vary({"Vary: ,, Accept ,"}, "") == "Accept");
    CHECK(vary({"Via: Accept"}, "Origin") == "Origin");
    CHECK(vary({"Vary: Origin-Agent"}, "Origin") == "Origin-Agent, Origin");
    std::string many = "Vary: ";
    for (int i = 0; i < 5000; ++i)
        many += "n" + std::to_string(i) + ",";
    CHECK(vary({many}, "Origin") == "*");
}

TEST_CASE("merge_expose: ours first") {
    CHECK(expose({}, "") == "");
    CHECK(expose({"Access-Control-Expose-Headers: X-A, x-b"}, "X-B, X-C") == "X-B, X-C, X-A");
    CHECK(expose({"Access-Control-Expose-Headers: X-A", "access-control-expose-headers: X-D"}, "") == "X-A, X-D");
}

TEST_CASE("hop-by-hop fields (RFC 9110 section 7.6.1)") {
    const auto message =
        fields({"Connection: close, X-Secret ,Cookie", "Connection: authorization, Origin, Sec-Fetch-Dest, UPGRADE",
                "Connection: Content-Length, Host, X-Forwarded-For, Vary, Access-Control-Allow-Origin"});
    ConnectionNames names;
    names.read(message);
    CHECK(names.has("close"));
    CHECK(names.has("upgrade"));
    CHECK_FALSE(names.has("keep-alive"));
    const auto removed = [&](std::string_view line) { return names.removes(fields({line}).front()); };
    for (const auto* line : {"Connection: x", "Keep-Alive: timeout=5", "Proxy-Connection: close", "TE: trailers",
                             "Trailer: X", "Transfer-Encoding: chunked", "Upgrade: websocket", "Proxy-Authorization: x",
                             "Proxy-Authenticate: x", "X-Secret: 1", "x-secret: 1"}) {
        INFO(line);
        CHECK(removed(line));
    }
    for (const auto* line :
         {"Cookie: a=b", "Authorization: b", "Origin: o", "Sec-Fetch-Dest: empty", "Content-Length: 5", "Host: h.test",
          "X-Forwarded-For: 1.2.3.4", "Vary: Origin", "Access-Control-Allow-Origin: *", "X-Other: 1"}) {
        INFO(line);
        CHECK_FALSE(removed(line));
    }
    names.read(fields({"Accept: x-secret"}));
    CHECK_FALSE(removed("X-Secret: 1"));
    std::string many = "Connection: ";
    for (int i = 0; i < 5000; ++i)
        many += "a,";
    names.read(fields({many}));
    CHECK(removed("A: 1"));
    std::string hundred = "Connection: ";
    for (int i = 0; i < 99; ++i)
        hundred += "a,";
    hundred += "b,c";
    names.read(fields({hundred}));
    CHECK(removed("B: 1"));
    CHECK_FALSE(removed("C: 1"));
}

TEST_CASE("Keep-Alive: timeout") {
    using std::chrono::seconds;
    CHECK(keep_alive_timeout("timeout=5") == seconds{5});
    CHECK(keep_alive_timeout("max=100, Timeout = 15 , timeout=3") == seconds{15});
    for (const char* value :
         {"", "5", "timeout", "timeout=", "timeout=5x", "timeout=-1", "timeout=99999999999", "x=5"}) {
        INFO(value);
        CHECK(keep_alive_timeout(value) == std::nullopt);
    }
}

TEST_CASE("lists of tokens") {
    CHECK(has_token("a, B ,c", "b"));
    CHECK(has_token("b", "b"));
    CHECK_FALSE(has_token("ab, bc", "b"));
    CHECK_FALSE(has_token("", "b"));
}

TEST_CASE("N42: problems") {
    std::string out = ">";
    append_problem(out, 403, Reason::origin_not_allowed, "say \"please\"\n");
    CHECK(
        out ==
        R"(>{"type":"about:blank","title":"Forbidden","status":403,"reason":"origin_not_allowed","detail":"say \"please\"\n"})");
    out.clear();
    append_problem(out, status_of(Reason::upstream_timeout), Reason::upstream_timeout, "");
    CHECK(out == R"({"type":"about:blank","title":"Gateway Timeout","status":504,"reason":"upstream_timeout"})");
}

TEST_CASE("N42: every reason has a status, and every status of ours a phrase") {
    struct Row {
        Reason reason;
        int status;
    };
    for (const auto& row :
         {Row{Reason::origin_malformed, 403}, Row{Reason::origin_repeated, 400}, Row{Reason::unknown_host, 421},
          Row{Reason::path_ambiguous, 400}, Row{Reason::bad_request, 400}, Row{Reason::header_too_large, 431},
          Row{Reason::target_too_long, 414}, Row{Reason::body_too_large, 413}, Row{Reason::not_implemented, 501},
          Row{Reason::version_not_supported, 505}, Row{Reason::loop_detected, 508},
          Row{Reason::upstream_unreachable, 502}, Row{Reason::upstream_invalid, 502},
          Row{Reason::upstream_timeout, 504}, Row{Reason::upstream_unavailable, 503}, Row{Reason::overloaded, 503},
          Row{Reason::client_timeout, 408}, Row{Reason::websocket_origin, 403}}) {
        INFO(to_string(row.reason));
        CHECK(status_of(row.reason) == row.status);
    }
    for (int i = 0; i <= static_cast<int>(Reason::client_timeout); ++i) {
        INFO(i);
        CHECK(reason_phrase(status_of(static_cast<Reason>(i))) != "");
    }
    CHECK(reason_phrase(299) == "");
}
