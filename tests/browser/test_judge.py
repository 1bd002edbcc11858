"""Chromium as judge: some five hundred requests of pages through corsd, and what their scripts could read.

Three must agree on every one of them: the page in the browser, cors::browser's prediction (predict, which asks cors::decide the same
questions as corsd), and corsd's access log. Where the policy alone says what the page reads, it is asked too. A seed makes the
cases: CORSD_JUDGE_SEED=N tries others.
"""

import base64
import hashlib
import json
import os
import re
import subprocess
import unittest

from browser import Pages, close_shared, shared
from judge_cases import PLAIN, POLICIES, Generator
from support import ROOT, Corsd, TestCase, Upstream, ok, wait_until

PREDICT = os.environ.get("PREDICT_BIN", str(ROOT / "build/release/tests/predict"))
SEED = int(os.environ.get("CORSD_JUDGE_SEED", "20240501"))
# What connections add by themselves.
UNJUDGED = {"connection", "keep-alive", "date"}
NOTHING_SENT = "refused_by_browser"

RUNNER = """
async function ask(one) {
  if (one.kind === "websocket") {
    const socket = new WebSocket(one.url.replace("http", "ws"));
    return await new Promise(resolve => {
      socket.onopen = () => resolve({outcome: "open"});
      socket.onclose = () => resolve({outcome: "closed"});
    });
  }
  try {
    const {method, headers, mode, credentials, redirect, body} = one;
    const answer = await fetch(one.url, {method, headers, mode, credentials, redirect, body});
    return {outcome: "answer", type: answer.type, status: answer.status, redirected: answer.redirected,
            headers: [...answer.headers.keys()], body: await answer.text()};
  } catch (error) {
    return {outcome: error.name, message: error.message};
  }
}
async function askAll(cases) {
  const results = {};
  const rest = cases.slice();
  const next = async () => { for (let one; (one = rest.shift());) results[one.id] = await ask(one); };
  await Promise.all(Array.from({length: 6}, next));
  return results;
}
"""
# The script of a sandboxed frame has the origin "null".
SANDBOX = """
const frame = document.createElement("iframe");
frame.sandbox = "allow-scripts";
frame.srcdoc = `<script>${runner}; onmessage = async event => parent.postMessage(await askAll(event.data), "*");</` + `script>`;
const answer = new Promise(resolve => { window.onmessage = event => resolve(event.data); });
frame.onload = () => frame.contentWindow.postMessage(cases, "*");
document.body.append(frame);
return await answer;
"""


def tearDownModule():
    close_shared()


def yaml_of(pages):
    """The resources of POLICIES."""
    lines = []
    for name, policy in POLICIES.items():
        lines.append(f"  /{name}/*:")
        for key, value in policy.items():
            if key == "origins" and value != "*":
                value = [pages.get(origin, origin) if origin != "null" else origin for origin in value]
            lines.append(f"    {key}: {json.dumps(value)}")
    return "\n" + "\n".join(lines) + "\n"


def upgraded(request):
    key = request.headers.get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
    head = f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
    return head.encode() + b"\x88\x02\x03\xe8"  # and a Close frame


class Scripted:
    """Answers what the cases say."""

    def __init__(self):
        self.answers = {}

    def __call__(self, request, connection):
        if request.headers.get("Upgrade"):
            connection.close()
            return upgraded(request)
        asks = request.headers.get("Access-Control-Request-Method") is not None
        answer = self.answers.get(("PREFLIGHT " if asks else "") + request.target)
        if answer is None:
            return ok(b"<!doctype html><title>page</title>", [("Content-Type", "text/html")])
        body = answer["body"].encode()
        text = ok(body, answer["headers"], f"{answer['status']} Told")
        if request.method == "HEAD":
            text = text[:len(text) - len(body)]
        return text.replace(b"Content-Length: 0\r\n", b"") if answer["status"] in (204, 304) else text


