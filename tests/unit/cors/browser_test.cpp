#include "cors/browser.hpp"

#include <string>

#include "catch.hpp"

using namespace corsd::cors;

namespace {
const std::string kThere = "https://api.test/x";
}

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

TEST_CASE("Fetch 4.1: what is preflighted") {
    CHECK_FALSE(needs_preflight(
        {"https://a.test", kThere, "POST", {{"Content-Type", "text/plain"}}, CredentialsMode::include}));
    CHECK(needs_preflight(
        {"https://a.test", kThere, "POST", {{"Content-Type", "application/json"}}, CredentialsMode::omit}));
    CHECK(needs_preflight({"https://a.test", kThere, "PUT", {}, CredentialsMode::omit}));
    CHECK(normalized_method("put") == "PUT");
    CHECK(normalized_method("patch") == "patch");
}

TEST_CASE("Fetch 4.8: what a preflight's answer must hold") {
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
    const PageRequest put{"https://a.test", kThere, "PUT", {}, CredentialsMode::omit};
    CHECK(outcome(put, {origin, {"Access-Control-Allow-Methods", "GET, PUT"}}) == PageOutcome::readable);
    CHECK(outcome(put, {star, {"Access-Control-Allow-Methods", "*"}}) == PageOutcome::readable);
    CHECK(outcome(put, {origin, {"Access-Control-Allow-Methods", "put"}}) == PageOutcome::preflight_failed);
    CHECK(outcome(put, {origin, {"Access-Control-Allow-Methods", "PUT; GET"}}) == PageOutcome::preflight_failed);
    CHECK(outcome(put, {origin}) == PageOutcome::preflight_failed);
    CHECK(outcome(put, {origin, {"Access-Control-Allow-Methods", "PUT"}}, 403) == PageOutcome::preflight_failed);
    CHECK(outcome(put, {origin, origin, {"Access-Control-Allow-Methods", "PUT"}}) == PageOutcome::preflight_failed);
    PageRequest secret = put;
    secret.credentials = CredentialsMode::include;
    CHECK(outcome(secret, {origin, yes, {"Access-Control-Allow-Methods", "PUT"}}) == PageOutcome::readable);
    CHECK(outcome(secret, {origin, yes, {"Access-Control-Allow-Methods", "*"}}) == PageOutcome::preflight_failed);
    CHECK(outcome(secret, {origin, {"Access-Control-Allow-Methods", "PUT"}}) == PageOutcome::preflight_failed);
    CHECK(outcome(secret, {star, yes, {"Access-Control-Allow-Methods", "PUT"}}) == PageOutcome::preflight_failed);
    const PageRequest bearer{"https://a.test", kThere, "GET", {{"Authorization", "x"}}, CredentialsMode::omit};
    CHECK(outcome(bearer, {origin, {"Access-Control-Allow-Headers", "*"}}) == PageOutcome::preflight_failed);
    CHECK(outcome(bearer, {origin, {"Access-Control-Allow-Headers", "*, authorization"}}) == PageOutcome::readable);
    CHECK(outcome({"https://a.test", kThere, "TRACE", {}, CredentialsMode::omit}, {}) ==
          PageOutcome::refused_by_browser);
}

TEST_CASE("Fetch 4.10 and 2.2.6: what the script reads of the answer") {
    const auto page = [](const HeaderLines& answer, CredentialsMode credentials = CredentialsMode::omit) {
        return fetch({"https://a.test", kThere, "GET", {}, credentials}, [&](const WireRequest&) {
            return WireResponse{200, answer};
        });
    };
    const HeaderLine star{"Access-Control-Allow-Origin", "*"};
    CHECK(page({}).outcome == PageOutcome::response_blocked);
    CHECK(page({star}).outcome == PageOutcome::readable);
    CHECK(page({star}, CredentialsMode::include).outcome == PageOutcome::response_blocked);
    const HeaderLines answer = {star, {"X-A", "1"}, {"X-B", "1"}, {"Content-Type", "x/y"}, {"Set-Cookie", "a=b"}};
    CHECK(page(answer).visible_headers == std::vector<std::string>{"content-type"});
    HeaderLines exposed = answer;
    exposed.push_back({"Access-Control-Expose-Headers", "x-b"});
    CHECK(page(exposed).visible_headers == std::vector<std::string>{"content-type", "x-b"});
    exposed.back().value = "*";
    CHECK(page(exposed).visible_headers.size() == 5);
}

