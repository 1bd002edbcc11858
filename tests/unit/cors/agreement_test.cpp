// Fetch's client side and decide() are two transcriptions of one protocol. Over every combination of small policies and
// page requests, the browser lets through what decide() grants, and nothing else.
#include <map>
#include <string>

#include "catch.hpp"
#include "cors/browser.hpp"
#include "making.hpp"

using namespace corsd;
using namespace corsd::cors;

namespace {

using Names = std::vector<std::string>;

const std::vector<Names> kOrigins = {{}, {"https://a.test"}, {"https://*.a.test", "https://b.test"}, {"null"}, {"*"}};
const std::vector<Names> kMethods = {{"GET"}, {"GET", "POST"}, {"POST", "PUT", "patch"}, {"DELETE", "OPTIONS"}, {"*"}};
const std::vector<Names> kHeaders = {
    {}, {"X-A"}, {"Content-Type", "X-A", "Authorization"}, {"*"}, {"*", "Authorization"}};
const std::vector<std::string> kPages = {"https://a.test", "https://x.a.test", "https://b.test", "https://evil.test",
                                         "null"};
const std::vector<std::string> kAsked = {"GET", "HEAD", "POST", "PUT", "patch", "PATCH", "DELETE", "OPTIONS"};
const std::vector<HeaderLines> kSent = {
    {},
    {{"Content-Type", "text/plain"}, {"Accept", "*/*"}},
    {{"Content-Type", "application/json"}},
    {{"X-A", "1"}},
    {{"x-b", "1"}, {"X-A", "1"}},
    {{"Authorization", "Bearer x"}},
    {{"Accept", "<"}},
    {{"Range", "bytes=0-99"}, {"Accept-Language", "de, en;q=0.5"}},
    {{"Range", "bytes=-5"}},
    {{"Accept-Language", "de?"}, {"Content-Language", std::string(129, 'a')}},
    {{"Content-Type", "text/plain; charset=(utf-8)"}},
};

struct Setting {
    Names origins, methods, headers;
    Option credentials = Option::off;
    Mode mode = Mode::enforce;
    Option minimal = Option::off, hints = Option::off;

    // What section 2 refuses to load.
    [[nodiscard]] bool loads() const {
        return credentials == Option::off || (origins != Names{"*"} && origins != Names{"null"});
    }
    [[nodiscard]] Governed governed() const {
        PolicySource source = making::source(origins, methods, headers);
        source.credentials = credentials;
        source.mode = mode;
        source.minimal_disclosure = minimal;
        source.devtools_hints = hints;
        source.expose_headers = {"X-Total"};
        return making::governed(std::move(source));
    }
};

// What the policy says, in words as plain as they get.
struct Wanted {
    bool origin = false, method = false, headers = true, credentials = false;

