#!/usr/bin/env python3
"""Does an upstream understand what corsd means? Mutated requests go through corsd and a relay to a real server; what it says it understood is
compared with what a strict reader makes of the bytes that corsd sent, request for request; and a plain request behind each gets its own answer.

usage: differential.py [--count N] [--seed S] [--only NUMBER] [--upstream nginx|haproxy|gunicorn|node]...

CORSD_BIN names the program. Exit status 1: somebody was misunderstood.
"""

import argparse
import collections
import pathlib
import random
import socket
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import request_mutations  # noqa: E402
from understanding import Relay, Server, messages, understood  # noqa: E402  (first: it says where the others are)
from support import Configured  # noqa: E402

PATIENCE, SETTLING = 30, 3  # seconds
CONFIGURATION = """
listen: 127.0.0.1:{port}
upstream: http://127.0.0.1:{relay}
hosts: ["*"]
resources: {{}}
threads: 1
log: {{output: {log}, format: json, access: {{enabled: false}}}}
"""


def exchange(port, pieces):
    """All that comes back, to the end. The end of what is sent is the end of what is asked."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            for piece in pieces:
                sock.sendall(piece)
            sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # refused before all of it was sent
        try:
            while data := sock.recv(65536):
                received += data
        except ConnectionResetError:
            pass
    return received


class Differential:
    """A server of one kind, the relay, and corsd in front of both."""

    def __init__(self, name, seed):
        self.name, self.seed = name, seed
        self.parts = []
        self.counts = collections.Counter()
        self.stricter = collections.Counter()  # what the server would not have: status, method and target
        server = self.part(Server(name))
        self.relay = self.part(Relay(server.port))
        self.corsd = self.part(Configured(lambda port, log: CONFIGURATION.format(port=port, relay=self.relay.port, log=log)))

    def part(self, thing):
        self.parts.append(thing)
        return thing

    def close(self):
        while self.parts:
            self.parts.pop().close()

    def run(self, number):
        """What was wrong with mutation `number`: nothing, or lines that show it."""
        pieces = request_mutations.message(self.seed, number)
        received = exchange(self.corsd.port, pieces)
        marker = f"/marker/{number}"
        after = exchange(self.corsd.port, [f"GET {marker} HTTP/1.1\r\nHost: h.test\r\n\r\n".encode()])
        end = time.monotonic() + SETTLING
        while (wrong := self.judge(marker, after)) and time.monotonic() < end:
            pass  # an end that corsd made may not have come through the relay yet
        links = list(self.relay.links)
        if not wrong:
            self.count(received, links)
        self.relay.forget()
        if not wrong:
            return []
        return [f"{self.name}: mutation {number} of seed {self.seed}", f"  sent: {b' | '.join(pieces)[:3000]!r}", f"  came: {received[:600]!r}",
                *(f"  link: {link.sent[:1500]!r}\n        {link.answered[:1500]!r}" for link in links), *(f"  {line}" for line in wrong)]

    def judge(self, marker, after):
        wrong = [line for link in list(self.relay.links) for line in self.compare(link)]
        answers = messages.read_responses(after, ["GET"], True)
        said = answers[0].fields.joined("x-understood") if answers else None
        if len(answers) != 1 or answers[0].status != 200 or f'"{marker}"' not in (said or ""):
            wrong.append(f"the plain request behind it got {after[:300]!r}")
        if not self.corsd.alive():
            wrong.append(f"corsd ended: {self.corsd.stderr()}")
        return wrong

    def count(self, received, links):
        self.counts["messages"] += 1
        self.counts["refused at once"] += received.startswith((b"HTTP/1.1 4", b"HTTP/1.1 5"))
        for link in links:
            requests, _ = link.requests()
            for request, (status, said) in zip(requests, link.answers(requests)):
                if said is None:
                    self.stricter[f"{status} {request.method[:20]} {request.target[:40]}"] += 1
                else:
                    self.counts["understood"] += 1

    def report(self):
        counts = ", ".join(f"{count} {what}" for what, count in self.counts.items())
        print(f"{self.name}: {counts}, {sum(self.stricter.values())} that the upstream would not have", flush=True)
        for what, count in self.stricter.most_common(12):
            print(f"  {count:6} {what}", flush=True)

    def is_same(self, said, request):
        wanted = understood(request)
        if self.name == "gunicorn":  # calls a method in lower case by its name in upper case
            wanted[0] = wanted[0].upper()
        return said == wanted

    def compare(self, link):
        requests, rest = link.requests()
        answers = link.answers(requests)
        for request in requests:
            if request.faults:
                yield f"corsd sent what is not well-formed: {request.faults}"
        if rest and link.ended_by is None:
            yield f"half a request on a connection that is kept: {rest[:80]!r}"
        if len(answers) > len(requests):
            last_words = answers[len(requests):]
            # One that is ended in the middle may be told so before it has ended.
            if not rest or any(said is not None for _, said in last_words):
                yield f"{len(requests)} requests, {len(answers)} answers"
        for request, (_, said) in zip(requests, answers):
            if said is not None and not self.is_same(said, request):
                yield f"corsd meant {understood(request)}, the upstream understood {said}"
        if len(answers) < len(requests) and link.ended_by is None:
            yield f"{len(requests)} requests, {len(answers)} answers, and the connection is kept"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, usage=argparse.SUPPRESS)
    parser.add_argument("--count", type=int, default=1000, help="of mutations, for each upstream")
    parser.add_argument("--seed", default=str(random.SystemRandom().randrange(10**6)))
    parser.add_argument("--only", type=int)
    parser.add_argument("--upstream", action="append", choices=Server.NAMES)
    options = parser.parse_args()
    failed = 0
    for name in options.upstream or Server.NAMES:
        differential = Differential(name, options.seed)
        try:
            for number in range(options.count) if options.only is None else [options.only]:
                if wrong := differential.run(number):
                    failed += 1
                    print("\n".join(wrong), flush=True)
        finally:
            differential.close()
        differential.report()
    print(f"{failed} wrong (seed {options.seed})")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
