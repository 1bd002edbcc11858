// What tests/spec/ cannot say at the wire: relations, spans, culprits, and corners of N4 that need a question put by
// hand.
#include "cors/decide.hpp"

#include <string>

#include "catch.hpp"
#include "making.hpp"

using namespace corsd;
using namespace corsd::cors;
using making::Ask;

namespace {

const std::string kApp = "https://app.test";

struct Judged {
    Governed governed;
    Scratch scratch;

    explicit Judged(PolicySource source) : governed(making::governed(std::move(source))) {}
    explicit Judged(std::vector<PolicySource> entries) : governed(making::governed(std::move(entries))) {}
    Verdict operator()(const Ask& ask) { return decide(governed, ask.question, scratch); }
};

}  // namespace

TEST_CASE("N4: own origin, Sec-Fetch-Site, and which of them decides") {
    struct Row {
        const char* origin;  // "" for none
        const char* site;    // "" for none
        bool declared;
        Relation relation;
    };
    const Row rows[] = {
        {"https://api.test", "", true, Relation::same_origin},
        {"https://api.test", "same-origin", true, Relation::same_origin},
        {"https://api.test", "none", true, Relation::same_origin},
        {"https://api.test", "cross-site", true, Relation::cross_origin},
        {"https://api.test", "same-site", true, Relation::cross_origin},
        {"http://api.test", "", true, Relation::cross_origin},
        {"https://api.test:8443", "", true, Relation::cross_origin},
        {"https://app.test", "same-origin", true, Relation::cross_origin},
        {"https://app.test", "none", true, Relation::cross_origin},
        {"null", "same-origin", true, Relation::same_origin},
        {"null", "none", true, Relation::same_origin},
        {"null", "", true, Relation::cross_origin},
        {"null", "cross-site", true, Relation::cross_origin},
        {"", "", true, Relation::no_origin},
        {"", "none", true, Relation::same_origin},
        {"", "same-origin", true, Relation::same_origin},
        {"", "cross-site", true, Relation::no_origin},
        {"https://api.test", "Same-Origin", true, Relation::same_origin},
        {"https://app.test", "same-origin ", false, Relation::cross_origin},
        // Guessed: the scheme is not compared, and same-origin decides.
        {"https://api.test", "", false, Relation::same_origin},
        {"http://api.test", "", false, Relation::same_origin},
        {"https://api.test:8443", "", false, Relation::cross_origin},
        {"https://app.test", "same-origin", false, Relation::same_origin},
        {"https://app.test", "none", false, Relation::cross_origin},
        {"http://api.test", "cross-site", false, Relation::cross_origin},
        {"HTTPS://API.TEST", "same-origin", false, Relation::cross_origin},
    };
    Judged judged(making::source({kApp}));
    for (const Row& row : rows) {
        CAPTURE(row.origin, row.site, row.declared);
        Ask ask("POST");
        if (!row.declared) ask.guessed();
        if (*row.origin != '\0') ask.origin(row.origin);
        if (*row.site != '\0') ask.site(row.site);
        CHECK(judged(ask).relation == row.relation);
    }
}

TEST_CASE("N4: two lines of Sec-Fetch-Site are none") {
    Judged judged(making::source({}));
    CHECK(judged(Ask("POST").site("same-origin").site("same-origin")).relation == Relation::no_origin);
    CHECK(judged(Ask("POST").guessed().origin(kApp).site("same-origin").site("none")).action == Action::refuse);
}

TEST_CASE("N4: the default port of a guessed origin is dropped") {
    Judged judged(making::source({}));
    Ask ask;
    ask.question.own = {OwnOrigin::Known::guessed, "http", "api.test", 80};
    CHECK(judged(ask.origin("http://api.test")).relation == Relation::same_origin);
    Ask tls;  // behind something that ends TLS and writes the port
    tls.question.own = {OwnOrigin::Known::guessed, "http", "api.test", 443};
    CHECK(judged(tls.origin("https://api.test")).relation == Relation::same_origin);
    Ask other;
    other.question.own = {OwnOrigin::Known::guessed, "http", "api.test", 8080};
    CHECK(judged(other.origin("http://api.test")).relation == Relation::cross_origin);
    Ask nameless;  // HTTP/1.0 without Host
    nameless.question.own = {};
    CHECK(judged(nameless.origin("http://api.test")).relation == Relation::cross_origin);
}

