// Counts operator new in this whole program: a warm reader must not allocate.
#include <string>

#include "catch.hpp"
#include "counting_new.hpp"
#include "feeding.hpp"
#include "http/hop_by_hop.hpp"
#include "http/target.hpp"
#include "http/vary.hpp"

using namespace corsd::http;

namespace {

/// What a browser sends: eleven fields.
const std::string kRequest =
    "GET /api/items?page=2 HTTP/1.1\r\nHost: api.example.com\r\nConnection: keep-alive\r\n"
    "sec-ch-ua: \"Chromium\";v=\"130\", \"Not?A_Brand\";v=\"99\"\r\nsec-ch-ua-mobile: ?0\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 "
    "Safari/537.36\r\n"
    "Accept: application/json, text/plain, */*\r\nOrigin: https://app.example.com\r\nSec-Fetch-Site: same-site\r\n"
    "Sec-Fetch-Mode: cors\r\nAccept-Encoding: gzip, deflate, br\r\nAccept-Language: en-GB,en;q=0.9\r\n\r\n";
const std::string kResponse =
    "HTTP/1.1 200 OK\r\nServer: gunicorn\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\nContent-Type: application/json\r\n"
    "Vary: Accept-Encoding, Cookie\r\nTransfer-Encoding: chunked\r\n\r\n";

struct Warm {
    RequestReader requests{HeadLimits{}, Underscores::drop};
    ResponseReader responses{HeadLimits{}};
    ChunkedDecoder decoder;
    ConnectionNames names;
    std::string vary;

    void once() {
        requests.reset();
        if (requests.feed(std::string_view{kRequest}.substr(0, 100)) != Progress::need_more) std::abort();
        if (requests.feed(kRequest) != Progress::complete) std::abort();
        Target target;
        ParseFailure failure;
        if (!split_target(requests.head(), target, failure)) std::abort();
        names.read(requests.head().fields);
        responses.reset(AnsweredMethod::other);
        if (responses.feed(kResponse) != Progress::complete) std::abort();
        vary.clear();
        append_merged_vary(vary, responses.head().fields, "Origin");
        char chunks[] = "5\r\nhello\r\n6;x\r\nworld!\r\n0\r\n\r\n";
        decoder.reset();
        if (decoder.decode(chunks, sizeof chunks - 1).progress != Progress::complete) std::abort();
    }
};

}  // namespace

TEST_CASE("a thousand warm messages allocate nothing") {
    Warm warm;
    warm.once();
    const auto before = allocations;
    for (int i = 0; i < 1000; ++i)
        warm.once();
    const auto after = allocations;
    CHECK(after - before == 0);
    CHECK(before > 0);
    CHECK(warm.requests.head().fields.size() == 11);
}