def may_read(case):
    """What the policy says: does the page read the upstream's answer? None where the table of POLICIES does not tell."""
    if case["kind"] != "fetch" or case["redirects"] or case["mode"] != "cors" or case["resource"] not in PLAIN:
        return None
    if case["sent_method"] is None or "body" in case and case["sent_method"] in ("GET", "HEAD"):
        return False
    if case["url"].startswith(case["origin"] + "/"):
        return True
    policy = POLICIES.get(case["resource"], {"origins": [], "methods": []})
    methods = policy["methods"] if policy["methods"] == "*" else [*policy["methods"], *(["HEAD"] if "GET" in policy["methods"] else [])]
    names = [name.lower() for (name, _), kind in zip(case["headers"], case["classes"]) if kind == "unsafe"]
    listed = [name.lower() for name in policy.get("allow_headers", [])]
    origin = policy["origins"] == "*" or case["page"] in policy["origins"]
    # OPTIONS is never refused for itself (N31).
    method = methods == "*" or case["sent_method"] in methods or case["sent_method"] == "OPTIONS"
    headers = all(name in listed or "*" in listed and name != "authorization" for name in names)
    credentials = case["credentials"] != "include" or policy.get("credentials", False)
    overrides = [value for (name, value), kind in zip(case["headers"], case["classes"]) if kind != "forbidden" and "override" in name.lower()]
    return bool(origin and method and headers and credentials and (methods == "*" or all(value in methods for value in overrides)))


def expected(prediction):
    """A prediction in the words of the page's script."""
    if "type" not in prediction:
        return {"outcome": prediction["outcome"]}
    if prediction["outcome"] not in ("readable", "opaque"):
        return {"outcome": "TypeError"}
    readable = prediction["outcome"] == "readable"
    bodiless = not readable or prediction["arrivals"][-1]["method"] == "HEAD" or prediction["status"] in (204, 304)
    result = {key: prediction[key] for key in ("type", "status", "redirected")}
    result.update(outcome="answer", headers=[name for name in prediction["headers"] if name not in UNJUDGED],
                  body="" if bodiless else prediction["problem"] or prediction["body"])
    return result


def seen(result):
    """What the page's script reports, without what is not judged. Of a problem, its reason."""
    result = {key: value for key, value in result.items() if key != "message"}
    if result["outcome"] == "answer":
        result["headers"] = sorted(set(result["headers"]) - UNJUDGED)
        if result["body"].startswith("{"):
            result["body"] = json.loads(result["body"])["reason"]
    return result


def shown(case):
    words = [f"page {case['page']} ({case['origin']})"]
    if case["kind"] == "websocket":
        return " ".join([*words, "opens", case["url"]])
    options = {key: case[key] for key in ("method", "headers", "mode", "credentials", "redirect", "body") if key in case}
    return " ".join([*words, f"fetch({case['url']!r}, {json.dumps(options)})"]) + f"\n  upstream: {json.dumps(case['answers'])}"