namespace {

/// A server that is asked in turn, and what it was asked.
struct Hops {
    std::vector<WireResponse> answers;
    std::vector<WireRequest> asked;

    PageResult fetch(const PageRequest& request) {
        return corsd::cors::fetch(request, [&](const WireRequest& wire) {
            asked.push_back(wire);
            return answers.at(asked.size() - 1);
        });
    }
    [[nodiscard]] std::string sent(std::size_t hop, std::string_view name) const {
        return get_header(asked.at(hop).headers, name).value_or("absent");
    }
};

WireResponse to(std::uint16_t status, const std::string& location, const std::string& allowed = "*") {
    return {status, {{"Location", location}, {"Access-Control-Allow-Origin", allowed}}};
}

const WireResponse kOpen = {200, {{"Access-Control-Allow-Origin", "*"}}};

PageRequest page_of(const std::string& origin, const std::string& url) {
    PageRequest request;
    request.origin = origin;
    request.url = url;
    return request;
}

}  // namespace

TEST_CASE("Fetch 2.2.5: from one other origin on to a third, Origin is null") {
    Hops away{{to(302, "https://b.test/y"), kOpen}, {}};
    CHECK(away.fetch(page_of("https://a.test", kThere)).outcome == PageOutcome::readable);
    CHECK(away.asked.at(1).url == "https://b.test/y");
    CHECK(away.sent(0, "Origin") == "https://a.test");
    CHECK(away.sent(1, "Origin") == "null");

    Hops within{{to(302, "/y"), {200, {{"Access-Control-Allow-Origin", "https://a.test"}}}}, {}};
    const PageResult stays = within.fetch(page_of("https://a.test", kThere));
    CHECK(stays.outcome == PageOutcome::readable);
    CHECK(stays.redirected);
    CHECK(within.sent(1, "Origin") == "https://a.test");

    Hops home{{{302, {{"Location", "https://b.test/y"}}}, to(302, "https://a.test/z"), kOpen}, {}};
    CHECK(home.fetch(page_of("https://a.test", "https://a.test/x")).type == ResponseType::cors);
    CHECK(home.sent(0, "Origin") == "absent");
    CHECK(home.sent(1, "Origin") == "https://a.test");
    CHECK(home.sent(2, "Origin") == "null");  // back at home, but by way of another

    Hops named{{to(302, "https://b.test/y"), {200, {{"Access-Control-Allow-Origin", "https://a.test"}}}}, {}};
    CHECK(named.fetch(page_of("https://a.test", kThere)).outcome == PageOutcome::response_blocked);
}

TEST_CASE("Fetch 4.5: what a redirect makes of a request") {
    PageRequest post = page_of("https://a.test", kThere);
    post.method = "POST";
    post.body = "text";
    post.headers = {{"Authorization", "x"}, {"Content-Type", "text/plain"}};
    const WireResponse yes = {
        204, {{"Access-Control-Allow-Origin", "*"}, {"Access-Control-Allow-Headers", "authorization"}}};
    for (const std::uint16_t status : {std::uint16_t{301}, std::uint16_t{302}, std::uint16_t{303}}) {
        Hops hops{{yes, to(status, "https://b.test/y"), kOpen}, {}};
        CHECK(hops.fetch(post).outcome == PageOutcome::readable);
        CHECK(hops.asked.at(2).method == "GET");
        CHECK(hops.sent(2, "Content-Type") == "absent");
        CHECK(hops.sent(2, "Authorization") == "absent");
    }
    Hops kept{{yes, to(307, "/y"), yes, kOpen}, {}};
    CHECK(kept.fetch(post).outcome == PageOutcome::readable);
    CHECK(kept.asked.at(3).method == "POST");
    CHECK(kept.sent(3, "Authorization") == "x");

    const auto outcome = [](const WireResponse& first, RedirectMode mode = RedirectMode::follow) {
        PageRequest request = page_of("https://a.test", kThere);
        request.redirect = mode;
        return Hops{{first, kOpen}, {}}.fetch(request).outcome;
    };
    CHECK(outcome(to(302, "ftp://b.test/")) == PageOutcome::response_blocked);
    CHECK(outcome(to(302, "https://u:p@api.test/")) == PageOutcome::response_blocked);
    CHECK(outcome(to(302, "/y", "https://b.test")) == PageOutcome::response_blocked);
    CHECK(outcome(to(302, "/y"), RedirectMode::error) == PageOutcome::response_blocked);
    CHECK(outcome(to(302, "/y"), RedirectMode::manual) == PageOutcome::opaque);
    CHECK(outcome(to(300, "/y")) == PageOutcome::readable);
    Hops round{std::vector<WireResponse>(30, to(302, "/x")), {}};
    CHECK(round.fetch(page_of("https://a.test", kThere)).outcome == PageOutcome::response_blocked);
    CHECK(round.asked.size() == 21);
}

