#include "cors/browser.hpp"

#include <string>

#include "catch.hpp"

using namespace corsd::cors;

TEST_CASE("Fetch 2.2.2: CORS-safelisted request headers") {
    struct Row {
        const char* name;
        std::string value;
        bool safe;
    };
    const Row rows[] = {
        {"Accept", "*/*", true},
        {"accept", "text/html;q=0.9, */*", true},
        {"Accept", "a\"b", false},
        {"Accept", "x(y)", false},
        {"Accept", std::string(128, 'a'), true},
        {"Accept", std::string(129, 'a'), false},
        {"Accept-Language", "de-DE, de;q=0.7, *", true},
        {"Accept-Language", "de_DE", false},
        {"Content-Language", "en", true},
        {"Content-Type", "text/plain", true},
        {"Content-Type", "TEXT/plain; charset=utf-8", true},
        {"Content-Type", "application/x-www-form-urlencoded", true},
        {"Content-Type", "multipart/form-data; boundary=x", true},
        {"Content-Type", "multipart/form-data; boundary=\"x\"", false},
        {"Content-Type", "application/json", false},
        {"Content-Type", "text", false},
        {"Content-Type", "", false},
        {"Range", "bytes=0-", true},
        {"Range", "bytes=10-20", true},
        {"Range", "bytes=20-10", false},
        {"Range", "bytes=-5", false},
        {"Range", "bytes=0-1,3-4", false},
        {"Authorization", "x", false},
        {"X-Anything", "1", false},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name, row.value);
        CHECK(is_cors_safelisted_header(row.name, row.value) == row.safe);
    }
}

TEST_CASE("Fetch 2.2.2: unsafe names are lower-case, sorted, once; 1024 safe bytes are the most") {
    CHECK(cors_unsafe_header_names({{"X-B", "1"}, {"Accept", "*/*"}, {"x-a", "1"}, {"x-b", "2"}}) ==
          std::vector<std::string>{"x-a", "x-b"});
    HeaderLines many;
    for (int i = 0; i < 9; ++i)
        many.push_back({"Accept", std::string(120, 'a')});
    CHECK(cors_unsafe_header_names(many) == std::vector<std::string>{"accept"});
}

TEST_CASE("Fetch 4.4: what is preflighted") {
    CHECK_FALSE(needs_preflight({"https://a.test", "POST", {{"Content-Type", "text/plain"}}, Credentials::included}));
    CHECK(needs_preflight({"https://a.test", "POST", {{"Content-Type", "application/json"}}, Credentials::omitted}));
    CHECK(needs_preflight({"https://a.test", "PUT", {}, Credentials::omitted}));
    CHECK(normalized_method("put") == "PUT");
    CHECK(normalized_method("patch") == "patch");
}

TEST_CASE("Fetch 4.9: what a preflight's answer must hold") {
    const auto outcome = [](const PageRequest& page, const HeaderLines& answer, std::uint16_t status = 204) {
        return fetch(page,
                     [&](const WireRequest& wire) {
                         if (wire.method == "OPTIONS") return WireResponse{status, answer};
                         return WireResponse{200,
                                             {{"Access-Control-Allow-Origin", "https://a.test"},
                                              {"access-control-allow-credentials", "true"}}};
                     })
            .outcome;
    };
    const HeaderLine origin{"Access-Control-Allow-Origin", "https://a.test"}, star{"Access-Control-Allow-Origin", "*"};
    const HeaderLine yes{"Access-Control-Allow-Credentials", "true"};
    const PageRequest put{"https://a.test", "PUT", {}, Credentials::omitted};
    CHECK(outcome(put, {origin, {"Access-Control-Allow-Methods", "GET, PUT"}}) == PageOutcome::readable);
    CHECK(outcome(put, {star, {"Access-Control-Allow-Methods", "*"}}) == PageOutcome::readable);
    CHECK(outcome(put, {origin, {"Access-Control-Allow-Methods", "put"}}) == PageOutcome::preflight_failed);
    CHECK(outcome(put, {origin, {"Access-Control-Allow-Methods", "PUT; GET"}}) == PageOutcome::preflight_failed);
    CHECK(outcome(put, {origin}) == PageOutcome::preflight_failed);
    CHECK(outcome(put, {origin, {"Access-Control-Allow-Methods", "PUT"}}, 403) == PageOutcome::preflight_failed);
    CHECK(outcome(put, {origin, origin, {"Access-Control-Allow-Methods", "PUT"}}) == PageOutcome::preflight_failed);
    PageRequest secret = put;
    secret.credentials = Credentials::included;
    CHECK(outcome(secret, {origin, yes, {"Access-Control-Allow-Methods", "PUT"}}) == PageOutcome::readable);
    CHECK(outcome(secret, {origin, yes, {"Access-Control-Allow-Methods", "*"}}) == PageOutcome::preflight_failed);
    CHECK(outcome(secret, {origin, {"Access-Control-Allow-Methods", "PUT"}}) == PageOutcome::preflight_failed);
    CHECK(outcome(secret, {star, yes, {"Access-Control-Allow-Methods", "PUT"}}) == PageOutcome::preflight_failed);
    const PageRequest bearer{"https://a.test", "GET", {{"Authorization", "x"}}, Credentials::omitted};
    CHECK(outcome(bearer, {origin, {"Access-Control-Allow-Headers", "*"}}) == PageOutcome::preflight_failed);
    CHECK(outcome(bearer, {origin, {"Access-Control-Allow-Headers", "*, authorization"}}) == PageOutcome::readable);
    CHECK(outcome({"https://a.test", "TRACE", {}, Credentials::omitted}, {}) == PageOutcome::refused_by_browser);
}

TEST_CASE("Fetch 4.10 and 2.2.6: what the script reads of the answer") {
    const auto page = [](const HeaderLines& answer, Credentials credentials = Credentials::omitted) {
        return fetch({"https://a.test", "GET", {}, credentials}, [&](const WireRequest&) {
            return WireResponse{200, answer};
        });
    };
    const HeaderLine star{"Access-Control-Allow-Origin", "*"};
    CHECK(page({}).outcome == PageOutcome::response_blocked);
    CHECK(page({star}).outcome == PageOutcome::readable);
    CHECK(page({star}, Credentials::included).outcome == PageOutcome::response_blocked);
    const HeaderLines answer = {star, {"X-A", "1"}, {"X-B", "1"}, {"Content-Type", "x/y"}, {"Set-Cookie", "a=b"}};
    CHECK(page(answer).visible_headers == std::vector<std::string>{"content-type"});
    HeaderLines exposed = answer;
    exposed.push_back({"Access-Control-Expose-Headers", "x-b"});
    CHECK(page(exposed).visible_headers == std::vector<std::string>{"content-type", "x-b"});
    exposed.back().value = "*";
    CHECK(page(exposed).visible_headers.size() == 5);
}
