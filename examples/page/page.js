// The page: a card for each request, sent as this origin and as the foreign one; what each saw stands above what corsd decided.
import {asks, code, send} from "./asks.js";
import {told, together} from "./advice.js";

const kFramePatience = 15000;  // milliseconds

const get = async path => (await fetch(path)).json();
const settings = await get("settings");

function el(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children.filter(child => child !== null));
  return made;
}

/** A frame of the foreign origin: what it can read, only it can tell. Resolves to send(ask, id). */
function foreign_sender() {
  const frame = el("iframe", {src: `${settings.foreign}/frame.html`, hidden: true, title: "sends as the foreign origin"});
  const waiting = new Map();
  return new Promise(resolve => {
    addEventListener("message", ({origin, source, data}) => {
      if (origin !== settings.foreign || source !== frame.contentWindow) return;
      if (data !== "ready") return waiting.get(data.id)?.(data.seen);
      resolve((ask, id) => new Promise((seen, failed) => {
        waiting.set(id, seen);
        setTimeout(() => failed(new Error("the frame of the foreign origin does not answer")), kFramePatience);
        source.postMessage({id, name: ask.name}, origin);
      }));
    });
    document.body.append(frame);
  });
}

const mark = (kind, text) => el("strong", {className: `mark ${kind}`}, text, " ");

function seen_text(seen) {
  switch (seen.kind) {
    case "answer": {
      const headers = el("dl", {}, ...seen.headers.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
      return [el("p", {}, mark(seen.status < 400 ? "go" : "hint", `${seen.status} ${seen.phrase}`), "and could read it:"),
              el("pre", {}, seen.body.trim() || "(no body)"), headers];
    }
    case "opaque":
      return [el("p", {}, mark("hint", "opaque"), "status 0, no headers, an empty body, whatever the answer was")];
    case "socket":
      return [el("p", {}, mark("go", "open"), "and received:"), el("pre", {}, seen.received)];
    case "closed":
      return [el("p", {}, mark("stop", `closed ${seen.code}`), "without ever being open. A page is not told why.")];
    default:
      return [el("p", {}, mark("stop", seen.message)), el("p", {}, "No status, no headers, no body: a page is not told why.")];
  }
}

function change_text(change) {
  const place = change.removed ? null : change.under ? `${change.under}${change.under.endsWith(":") ? "" : ":"}\n` : null;
  const added = change.added.split("\n").map(line => `+ ${place ? "  " : ""}${line}`).join("\n");
  return el("pre", {className: "change"}, place ? `  ${place}` : null,
            change.removed ? el("del", {}, `- ${change.removed}`) : null, el("ins", {}, added));
}

function told_text({means, todo, change}) {
  const parts = [el("p", {}, means)];
  if (todo) parts.push(el("h4", {}, "What to do"), el("p", {}, todo));
  if (change) {
    parts.push(change_text(change));
    const place = change.line ? `:${change.line}` : "";
    parts.push(el("p", {className: "rule"}, "in ", el("code", {}, settings.policy + place),
                  ...settings.reload ? [", then ", el("code", {}, settings.reload)] : []));
  }
  return parts;
}

function step_text(entry) {
  const refused = entry.decision === "refuse";
  const what = refused ? `${entry.decision}: ${entry.reason}` : entry.decision;
  const rule = entry.line ? el("p", {className: "rule"}, `rule: line ${entry.line} `, el("code", {}, entry.rule ?? "")) : null;
  return el("div", {className: "step"},
            el("p", {}, mark(refused ? "stop" : entry.reason ? "hint" : "go", what), el("code", {}, `${entry.method} → ${entry.status}`)),
            rule, ...told_text(told(entry)));
}

async function show(side, ask, sender) {
  const id = crypto.randomUUID();
  side.dataset.state = "sent";
  let seen = null;
  try {
    seen = await sender(ask, id);
  } catch (error) {
    seen = {kind: "error", message: String(error)};
  }
  const entries = await get(`decisions?ask=${id}`);
  const more = together(ask, seen, entries);
  side.replaceChildren(side.firstElementChild,
                       el("h4", {}, "The page saw"), el("div", {className: "seen"}, ...seen_text(seen)),
                       el("h4", {}, "corsd decided"),
                       el("div", {className: "decided"}, ...entries.map(step_text), ...more ? told_text(more) : []));
  side.dataset.state = "done";
}

function card(ask, senders) {
  const button = el("button", {type: "button"}, "Send");
  const sides = ["allowed", "foreign"].map(name => {
    const origin = name === "allowed" ? settings.origin : settings.foreign;
    const side = el("section", {className: "side"}, el("h3", {className: name}, `${name === "allowed" ? "as" : "as foreign"} ${origin}`),
                    el("p", {}, "Not sent yet."));
    side.dataset.side = name;
    side.setAttribute("aria-live", "polite");
    return side;
  });
  button.addEventListener("click", async () => {
    button.disabled = true;
    await Promise.all(sides.map((side, number) => show(side, ask, senders[number])));
    button.disabled = false;
  });
  button.setAttribute("aria-label", `Send: ${ask.title}`);
  const made = el("article", {className: "card"},
                  el("div", {className: "request"}, el("h2", {}, ask.title), el("p", {}, ask.about),
                     el("pre", {}, el("code", {}, code(ask, settings.api))), button),
                  el("div", {className: "sides"}, ...sides));
  made.dataset.ask = ask.name;
  return made;
}

for (const name of ["api", "origin", "foreign", "policy"]) document.getElementById(name).textContent = settings[name];
document.getElementById("lines").append(...settings.lines.map(line => el("li", {}, el("span", {}, line))));

const as_foreign = await foreign_sender();
const senders = [(ask, id) => send(ask, settings.api, id), as_foreign];
const cards = asks.map(ask => card(ask, senders));
document.getElementById("cards").append(...cards);
const all = document.getElementById("all");
all.addEventListener("click", () => cards.forEach(each => each.querySelector("button").click()));
all.disabled = false;