TEST_CASE("Fetch 4.1: modes no-cors and same-origin") {
    PageRequest request = page_of("https://a.test", kThere);
    request.mode = RequestMode::same_origin;
    CHECK(Hops{{kOpen}, {}}.fetch(request).outcome == PageOutcome::refused_by_browser);
    CHECK(Hops{{kOpen}, {}}.fetch(page_of("https://api.test", kThere)).type == ResponseType::basic);

    request.mode = RequestMode::no_cors;
    request.method = "POST";
    request.headers = {{"X-A", "1"}, {"Content-Type", "application/json"}, {"Accept", "a/b"}, {"Range", "bytes=0-"}};
    Hops hops{{{500, {}}}, {}};
    const PageResult result = hops.fetch(request);
    CHECK(result.outcome == PageOutcome::opaque);
    CHECK(result.status == 0);
    CHECK(result.visible_headers.empty());
    CHECK(hops.sent(0, "Accept") == "a/b");
    for (const char* dropped : {"X-A", "Content-Type", "Range"})
        CHECK(hops.sent(0, dropped) == "absent");
    CHECK(hops.sent(0, "Origin") == "https://a.test");
    CHECK(hops.sent(0, "Sec-Fetch-Site") == "cross-site");
    CHECK(hops.sent(0, "Sec-Fetch-Mode") == "no-cors");
    Hops mine{{{200, {{"Cross-Origin-Resource-Policy", "same-origin"}}}}, {}};
    CHECK(mine.fetch(request).outcome == PageOutcome::response_blocked);
    request.method = "PUT";
    CHECK(Hops{{kOpen}, {}}.fetch(request).outcome == PageOutcome::refused_by_browser);
}

TEST_CASE("Fetch 5: what a script cannot set") {
    for (const char* name : {"Cookie", "host", "Origin", "Sec-Fetch-Site", "Proxy-X", "Access-Control-Request-Method"})
        CHECK(is_forbidden_header(name, "x"));
    CHECK(is_forbidden_header("X-HTTP-Method", "GET, trace"));
    CHECK_FALSE(is_forbidden_header("X-HTTP-Method", "PUT"));
    CHECK_FALSE(is_forbidden_header("Secure", "x"));
    CHECK_FALSE(guarded_headers({{"X A", "1"}}, HeadersGuard::request).has_value());
    CHECK_FALSE(guarded_headers({{"X-A", "1\n2"}}, HeadersGuard::request).has_value());
    CHECK(guarded_headers({{"X-A", " 1 "}}, HeadersGuard::request)->front().value == "1");
    PageRequest request = page_of("https://a.test", kThere);
    request.body = "text";
    CHECK(Hops{{kOpen}, {}}.fetch(request).outcome == PageOutcome::refused_by_browser);
    request.method = "POST";
    Hops hops{{kOpen}, {}};
    CHECK(hops.fetch(request).outcome == PageOutcome::readable);
    CHECK(hops.sent(0, "Content-Type") == "text/plain;charset=UTF-8");
}

TEST_CASE("a WebSocket opens with a 101, whatever the origin") {
    WireRequest seen;
    const Server accepts = [&](const WireRequest& wire) {
        seen = wire;
        return WireResponse{101, {}};
    };
    CHECK(websocket_opens("null", kThere, accepts));
    CHECK(get_header(seen.headers, "Origin") == std::optional<std::string>("null"));
    CHECK_FALSE(websocket_opens("https://a.test", kThere, [](const WireRequest&) { return kOpen; }));
}
