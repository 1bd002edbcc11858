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
     "Where corsd listens: host:port, [::]:port, unix:/path or fd:NAME. Short for one entry of listeners."},
    {root, "upstream", T::text, "http://127.0.0.1:5000",
     "The server behind: http://host:port or unix:/path. Short for one entry of upstreams."},
    {root, "listeners", T::sequence, "[]", "Addresses to listen on."},
    {root, "upstreams", T::names, "{}", "Servers behind, by name."},
    {root, "sites", T::sequence, "[]", "What answers for which host names."},
    {root, "public_origin", T::text, "\"\"", "What browsers call the unnamed site; same-origin is judged against it."},
    {root, "hosts", T::star_list, "[]", "Further names of the unnamed site; \"*\" is every host."},
    {root, "trusted_proxies", T::list, "[]", "Networks whose Forwarded and X-Forwarded-* are believed."},
    {root, "groups", T::names, "{}", "Lists of origins to name as @group."},
    {root, "defaults", T::group, "{}", "Policy keys for every resource."},
    {root, "resources", T::names, "{}", "Path patterns and their policies."},
    {root, "threads", T::threads, "auto", "Workers: a number, or auto for one per core."},
    {root, "limits", T::group, "{}", "Bounds on connections and messages."},
    {root, "timeouts", T::group, "{}", "How long corsd waits for whom."},
    {root, "paths", T::group, "{}", "What happens to unusual paths."},
    {root, "headers", T::group, "{}", "What happens to header fields on their way."},
    {root, "log", T::group, "{}", "The diagnostic log and the access log."},
    {root, "min_rate", T::size, "0", "Bytes a second that a client keeps up with a body; 0 is no bound."},
    {root, "http2", T::group, "{}", "HTTP/2.", kNotYet},
    {root, "status", T::group, "{}", "Liveness, readiness and metrics."},
    {root, "admin", T::group, "{}", "The admin API.", kNotYet},
    {root, "tracing", T::group, "{}", "Traces.", kNotYet},

    {listener, "name", T::text, "\"\"", "A name for logs."},
    {listener, "address", T::text, "", "host:port, [::]:port or unix:/path."},
    {listener, "proxy_protocol", T::boolean, "false", "The PROXY protocol is required.", kNotYet},
    {listener, "tls", T::group, "{}", "TLS.", kNotYet},
    {listener, "protocols", T::list, "[http1]", "Protocols by ALPN.", kNotYet},

    {upstream, "endpoints", T::list, "",
     "Where it is reached: http://host:port or unix:/path; each address of a name is one."},
    {upstream, "pass_host", T::boolean, "true", "false: Host is the endpoint's own authority."},
    {upstream, "keepalive", T::group, "{}", "Connections kept open between requests."},
    {upstream, "balance", T::choice, "round_robin | least_connections",
     "Whose turn it is: each endpoint in turn, or the one with the fewest requests."},
    {upstream, "max_connections", T::count, "0", "Most connections to it; 0 is no bound."},
    {upstream, "queue", T::group, "{}", "Requests that wait for a connection."},
    {upstream, "health", T::group, "{}", "Active checks.", kNotYet},
    {upstream, "ejection", T::group, "{}", "When an endpoint that fails is left out for a while."},
    {upstream, "retry", T::group, "{}", "Second attempts."},
    {upstream, "refresh", T::duration, "30s", "How often names are resolved."},
    {upstream, "tls", T::group, "{}", "TLS towards it.", kNotYet},

    {keepalive, "max_idle", T::count, "64", "Most idle connections."},
    {keepalive, "idle_timeout", T::duration, "60s", "How long one stays idle."},

    {queue, "length", T::count, "100", "Most requests that wait."},
    {queue, "timeout", T::duration, "5s", "How long one waits."},

    {ejection, "failures", T::count, "5", "So many failures; 0 never leaves one out."},
    {ejection, "window", T::duration, "30s", "Within so much time."},
    {ejection, "duration", T::duration, "30s", "How long it is left out; an only one never is."},

    {retry, "attempts", T::count, "1", "Second attempts after a kept connection or a connect that failed."},

    {site, "name", T::text, "", "The name of the site, for logs and explain."},
    {site, "hosts", T::star_list, "[]",
     "Names it answers for, beside the host of public_origin: exact, *.domain, or \"*\"."},
    {site, "public_origin", T::text, "\"\"", "What browsers call it; same-origin is judged against it."},
    {site, "upstream", T::text, "", "The name of its upstream; may be left out when there is only one."},
    {site, "defaults", T::group, "{}", "Policy keys for every resource of the site."},
    {site, "resources", T::names, "{}", "Path patterns and their policies."},

    {policy, "origins", T::star_list, "[]",
     "Who may read: exact, https://*.domain, http://localhost:*, ~regex, @group, @file:PATH, or \"*\"."},
    {policy, "methods", T::star_list, "[GET, HEAD, POST]", "Methods that a page of another origin may use, or \"*\"."},
    {policy, "allow_headers", T::star_list, "[]", "Request headers that such a page may set, or \"*\"."},
    {policy, "expose_headers", T::star_list, "[]", "Response headers that it may read, or \"*\"."},
    {policy, "credentials", T::boolean, "false", "Cookies and HTTP authentication are allowed."},
    {policy, "supports_credentials", T::boolean, "false", "Flask-CORS's name of credentials."},
    {policy, "max_age", T::max_age, "10m",
     "How long a browser may remember a preflight; null leaves it to the browser."},
    {policy, "mode", T::choice, "enforce | headers | report-only",
     "What happens to a request that the policy does not admit."},
    {policy, "cross_site_navigation", T::choice, "block | allow",
     "allow: forms of other sites may POST here (SAML, OIDC form_post)."},
    {policy, "preflight_status", T::count, "204", "204 or 200."},
    {policy, "upstream_headers", T::choice, "replace | keep",
     "What happens to CORS headers that the upstream sets itself."},
    {policy, "merge_expose", T::boolean, "false",
     "Joins the upstream's Access-Control-Expose-Headers with expose_headers."},
    {policy, "minimal_disclosure", T::boolean, "false", "A preflight names only the method that was asked for."},
    {policy, "devtools_hints", T::boolean, "false",
     "A failed preflight tells the browser's console which header or method it was."},
    {policy, "allow_private_network", T::boolean, "false", "Answers Access-Control-Request-Private-Network."},
    {policy, "timing_allow_origin", T::boolean, "false", "Sends Timing-Allow-Origin to allowed origins."},
    {policy, "forward_origin", T::boolean, "true", "false: the upstream does not see Origin."},
    {policy, "dangerously_allow", T::list, "[]",
     "Permissions: null_origin, insecure_origin_with_credentials, public_suffix_wildcard."},
    {policy, "websocket_origins", T::inherit_list, "inherit",
     "Who may open a WebSocket: a list as in origins, or inherit: those of origins that would do with credentials."},
    {policy, "websocket_origin_required", T::boolean, "false", "A WebSocket handshake without Origin is refused."},

    {resource, "upstream", T::text, "", "The name of its own upstream; else the site's."},

    {limits, "max_connections", T::count, "10000", "Client connections at a time."},
    {limits, "max_connections_per_address", T::count, "0", "The same for one address; 0 is no bound."},
    {limits, "max_requests_per_connection", T::count, "0", "Requests on one connection; 0 is no bound."},
    {limits, "max_header_bytes", T::size, "32KiB", "The head of a request, and of an upstream's answer."},
    {limits, "max_header_fields", T::count, "100", "Fields in a head."},
    {limits, "max_target_bytes", T::size, "8KiB", "The request target."},
    {limits, "max_body_bytes", T::size, "0", "The body of a request; 0 is no bound."},

    {timeouts, "header", T::duration, "10s", "Client: a head, from its first byte to its end."},
    {timeouts, "body", T::duration, "30s", "Client: between two reads of a body."},
    {timeouts, "write", T::duration, "30s", "Client: between two writes that make progress."},
    {timeouts, "idle", T::duration, "60s", "Client: between two requests."},
    {timeouts, "connect", T::duration, "3s", "Upstream: resolve and connect, in all."},
    {timeouts, "response", T::duration, "30s", "Upstream: from the request's end to the response head."},
    {timeouts, "stream", T::duration, "5m",
     "Upstream: between two reads of a response body; a tunnel without a byte either way."},
    {timeouts, "drain", T::duration, "30s", "Shutdown: what still runs after it is cut."},

    {paths, "encoded_slash", T::choice, "refuse | keep", "%2f in a path."},
    {paths, "double_slashes", T::choice, "keep | merge | refuse", "// in a path."},
    {paths, "parameters", T::choice, "keep | refuse", "; and %3b in a path."},

    {headers, "underscores", T::choice, "drop | keep | reject", "Header names with _."},
    {headers, "forwarded", T::choice, "x-forwarded | rfc7239 | both | none",
     "Which forwarding headers the upstream gets."},
    {headers, "trust_forwarded_host", T::boolean, "false", "A trusted proxy may also name the host."},

    {log, "level", T::choice, "info | trace | debug | warn | error | critical | off",
     "The least that the diagnostic log tells."},
    {log, "format", T::choice, "auto | json | text", "auto is text on a terminal, else json."},
    {log, "output", T::text, "stderr", "stderr, stdout or a file."},
    {log, "access", T::group, "{}", "The access log."},

    {access, "enabled", T::boolean, "true", "One line a request."},
    {access, "only", T::choice, "all | refused | errors", "Which requests."},
    {access, "redact_query", T::list, "[token, access_token]", "Query parameters whose values are not logged."},
    {access, "redact_headers", T::list, "[Authorization, Cookie, Set-Cookie]", "Headers whose values are not logged.",
     kNotYet},

    {status, "listen", T::text, "\"\"",
     "Where /livez, /readyz and /metrics are asked: host:port, [::]:port or unix:/path; empty: nowhere."},
});

}  // namespace

std::span<const Key> all_keys() noexcept {
    return kKeys;
}

}  // namespace corsd::config