TEST_CASE("the verdict names what failed, and the line that decided") {
    Judged judged(making::source({kApp}, {"GET"}, {"X-A"}));
    const Verdict origin = judged(Ask().origin("https://evil.test"));
    CHECK(origin.reason == Reason::origin_not_allowed);
    CHECK(origin.rule.line == 2);
    const Verdict method = judged(Ask("PUT").origin(kApp));
    CHECK(method.culprit == "PUT");
    CHECK(method.rule.line == 3);
    const Verdict header = judged(Ask("OPTIONS").origin(kApp).requests("GET").headers("x-a, X-Other"));
    CHECK(header.reason == Reason::header_not_allowed);
    CHECK(header.culprit == "X-Other");
    CHECK(header.rule.line == 4);
    const Verdict fine = judged(Ask().origin(kApp));
    CHECK(fine.rule.line == 2);
    CHECK(fine.policy == &judged.governed.entries.front());
    CHECK(fine.admitted());
}

TEST_CASE("N25: the bounds of Access-Control-Request-Headers, and what wins") {
    Judged judged(making::source({kApp}, {"GET"}, {"x-a"}));
    const auto ask = [&](const std::string& value) {
        return judged(Ask("OPTIONS").origin(kApp).requests("GET").headers(value)).reason;
    };
    const auto repeated = [](std::string_view element, int count) {
        std::string value;
        for (int i = 0; i < count; ++i)
            value += (i == 0 ? "" : ",") + std::string(element);
        return value;
    };
    CHECK(ask(repeated("x-a", 128)) == Reason::none);
    CHECK(ask(repeated("x-a", 129)) == Reason::headers_too_many);
    CHECK(ask("x-a" + std::string(16, ',')) == Reason::none);
    CHECK(ask("x-a" + std::string(17, ',')) == Reason::headers_too_many);
    CHECK(ask(std::string(15, ',')) == Reason::none);
    CHECK(ask(std::string(16, ',')) == Reason::headers_too_many);
    CHECK(ask("") == Reason::none);
    CHECK(ask("  \t") == Reason::none);
    CHECK(ask("x-a" + std::string(4093, ' ')) == Reason::none);
    CHECK(ask("x-a" + std::string(4094, ' ')) == Reason::headers_too_many);
    CHECK(ask("x b") == Reason::header_not_allowed);
    CHECK(ask("x-b," + repeated("x-a", 128)) == Reason::headers_too_many);
    CHECK(ask("x b" + std::string(17, ',')) == Reason::headers_too_many);
    // The bytes of several lines are counted together, with the commas that join them.
    const std::string half = "x-a" + std::string(2045, ' ');
    CHECK(judged(Ask("OPTIONS").origin(kApp).requests("GET").headers(half).headers(half.substr(0, 2047))).reason ==
          Reason::none);
    CHECK(judged(Ask("OPTIONS").origin(kApp).requests("GET").headers(half).headers(half)).reason ==
          Reason::headers_too_many);
}

TEST_CASE("N17: the longest list that is allowed fits") {
    std::vector<std::string> names;
    std::string value, expected;
    for (int i = 0; i < 128; ++i) {
        std::string name = "x-" + std::to_string(100 + i) + std::string(26, 'a');
        value += (i == 0 ? "" : ",") + name;
        expected += (i == 0 ? "" : ", ") + name;
        names.push_back(std::move(name));
    }
    REQUIRE(value.size() == 128 * 31 + 127);
    Judged judged(making::source({kApp}, {"GET"}, names));
    const Verdict verdict = judged(Ask("OPTIONS").origin(kApp).requests("GET").headers(value));
    CHECK(verdict.reason == Reason::none);
    CHECK(verdict.grants.allow_headers == expected);
}

