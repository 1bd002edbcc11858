"""Runs the tables of this folder (README.md says how they are written) through the program, over raw sockets.

Usage: run_spec.py [part of a title or rule]...      CORSD_BIN names the program.
One program and one recording upstream serve all cases of a configuration.
"""

import json
import pathlib
import re
import sys
import tempfile

import yaml

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

from support import CORSD, Process, free_port  # noqa: E402
from wire import Client, Upstream, wait_until  # noqa: E402

NAMES = {"ACAO": "Access-Control-Allow-Origin", "ACAC": "Access-Control-Allow-Credentials",
         "ACAM": "Access-Control-Allow-Methods", "ACAH": "Access-Control-Allow-Headers",
         "ACMA": "Access-Control-Max-Age", "ACEH": "Access-Control-Expose-Headers",
         "ACAPN": "Access-Control-Allow-Private-Network", "TAO": "Timing-Allow-Origin", "Vary": "Vary"}
PREFLIGHT_VARY = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
REQUIRED = ["C5", "C6", "C7"] + [f"N{n}" for n in [*range(32), 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 45, 46, 47, 48]]
REQUEST_KEYS = {"method", "target", "host", "headers", "body"}
UPSTREAM_KEYS = {"status", "headers", "body", "interim", "trailers", "down"}
EXPECT_KEYS = {"decision", "reason", "status", "cors", "headers", "absent", "detail", "hint", "forwarded", "interim", "hits"}


def split_line(line):
    name, colon, value = line.partition(":")
    assert colon, f"no header line: {line!r}"
    return name, value.strip(" \t")


def head(status, lines):
    return ("\r\n".join([f"HTTP/1.1 {status} Status", *lines]) + "\r\n\r\n").encode("latin-1")


def scripted_answer(upstream, method, fill):
    """The bytes that a case's upstream sends."""
    out = b"".join(head(one["status"], one.get("headers", [])) for one in upstream.get("interim", []))
    status, body = upstream.get("status", 200), upstream.get("body", "ok").encode()
    lines = [fill(line) for line in upstream.get("headers", [])]
    if status in (101, 204, 304):
        return out + head(status, lines)
    if "trailers" in upstream:
        chunks = b"%x\r\n%s\r\n0\r\n" % (len(body), body)
        trailers = "".join(f"{line}\r\n" for line in upstream["trailers"]).encode()
        return out + head(status, [*lines, "Transfer-Encoding: chunked"]) + chunks + trailers + b"\r\n"
    return out + head(status, [*lines, f"Content-Length: {len(body)}"]) + (b"" if method == "HEAD" else body)


class Stage:
    """The program with one configuration, and its upstream; up, or a port where nobody listens."""

    def __init__(self, text, down):
        self.script, self.down = {}, down
        self.upstream = Upstream(lambda request, _: scripted_answer(self.script, request.method, self.fill))
        self.authority = f"127.0.0.1:{free_port() if down else self.upstream.port}"
        port = free_port()
        self.directory = tempfile.TemporaryDirectory(prefix="corsd-spec-")
        self.log = pathlib.Path(self.directory.name) / "corsd.log"
        config = pathlib.Path(self.directory.name) / "corsd.yaml"
        text = text.replace("{{listen}}", f"127.0.0.1:{port}")
        config.write_text(self.fill(text) + f"\nthreads: 1\nlog: {{output: {self.log}, format: json}}\n")
        self.program = Process([CORSD, "run", "--config", str(config)], port)

    def fill(self, text):
        return text.replace("{{upstream_authority}}", self.authority).replace("{{upstream}}", f"http://{self.authority}")

    def entries(self):
        # The readiness probe connects without a request and leaves no entry.
        lines = self.log.read_bytes().split(b"\n")[:-1] if self.log.exists() else []
        return [entry for entry in map(json.loads, lines) if "status" in entry]

    def run(self, case):
        request, self.script = case["request"], case.get("upstream", {})
        hits, logged = self.upstream.count(), len(self.entries())
        method, body = request.get("method", "GET"), request.get("body", "").encode()
        host = request.get("host", "api.test")
        lines = [f"{method} {request.get('target', '/api/x')} HTTP/1.{1 if host else 0}"]
        lines += [f"Host: {host}"] if host else []
        lines += request.get("headers", []) + ([f"Content-Length: {len(body)}"] if body else [])
        with Client(self.program.port) as client:
            client.raw(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body)
            answer = client.response(method)
        entry = wait_until(lambda: self.entries()[logged:], "the access line")[0]
        return answer, self.upstream.requests[hits:], entry

    def close(self):
        self.program.close()
        self.upstream.close()
        self.directory.cleanup()


class Check:
    """Collects what is wrong with one case."""

    def __init__(self):
        self.wrong = []

    def same(self, what, got, wanted):
        if got != wanted:
            self.wrong.append(f"{what}: {got!r} instead of {wanted!r}")

    def lines(self, what, headers, wanted, absent):
        for name, value in wanted.items():
            self.same(f"{what} {name}", headers.all(name), [value])
        for name in absent:
            self.same(f"{what} {name}", headers.all(name), [])

    def cors(self, headers, wanted):
        wanted = {NAMES[key]: PREFLIGHT_VARY if value == "preflight" else value for key, value in wanted.items()}
        for name in NAMES.values():
            self.same(name, headers.all(name), [wanted[name]] if name in wanted else [])
        strange = [line for line in headers.cors() if line[0].lower() not in map(str.lower, NAMES.values())]
        self.same("other Access-Control headers", strange, [])


