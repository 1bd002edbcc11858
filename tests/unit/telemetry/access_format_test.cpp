#include "telemetry/access_format.hpp"

#include <chrono>
#include <random>
#include <string>

#include "base/json_text.hpp"
#include "catch.hpp"
#include "telemetry/query_redaction.hpp"

using namespace corsd::telemetry;

namespace {

const auto kStart = std::chrono::system_clock::time_point{} + std::chrono::microseconds{1'767'225'599'000'042};

AccessEntry full_entry() {
    AccessEntry entry;
    entry.start = kStart;
    entry.client = "192.0.2.1:5000";
    entry.method = "GET";
    entry.host = "api.example";
    entry.target = "/api/x?y=1";
    entry.protocol = "HTTP/1.1";
    entry.origin = "https://app.example";
    entry.site = "api";
    entry.resource = "/api/*";
    entry.decision = "would_refuse";
    entry.reason = "header_not_allowed";
    entry.detail = "x-secret";
    entry.upstream = "127.0.0.1:5000";
    entry.readable = "no";
    entry.line = 12;
    entry.status = 200;
    entry.upstream_status = 201;
    entry.bytes_in = 3;
    entry.bytes_out = 18446744073709551615ULL;
    entry.duration_us = 1234;
    entry.upstream_us = 1000;
    return entry;
}

std::string line(const AccessEntry& entry, LineFormat format, AccessSettings settings = {}) {
    AccessFormatter formatter(settings, format);
    const std::size_t bound = AccessFormatter::bound(entry);
    REQUIRE(bound <= AccessFormatter::kMaxLine);
    std::string buffer(bound + 16, '\x7e');
    const char* const end = formatter.format(buffer.data(), entry);
    const auto size = static_cast<std::size_t>(end - buffer.data());
    REQUIRE(size <= bound);
    REQUIRE(buffer.substr(bound) == std::string(16, '\x7e'));  // nothing past what was reserved
    buffer.resize(size);
    return buffer;
}

std::string redact(std::string_view target, std::vector<std::string> names = {"token", "access_token"}) {
    std::string out;
    redact_query(out, target, names);
    CHECK(needs_redaction(target, names) == (out != target));
    return out;
}

}  // namespace

TEST_CASE("access line as JSON: every field, and only those that are there", "[access]") {
    CHECK(line(full_entry(), LineFormat::json) ==
          R"({"time":"2025-12-31T23:59:59.000042Z","client":"192.0.2.1:5000","method":"GET","host":"api.example",)"
          R"("target":"/api/x?y=1","protocol":"HTTP/1.1","status":200,"decision":"would_refuse",)"
          R"("reason":"header_not_allowed","detail":"x-secret","origin":"https://app.example","site":"api",)"
          R"("resource":"/api/*","line":12,"readable":"no","upstream":"127.0.0.1:5000","upstream_status":201,)"
          R"("bytes_in":3,"bytes_out":18446744073709551615,"duration_us":1234,"upstream_us":1000})"
          "\n");
    AccessEntry empty;
    CHECK(line(empty, LineFormat::json) ==
          "{\"time\":\"1970-01-01T00:00:00.000000Z\",\"status\":0,\"bytes_out\":0,\"duration_us\":0}\n");
}

TEST_CASE("access line as text: positions first, then names", "[access]") {
    CHECK(line(full_entry(), LineFormat::text) ==
          "2025-12-31T23:59:59.000042Z 192.0.2.1:5000 GET /api/x?y=1 200 decision=would_refuse "
          "reason=header_not_allowed detail=x-secret origin=https://app.example host=api.example protocol=HTTP/1.1 "
          "site=api resource=/api/* line=12 readable=no upstream=127.0.0.1:5000 upstream_status=201 bytes_in=3 "
          "bytes_out=18446744073709551615 duration_us=1234 upstream_us=1000\n");
    CHECK(line(AccessEntry{}, LineFormat::text) == "1970-01-01T00:00:00.000000Z - - - 0 bytes_out=0 duration_us=0\n");
}

TEST_CASE("access line: what comes from outside cannot forge a line or a field", "[access]") {
    AccessEntry entry;
    entry.start = kStart;
    entry.method = "G\nT";
    entry.target = "/a b\" status=200\x1b[2J";
    entry.origin = "\xff\r\nx";
    entry.detail = "a=b";
    CHECK(line(entry, LineFormat::json) ==
          R"({"time":"2025-12-31T23:59:59.000042Z","method":"G\nT","target":"/a b\" status=200\u001b[2J","status":0,)"
          R"("detail":"a=b","origin":"\u00ff\r\nx","bytes_out":0,"duration_us":0})"
          "\n");
    CHECK(line(entry, LineFormat::text) ==
          R"(2025-12-31T23:59:59.000042Z - "G\x0aT" "/a b\" status=200\x1b[2J" 0 detail=a=b origin="\xff\x0d\x0ax")"
          " bytes_out=0 duration_us=0\n");
}

TEST_CASE("access line: long values are cut and every line fits its bound", "[access]") {
    for (const char fill : {'a', '\x01', '\xff', '"'}) {
        const std::string endless(100'000, fill);
        AccessEntry entry = full_entry();
        for (std::string_view* value :
             {&entry.client, &entry.method, &entry.host, &entry.target, &entry.protocol, &entry.origin, &entry.site,
              &entry.resource, &entry.decision, &entry.reason, &entry.detail, &entry.upstream, &entry.readable}) {
            *value = endless;
        }
        const std::string json = line(entry, LineFormat::json);
        CHECK(json.size() > AccessFormatter::kMaxTarget);
        CHECK(json.find('\n') == json.size() - 1);
        CHECK(line(entry, LineFormat::text).size() > AccessFormatter::kMaxTarget);
    }
    std::string secrets = "/?";
    while (secrets.size() < AccessFormatter::kMaxTarget)
        secrets += "t=x&";
    AccessEntry entry;
    entry.target = secrets;
    AccessSettings settings;
    settings.redact_query = {"t"};
    CHECK(line(entry, LineFormat::json, settings).find("=x") == std::string::npos);
}

TEST_CASE("access filter", "[access]") {
    AccessEntry fine;
    fine.status = 404;
    AccessEntry refused;
    refused.status = 403;
    refused.reason = "origin_not_allowed";
    AccessEntry broken;
    broken.status = 502;
    broken.reason = "upstream_unreachable";
    AccessEntry gone;  // status 0
    const auto wanted = [&](AccessFilter only) {
        AccessSettings settings;
        settings.only = only;
        const AccessFormatter formatter(settings, LineFormat::json);
        return std::vector<bool>{formatter.wants(fine), formatter.wants(refused), formatter.wants(broken),
                                 formatter.wants(gone)};
    };
    CHECK(wanted(AccessFilter::all) == std::vector<bool>{true, true, true, true});
    CHECK(wanted(AccessFilter::refused) == std::vector<bool>{false, true, true, false});
    CHECK(wanted(AccessFilter::errors) == std::vector<bool>{false, false, true, true});
}

TEST_CASE("query redaction", "[access]") {
    CHECK(redact("/a") == "/a");
    CHECK(redact("/token=1") == "/token=1");
    CHECK(redact("/a?token=s3cret") == "/a?token=REDACTED");
    CHECK(redact("/a?x=1&token=s3cret&y=2") == "/a?x=1&token=REDACTED&y=2");
    CHECK(redact("/a?TOKEN=s&Access_Token=t") == "/a?TOKEN=REDACTED&Access_Token=REDACTED");
    CHECK(redact("/a?%74oken=s&acc%45ss_token=t") == "/a?%74oken=REDACTED&acc%45ss_token=REDACTED");
    CHECK(redact("/a?token[]=s&token%5B0%5D=t") == "/a?token[]=REDACTED&token%5B0%5D=REDACTED");
    CHECK(redact("/a?mytoken=s&tokens=t&token") == "/a?mytoken=s&tokens=t&token");
    CHECK(redact("/a?token=&x=1") == "/a?token=&x=1");
    CHECK(redact("/a?x=1;token=s;t&y=2") == "/a?x=1;token=REDACTED&y=2");
    CHECK(redact("/a?x;token=s;t&y=2") == "/a?x;token=REDACTED&y=2");
    CHECK(redact("/a?token=a=b?c&d") == "/a?token=REDACTED&d");
    CHECK(redact("/a?&&token=s&&") == "/a?&&token=REDACTED&&");
    CHECK(redact("/a?token=s?token=t") == "/a?token=REDACTED");
    CHECK(redact("/a?%7=s&%=t&token%=u") == "/a?%7=s&%=t&token%=u");
    CHECK(redact("/a?api+key=s", {"api key"}) == "/a?api+key=REDACTED");
    CHECK(redact("/a?token=s", {}) == "/a?token=s");
}

TEST_CASE("access line: names of the settings are compared in any case", "[access]") {
    AccessEntry entry;
    entry.target = "/?Session=abc&q=1";
    AccessSettings settings;
    settings.redact_query = {"SESSION", ""};
    CHECK(line(entry, LineFormat::text, settings).find(" /?Session=REDACTED&q=1 ") != std::string::npos);
    CHECK(line(entry, LineFormat::json, settings).find("\"/?Session=REDACTED&q=1\"") != std::string::npos);
}

TEST_CASE("time stamps: across seconds, days, leap years, and before 1970", "[access]") {
    using namespace std::chrono;
    Timestamp timestamp;
    const auto text = [&](sys_time<microseconds> when) {
        char buffer[Timestamp::kSize];
        return std::string(buffer, timestamp.write(buffer, time_point_cast<system_clock::duration>(when)));
    };
    CHECK(text(sys_days{2024y / 2 / 29} + 23h + 59min + 59s + 999999us) == "2024-02-29T23:59:59.999999Z");
    CHECK(text(sys_days{2024y / 3 / 1}) == "2024-03-01T00:00:00.000000Z");
    CHECK(text(sys_days{2024y / 3 / 1} + 7us) == "2024-03-01T00:00:00.000007Z");
    CHECK(text(sys_days{1969y / 12 / 31} + 23h + 59min + 59s + 5us) == "1969-12-31T23:59:59.000005Z");
    CHECK(text(sys_days{2100y / 1 / 1}) == "2100-01-01T00:00:00.000000Z");
}

TEST_CASE("access line: random bytes never give more than one line, nor bytes that are not UTF-8", "[access]") {
    std::mt19937 random(11);  // NOLINT: the same bytes in every run
    for (int round = 0; round < 500; ++round) {
        std::string bytes(random() % 200, '\0');
        for (char& c : bytes)
            c = static_cast<char>(random());
        AccessEntry entry;
        entry.target = bytes;
        entry.host = bytes;
        for (const LineFormat format : {LineFormat::json, LineFormat::text}) {
            const std::string text = line(entry, format);
            REQUIRE(text.find('\n') == text.size() - 1);
            std::string_view rest(text.data(), text.size() - 1);
            while (!rest.empty()) {
                const std::size_t length = corsd::utf8_length(rest);
                REQUIRE(length != 0);
                REQUIRE(static_cast<unsigned char>(rest[0]) >= 0x20);
                rest.remove_prefix(length);
            }
        }
    }
}