TEST_CASE("N22: a hint grants what passed, never what failed") {
    PolicySource source = making::source({kApp}, {"GET", "PUT"}, {"x-a"});
    source.devtools_hints = Option::on;
    Judged judged(source);
    const Verdict method = judged(Ask("OPTIONS").origin(kApp).requests("DELETE").headers("x-a"));
    CHECK(method.action == Action::answer_preflight);
    CHECK(method.hint);
    CHECK(method.status == 204);
    CHECK(method.reason == Reason::method_not_allowed);
    CHECK(method.grants.allow_origin == kApp);
    CHECK(method.grants.allow_methods == "GET, PUT");
    CHECK(method.grants.allow_headers == "x-a");
    CHECK(method.grants.max_age.empty());
    const Verdict header = judged(Ask("OPTIONS").origin(kApp).requests("PUT").headers("x-a, x-b"));
    CHECK(header.hint);
    CHECK(header.grants.allow_headers == "x-a");
    for (const char* never : {"TRACE", "connect", "no token"}) {
        CAPTURE(never);
        CHECK(judged(Ask("OPTIONS").origin(kApp).requests(never)).action == Action::refuse);
    }
    CHECK(judged(Ask("OPTIONS").origin(kApp).requests("PUT").headers(std::string(17, ','))).action == Action::refuse);
    CHECK(judged(Ask("OPTIONS").origin("https://evil.test").requests("PUT")).action == Action::refuse);
    source.minimal_disclosure = Option::on;
    Judged minimal(source);
    CHECK(minimal(Ask("OPTIONS").origin(kApp).requests("DELETE")).grants.allow_methods.empty());
    // A browser would send a POST after any hint; in headers mode nobody else refuses it.
    source.mode = Mode::headers;
    Judged headers(source);
    CHECK(headers(Ask("OPTIONS").origin(kApp).requests("POST").headers("x-a")).action == Action::refuse);
}

TEST_CASE("N31, N24: a preflight that asks for OPTIONS is told that it may") {
    Judged judged(making::source({kApp}, {"GET"}));
    const Verdict verdict = judged(Ask("OPTIONS").origin(kApp).requests("OPTIONS"));
    CHECK(verdict.action == Action::answer_preflight);
    CHECK(verdict.grants.allow_methods == "GET, OPTIONS");
    CHECK(judged(Ask("OPTIONS").origin(kApp).requests("GET")).grants.allow_methods == "GET");
}

TEST_CASE("section 2: \"*\" with credentials does not load, and would admit nobody") {
    PolicySource source = making::source({"*"});
    source.credentials = Option::on;
    Judged judged(source);
    CHECK(judged(Ask().origin(kApp)).reason == Reason::origin_not_allowed);
    CHECK(judged(Ask().origin("null")).reason == Reason::origin_null);
}

TEST_CASE("N11: \"null\" with credentials does not load, and would admit nobody") {
    PolicySource source = making::source({"null"});
    CHECK(Judged(source)(Ask().origin("null")).admitted());
    source.credentials = Option::on;
    CHECK(Judged(source)(Ask().origin("null")).reason == Reason::origin_null);
}

TEST_CASE("C7: entries") {
    PolicySource get = making::source({kApp}, {"GET"});
    PolicySource post = making::source({"https://admin.test"}, {"POST"});
    post.span.line = 10;
    Judged judged(std::vector<PolicySource>{get, post});
    const auto entry = [&](const Verdict& verdict) { return verdict.policy - judged.governed.entries.data(); };
    CHECK(entry(judged(Ask("HEAD").origin(kApp))) == 0);
    CHECK(judged(Ask("HEAD").origin(kApp)).admitted());
    CHECK(judged(Ask("POST").origin(kApp)).reason == Reason::origin_not_allowed);
    CHECK(entry(judged(Ask("POST").origin("https://admin.test"))) == 1);
    // A method that no entry holds: the first entry that admits the origin, else the first.
    const Verdict put = judged(Ask("PUT").origin("https://admin.test"));
    CHECK(entry(put) == 1);
    CHECK(put.reason == Reason::method_not_allowed);
    CHECK(put.grants.allow_origin == "https://admin.test");
    CHECK(entry(judged(Ask("PUT").origin("https://evil.test"))) == 0);
    CHECK(judged(Ask("PUT").origin("https://evil.test")).reason == Reason::origin_not_allowed);
    CHECK(judged(Ask("PUT")).action == Action::forward);
    CHECK(entry(judged(Ask("PUT"))) == 0);
    // An override must be in the entry of the request's method.
    CHECK(judged(Ask("POST").origin("https://admin.test").overrides("GET")).reason == Reason::override_not_allowed);
    CHECK(judged(Ask("POST").origin("https://admin.test").overrides("")).reason == Reason::override_not_allowed);
    // A preflight is judged by the entry that holds the method it asks for.
    CHECK(entry(judged(Ask("OPTIONS").origin("https://admin.test").requests("POST"))) == 1);
    CHECK(judged(Ask("OPTIONS").origin("https://admin.test").requests("GET")).reason == Reason::origin_not_allowed);
    CHECK(judged(Ask("OPTIONS").origin("https://admin.test").requests("POST").requests("POST")).reason ==
          Reason::method_not_allowed);
}

