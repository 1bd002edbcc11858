// The table itself. A key enters it together with its behaviour; until then it says not_yet.
#include <array>

#include "config/schema.hpp"

namespace corsd::config {

namespace {

using enum Section;
using T = Type;
constexpr Support kNotYet = Support::not_yet;

constexpr auto kKeys = std::to_array<Key>({
    {root, "listen", T::text, "127.0.0.1:8080",
     "Address to listen on: `host:port`, `[::]:port`, `unix:/path`, or `fd:NAME`: the sockets of that "
     "`FileDescriptorName=` that systemd passes. Short for one entry of `listeners`."},
    {root, "upstream", T::text, "http://127.0.0.1:5000",
     "The server behind: `http://host:port` or `unix:/path`. Short for one entry of `upstreams`."},
    {root, "listeners", T::sequence, "[]", "Several addresses to listen on."},
    {root, "upstreams", T::names, "{}", "Servers behind, by name."},
    {root, "sites", T::sequence, "[]", "Several sites: what answers for which host names."},
    {root, "public_origin", T::text, "\"\"",
     "What browsers call the unnamed site. Decides what is same-origin; left out, it is guessed from Host, with a "
     "warning."},
    {root, "hosts", T::star_list, "[]",
     "Further host names of the unnamed site: exact, `*.example.com`, or `\"*\"` for every host. Others get 421."},
    {root, "trusted_proxies", T::list, "[]",
     "Networks (CIDR) whose `Forwarded` and `X-Forwarded-*` are believed and continued; from all others they are "
     "replaced."},
    {root, "groups", T::names, "{}", "Lists of origin patterns, for `@NAME`."},
    {root, "defaults", T::group, "{}", "Policy keys for all resources."},
    {root, "resources", T::names, "{}", "Path pattern → policy, or a list of policies each with `methods` of its own."},
    {root, "threads", T::threads, "auto", "Workers: a number from 1 to 1024, or `auto`: one per core."},
    {root, "limits", T::group, "{}", "Bounds on connections and messages."},
    {root, "timeouts", T::group, "{}", "How long corsd waits for whom."},
    {root, "paths", T::group, "{}", "What happens to unusual paths."},
    {root, "headers", T::group, "{}", "What happens to header fields on their way."},
    {root, "log", T::group, "{}", "The diagnostic log and the access log."},
    {root, "min_rate", T::size, "0",
     "Bytes a second (`1KiB`) that a client keeps up with a body; 0 is no bound. Only the time that corsd waits for "
     "the client counts, and a client may fall behind by 3 s: then a request's body is 408 (or cut, when an answer is "
     "under way), and an answer is cut. What the client's system has acknowledged counts as read. Tunnels have no "
     "rate."},
    {root, "http2", T::group, "{}", "HTTP/2.", kNotYet},
    {root, "status", T::group, "{}", "Liveness, readiness and metrics."},
    {root, "admin", T::group, "{}", "The admin API.", kNotYet},
    {root, "tracing", T::group, "{}", "Traces.", kNotYet},

    {listener, "name", T::text, "\"\"", "A name for messages."},
    {listener, "address", T::text, "", "`host:port`, `[::]:port`, `unix:/path` or `fd:NAME`, as in `listen`."},
    {listener, "proxy_protocol", T::boolean, "false", "The PROXY protocol is required.", kNotYet},
    {listener, "tls", T::group, "{}", "TLS.", kNotYet},
    {listener, "protocols", T::list, "[http1]", "Protocols by ALPN.", kNotYet},

    {upstream, "endpoints", T::list, "",
     "Where it is reached, a list of `http://host:port` or `unix:/path`. Each address of a name is an endpoint of its "
     "own, so `http://localhost:5000` may be two."},
    {upstream, "pass_host", T::boolean, "true",
     "`true`: the client's Host goes upstream; `false`: the endpoint's authority."},
    {upstream, "keepalive", T::group, "{}", "Connections kept open between requests."},
    {upstream, "balance", T::choice, "round_robin | least_connections",
     "Each endpoint in turn, or `least_connections`: the one with the fewest requests. Each worker counts for itself."},
    {upstream, "max_connections", T::count, "0",
     "Connections to all endpoints together, of all workers; 0 is no bound. Beyond, requests wait."},
    {upstream, "queue", T::group, "{}", "Requests that wait for a connection."},
    {upstream, "health", T::group, "{}", "Active checks.", kNotYet},
    {upstream, "ejection", T::group, "{}",
     "When an endpoint that fails is left out for a while. See [Upstreams](#upstreams)."},
    {upstream, "retry", T::group, "{}", "Second attempts."},
    {upstream, "refresh", T::duration, "30s",
     "How often names are resolved. A refresh that fails keeps the last good addresses."},
    {upstream, "tls", T::group, "{}", "TLS towards it.", kNotYet},

    {keepalive, "max_idle", T::count, "64", "Connections kept for later requests."},
    {keepalive, "idle_timeout", T::duration, "60s",
     "How long one is kept; if the upstream says `Keep-Alive: timeout=N`, at most a second less than that."},

    {queue, "length", T::count, "100",
     "How many requests wait for a connection; more get 503 `overloaded` with `Retry-After`."},
    {queue, "timeout", T::duration, "5s", "How long one waits; then 503 `overloaded` with `Retry-After`."},

    {ejection, "failures", T::count, "5",
     "An endpoint that fails so often within `window` is left out; 0 never. See [Upstreams](#upstreams)."},
    {ejection, "window", T::duration, "30s", "The time within which `failures` are counted."},
    {ejection, "duration", T::duration, "30s", "For how long an endpoint is left out. An only endpoint never is."},

    {retry, "attempts", T::count, "1", "Second attempts, where a kept connection had run out or none could be made."},

    {site, "name", T::text, "", "The name of the site, for messages and the log."},
    {site, "hosts", T::star_list, "[]",
     "Further host names, beside the host of `public_origin`: exact, `*.example.com`, or `\"*\"` for every host. "
     "Others get 421."},
    {site, "public_origin", T::text, "\"\"",
     "What browsers call the site. Decides what is same-origin; left out, it is guessed from Host, with a warning."},
    {site, "upstream", T::text, "",
     "The name of the upstream that serves the site; may be left out when there is one."},
    {site, "defaults", T::group, "{}", "Policy keys for all resources of the site."},
    {site, "resources", T::names, "{}", "Path pattern → policy, or a list of policies each with `methods` of its own."},

    {policy, "origins", T::star_list, "[]",
     "Who may: exact, `https://*.example.com`, `http://localhost:*`, `~regex`, `@group`, `@file:PATH`, or `\"*\"` "
     "alone."},
    {policy, "methods", T::star_list, "[GET, HEAD, POST]",
     "Methods that an allowed origin may use, case-sensitive; or `\"*\"`."},
    {policy, "allow_headers", T::star_list, "[]",
     "Request headers a page may set; `\"*\"` never covers Authorization."},
    {policy, "expose_headers", T::star_list, "[]", "Response headers a page may read; or `\"*\"`."},
    {policy, "credentials", T::boolean, "false",
     "Cookies and HTTP authentication are allowed. Alias `supports_credentials`."},
    {policy, "supports_credentials", T::boolean, "false",
     "Another name of `credentials`, that of Flask-CORS; only one of them may be given."},
    {policy, "max_age", T::max_age, "10m",
     "How long a browser may remember a preflight, in whole seconds, at most `24h`; -1 is never, `null` sends nothing "
     "and leaves it to the browser."},
    {policy, "mode", T::choice, "enforce | headers | report-only",
     "`enforce` refuses, `headers` forwards without grants, `report-only` changes nothing and logs."},
    {policy, "cross_site_navigation", T::choice, "block | allow",
     "`allow`: form POSTs from other sites (SAML, OIDC form_post), without grants."},
    {policy, "preflight_status", T::preflight_status, "204", "The status of a preflight's answer: 204 or 200."},
    {policy, "upstream_headers", T::choice, "replace | keep", "The upstream's own CORS headers: `replace` or `keep`."},
    {policy, "merge_expose", T::boolean, "false",
     "Joins the upstream's exposed headers (Access-Control-Expose-Headers) with `expose_headers`."},
    {policy, "minimal_disclosure", T::boolean, "false", "A preflight names the method asked for only."},
    {policy, "devtools_hints", T::boolean, "false",
     "Lets the browser's console name the header or method that failed."},
    {policy, "allow_private_network", T::boolean, "false", "Answers `Access-Control-Request-Private-Network`."},
    {policy, "timing_allow_origin", T::boolean, "false", "Timing-Allow-Origin wherever the origin is granted."},
    {policy, "forward_origin", T::boolean, "true", "`false`: admitted requests go upstream without Origin."},
    {policy, "dangerously_allow", T::permissions, "[]",
     "Permissions by name for what is refused otherwise: `null_origin`, `insecure_origin_with_credentials`, "
     "`public_suffix_wildcard`."},
    {policy, "websocket_origins", T::inherit_list, "inherit",
     "Who may open a WebSocket: a list like `origins`, or `inherit`: those of `origins` that would be accepted with "
     "credentials, because a handshake always carries cookies and asks for no leave. `\"*\"` admits no WebSocket; the "
     "site's own origin always may."},
    {policy, "websocket_origin_required", T::boolean, "false",
     "`true`: a WebSocket handshake without Origin, which no browser sends, is refused."},

    {resource, "upstream", T::text, "", "The name of another upstream for this resource; left out, it is the site's."},

    {limits, "max_connections", T::count, "10000", "Clients at once."},
    {limits, "max_connections_per_address", T::count, "0", "Clients at once of one address; 0 is no bound."},
    {limits, "max_requests_per_connection", T::count, "0",
     "After so many requests the connection is closed; 0 is no bound."},
    {limits, "max_header_bytes", T::size, "32KiB", "Size of a request's head (431 beyond) and of an upstream's (502)."},
    {limits, "max_header_fields", T::count, "100",
     "Fields in a request's head (431 beyond) and in an upstream's (502)."},
    {limits, "max_target_bytes", T::size, "8KiB", "The request target; 414 beyond."},
    {limits, "max_body_bytes", T::size, "0",
     "The body of a request; 413 beyond, 0 is no bound. Bodies are streamed either way."},

    {timeouts, "header", T::duration, "10s", "A client's whole head, from its first byte."},
    {timeouts, "body", T::duration, "30s",
     "Between two reads of a request's body: 408, or a cut when an answer is under way."},
    {timeouts, "write", T::duration, "30s",
     "In which a client takes nothing of an answer: cut. What its system has acknowledged counts as taken."},
    {timeouts, "idle", T::duration, "60s", "Client: between two requests."},
    {timeouts, "connect", T::duration, "3s", "Resolve and connect to the upstream, in all."},
    {timeouts, "response", T::duration, "30s",
     "From the request's end to the head of the answer, in all; and in which an upstream takes nothing of the request: "
     "504."},
    {timeouts, "stream", T::duration, "5m",
     "Between two reads of an answer's body; a tunnel (WebSocket) without a byte either way."},
    {timeouts, "drain", T::duration, "30s", "At shutdown; what still runs then is cut, tunnels included."},

    {paths, "encoded_slash", T::choice, "refuse | keep", "`%2f` in a path: `refuse`, or `keep` as part of a segment."},
    {paths, "double_slashes", T::choice, "keep | merge | refuse", "`//` in a path: `keep`, `merge` or `refuse`."},
    {paths, "parameters", T::choice, "keep | refuse", "`;` and `%3b` in a path: `keep` or `refuse`."},

    {headers, "underscores", T::choice, "drop | keep | reject",
     "Header names with `_`: `drop`, `keep` or `reject` the request."},
    {headers, "forwarded", T::choice, "x-forwarded | rfc7239 | both | none",
     "What is told upstream: `x-forwarded`, `rfc7239`, `both` or `none`."},
    {headers, "trust_forwarded_host", T::boolean, "false", "Whether trusted proxies may change the host as well."},

    {log, "level", T::choice, "info | trace | debug | warn | error | critical | off",
     "The least that the diagnostic log tells: `trace`, `debug`, `info`, `warn`, `error`, `critical`, `off`."},
    {log, "format", T::choice, "auto | json | text", "`json`, `text`, or `auto`: text on a terminal, else json."},
    {log, "output", T::text, "stderr", "`stderr`, `stdout` or a file."},
    {log, "access", T::group, "{}", "The access log."},

    {access, "enabled", T::boolean, "true", "One line a request."},
    {access, "only", T::choice, "all | refused | errors", "Which requests: `all`, `refused` or `errors`."},
    {access, "redact_query", T::list, "[token, access_token]", "Query parameters whose values are hidden in the log."},
    {access, "redact_headers", T::list, "[Authorization, Cookie, Set-Cookie]", "Headers whose values are not logged.",
     kNotYet},

    {status, "listen", T::text, "\"\"",
     "Where `/livez`, `/readyz` and `/metrics` are asked: `host:port`, `[::]:port` or `unix:/path`. Empty: nowhere. "
     "See [status](status.md)."},
});

}  // namespace

std::span<const Key> all_keys() noexcept {
    return kKeys;
}

}  // namespace corsd::config
