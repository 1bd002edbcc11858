// The requests that the page sends, as data: what is shown as code is what is sent.

const json = {"Content-Type": "application/json"};

export const asks = [
  {
    name: "simple", title: "A simple GET", path: "/api/foo?inputVar=21", options: {},
    about: "A browser sends this without asking first, from any page. CORS alone decides whether the page may read the answer; corsd also keeps it from the application when the origin is not listed.",
  }, {
    name: "json", title: "A JSON POST", path: "/api/foo", options: {method: "POST", headers: json, body: '{"inputVar": 21}'},
    about: "JSON makes the browser ask first: a preflight, which is an OPTIONS request. corsd answers it; Flask never sees one.",
  }, {
    name: "method", title: "A method that is not listed", path: "/api/foo", options: {method: "PATCH", body: "21"},
    about: "The preflight names the method, and the policy lists GET, POST, PUT and DELETE.",
  }, {
    name: "header", title: "A header that is not listed", path: "/api/foo?inputVar=21", options: {headers: {"X-Api-Version": "2"}},
    about: "A header of one’s own makes even a GET ask first. The policy lists Content-Type and Authorization.",
  }, {
    name: "path", title: "A path without a policy", path: "/count", options: {},
    about: "Flask has this route, the policy has no pattern for it: closed to every other origin, open to curl.",
  }, {
    name: "cookies", title: "With cookies", path: "/account/visits", options: {credentials: "include"},
    about: "Flask counts the visits in a cookie. The policy has credentials: true for this path; send it twice to see it count.",
  }, {
    name: "hidden", title: "With cookies, where the policy has none", path: "/api/foo?inputVar=21", options: {credentials: "include"},
    about: "The first request again, now with credentials, which /api/* does not allow.",
  }, {
    name: "readable", title: "A refusal that the page may read", path: "/account/visits",
    options: {method: "POST", credentials: "include", body: "plain text"},
    about: "Plain text needs no preflight, so the request itself is refused, and corsd tells the allowed page why.",
  }, {
    name: "no-cors", title: "mode: \"no-cors\" is no way out", path: "/api/foo?inputVar=21", options: {mode: "no-cors"},
    about: "Often recommended, never the answer: it does not switch CORS off, it gives up reading.",
  }, {
    name: "websocket", title: "A WebSocket", path: "/echo", socket: "hello",
    about: "Browsers let any page open one, with its cookies. It is for the server to look at the origin; corsd does.",
  },
];

function literal(value) {
  if (typeof value !== "object") return value.includes('"') ? `'${value}'` : JSON.stringify(value);
  const key = name => /^\w+$/.test(name) ? name : JSON.stringify(name);
  return `{${Object.entries(value).map(([name, of]) => `${key(name)}: ${literal(of)}`).join(", ")}}`;
}

const socket_url = api => api.replace(/^http/, "ws");

/** The request as one would type it. */
export function code(ask, api) {
  if (ask.socket) return `new WebSocket("${socket_url(api)}${ask.path}")`;
  const options = Object.keys(ask.options).length ? `, ${literal(ask.options)}` : "";
  return `fetch("${api}${ask.path}"${options})`;
}

const kPatience = 10000;  // milliseconds until an answer is given up
const kShown = 2000;      // characters of a body

async function read(url, options) {
  try {
    const answer = await fetch(url, {...options, cache: "no-store", signal: AbortSignal.timeout(kPatience)});
    const body = (await answer.text()).slice(0, kShown);
    return {kind: answer.type === "opaque" ? "opaque" : "answer", status: answer.status, phrase: answer.statusText,
            headers: [...answer.headers], body};
  } catch (error) {
    return {kind: "error", message: `${error.name}: ${error.message}`};
  }
}

function converse(url, message) {
  return new Promise(resolve => {
    const socket = new WebSocket(url);
    let result = null;
    socket.onopen = () => socket.send(message);
    socket.onmessage = event => { result = {kind: "socket", received: event.data}; socket.close(); };
    socket.onclose = event => resolve(result ?? {kind: "closed", code: event.code});
    setTimeout(() => socket.close(), kPatience);
  });
}

/** Sends it as the page that this runs in, and tells what that page got to see. `id` finds its lines in the access log. */
export function send(ask, api, id) {
  const url = new URL(ask.path, ask.socket ? socket_url(api) : api);
  url.searchParams.set("ask", id);
  return ask.socket ? converse(url, ask.socket) : read(url, ask.options);
}
