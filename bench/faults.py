"""`scripts/bench faults`: what bad peers do to the others, and how long it takes to notice that somebody is gone.

The others are a client that asks 250 times a second on kept connections, on the load's core and before the troublemakers in its queue;
how long each answer takes is compared with the same seconds without trouble, in turns."""
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import time

import measure
import proc
import report
from peers import HERE, Server, free_port, wait_for_port, write
from workloads import browser_request

RATE = 250  # requests a second of those who must not suffer
KEPT = 4
CONFIG = """listen: 127.0.0.1:{port}
upstreams:
  default: {{endpoints: ["http://127.0.0.1:{origin}"]}}
  trouble: {{endpoints: ["http://127.0.0.1:{trouble}"]}}
  nobody: {{endpoints: ["http://127.0.0.1:{nobody}"]}}
  deaf: {{endpoints: ["http://127.0.0.1:{deaf}"]}}
public_origin: https://api.bench.example
resources:
  /api/*: {{origins: [https://app.bench.example]}}
  /trouble/*: {{upstream: trouble}}
  /nobody/*: {{upstream: nobody}}
  /deaf/*: {{upstream: deaf}}
timeouts: {{connect: 1s, response: {response}, header: {header}, idle: 10m, body: 10m, write: 10m, stream: 10m}}
limits: {{max_connections: 20000}}
threads: 1
log: {{level: error, format: json, output: "{log}"}}
"""
# Who makes the trouble, how many of them, and what that is in words.
TROUBLES = [
    ("slow-heads", 5_000, "5 000 heads, a byte each 5 s"),
    ("slow-bodies", 1_000, "1 000 uploads, a byte a second each"),
    ("silent", 10_000, "10 000 connections that say nothing"),
    ("no-readers", 1_000, "1 000 answers of 100 MiB that nobody reads"),
    ("waiting", 1_000, "1 000 requests to an upstream that does not answer"),
    ("connects", 100, "connecting and going, 100 at once"),
    ("garbage", 20, "a TLS hello in place of a request, 20 at once"),
    ("resets", 20, "answers of 64 KiB reset by who asked, 20 at once"),
    ("refused", 20, "refused origins, 20 at once"),
    ("broken-upstream", 20, "an upstream that ends without an answer, 20 at once"),
]


class Helper:
    """trouble.py as a child on the load's core, behind everybody else there."""

    def __init__(self, context, *arguments):
        command = ["nice", "-n", "19", "taskset", "-c", str(context.load_core), sys.executable, "-B", os.path.join(HERE, "trouble.py")]
        self.child = subprocess.Popen(command + [str(each) for each in arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.child.stdout.readline() != "ready\n":
            raise measure.Failed(f"trouble.py {arguments} did not come up")

    def stop(self):
        """What it said at its end."""
        self.child.stdin.close()
        said = self.child.stdout.read()
        self.child.wait()
        return int(said or 0)


class Corsd(Server):
    def __init__(self, context, origin, trouble, response="1s", header="10m", limit=()):
        self.context, port = context, free_port()
        self.directory = os.path.join(context.directory, f"faults-{port}")
        os.makedirs(self.directory, exist_ok=True)  # a port may come again
        self.log = os.path.join(self.directory, "access.log")
        # Somebody who listens, but never accepts; one more waits in his queue, the rest go unanswered.
        self.deaf = socket.socket()
        self.deaf.bind(("127.0.0.1", 0))
        self.deaf.listen(0)
        self.waiting = [socket.socket() for _ in range(4)]
        for each in self.waiting:
            each.setblocking(False)
            each.connect_ex(self.deaf.getsockname())
        self.words = {"port": port, "origin": origin, "trouble": trouble, "nobody": free_port(), "response": response,
                      "deaf": self.deaf.getsockname()[1], "header": header, "log": self.log}
        self.config = write({"DIR": self.directory}, "corsd.yaml", CONFIG.format(**self.words))
        self.command = [*limit, context.corsd, "run", "--config", self.config]
        super().__init__("corsd", context.proxy_core, self.command, port)

    def stop(self):
        super().stop()
        for each in [self.deaf, *self.waiting]:
            each.close()


def paced(port, seconds):
    """How long each of RATE answers a second took, in µs, on KEPT connections in turn. A late one does not make the next late:
    the clock starts when a request was due."""
    request = browser_request("GET", "/api/items")
    clients = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(KEPT)]
    taken, begin = [], time.monotonic()
    for number in range(int(seconds * RATE)):
        due = begin + number / RATE
        time.sleep(max(0.0, due - time.monotonic()))
        client = clients[number % KEPT]
        client.sendall(request)
        data = client.recv(65536)
        while data and not data.endswith(b'"}'):
            more = client.recv(65536)
            data += more
            if not more:
                break
        if not data.startswith(b"HTTP/1.1 200"):
            raise measure.Failed(f"one of the others got {data[:200]}")
        taken.append((time.monotonic() - due) * 1e6)
    for client in clients:
        client.close()
    return taken


def open_descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def settle(condition):
    """Some seconds for what troublemakers leave behind: who waits for an answer that never comes is missed by nobody yet."""
    end = time.monotonic() + 3
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)


