// What corsd's decision means and what to change in the policy, for each reason that its access log can name.

const by = entry => entry.resource ? `the resource ${entry.resource}` : "this path, which no resource matches";
const path_of = entry => entry.target.split("?")[0];

/** A line of the policy as it stands, and with `value` in its list. `present`: what the list holds when it is not written. */
function listed(entry, key, value, present = []) {
  const written = entry.rule?.match(new RegExp(`^${key}:\\s*\\[(.*)\\]`));
  if (!written) return {under: entry.resource, added: `${key}: [${[...present, value].join(", ")}]`};
  return {line: entry.line, removed: entry.rule, added: `${key}: [${written[1] ? `${written[1]}, ` : ""}${value}]`};
}

function origin_change(entry) {
  if (entry.resource) return listed(entry, "origins", entry.origin);
  return {under: "resources", added: `${path_of(entry)}:\n  origins: [${entry.origin}]`};
}

const retry_later = "Nothing in the policy is wrong. Look at the application and its log; the request may be sent again.";
const own_client = "No browser sends this. Look at the program that did.";

export const reasons = {
  origin_not_allowed: {
    means: entry => `${entry.origin} is not an allowed origin of ${by(entry)}. The application did not hear of the request.`,
    todo: "If the page is yours, add its origin exactly as the browser names it: scheme, host, port, no slash at the end. If it is not, all is well.",
    change: origin_change,
  },
  websocket_origin: {
    means: entry => `${entry.origin} may not open a WebSocket at ${by(entry)}. The application did not see the handshake.`,
    todo: "If the page is yours, add its origin. websocket_origins can be a list of its own; left out, it is origins.",
    change: entry => /^websocket_origins:/.test(entry.rule ?? "") ? listed(entry, "websocket_origins", entry.origin) : origin_change(entry),
  },
  method_not_allowed: {
    means: entry => `${entry.detail} is not among the methods of ${by(entry)}.`,
    todo: "Add it if pages may use it. Methods are case-sensitive: patch is not PATCH.",
    change: entry => listed(entry, "methods", entry.detail, ["GET", "HEAD", "POST"]),
  },
  header_not_allowed: {
    means: entry => `The page wants to set the header ${entry.detail}, which is not among the allow_headers of ${by(entry)}.`,
    todo: "Add it if pages may send it. The case of header names does not matter.",
    change: entry => listed(entry, "allow_headers", entry.detail),
  },
  headers_too_many: {
    means: () => "The preflight names more headers than any page needs.",
    todo: "Let the page set fewer headers: 4096 bytes and 128 names is the bound.",
  },
  override_not_allowed: {
    means: entry => `A header overrides the method with one that is not among the methods of ${by(entry)}.`,
    todo: "Add the method to methods, or let the page send it as the method itself.",
  },
  origin_null: {
    means: () => "The origin is “null”: a page from file://, a sandboxed frame, or a redirect across origins.",
    todo: "Serve the page by http (python3 -m http.server) instead of opening the file; then list that origin.",
  },
  origin_malformed: {means: () => "The Origin header is not an origin as browsers write it.", todo: own_client},
  origin_missing: {
    means: () => "A request that changes something comes from another site and does not say from which.",
    todo: own_client,
  },
  origin_repeated: {means: () => "There are two Origin headers.", todo: own_client},
  unknown_host: {
    means: entry => `No site answers for the host ${entry.host}.`,
    todo: "Name it.", change: entry => ({added: `hosts: [${(entry.host ?? "").replace(/:\d+$/, "")}]`}),
  },
  path_ambiguous: {
    means: () => "The path can be read in two ways (an escaped slash, a backslash, dots above the root), so that policy and application might differ.",
    todo: "Send a plain path. If the application needs %2F in one: paths: {encoded_slash: keep}.",
  },
  bad_request: {means: () => "This is not proper HTTP.", todo: own_client},
  header_too_large: {means: () => "The request's head is too large, often by its cookies.", todo: "Raise limits.max_header_bytes if that is intended."},
  target_too_long: {means: () => "The URL is too long.", todo: "Raise limits.max_target_bytes, or send it in a body."},
  body_too_large: {means: () => "The body is larger than the policy admits.", todo: "Raise limits.max_body_bytes."},
  not_implemented: {means: () => "corsd does not pass this method or encoding on.", todo: own_client},
  version_not_supported: {means: () => "corsd speaks HTTP/1.0 and HTTP/1.1.", todo: own_client},
  loop_detected: {means: () => "The request has been here before.", todo: "The upstream leads back to corsd itself: correct its address."},
  upstream_unreachable: {means: () => "The application does not answer: nobody listens at its address.", todo: "Start it, or correct upstream. The page may read this answer, so it need not guess."},
  upstream_invalid: {means: () => "The application's answer is not proper HTTP, or ended before it began.", todo: retry_later},
  upstream_timeout: {means: () => "The application took too long.", todo: "Look at the application, or raise timeouts.response."},
  upstream_unavailable: {means: () => "The name of the application's host leads nowhere.", todo: "Correct upstream, or the resolver."},
  overloaded: {means: () => "Too much at once.", todo: retry_later},
  client_timeout: {means: () => "The client did not send its request in time.", todo: retry_later},
};

/** One line of the access log, told: {means, todo?, change?}. */
export function told(entry) {
  if (entry.decision === "preflight") return {means: "The question was answered by corsd: yes. The application did not hear of it."};
  const reason = entry.reason && reasons[entry.reason];
  if (reason) return {means: reason.means(entry), todo: reason.todo, change: reason.change?.(entry)};
  const answered = entry.upstream ? `, and ${entry.upstream} answered ${entry.upstream_status ?? "nothing"}` : "";
  return {means: `Passed on${answered}.`};
}

/** What follows from both sides together and from neither alone; null when there is nothing to add. */
export function together(ask, seen, entries) {
  const last = entries.at(-1);
  if (!last) return {means: "corsd has no line for this request: the browser did not send it, or corsd does not run any more."};
  if (last.decision !== "forward") return null;
  if (seen.kind === "opaque") {
    return {means: "A browser sends such a GET without an Origin, like an image, so it is passed on. The page gets an opaque answer: no status, no headers, no body.",
            todo: "Leave mode out, and let the policy name the page's origin."};
  }
  if (seen.kind === "error" && ask.options?.credentials === "include") {
    return {means: `The origin is allowed, but not with credentials: the answer of ${last.upstream} came without Access-Control-Allow-Credentials, and the browser hid it.`,
            todo: "Leave credentials out of the fetch, or allow them, which takes origins that are written out.",
            change: {under: last.resource, added: "credentials: true"}};
  }
  return null;
}