def default_status(case):
    decision = case["expect"].get("decision", "forward")
    return {"preflight": 204, "refuse": 403}.get(decision, case.get("upstream", {}).get("status", 200))


def check_own_answer(check, case, answer):
    expect = case["expect"]
    if expect.get("decision") == "preflight":
        check.same("body", answer.body, b"")
        check.same("Cache-Control", answer.headers.all("Cache-Control"), ["no-store"] if expect.get("hint") else [])
        return
    check.same("Content-Type", answer.headers.all("Content-Type"), ["application/problem+json"])
    check.same("Cache-Control", answer.headers.all("Cache-Control"), ["no-store"])
    if case["request"].get("method") != "HEAD":
        problem = json.loads(answer.body)
        check.same("reason in the body", problem.get("reason"), expect["reason"])
        if expect.get("detail", "") not in problem.get("detail", ""):
            check.wrong.append(f"detail: {problem.get('detail')!r} lacks {expect['detail']!r}")


def judge(case, answer, forwarded, entry, fill):
    check, expect = Check(), case["expect"]
    decision, reason = expect.get("decision", "forward"), expect.get("reason", "none")
    down = case.get("upstream", {}).get("down", False)
    check.same("status", answer.status, expect.get("status", default_status(case)))
    check.same("decision", entry.get("decision"), decision)
    check.same("reason", entry.get("reason", "none"), reason)
    check.cors(answer.headers, expect["cors"])
    check.lines("header", answer.headers, {k: fill(v) for k, v in expect.get("headers", {}).items()},
                expect.get("absent", []))
    goes_on = decision in ("forward", "would_refuse") and not down
    check.same("requests at the upstream", len(forwarded), expect.get("hits", 1 if goes_on else 0))
    if decision in ("preflight", "refuse"):
        check_own_answer(check, case, answer)
    if forwarded and "forwarded" in expect:
        wanted, got = expect["forwarded"], forwarded[0]
        check.same("forwarded method", got.method, wanted.get("method", got.method))
        check.same("forwarded target", got.target, wanted.get("target", got.target))
        check.lines("forwarded", got.headers, wanted.get("headers", {}), wanted.get("absent", []))
    interim = expect.get("interim", [])
    check.same("1xx answers", [one.status for one in answer.interim], [one["status"] for one in interim])
    for got, wanted in zip(answer.interim, interim):
        check.lines("1xx", got.headers, wanted.get("headers", {}), wanted.get("absent", []))
    grants = [line for line in answer.trailers.decode().lower().split("\n") if line.startswith("access-control-")]
    check.same("grants in trailers", grants, [])
    return check.wrong


def rules_of(case):
    return case["rule"] if isinstance(case["rule"], list) else [case["rule"]]


def load():
    """All cases with their configuration's text, checked for slips of the pen: a key nobody reads checks nothing."""
    cases = []
    for path in sorted(HERE.glob("*.yaml")):
        table = yaml.safe_load(path.read_text())
        assert set(table) <= {"configs", "cases"}, path
        for case in table["cases"]:
            where = f"{path.name}: {case.get('title')}"
            assert set(case) <= {"title", "rule", "config", "at", "request", "upstream", "expect"}, where
            assert set(case["request"]) <= REQUEST_KEYS, where
            assert set(case.get("upstream", {})) <= UPSTREAM_KEYS, where
            assert set(case["expect"]) <= EXPECT_KEYS and set(case["expect"]["cors"]) <= set(NAMES), where
            assert case.get("at", "wire") == "wire", where
            case["where"], case["text"] = where, table["configs"][case["config"]]
            cases.append(case)
    titles = [case["where"] for case in cases]
    assert len(set(titles)) == len(titles), [title for title in titles if titles.count(title) > 1]
    return cases


def main(wanted):
    cases = load()
    count = {rule: sum(rule in rules_of(case) for case in cases) for rule in REQUIRED}
    failures = [f"rule {rule}: {number} cases, fewer than two" for rule, number in count.items() if number < 2]
    pattern = re.compile("|".join(map(re.escape, wanted)))
    chosen = [case for case in cases if not wanted or pattern.search(f"{rules_of(case)} {case['where']}")]
    stages = {}
    for case in chosen:
        stages.setdefault((case["text"], case.get("upstream", {}).get("down", False)), []).append(case)
    for (text, down), group in stages.items():
        stage = Stage(text, down)
        try:
            for case in group:
                try:
                    wrong = judge(case, *stage.run(case), stage.fill)
                except (AssertionError, ConnectionError, OSError, ValueError) as error:
                    wrong = [f"{type(error).__name__}: {error}"]
                failures += [f"{case['where']} ({', '.join(rules_of(case))}): {one}" for one in wrong]
        finally:
            stage.close()
    print("\n".join(failures) or "all agree", f"\n{len(chosen)} cases, {len(stages)} configurations", sep="")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
