// Section 2 of the policy, clause by clause: what refuses to start, what warns. Each clause has a golden text, of a
// line that breaks it and nothing else (golden_test compares the texts themselves).
#include <re2/re2.h>
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "catch.hpp"
#include "loading.hpp"

using namespace corsd::config;

namespace {

struct Clause {
    const char* words;
    const char* code;
    const char* line;  // a part of the source line that the diagnostic shows
};

const Clause kRefused[] = {
    {"no ://", "origin-no-scheme", "- app.example"},
    {"userinfo", "origin-userinfo", "https://user@app.example"},
    {"path", "origin-path", "https://app.example/path"},
    {"trailing /", "origin-trailing-slash", "- https://app.example/"},
    {"?", "origin-query", "https://app.example?x"},
    {"#", "origin-fragment", "https://app.example#x"},
    {"white space", "origin-white-space", "https://app .example"},
    {"upper-case scheme", "origin-upper-case", "HTTPS://app.example"},
    {"upper-case host", "origin-upper-case", "https://App.example"},
    {"non-ASCII host", "origin-non-ascii", "https://bücher.example"},
    {"no host", "origin-empty-host", "- https://"},
    {"empty label", "origin-empty-label", "https://a..example"},
    {"bad host byte", "origin-bad-host-byte", "https://a!b.example"},
    {"edge hyphen", "origin-edge-hyphen", "https://-a.example"},
    {"label over 63", "origin-label-too-long", "https://aaaaaaaaaaaaaaaa"},
    {"host over 253", "origin-host-too-long", "a23456789.a23456789"},
    {"last label a number", "origin-last-label-number", "https://app.1"},
    {"IPv4 that is not a plain dotted quad", "origin-ipv4-form", "https://01.2.3.4"},
    {"IPv6 not in brackets", "origin-ipv6-brackets", "https://2001:db8::1"},
    {"IPv6 that is not RFC 5952", "origin-ipv6-form", "https://[2001:DB8::1]"},
    {"IPv4-mapped", "origin-ipv4-mapped", "https://[::ffff:192.0.2.1]"},
    {"zone id", "origin-zone-id", "https://[fe80::1%25eth0]"},
    {"port empty", "origin-port-empty", "https://app.example:\""},
    {"port 0", "origin-port-zero", "https://app.example:0"},
    {"port over 65535", "origin-port-too-big", "https://app.example:65536"},
    {"port with a leading zero", "origin-port-leading-zero", "https://app.example:0443"},
    {"the scheme's default port", "origin-default-port", "https://app.example:443"},
    {"scheme file", "origin-scheme-file", "file:///etc/passwd"},
    {"null without its permission", "origin-null-not-permitted", "/null-not-permitted"},
    {"null with credentials", "origin-null-with-credentials", "/null: {origins"},
    {"null for WebSockets", "origin-null-with-credentials", "/null: {websocket_origins"},
    {"* mid-host", "origin-wildcard-inside", "https://a.*.example"},
    {"*foo", "origin-wildcard-partial", "https://*foo.example"},
    {"**.", "origin-wildcard-double", "https://**.example"},
    {"*. before an IP", "origin-wildcard-before-ip", "https://*.192.0.2.1"},
    {"* as a scheme", "origin-wildcard-scheme", "*://app.example"},
    {"* as the host", "origin-wildcard-host", "- https://*"},
    {"\"*\" beside other patterns", "origin-any-beside-others", "/beside: {origins"},
    {"\"*\" with credentials", "origin-any-with-credentials", "/any: {origins: \"*\"}"},
    {"\"*\" for WebSockets", "origin-any-with-credentials", "/any: {websocket_origins: \"*\"}"},
    {"a regex that admits any host, with credentials", "origin-any-host-with-credentials", "/any-host: {origins"},
    {"the same for WebSockets", "origin-any-host-with-credentials", "/any-host: {websocket_origins"},
    {"not https, with credentials", "origin-insecure-with-credentials", "/insecure: {origins"},
    {"not https, for WebSockets", "origin-insecure-with-credentials", "/insecure: {websocket_origins"},
    {"a wildcard at a public suffix", "origin-public-suffix-with-credentials", "https://*.github.io"},
    {"a wildcard above a public suffix", "origin-public-suffix-with-credentials", "https://*.amazonaws.com"},
    {"a comma-joined list", "origin-comma-list", "https://a.ex, https://b.ex"},
    {"regex characters and no ~", "origin-regex-without-tilde", "https://.*\\.app\\.example"},
    {"a regex that RE2 refuses", "origin-bad-regex", "~https://("},
    {"public_origin: a slash", "origin-trailing-slash", "public_origin: \"https://a.example/\""},
    {"public_origin: no scheme", "origin-no-scheme", "public_origin: b.example"},
    {"public_origin: upper case", "origin-upper-case", "public_origin: \"https://C.example\""},
    {"public_origin: a pattern", "public-origin-pattern", "public_origin: \"*\""},
    {"a method that is no token", "not-a-token", "\"GET POST\""},
    {"CONNECT", "method-forbidden", "connect"},
    {"TRACE", "method-forbidden", "trace"},
    {"TRACK", "method-forbidden", "Track"},
    {"another case of a method", "method-case", "[get, Head, pOST, put, delete, Options, patch"},
    {"an empty list of methods", "methods-empty", "/empty: {methods: []}"},
    {"\"*\" beside methods", "method-any-beside-others", "[\"*\", GET]"},
    {"a header that is no token", "not-a-token", "allow_headers: [\"X Y\""},
    {"a forbidden request header", "header-forbidden", "[Cookie"},
    {"Sec-*", "header-forbidden", "Sec-Fetch-Site"},
    {"Proxy-*", "header-forbidden", "proxy-authorization"},
    {"an ACA* name in allow_headers", "header-is-response", "[Access-Control-Allow-Origin]"},
    {"\"*\" beside anything but Authorization", "header-any-beside-others", "[\"*\", Content-Type]"},
    {"Set-Cookie, Origin, ACR*, ACA* in expose_headers", "expose-forbidden", "[Set-Cookie, set-cookie2, Origin"},
    {"\"*\" in expose_headers with credentials", "expose-any-with-credentials", "expose_headers: \"*\""},
    {"max_age below -1", "max-age-range", "-2"},
    {"max_age over 24h", "max-age-range", "25h"},
    {"preflight_status", "preflight-status", "202"},
    {"a key that starts with neither / nor ~", "path-not-absolute", "api: {}"},
    {"a resource without a value", "resource-without-value", "/nothing:"},
    {"a tie", "resource-tie", "/a/*/*/c/*"},
    {"an unknown upstream", "unknown-upstream", "upstream: defualt"},
    {"an unknown group", "unknown-group", "@frontend"},
    {"an unknown permission", "unknown-permission", "null_origins"},
    {"two sites that claim one host", "host-claimed-twice", "https://two.example"},
    {"listen and listeners", "exclusive-keys", "listeners: ["},
    {"upstream and upstreams", "exclusive-keys", "upstreams:"},
    {"sites and resources", "exclusive-keys", "resources: {}"},
    {"sites and public_origin", "exclusive-keys", "public_origin: https://a.ex"},
    {"sites and hosts", "exclusive-keys", "hosts: [b.ex]"},
    // C1 to C10.
    {"C1: credentials and its alias", "exclusive-keys", "supports_credentials: false"},
    {"C3: a group that names itself", "group-cycle", "[\"@a\"]"},
    {"C3: a list file that is not there", "list-file", "@file:missing.txt"},
    {"C4: part of a segment", "path-partial-wildcard", "/api*: {}"},
    {"C4: **", "path-partial-wildcard", "/a/**: {}"},
    {"C4: not canonical", "path-not-canonical", "/a%41: {}"},
    {"C4: the query", "path-query-or-fragment", "/search?q=1"},
    {"C7: no methods", "entry-without-methods", "- origins: []"},
    {"C7: any method", "entry-any-method", "- methods: \"*\""},
    {"C7: a method in two entries", "method-in-two-entries", "[PUT, POST]"},
    {"C7: HEAD without GET", "head-without-get", "[POST, HEAD]"},
    {"C8: two units", "bad-duration", "1h30m"},
    {"C8: a space", "bad-duration", "10 s"},
    {"C8: another unit", "bad-size", "32KB"},
    {"C8: yes", "wrong-type", "credentials: yes"},
    {"C8: another product's key", "unknown-key", "allowOrigins"},
    {"C9: unset", "variable-unset", "${UNSET}"},
    {"C9: unterminated", "substitution-unterminated", "${UNTERMINATED"},
    {"C9: nested", "substitution-nested", "${A:-${B}}"},
    {"C9: in a key", "substitution-in-key", "/${X}"},
    {"C9: what is put in is no syntax", "origin-substituted-syntax", "${STAR}"},
    {"C10: unknown key", "unknown-key", "lisen"},
    {"C10: duplicate key", "duplicate-key", "listen: 127.0.0.1:8081"},
    {"C10: second document", "second-document", "---"},
    {"C10: alias", "alias", "*list"},
    {"C10: merge key", "merge-key", "<<"},
    {"C10: bad UTF-8", "bad-utf8", "caf"},
    {"C10: control characters", "control-character", "?x"},
    {"C10: [*]", "quote-it", "[*]"},
    {"C10: [null]", "quote-it", "[null]"},
};

const Clause kWarned[] = {
    {"a regex that matches https://evil.example", "regex-admits-stranger", "~https://.*\\\\.example"},
    {"an allowed origin with a suffix", "regex-admits-stranger", "~https://app\\\\.site\\\\.test.*"},
    {"an allowed origin with a prefix", "regex-admits-stranger", "~https://.*app\\\\.site\\\\.test"},
    {"an allowed origin with a dot replaced", "regex-admits-stranger", "~https://app.site\\\\.test"},
    {"an unescaped dot", "regex-unescaped-dot", "~https://[a-z.]+.app"},
    {"max_age over 2h", "max-age-capped", "3h"},
    {"OPTIONS in methods", "method-options", "OPTIONS"},
    {"a safelisted name in expose_headers", "expose-safelisted", "Content-Type"},
    {"\"*\" without Authorization", "header-any-without-authorization", "allow_headers: \"*\""},
    {"an http origin beside its https twin", "origin-http-twin", "/twin: {origins"},
    {"a loopback origin elsewhere", "origin-loopback", "/loopback: {origins"},
    {"a loopback origin elsewhere, for WebSockets", "origin-loopback", "/loopback: {websocket_origins"},
    {"a resource that is always shadowed", "resource-shadowed", "~/api/v[0-9]+"},
    {"/* behind a regex for everything", "resource-shadowed", "/*: {}"},
    {"looser: another origin", "resource-looser", "https://other.test]}"},
    {"looser: credentials", "resource-looser", "credentials: true"},
    {"looser: a weaker mode", "resource-looser", "mode: report-only"},
    {"looser: WebSockets", "resource-looser", "/around/it"},
    {"stricter, and paths without an answer", "paths-unanswered", "/api/admin/*"},
    {"duplicate patterns", "origin-duplicate", "/twice"},
    {"redundant patterns", "origin-redundant", "https://b.a.test"},
    {"dangerously_allow in defaults", "permission-in-defaults", "dangerously_allow: [null_origin]"},
    {"a permission that nothing needs", "permission-unneeded", "/unneeded"},
    {"allow_private_network", "private-network", "allow_private_network: true"},
    {"enforce without public_origin", "missing-public-origin", "resources:"},
    {"hosts: \"*\"", "every-host", "hosts: \"*\""},
    {"cross_site_navigation in defaults", "navigation-wide", "  cross_site_navigation: allow"},
    {"cross_site_navigation on a wildcard", "navigation-wide", "/wide/*"},
    {"a plain listener on a public address", "plain-public-listener", "0.0.0.0:80"},
    {"C3: an empty list file", "empty-list-file", "@file:empty.txt"},
};

struct Told {
    std::string severity, code, line;
};

/// What all golden texts tell.
std::vector<Told> all_told() {
    std::vector<Told> told;
    const re2::RE2 heading(": (error|warning)\\[([a-z0-9-]+)\\]: [^\\n]*\\n +[0-9]+ \\| ([^\\n]*)\\n");
    for (const auto& file : std::filesystem::directory_iterator(CORSD_SOURCE_DIR "/tests/unit/config/golden")) {
        if (file.path().extension() != ".expected") continue;
        const std::string text = read_whole(file.path().string());
        re2::StringPiece rest(text);
        Told one;
        while (re2::RE2::FindAndConsume(&rest, heading, &one.severity, &one.code, &one.line))
            told.push_back(one);
    }
    return told;
}

}  // namespace

TEST_CASE("section 2: every clause that refuses and every clause that warns has its golden text") {
    const std::vector<Told> told = all_told();
    CHECK(told.size() > 250);
    const auto check = [&](const Clause& clause, const char* severity) {
        CAPTURE(clause.words, clause.code, clause.line);
        CHECK(std::any_of(told.begin(), told.end(), [&](const Told& one) {
            return one.severity == severity && one.code == clause.code &&
                   one.line.find(clause.line) != std::string::npos;
        }));
    };
    for (const Clause& clause : kRefused)
        check(clause, "error");
    for (const Clause& clause : kWarned)
        check(clause, "warning");
}

TEST_CASE("every warning that the source knows is a clause, or one of the few beside section 2") {
    // Of lists, addresses and substitutions; the last is a bound on their number.
    const std::vector<std::string> beside{"name-duplicate", "status-public", "too-many"};
    for (const Told& one : all_told()) {
        if (one.severity != "warning") continue;
        CAPTURE(one.code);
        const bool known = std::any_of(std::begin(kWarned), std::end(kWarned),
                                       [&](const Clause& clause) { return clause.code == one.code; });
        CHECK((known || std::find(beside.begin(), beside.end(), one.code) != beside.end()));
    }
}
