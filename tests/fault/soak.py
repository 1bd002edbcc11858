#!/usr/bin/env python3
"""Random traffic and faults of every kind against the real program, for so many seconds, with clients beside them that are owed the
right answer each time.

usage: soak.py [--seconds N] [--seed S] [--clients N] [--under COMMAND] [--quiet]

CORSD_BIN names the program, one built with sanitizers too. What is random follows from the seed; what threads make of it does not.
Exit status 1: a wrong answer, a sanitizer's report, an end of the program that nobody asked for, a descriptor, thread or connection
left behind, or a request without its line in the access log. Figures come at the end, and every tenth of the time in between.
"""

import argparse
import collections
import os
import pathlib
import random
import re
import shlex
import signal
import socket
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from hurt import Hurt  # noqa: E402
from load_peer import LoadPeer  # noqa: E402
from soak_clients import DEAD, HOLE, HURT, STEADY, Bad, Steady, Wrong, random_of  # noqa: E402
from support import ALLOWED, Configured, free_port, wait_until  # noqa: E402
from wire import Client  # noqa: E402

REPORT = re.compile(r"ERROR: \w+Sanitizer|WARNING: \w+Sanitizer|runtime error:|LeakSanitizer|terminate called|assertion|^==\d+== ", re.I | re.M)
LONG = 120  # seconds for what a loaded machine does once

CONFIGURATION = """
listen: 127.0.0.1:{port}
threads: 2
upstreams:
  steady: {{endpoints: ["http://127.0.0.1:{steady}"], keepalive: {{idle_timeout: 2s}}}}
  hurt: {{endpoints: ["http://127.0.0.1:{hurt}"], keepalive: {{idle_timeout: 2s}}}}
  dead: {{endpoints: ["http://127.0.0.1:{dead}"]}}
  hole: {{endpoints: ["http://127.0.0.1:{hole}"]}}
sites:
  - {{name: steady, public_origin: "http://{STEADY}", upstream: steady, resources: {{/api/*: {{origins: ["{ALLOWED}"], methods: [GET, POST, PUT]}}}}}}
  - {{name: hurt, public_origin: "http://{HURT}", hosts: ["*"], upstream: hurt, resources: {{/*: {{origins: ["{ALLOWED}"], methods: [GET, POST]}}}}}}
  - {{name: dead, public_origin: "http://{DEAD}", upstream: dead, resources: {{/*: {{}}}}}}
  - {{name: hole, public_origin: "http://{HOLE}", upstream: hole, resources: {{/*: {{}}}}}}
timeouts: {{header: 3s, body: 5s, write: 5s, idle: 10s, connect: 2s, response: 5s, stream: 5s, drain: 20s}}
log: {{output: {log}, format: json}}
status: {{listen: "127.0.0.1:{status}"}}
"""


class Hole:
    """A listener whose backlog is full: it does not answer further SYNs."""

    def __init__(self):
        self.sockets = [socket.socket()]
        self.sockets[0].bind(("127.0.0.1", 0))
        self.sockets[0].listen(0)
        self.port = self.sockets[0].getsockname()[1]
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", self.port))
            self.sockets.append(filler)

    def close(self):
        for each in self.sockets:
            each.close()