def typical(rounds, share):
    """The percentile of a usual round: a stall of the machine spoils one."""
    return statistics.median(percentile(values, share) for values in rounds)


def others(context, origin, rounds, seconds):
    """For each kind of trouble: p50 and p99 of the others without and with it, and memory a troublemaker."""
    rows = []
    for kind, count, words in TROUBLES:
        print(f"\r{words:60}", end="", file=sys.stderr, flush=True)
        upstream_port = free_port()
        upstream = Helper(context, "upstream", upstream_port)
        peer = Corsd(context, origin, upstream_port, response="10m")
        try:
            quiet, under, held = [], [], 0
            for _ in range(rounds):
                quiet.append(paced(peer.port, seconds))
                before, descriptors = proc.memory(peer.pid)[1], open_descriptors(peer.pid)
                trouble = Helper(context, kind, peer.port, count)
                under.append(paced(peer.port, seconds))
                memory = proc.memory(peer.pid)[1] - before
                held = max(held, memory)
                left = trouble.stop()
                if left < count:
                    raise measure.Failed(f"{words}: only {left} were held or served")
                settle(lambda: open_descriptors(peer.pid) <= descriptors + KEPT)
            rows.append({"trouble": words, "quiet_p50": typical(quiet, 0.5), "p50": typical(under, 0.5),
                         "quiet_p99": typical(quiet, 0.99), "p99": typical(under, 0.99), "kib_each": held / count})
        finally:
            peer.stop()
            upstream.stop()
    print(file=sys.stderr)
    return rows


def ask(port, path, status):
    """Milliseconds until the answer to one request on a connection of its own."""
    begin = time.monotonic()
    got, _, _ = measure.exchange(type("Port", (), {"port": port, "name": "corsd"}), f"GET {path} HTTP/1.1\r\nHost: api.bench.example\r\n\r\n".encode())
    if got != status:
        raise measure.Failed(f"{path}: {got} in place of {status}")
    return (time.monotonic() - begin) * 1e3


def until(condition, patience=10.0):
    """Milliseconds until it holds."""
    begin = time.monotonic()
    while not condition():
        if time.monotonic() - begin > patience:
            raise measure.Failed("what was waited for did not come")
        time.sleep(0.0005)
    return (time.monotonic() - begin) * 1e3


def connections_to(port):
    """Established connections whose other end is `port`, as the kernel lists them."""
    wanted = f":{port:04X}"
    return sum(1 for line in proc.read("/proc/net/tcp").splitlines()[1:] if line.split()[2].endswith(wanted) and line.split()[3] == "01")


def leaves(peer, upstream_port, path):
    """A client that goes while its upstream is at work: until the upstream's connection is gone."""
    client = socket.create_connection(("127.0.0.1", peer.port))
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: api.bench.example\r\n\r\n".encode())
    until(lambda: connections_to(upstream_port) == 1)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    client.close()
    return until(lambda: connections_to(upstream_port) == 0)


def restarts(context, peer):
    """Killed and started anew on the same port: until it accepts."""
    peer.process.send_signal(signal.SIGKILL)
    peer.process.wait()
    begin = time.monotonic()
    peer.process = subprocess.Popen(["taskset", "-c", str(context.proxy_core), *peer.command], stdin=subprocess.DEVNULL)
    wait_for_port(peer.port, peer.process, "corsd")
    return (time.monotonic() - begin) * 1e3


def slow_head(peer):
    """A head that never ends: until the 408."""
    client = socket.create_connection(("127.0.0.1", peer.port))
    begin = time.monotonic()
    client.sendall(b"GET / HTTP/1.1\r\nHost: api")
    if not client.recv(65536).startswith(b"HTTP/1.1 408"):
        raise measure.Failed("a head that does not end gets no 408")
    return (time.monotonic() - begin) * 1e3


def drains(context, origin, upstream_port):
    """SIGTERM with a kept connection that is idle: until the process has ended with 0."""
    peer = Corsd(context, origin, upstream_port)
    try:
        client = socket.create_connection(("127.0.0.1", peer.port))
        measure.exchange_on(peer, client, b"GET /api/items HTTP/1.1\r\nHost: api.bench.example\r\n\r\n")
        begin = time.monotonic()
        peer.process.send_signal(signal.SIGTERM)
        if peer.process.wait(timeout=10) != 0:
            raise measure.Failed("the end of a drain is not 0")
        return (time.monotonic() - begin) * 1e3
    finally:
        peer.stop()


