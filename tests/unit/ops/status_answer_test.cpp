#include "ops/status_answer.hpp"

#include "catch.hpp"

using namespace corsd::ops;

namespace {

const StatusSource kFine{[] { return std::string{}; }, [] { return std::string{}; },
                         [] { return std::string{"m 1\n"}; }};
const StatusSource kIll{[] { return std::string{"worker: stuck"}; }, [] { return std::string{"draining: yes"}; },
                        [] { return std::string{"m 1\n"}; }};

StatusAnswer ask(StatusQuestion question, const StatusSource& source = kFine,
                 HostCheck check = HostCheck::local_names) {
    return answer_status(question, source, check);
}

}  // namespace

TEST_CASE("what is asked is answered, and nothing else") {
    CHECK(ask({"GET", "/livez", "localhost"}).body == "alive\n");
    CHECK(ask({"HEAD", "/readyz?x=1", ""}).body == "ready\n");
    CHECK(ask({"GET", "/metrics", "127.0.0.1:9321"}).body == "m 1\n");
    CHECK(ask({"GET", "/metrics", "127.0.0.1:9321"}).content_type == "text/plain; version=0.0.4; charset=utf-8");
    for (const char* target : {"/", "", "*", "/livez/", "/Livez", "http://localhost/livez"})
        CHECK(ask({"GET", target, "localhost"}).status == 404);
    for (const char* method : {"POST", "OPTIONS", "get", ""}) {
        CHECK(ask({method, "/livez", "localhost"}).status == 405);
        CHECK(ask({method, "/livez", "localhost"}).allow == "GET, HEAD");
    }
}

TEST_CASE("a failing check is named") {
    const StatusAnswer live = ask({"GET", "/livez", "localhost"}, kIll);
    CHECK(live.status == 503);
    CHECK(live.body == "worker: stuck\n");
    CHECK(ask({"GET", "/readyz", "localhost"}, kIll).body == "draining: yes\n");
    CHECK(ask({"GET", "/metrics", "localhost"}, kIll).status == 200);
}

TEST_CASE("on loopback only local names are answered") {
    for (const char* host :
         {"", "localhost", "localhost:9321", "LocalHost", "a.localhost", "127.0.0.1", "[::1]:9321"}) {
        CAPTURE(host);
        CHECK(ask({"GET", "/livez", host}).status == 200);
    }
    for (const char* host : {"rebind.example", "localhost.example", "127.0.0.1.example:80", "a b", "[::1"}) {
        CAPTURE(host);
        CHECK(ask({"GET", "/livez", host}).status == 421);
        CHECK(ask({"GET", "/livez", host}, kFine, HostCheck::none).status == 200);
    }
}