class Soak:
    def __init__(self, options):
        self.options = options
        self.stop, self.lock = threading.Event(), threading.Lock()
        self.wrongs, self.outcomes, self.lines = [], collections.Counter(), 0
        self.parts, self.begun = [], time.monotonic()

    def part(self, thing):
        self.parts.append(thing)
        return thing

    def begin(self):
        peer, hurt, hole = self.part(LoadPeer()), self.part(Hurt(self.wrong)), self.part(Hole())
        self.status, dead = free_port(), free_port()
        names = {"STEADY": STEADY, "HURT": HURT, "DEAD": DEAD, "HOLE": HOLE, "ALLOWED": ALLOWED}
        self.server = self.part(Configured(lambda port, log: CONFIGURATION.format(
            port=port, log=log, status=self.status, steady=peer.port, hurt=hurt.port, dead=dead, hole=hole.port, **names),
            wrap=shlex.split(self.options.under)))
        self.steady = [Steady(self.server.port, random_of(self.options.seed, f"steady {number}")) for number in range(4)]
        threading.excepthook = lambda problem: self.wrong(f"{problem.thread.name}: {problem.exc_type.__name__}: {problem.exc_value}")

    def wrong(self, what):
        with self.lock:
            self.wrongs.append(what)
        print(f"WRONG at {time.monotonic() - self.begun:.1f} s: {what}", flush=True)
        if len(self.wrongs) >= 20 or not self.server.alive():
            self.stop.set()

    def run(self):
        wait_until(lambda: "corsd_ready 1" in self.metrics(), "readiness", LONG)
        wait_until(lambda: self.connections() == 0, "the start's own connections to be gone", LONG)
        before = self.held()
        print(f"seed {self.options.seed}, {self.options.seconds} s, at the start: {before}", flush=True)
        self.begun = time.monotonic()
        crowd = [threading.Thread(target=self.keep_asking, args=(client,), name=f"steady {number}")
                 for number, client in enumerate(self.steady)]
        crowd += [threading.Thread(target=self.behave_badly, args=(number,), name=f"bad {number}") for number in range(self.options.clients)]
        crowd.append(threading.Thread(target=self.operate, name="operator"))
        for thread in crowd:
            thread.start()
        for tenth in range(1, 11):
            self.stop.wait(max(0, self.begun + self.options.seconds * tenth / 10 - time.monotonic()))
            if not self.options.quiet and self.server.alive():
                print(f"{time.monotonic() - self.begun:.0f} s: {self.asked()} right answers, {sum(self.outcomes.values())} faults, "
                      f"{self.held()}", flush=True)
        self.stop.set()
        for thread in crowd:
            thread.join()
        self.finish(before)

    def asked(self):
        return sum(client.asked for client in self.steady)

    def keep_asking(self, client):
        while not self.stop.is_set():
            try:
                client.turn()
            except (Wrong, OSError, AssertionError, ValueError) as problem:
                self.wrong(f"a plain request after {client.asked}: {problem!r}")
                client.close()
        client.close()

    def behave_badly(self, number):
        bad = Bad(self.server.port, random_of(self.options.seed, f"bad {number}"), self.stop)
        while not self.stop.is_set():
            try:
                kind, how = bad.turn()
                with self.lock:
                    self.outcomes[f"{kind}: {how}"] += 1
            except (BrokenPipeError, ConnectionResetError, ConnectionAbortedError):
                pass  # who behaves badly may be cut off anywhere
            except (Wrong, OSError, AssertionError, ValueError) as problem:
                self.wrong(f"bad {number}: {problem!r}")

    def operate(self):
        """Reloads, good ones and bad ones, rotated logs, questions to the status listener."""
        rng = random_of(self.options.seed, "operator")
        text = self.server.config_path.read_text()
        acts = (lambda: self.reload(text), lambda: self.reload(text + f"min_rate: {rng.randint(0, 9)}\n"),
                lambda: self.reload("resources: [" + text), self.rotate, self.metrics)
        while not self.stop.wait(rng.uniform(0.2, 2)):
            if self.server.alive():
                rng.choice(acts)()

    def reload(self, text):
        fresh = self.server.files / "fresh.yaml"
        fresh.write_text(text)
        fresh.rename(self.server.config_path)
        self.server.terminate(signal.SIGHUP)

    def rotate(self):
        """What was written so far is counted and removed."""
        log, old = self.server.log_path, self.server.files / "corsd.log.1"
        log.rename(old)
        self.server.terminate(signal.SIGUSR1)
        wait_until(log.exists, "the log to be opened again", LONG)
        wait_until(lambda: self.unwritten(old), "the last lines to be in the old log", LONG)
        self.count(old)

    def unwritten(self, path):
        """Nobody has it open any more."""
        return all(link != str(path) for link in self.descriptors())

    def count(self, path):
        with open(path, "rb") as log:
            self.lines += sum(b',"duration_us":' in line for line in log)
        path.unlink()

    def descriptors(self):
        found = []
        for link in pathlib.Path(f"/proc/{self.server.pid}/fd").iterdir():
            try:
                found.append(os.readlink(link))
            except FileNotFoundError:
                pass
        return found

    def connections(self):
        """Connections among the descriptors, those to the status listener too."""
        sockets = set(self.descriptors())
        rows = [row.split() for row in pathlib.Path(f"/proc/{self.server.pid}/net/tcp").read_text().splitlines()[1:]]
        return sum(row[3] != "0A" and f"socket:[{row[9]}]" in sockets for row in rows)

    def held(self):
        """What the process holds: descriptors, threads, memory."""
        fields = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{self.server.pid}/status").read_text().splitlines() if ":" in line)
        return {"descriptors": len(self.descriptors()), "threads": int(fields["Threads"]), "MiB": int(fields["VmRSS"].split()[0]) >> 10}

    def metrics(self):
        with Client(self.status) as client:
            client.send("GET", "/metrics")
            return client.response().body.decode()

    def figure(self, name, text=None):
        """The sum of all series of that name."""
        return sum(float(line.rsplit(" ", 1)[1]) for line in (text or self.metrics()).splitlines() if re.match(rf"{name}[{{ ]", line))

    def finish(self, before):
        if self.server.alive():
            self.settle(before)
            self.server.terminate()
            if self.server.exit_code(LONG) != 0:
                self.wrong(f"the program ended with {self.server.exit_code()}")
        else:
            self.wrong(f"the program ended in the middle with {self.server.exit_code()}")
        said = self.server.stderr()
        if REPORT.search(said):
            self.wrong("a sanitizer's report")
        if said and (self.wrongs or REPORT.search(said)):
            print(said[-20_000:])

    def settle(self, before):
        """Everybody is gone: so is what was theirs."""
        def left():
            after = self.held()
            return self.connections() == 0 and after["descriptors"] <= before["descriptors"] and after["threads"] <= before["threads"]
        try:
            wait_until(left, "descriptors and threads to be as few as at the start", LONG)
            wait_until(lambda: self.figure("corsd_client_connections") + self.figure("corsd_upstream_connections") == 0,
                       "no connection to be counted", LONG)
        except AssertionError as problem:
            self.wrong(f"{problem}: {self.held()} after {before}, {self.descriptors()}")
        text = self.metrics()
        requests, dropped = self.figure("corsd_responses_total", text), self.figure("corsd_access_log_dropped_total", text)
        self.rotate()
        if self.lines + dropped != requests:
            self.wrong(f"{self.lines} lines and {dropped:.0f} lost ones of {requests:.0f} requests")
        print(f"at the end: {self.held()}; {requests:.0f} requests, {self.lines} lines in the log, {dropped:.0f} lost; "
              f"{self.figure('corsd_config_reloads_total', text):.0f} reloads")

    def close(self):
        self.stop.set()
        for each in reversed(self.parts):
            each.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", default=str(random.SystemRandom().randrange(10**6)))
    parser.add_argument("--clients", type=int, default=24, help="that behave badly")
    parser.add_argument("--under", default="", help="what runs the program, such as valgrind")
    parser.add_argument("--quiet", action="store_true", help="figures at the end only")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(f"ended by signal {number}"))
    soak = Soak(options)
    try:
        soak.begin()
        soak.run()
    finally:
        soak.close()
    for what, count in sorted(soak.outcomes.items()):
        print(f"{count:8} {what}")
    print(f"{soak.asked()} plain requests beside {sum(soak.outcomes.values())} faults, {len(soak.wrongs)} wrong (seed {options.seed})")
    return 1 if soak.wrongs or not soak.asked() else 0


if __name__ == "__main__":
    sys.exit(main())