    Wanted(const Setting& setting, const PageRequest& page) {
        const std::string method_name = normalized_method(page.method);
        for (const std::string& one : setting.origins) {
            origin = origin || one == "*" || one == page.origin;
            origin = origin || (one == "https://*.a.test" && page.origin == "https://x.a.test");
        }
        method = method_name == "OPTIONS";
        for (const std::string& one : setting.methods) {
            method = method || one == "*" || one == method_name || (one == "GET" && method_name == "HEAD");
        }
        for (const std::string& name : cors_unsafe_header_names(page.headers)) {
            bool listed = false;
            for (const std::string& one : setting.headers) {
                listed = listed || (one == "*" && name != "authorization") || HeaderSet({one}).lists(name);
            }
            headers = headers && listed;
        }
        credentials = page.credentials == CredentialsMode::omit || setting.credentials == Option::on;
    }
};

struct Tried {
    PageResult result;
    bool reached_upstream = false;
    Verdict preflight, actual;
};

void put(WireResponse& response, const char* name, std::string_view value) {
    if (!value.empty()) response.headers.push_back({name, std::string(value)});
}

Tried attempt(const Governed& governed, const PageRequest& page) {
    Tried tried;
    Scratch scratch;
    tried.result = fetch(page, [&](const WireRequest& wire) {
        making::Ask ask(wire.method);
        ask.site("cross-site").mode("cors");
        for (const HeaderLine& line : wire.headers) {
            if (line.name == "Origin") ask.origin(line.value);
            if (line.name == "Access-Control-Request-Method") ask.requests(line.value);
            if (line.name == "Access-Control-Request-Headers") ask.headers(line.value);
        }
        const Verdict verdict = decide(governed, ask.question, scratch);
        const bool is_preflight = !ask.question.request_method.empty();
        (is_preflight ? tried.preflight : tried.actual) = verdict;
        REQUIRE((!is_preflight || verdict.action != Action::forward));
        if (verdict.action == Action::forward) tried.reached_upstream = true;

        WireResponse response;
        response.status = verdict.action == Action::forward ? std::uint16_t{200} : verdict.status;
        if (verdict.action == Action::forward) response.headers = {{"X-Total", "1"}, {"X-Secret", "1"}};
        put(response, "Access-Control-Allow-Origin", verdict.grants.allow_origin);
        put(response, "Access-Control-Allow-Credentials", verdict.grants.allow_credentials ? "true" : "");
        put(response, "Access-Control-Expose-Headers", verdict.grants.expose_headers);
        put(response, "Access-Control-Allow-Methods", verdict.grants.allow_methods);
        put(response, "Access-Control-Allow-Headers", verdict.grants.allow_headers);
        return response;
    });
    return tried;
}

std::string why_wrong(const Setting& setting, const PageRequest& page, const Tried& tried) {
    const Wanted wanted(setting, page);
    const PageResult& result = tried.result;
    const bool sees = result.outcome == PageOutcome::readable && result.status == 200;
    const bool may_see = wanted.origin && wanted.credentials &&
                         (!result.preflighted || (wanted.method && wanted.headers)) &&
                         (wanted.method || setting.mode == Mode::headers);
    if (sees != may_see) return sees ? "the page reads what it must not" : "the page cannot read what it may";
    if (sees && result.visible_headers != Names{"x-total"}) return "not the headers that are exposed";

    // Enforced, a request that the policy does not admit never gets to the upstream, whatever the browser lets go.
    const bool may_arrive = wanted.origin && wanted.method;
    if (setting.mode == Mode::enforce && tried.reached_upstream && !may_arrive)
        return "a refused request was forwarded";
    if (result.preflighted) {
        const bool passes = wanted.origin && wanted.method && wanted.headers;
        if (tried.preflight.admitted() != passes) return "the verdict on the preflight";
        const bool browser_passed = result.outcome != PageOutcome::preflight_failed;
        if (passes && wanted.credentials && !browser_passed) return "the browser stops what decide() granted";
        if (!passes && browser_passed && tried.reached_upstream)
            return "the browser lets through what decide() refused";
    } else if (tried.actual.admitted() != may_arrive) {
        return "the verdict on the request";
    }
    return {};
}

}  // namespace

TEST_CASE("the browser lets through what decide() grants, and nothing else") {
    std::map<PageOutcome, std::size_t> outcomes;
    std::size_t combinations = 0;
    Setting setting;
    const auto try_pages = [&] {
        const Governed governed = setting.governed();
        for (const std::string& origin : kPages)
            for (const std::string& method : kAsked)
                for (const HeaderLines& headers : kSent)
                    for (const CredentialsMode credentials : {CredentialsMode::omit, CredentialsMode::include}) {
                        const PageRequest page{origin, "https://api.test/x", method, headers, credentials};
                        const Tried tried = attempt(governed, page);
                        ++outcomes[tried.result.outcome];
                        ++combinations;
                        const std::string wrong = why_wrong(setting, page, tried);
                        if (wrong.empty()) continue;
                        const std::string sent = headers.empty() ? "" : headers.front().name;
                        CAPTURE(setting.origins, setting.methods, setting.headers, static_cast<int>(setting.mode),
                                static_cast<int>(setting.credentials), static_cast<int>(setting.hints),
                                static_cast<int>(setting.minimal), origin, method, sent, static_cast<int>(credentials));
                        FAIL(wrong);
                    }
    };
    for (const Names& origins : kOrigins)
        for (const Names& methods : kMethods)
            for (const Names& headers : kHeaders)
                for (const int bits : {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}) {
                    const auto option = [&](int bit) { return (bits & bit) != 0 ? Option::on : Option::off; };
                    setting = {origins,   methods,  headers, option(1), (bits & 2) != 0 ? Mode::headers : Mode::enforce,
                               option(4), option(8)};
                    if (setting.loads()) try_pages();
                }
    CHECK(combinations > 800'000);
    // Every end is met, so that the agreement is about something.
    CHECK(outcomes[PageOutcome::readable] > 10'000);
    CHECK(outcomes[PageOutcome::preflight_failed] > 10'000);
    CHECK(outcomes[PageOutcome::response_blocked] > 10'000);
}
