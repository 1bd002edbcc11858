#include "http/trailers.hpp"

#include <string>

#include "catch.hpp"

using namespace corsd::http;

TEST_CASE("what may be a trailer (RFC 9110 section 6.5.1)") {
    for (const char* name : {"X-Checksum", "Server-Timing", "Digest", "Grpc-Status", "ETag"}) {
        INFO(name);
        CHECK(may_trail(name));
    }
    for (const char* name :
         {"Host", "content-length", "Transfer-Encoding", "Authorization", "Content-Type", "Origin", "Cookie",
          "Set-Cookie", "Access-Control-Allow-Origin", "Sec-Fetch-Site", "X-Forwarded-For", "X_Checksum",
          "Content_Length", "If-Match", "Proxy-Foo", "Connection", "Vary", "X-HTTP-Method"}) {
        INFO(name);
        CHECK_FALSE(may_trail(name));
    }
}

TEST_CASE("trailers that pass") {
    ConnectionNames names;
    std::string out;
    append_trailers(out, "X-Sum: 1\r\nHost: evil\r\nx-b: a: b\r\n", names);
    CHECK(out == "X-Sum: 1\r\nx-b: a: b\r\n");
    out.clear();
    append_trailers(out, "access-control-allow-origin: *\r\nACCESS-CONTROL-ALLOW-METHODS: *\r\n", names);
    CHECK(out == "");
    SECTION("not those that Connection names") {
        names.read("close, x-SUM");
        append_trailers(out, "X-Sum: 1\r\nX-B: 2\r\n", names);
        CHECK(out == "X-B: 2\r\n");
    }
    SECTION("also when the head is gone") {
        std::string kept;
        names.read("close, x-SUM");
        names.copy_to(kept);
        CHECK(kept == "close,x-SUM");
        ConnectionNames again;
        again.read(kept);
        append_trailers(out, "X-Sum: 1\r\n", again);
        CHECK(out == "");
    }
}
