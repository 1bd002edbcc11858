"""Runs the tables of this folder (README.md says how they are written) through the program, over raw sockets.

Usage: run_spec.py [part of a title or rule]...      CORSD_BIN names the program.
One program and one recording upstream serve all cases of a configuration.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

from support import CORSD, Process, free_port  # noqa: E402
from tables import load, rules_of  # noqa: E402
from wire import Client, Upstream, wait_until  # noqa: E402

NAMES = {"ACAO": "Access-Control-Allow-Origin", "ACAC": "Access-Control-Allow-Credentials",
         "ACAM": "Access-Control-Allow-Methods", "ACAH": "Access-Control-Allow-Headers",
         "ACMA": "Access-Control-Max-Age", "ACEH": "Access-Control-Expose-Headers",
         "ACAPN": "Access-Control-Allow-Private-Network", "TAO": "Timing-Allow-Origin", "Vary": "Vary"}
PREFLIGHT_VARY = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
REQUIRED = [f"C{n}" for n in range(1, 11)] + [f"N{n}" for n in [*range(32), *range(34, 44), 45, 46, 47, 48]]
DIAGNOSTIC = re.compile(r"\S+?:(\d+:\d+): ((?:error|warning)\[[a-z0-9_-]+\])")


def split_line(line):
    name, colon, value = line.partition(":")
    assert colon, f"no header line: {line!r}"
    return name, value.strip(" \t")


def head(status, lines):
    return ("\r\n".join([f"HTTP/1.1 {status} Status", *lines]) + "\r\n\r\n").encode("latin-1")


def scripted_answer(upstream, method, fill):
    """The bytes that a case's upstream sends."""
    out = b"".join(head(one["status"], one.get("headers", [])) for one in upstream.get("interim", []))
    status, body = int(upstream.get("status", 200)), upstream.get("body", "ok").encode()
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

    def __init__(self, case):
        self.script = {}
        self.upstream = Upstream(lambda request, _: scripted_answer(self.script, request.method, self.fill))
        self.authority = f"127.0.0.1:{free_port() if is_down(case) else self.upstream.port}"
        self.port = free_port()
        self.directory = tempfile.TemporaryDirectory(prefix="corsd-spec-")
        folder = pathlib.Path(self.directory.name)
        self.log = folder / "corsd.log"
        self.config = folder / "corsd.yaml"
        for name, text in case["files"].items():
            (folder / name).write_text(text)
        self.text = self.fill(case["text"].replace("{{listen}}", f"127.0.0.1:{self.port}"))
        self.environment = {**os.environ, **case["environment"]}
        self.program = self.client = None

    def fill(self, text):
        return text.replace("{{upstream_authority}}", self.authority).replace("{{upstream}}", f"http://{self.authority}")

    def start(self):
        self.config.write_text(self.text + f"\nthreads: 1\nlog: {{output: {self.log}, format: json}}\n")
        self.program = Process([CORSD, "run", "--config", str(self.config)], self.port, self.environment)

    def entries(self):
        # The readiness probe connects without a request and leaves no entry.
        lines = self.log.read_bytes().split(b"\n")[:-1] if self.log.exists() else []
        return [entry for entry in map(json.loads, lines) if "status" in entry]

    def ask(self, case):
        """The answer, and what of it reached the upstream."""
        request, self.script = case["request"], case.get("upstream", {})
        hits = self.upstream.count()
        method, body = request.get("method", "GET"), request.get("body", "").encode()
        host = request.get("host", "api.test")
        lines = [f"{method} {request.get('target', '/api/x')} HTTP/1.{1 if host else 0}"]
        lines += [f"Host: {host}"] if host else []
        lines += request.get("headers", []) + ([f"Content-Length: {len(body)}"] if body else [])
        self.client = self.client or Client(self.port)
        self.client.raw(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body)
        answer = self.client.response(method)
        if not host or answer.status == 101 or (answer.headers.get("Connection") or "").lower() == "close":
            self.hang_up()
        return answer, self.upstream.requests[hits:]

    def hang_up(self):
        if self.client:
            self.client.close()
        self.client = None

    def run(self, cases):
        """Everything that is wrong with these cases. The access lines are read when all are done: one thread of one worker
        writes one a request, in their order."""
        self.start()
        told, seen = [], []
        for case in cases:
            try:
                seen.append((case, *self.ask(case)))
            except (AssertionError, ConnectionError, OSError, ValueError) as error:
                told.append(f"{case['where']} ({', '.join(rules_of(case))}): {type(error).__name__}: {error}; "
                            f"what follows it with this configuration was not asked")
                break
        self.hang_up()
        entries = wait_until(lambda: len(self.entries()) >= len(seen) and self.entries(), "the access lines")
        for (case, answer, forwarded), entry in zip(seen, entries):
            told += [f"{case['where']} ({', '.join(rules_of(case))}): {one}"
                     for one in judge(case, answer, forwarded, entry, self.fill)]
        if not told and len(entries) != len(seen):
            told.append(f"{len(entries)} access lines for {len(seen)} requests")
        asked = sum(len(forwarded) for _, _, forwarded in seen)
        if not told and self.upstream.count() != asked:
            told.append(f"{self.upstream.count()} requests at the upstream, {asked} of them before their answers")
        return told

    def refusals(self):
        """What `check` says of the configuration, as "line:column severity[code]"."""
        self.config.write_text(self.text)
        done = subprocess.run([CORSD, "check", "--config", str(self.config)], capture_output=True, text=True,
                              env=self.environment, check=False)
        return [f"{place} {what}" for place, what in DIAGNOSTIC.findall(done.stdout + done.stderr)]

    def close(self):
        self.hang_up()
        if self.program:
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