TEST_CASE("Fetch 4.10: would the upstream's own answer be readable?") {
    struct Row {
        UpstreamGrant grant;
        Credentials credentials;
        bool readable;
    };
    const Row rows[] = {
        {{"*", 1, ""}, Credentials::omitted, true},
        {{"*", 1, "true"}, Credentials::included, false},
        {{"https://app.test", 1, ""}, Credentials::omitted, true},
        {{"https://app.test", 1, ""}, Credentials::included, false},
        {{"https://app.test", 1, "true"}, Credentials::included, true},
        {{"https://app.test", 1, "True"}, Credentials::included, false},
        {{"https://app.test", 2, "true"}, Credentials::omitted, false},
        {{"https://app.test/", 1, "true"}, Credentials::omitted, false},
        {{"HTTPS://app.test", 1, "true"}, Credentials::omitted, false},
        {{"", 0, ""}, Credentials::omitted, false},
        {{"", 1, ""}, Credentials::omitted, false},
    };
    for (const Row& row : rows) {
        CAPTURE(row.grant.allow_origin, row.grant.allow_origin_lines, row.grant.allow_credentials);
        CHECK(readable(row.grant, kApp, row.credentials) == row.readable);
    }
    CHECK(readable({"null", 1, ""}, "null", Credentials::omitted));
}

TEST_CASE("N43: a handshake is judged by its Origin alone, and names the line that decided") {
    PolicySource entry = making::source({kApp}, {"POST"});
    entry.websocket_origins = making::origins({"https://chat.test"});
    entry.websocket_origins_span = {0, 5, 1, 1};
    entry.websocket_required_span = {0, 6, 1, 1};
    entry.websocket_origin_required = Option::on;
    entry.forward_origin = Option::off;
    entry.upstream_headers = UpstreamHeaders::keep;
    Judged judge(std::move(entry));

    const Verdict admitted = judge(Ask().upgrades("websocket").origin("https://chat.test").site("cross-site"));
    CHECK(admitted.admitted());
    CHECK(admitted.action == Action::forward);
    CHECK(admitted.relation == Relation::cross_origin);
    CHECK(admitted.grants.allow_origin.empty());  // it may not read, whatever the upstream says
    CHECK(admitted.upstream_headers == UpstreamTreatment::replace);
    CHECK(admitted.forward_origin);
    CHECK(admitted.rule.line == 5);

    const Verdict own = judge(Ask().upgrades("WebSocket").origin("https://api.test").site("cross-site"));
    CHECK(own.admitted());
    CHECK(own.relation == Relation::same_origin);
    CHECK(own.upstream_headers == UpstreamTreatment::keep);

    const Verdict foreign = judge(Ask().upgrades("websocket").origin(kApp).site("same-origin"));
    CHECK(foreign.action == Action::refuse);
    CHECK(foreign.reason == Reason::websocket_origin);
    CHECK(foreign.relation == Relation::cross_origin);
    CHECK(foreign.rule.line == 5);

    const Verdict missing = judge(Ask().upgrades("websocket").site("same-origin"));
    CHECK(missing.reason == Reason::origin_missing);
    CHECK(missing.rule.line == 6);
}

TEST_CASE("N43: what is a handshake") {
    PolicySource entry = making::source({kApp});
    Judged judge(std::move(entry));
    for (const char* value :
         {"websocket", "WEBSOCKET", "websocket/13", "a/1, websocket", " websocket ,b", ",websocket"}) {
        INFO(value);
        CHECK(judge(Ask().upgrades(value).origin(kApp)).reason == Reason::websocket_origin);
    }
    CHECK(judge(Ask().upgrades("a").upgrades("websocket").origin(kApp)).reason == Reason::websocket_origin);
    for (const char* value : {"", ",", "websockets", "web socket", "x-websocket", "h2c"}) {
        INFO(value);
        CHECK(judge(Ask().upgrades(value).origin(kApp)).admitted());
    }
    CHECK(judge(Ask("HEAD").upgrades("websocket").origin(kApp)).admitted());
}