def out_of_descriptors(context, origin, upstream_port):
    """64 descriptors and 500 clients who stay: CPU in % of a core over 3 s, then how long until a new client is served when they go."""
    peer = Corsd(context, origin, upstream_port, limit=("prlimit", "--nofile=64"))
    try:
        clients = [socket.create_connection(("127.0.0.1", peer.port)) for _ in range(500)]
        time.sleep(0.5)
        before = proc.cpu(peer.pid)[0]
        time.sleep(3)
        share = (proc.cpu(peer.pid)[0] - before) / 3 * 100
        for client in clients:
            client.close()
        return share, ask(peer.port, "/api/items", 200)
    finally:
        peer.stop()


def times(context, origin, rounds):
    """How long it takes to notice, in ms: what, what is owed, and the runs."""
    upstream_port = free_port()
    upstream = Helper(context, "upstream", upstream_port)
    peer = Corsd(context, origin, upstream_port, header="1s")
    try:
        again = range(max(3, 4 * rounds))
        rows = [
            ("nobody listens at the upstream: until the 502", "100", [ask(peer.port, "/nobody/x", 502) for _ in again]),
            ("the upstream ends without an answer: until the 502", "100", [ask(peer.port, "/trouble/closed", 502) for _ in again]),
            ("the upstream swallows the connect: until the 504 (timeouts.connect 1 s)", "900 to 1 100", [ask(peer.port, "/deaf/x", 504) for _ in range(3)]),
            ("the upstream does not answer: until the 504 (timeouts.response 1 s)", "900 to 1 100", [ask(peer.port, "/trouble/hang", 504) for _ in range(3)]),
            ("a head that does not end: until the 408 (timeouts.header 1 s)", "900 to 1 100", [slow_head(peer) for _ in range(3)]),
            ("a client goes while its upstream thinks: until that connection is closed", "1 000", [leaves(peer, upstream_port, "/trouble/hang") for _ in again]),
            ("a client goes in the middle of 100 MiB: until that connection is closed", "1 000", [leaves(peer, upstream_port, "/trouble/large") for _ in again]),
            ("killed and started again: until the port accepts", "100", [restarts(context, peer) for _ in again]),
            ("SIGTERM with an idle connection: until the end", "1 000 and a bit", [drains(context, origin, upstream_port) for _ in range(3)]),
        ]
        shares, recoveries = zip(*(out_of_descriptors(context, origin, upstream_port) for _ in range(3)))
        rows.append(("out of descriptors with 500 clients: CPU while they wait, % of a core", "20", shares))
        rows.append(("they go: until a new client is served", "1 000", recoveries))
        return [{"what": what, "owed": owed, "median": statistics.median(runs), "worst": max(runs), "runs": len(runs)} for what, owed, runs in rows]
    finally:
        peer.stop()
        upstream.stop()


def markdown(facts, times_, others_):
    lines = [f"# Faults, {facts['date']}\n", f"commit {facts['commit']}, {facts['cpu']}, {facts['cores']} cores, Linux {facts['kernel']}, "
             f"load {facts['load_before']:.2f} at the start. One worker.\n",
             "| How long until it is noticed, ms | owed | median | worst | runs |", "|---|--:|--:|--:|--:|"]
    lines += [f"| {row['what']} | {row['owed']} | {row['median']:.1f} | {row['worst']:.1f} | {row['runs']} |" for row in times_]
    lines += ["", f"| What the others feel, µs ({RATE} requests a second) | p50 without | with | p99 without | with | KiB a troublemaker |",
              "|---|--:|--:|--:|--:|--:|"]
    lines += [f"| {row['trouble']} | {row['quiet_p50']:.0f} | {row['p50']:.0f} | {row['quiet_p99']:.0f} | {row['p99']:.0f} | {row['kib_each']:.1f} |"
              for row in others_]
    return "\n".join(lines) + "\n"


def run(context):
    """All of it; prints the tables and returns where they were written."""
    facts = report.machine(context)
    origin_port = free_port()
    origin = Server("origin", context.load_core, [context.origin, str(origin_port)], origin_port)
    os.sched_setaffinity(0, {context.load_core})
    try:
        found = {"times": times(context, origin_port, context.rounds), "others": others(context, origin_port, context.rounds, context.seconds)}
    finally:
        origin.stop()
    text = markdown(facts, found["times"], found["others"])
    print(text)
    os.makedirs(context.results, exist_ok=True)
    stem = os.path.join(context.results, "faults-" + facts["date"].replace(":", "").replace("Z", ""))
    with open(stem + ".json", "w", encoding="utf-8") as file:
        json.dump({"machine": facts, **found}, file, indent=1)
        file.write("\n")
    with open(stem + ".md", "w", encoding="utf-8") as file:
        file.write(text)
    return stem + ".md"