class Judge(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.addClassCleanup(close_shared)
        web = Pages()
        cls.addClassCleanup(web.close)
        script = Scripted()
        upstream = Upstream(script)
        cls.addClassCleanup(upstream.close)
        pages = {"app": web.origin("app"), "foreign": web.origin("foreign"), "null": "null"}
        server = Corsd(upstream.port, yaml_of(pages))
        cls.addClassCleanup(server.close)
        pages["same"] = server.own_origin
        hosts = [server.own_origin, f"http://127.0.0.1:{server.port}"]
        cls.cases = Generator(SEED, pages, hosts, f"http://127.0.0.1:{upstream.port}").all()
        for case in cls.cases:
            script.answers.update(case["answers"])
        print(f"seed {SEED}: {len(cls.cases)} cases")
        cls.predictions = cls.predict(server)
        cls.results = {}
        for name, origin in pages.items():
            mine = [case for case in cls.cases if case["page"] == name]
            if name == "null":
                cls.results.update(shared().run(pages["app"], SANDBOX, runner=RUNNER, cases=mine))
            else:
                cls.results.update(shared().run(origin, RUNNER + "return await askAll(cases);", cases=mine))
        cls.arrivals = cls.logged(server)

    @classmethod
    def predict(cls, server):
        lines = "".join(json.dumps(case) + "\n" for case in cls.cases)
        told = subprocess.run([PREDICT, server.config_path], input=lines, capture_output=True, text=True, timeout=60)
        if told.returncode != 0:
            raise AssertionError(told.stderr)
        return {one["id"]: one for one in map(json.loads, told.stdout.splitlines())}

    @classmethod
    def logged(cls, server):
        """What arrived at corsd, by case."""
        total = sum(len(one["arrivals"]) for one in cls.predictions.values())
        found = {}

        def read():
            found.clear()
            for entry in server.access():
                name = re.fullmatch(r"/[a-z]+/(c\d+)/\d", entry["target"].split("?")[0])
                if name:
                    found.setdefault(name[1], []).append(entry)
            return sum(map(len, found.values())) >= total
        try:
            wait_until(read, f"{total} requests in the access log", timeout=10)
        except AssertionError:
            pass  # the comparison says which are missing
        return found

    def check(self, wrong):
        self.assertEqual(len(wrong), 0, f"{len(wrong)} of {len(self.cases)} cases (CORSD_JUDGE_SEED={SEED}):\n" + "\n".join(wrong[:12]))

    def test_the_page_reads_what_is_predicted(self):
        wrong = []
        for case in self.cases:
            want, got = expected(self.predictions[case["id"]]), seen(self.results[case["id"]])
            if want != got:
                wrong.append(f"{shown(case)}\n  predicted {want}\n  the page  {got} {self.results[case['id']].get('message', '')}")
        self.check(wrong)

    def test_what_arrives_and_how_it_is_judged_is_what_is_predicted(self):
        wrong = []
        for case in self.cases:
            want = sorted([one["method"], one["target"], one["origin"], one["decision"], one["reason"]] for one in self.predictions[case["id"]]["arrivals"])
            got = sorted([one["method"], one["target"], one.get("origin") or "", one["decision"], one.get("reason") or "none"]
                         for one in self.arrivals.get(case["id"], []))
            if want != got:
                wrong.append(f"{shown(case)}\n  predicted {want}\n  the log   {got}")
        self.check(wrong)

    def test_the_page_reads_what_the_policy_says(self):
        wrong, told = [], {True: 0, False: 0}
        for case in self.cases:
            want = may_read(case)
            if want is None:
                continue
            told[want] += 1
            result = self.results[case["id"]]
            problem = result.get("body", "").startswith("{")
            got = result["outcome"] == "answer" and result["status"] == case["status"] and not problem
            if want != got:
                wrong.append(f"{shown(case)}\n  the policy lets it be read: {want}\n  the page  {result}")
        self.check(wrong)
        self.assertGreater(min(told.values()), 50, told)

    def test_every_end_is_met(self):
        ends = {}
        for one in self.predictions.values():
            end = (one["outcome"], one.get("type", "websocket"))
            ends[end] = ends.get(end, 0) + 1
        for end in (("readable", "basic"), ("readable", "cors"), ("opaque", "opaque"), ("preflight_failed", "error"), ("response_blocked", "error"),
                    (NOTHING_SENT, "error"), ("open", "websocket"), ("closed", "websocket")):
            self.assertGreater(ends.get(end, 0), 8, (end, ends))
        self.assertGreater(ends.get(("opaque", "opaqueredirect"), 0), 3, ends)
        tainted = [one for one in self.predictions.values() if len({arrival["origin"] for arrival in one["arrivals"]} - {""}) > 1]
        self.assertGreater(len(tainted), 8, "requests whose Origin becomes null")
        self.assertGreater(sum(case["kind"] == "fetch" for case in self.cases), 200)


if __name__ == "__main__":
    unittest.main()
