#!/usr/bin/env python3
"""Replays requests.json and responses.json against corsd in front of a recording upstream, whole and byte by byte.

usage: replay.py [--only REGEX] [--whole | --pieces] [--lanes N] [--verbose]

CORSD_BIN names the program. Each lane is a corsd, an upstream and a thread of its own, so that cases never meet. Exit status 1: a case failed.
"""

import argparse
import json
import os
import pathlib
import queue
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time

from judge import Outcome, judge
from messages import read_responses
from recorder import Recorder, Script

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PLAIN = "GET / HTTP/1.1\r\nHost: h.test\r\n\r\n"
FOLLOW = b"GET /follow HTTP/1.1\r\nHost: h.test\r\nConnection: close\r\n\r\n"
PATIENCE = 8.0  # seconds for the first byte of an answer, and for an end that is promised
QUIET = 0.35    # seconds without a byte after which nothing more is expected

CONFIG = """listen: 127.0.0.1:{listen}
upstream: http://127.0.0.1:{upstream}
hosts: ["*"]
resources: {{}}
threads: 1
timeouts: {{header: 2s, body: 2s, response: 4s}}
log: {{output: {log}}}
"""


def expand(text):
    """{{rep:x:3}} is xxx."""
    return re.sub(r"\{\{rep:(.*?):(\d+)\}\}", lambda match: match[1] * int(match[2]), text, flags=re.S)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Lane:
    """One corsd and its upstream."""

    def __init__(self, directory, number):
        self.upstream = Recorder()
        self.port = free_port()
        self.log = directory / f"corsd-{number}.log"
        config = directory / f"corsd-{number}.yaml"
        config.write_text(CONFIG.format(listen=self.port, upstream=self.upstream.port, log=self.log))
        self.stderr = open(directory / f"stderr-{number}", "w+b")
        program = os.environ.get("CORSD_BIN", str(ROOT / "build/release/corsd"))
        self.child = subprocess.Popen([program, "run", "--config", str(config)], stdin=subprocess.DEVNULL,
                                      stdout=self.stderr, stderr=self.stderr)
        end = time.monotonic() + 20
        while not self._accepts():
            if self.child.poll() is not None or time.monotonic() > end:
                raise SystemExit(f"corsd did not start: {self.complaints()}")
            time.sleep(0.02)

    def _accepts(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            return True
        except OSError:
            return False

    def complaints(self):
        self.stderr.seek(0)
        return self.stderr.read().decode(errors="replace")[-4000:]

    def stop(self):
        """Asks the program to end; what it died of before, or None."""
        died = self.child.poll()
        self.child.terminate()
        return None if died is None else f"corsd ended with {died}: {self.complaints()}"

    def close(self):
        """Waits for the end that was asked for; what is wrong with it, or None. A case may have left something behind that never ends."""
        try:
            status = self.child.wait(10)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
            return "corsd did not stop within 10 seconds of SIGTERM"
        return None if status == 0 else f"corsd stopped with {status}: {self.complaints()}"


class Talk:
    """The client's side of a case."""

    def __init__(self, port, piecewise):
        self.piecewise = piecewise
        self.data, self.closed, self.reset = b"", False, False
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=5)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, data):
        """An answer may come, and end the connection, before everything is sent: that is for read() to see."""
        step = max(1, len(data) // 2000) if self.piecewise else len(data)
        self.socket.settimeout(5)
        try:
            for at in range(0, len(data), step or 1):
                self.socket.sendall(data[at:at + step])
        except OSError:
            self.reset = True

    def read(self, until):
        """Reads until the end, until nothing comes any more after something came, or until the given time."""
        start = len(self.data)
        while not self.closed:
            left = until - time.monotonic()
            if len(self.data) > start:
                left = min(left, QUIET)
            self.socket.settimeout(max(left, 0.01))
            try:
                piece = self.socket.recv(262144)
            except TimeoutError:
                return
            except OSError:
                self.closed = self.reset = True
                return
            self.closed = not piece
            self.data += piece


def play(lane, case, piecewise):
    """Runs one case; what is wrong."""
    expect = case["expect"]
    raw = expand(case["raw"]) if case.get("expand") else case["raw"]
    answers = case.get("side") == "response"
    request = case.get("request", PLAIN) if answers else raw
    script = Script(raw.encode("latin-1"), bool(expect.get("followup")), piecewise) if answers else Script()
    lane.upstream.play(script)
    talk = Talk(lane.port, piecewise)
    with talk.socket:
        for text, pause in case.get("parts") or [[request, 0]]:
            talk.send(text.encode("latin-1"))
            time.sleep(pause / 1000)
        talk.read(time.monotonic() + PATIENCE)
        if "final_status" in expect or expect["close"] == "always":
            # What is still promised may take longer than a moment of quiet.
            settle(talk, case, request)
        first = len(talk.data)
        if expect.get("followup") and not talk.closed:
            talk.send(FOLLOW)
            talk.read(time.monotonic() + PATIENCE)
    method = request.lstrip("\r\n").split(" ")[0]
    outcome = Outcome(read_responses(talk.data[:first], [method], talk.closed), talk.data, talk.closed, talk.reset)
    time.sleep(0.03)  # for what may be on its way upstream
    outcome.requests, outcome.unfinished, outcome.raw = lane.upstream.seen(script)
    return judge(case, outcome)


def settle(talk, case, request):
    end = time.monotonic() + PATIENCE
    while not talk.closed and time.monotonic() < end:
        responses = read_responses(talk.data, [request.split(" ")[0]], False)
        last = responses[-1] if responses else None
        wanted = case["expect"].get("final_status")
        if last and last.status and last.complete and (last.fields.closes() or case["expect"]["close"] != "always"):
            if not wanted or last.status in wanted:
                return
        talk.read(min(end, time.monotonic() + QUIET))


def work(lane, jobs, failures, verbose):
    while True:
        try:
            case, piecewise = jobs.get_nowait()
        except queue.Empty:
            return
        start = time.monotonic()
        try:
            faults = play(lane, case, piecewise)
        except OSError as error:
            faults = [f"no connection: {error}"]
        way = "byte by byte" if piecewise else "whole"
        if faults:
            failures.append(case["id"])
            print(f"FAILED {case['id']} ({case['title']}), {way}: {'; '.join(faults)}", flush=True)
        elif verbose:
            print(f"ok {case['id']}, {way}, {time.monotonic() - start:.2f} s", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", default="", help="cases whose id matches")
    parser.add_argument("--whole", action="store_true", help="not byte by byte")
    parser.add_argument("--pieces", action="store_true", help="byte by byte only")
    parser.add_argument("--lanes", type=int, default=12)
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()

    cases = [case for name in ("requests.json", "responses.json") for case in json.loads((HERE / name).read_text())
             if re.search(options.only, case["id"])]
    ways = [False] * (not options.pieces) + [True] * (not options.whole)
    jobs = queue.Queue()
    # The slow ones first, so that none of them is alone at the end.
    for case in sorted(cases, key=lambda case: not (case.get("needs_timeout") or case.get("parts") or case.get("expand"))):
        for piecewise in ways:
            jobs.put((case, piecewise))
    total, failures = jobs.qsize(), []
    with tempfile.TemporaryDirectory(prefix="corsd-hostile-") as directory:
        lanes = [Lane(pathlib.Path(directory), number) for number in range(min(options.lanes, total))]
        threads = [threading.Thread(target=work, args=(lane, jobs, failures, options.verbose)) for lane in lanes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        stopped = [lane.stop() for lane in lanes]
        deaths = {death or lane.close() for lane, death in zip(lanes, stopped)} - {None}
    for death in deaths:
        print(death)
    print(f"{total - len(failures)} passed, {len(failures)} failed")
    return 1 if failures or deaths or not total else 0


if __name__ == "__main__":
    sys.exit(main())