def is_down(case):
    return case.get("upstream", {}).get("down") == "true"


def default_status(case):
    decision = case["expect"].get("decision", "forward")
    return {"preflight": 204, "refuse": 403}.get(decision, case.get("upstream", {}).get("status", 200))


def check_own_answer(check, case, answer):
    expect = case["expect"]
    if expect.get("decision") == "preflight":
        check.same("body", answer.body, b"")
        check.same("Cache-Control", answer.headers.all("Cache-Control"), ["no-store"] if expect.get("hint") == "true" else [])
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
    down = is_down(case)
    check.same("status", answer.status, int(expect.get("status", default_status(case))))
    check.same("decision", entry.get("decision"), decision)
    check.same("reason", entry.get("reason", "none"), reason)
    check.cors(answer.headers, expect["cors"])
    check.lines("header", answer.headers, {k: fill(v) for k, v in expect.get("headers", {}).items()},
                expect.get("absent", []))
    goes_on = decision in ("forward", "would_refuse") and not down
    check.same("requests at the upstream", len(forwarded), int(expect.get("hits", 1 if goes_on else 0)))
    if decision in ("preflight", "refuse"):
        check_own_answer(check, case, answer)
    if forwarded and "forwarded" in expect:
        wanted, got = expect["forwarded"], forwarded[0]
        check.same("forwarded method", got.method, wanted.get("method", got.method))
        check.same("forwarded target", got.target, wanted.get("target", got.target))
        check.lines("forwarded", got.headers, wanted.get("headers", {}), wanted.get("absent", []))
    interim = expect.get("interim", [])
    check.same("1xx answers", [one.status for one in answer.interim], [int(one["status"]) for one in interim])
    for got, wanted in zip(answer.interim, interim):
        check.lines("1xx", got.headers, wanted.get("headers", {}), wanted.get("absent", []))
    grants = [line for line in answer.trailers.decode().lower().split("\n") if line.startswith("access-control-")]
    check.same("grants in trailers", grants, [])
    return check.wrong


def uncovered(cases):
    """A rule is shown by what it does and by what comes close and fares otherwise."""
    for rule in REQUIRED:
        near = [case["near_miss"] for case in cases if rule in rules_of(case)]
        if near.count(False) < 1 or near.count(True) < 1:
            yield f"rule {rule}: {near.count(False)} positive cases and {near.count(True)} near misses, at least one of each is wanted"


def main(wanted):
    cases = load(HERE, NAMES)
    failures = list(uncovered(cases))
    pattern = re.compile("|".join(map(re.escape, wanted)))
    chosen = [case for case in cases if not wanted or pattern.search(f"{rules_of(case)} {case['where']}")]
    stages = {}
    for case in chosen:
        stages.setdefault((case["text"], is_down(case), "diagnostics" in case["expect"]), []).append(case)
    for (_, _, refused), group in stages.items():
        stage = Stage(group[0])
        try:
            if refused:
                got = stage.refusals()
                failures += [f"{case['where']}: {got} instead of {case['expect']['diagnostics']}" for case in group
                             if got != case["expect"]["diagnostics"]]
            else:
                failures += stage.run(group)
        finally:
            stage.close()
    near = sum(case["near_miss"] for case in chosen)
    print("\n".join(failures) or "all agree", f"\n{len(chosen)} cases ({near} near misses), {len(stages)} configurations", sep="")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
