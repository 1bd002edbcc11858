"""No input costs out of proportion: each hostile request costs at most a hundred times its size in memory, and per byte at most a hundred times the
CPU of a plain GET. CORSD_ALL=1: a thousand times each."""

import json
import os
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from crowds import raise_descriptor_limit  # noqa: E402
from differential import exchange  # noqa: E402
from request_mutations import expand  # noqa: E402
from support import SANITIZED, Configured, TestCase, Upstream  # noqa: E402

ALL = os.environ.get("CORSD_ALL") == "1"
TIMES, CROWD = (1000, 200) if ALL else (10, 40)
MOST = 100
# What somebody must send besides to be connected at all: three segments without data, and the end.
CONNECTING = 4 * 52
GET = b"GET /a HTTP/1.1\r\nHost: h.test\r\nUser-Agent: curl/8.0.1\r\nAccept: */*\r\n\r\n"
CONFIGURATION = """
listen: 127.0.0.1:{port}
upstream: http://127.0.0.1:{upstream}
hosts: ["*"]
resources: {{}}
threads: 1
log: {{output: {log}, format: json}}
"""


def cases():
    found = json.loads((pathlib.Path(__file__).resolve().parents[1] / "hostile/requests.json").read_text())
    return [(case["id"], (expand(case["raw"]) if case.get("expand") else case["raw"]).encode("latin-1")) for case in found if "raw" in case]


class Amplification(TestCase):
    def setUp(self):
        raise_descriptor_limit(self)
        upstream = self.start(Upstream())
        self.server = self.start(Configured(lambda port, log: CONFIGURATION.format(port=port, log=log, upstream=upstream.port)))
        exchange(self.server.port, [GET])

    def cpu(self):
        """Nanoseconds that its threads have run."""
        return sum(int(path.read_text().split()[0]) for path in pathlib.Path(f"/proc/{self.server.pid}/task").glob("*/schedstat"))

    def cpu_per_byte(self, raw, times):
        before = self.cpu()
        for _ in range(times):
            exchange(self.server.port, [raw])
        return (self.cpu() - before) / times / (len(raw) + CONNECTING)

    def report(self, what, figures, most=MOST):
        worst = sorted(figures, reverse=True)[:3]
        print(f"{what}: " + ", ".join(f"{identifier} {figure:.2f}" for figure, identifier in worst), flush=True)
        self.assertGreater(len(figures), 250)
        for figure, identifier in figures:
            self.assertLessEqual(figure, most, identifier)

    def test_cpu(self):
        plain = self.cpu_per_byte(GET, 10 * TIMES)
        self.report("CPU per byte, in those of a GET", [(self.cpu_per_byte(raw, TIMES) / plain, identifier) for identifier, raw in cases()])

    def memory_per_byte(self, raw):
        before = self.server.private_memory()
        crowd = [self.server.client() for _ in range(CROWD)]
        for client in crowd:
            try:
                client.raw(raw)
            except OSError:
                pass  # refused before all of it was sent
        exchange(self.server.port, [GET])  # behind them all
        grown = self.server.private_memory() - before
        for client in crowd:
            client.close()
        return grown / CROWD / (len(raw) + CONNECTING)

    def test_memory(self):
        self.memory_per_byte(GET)
        # A sanitizer's memory is not the program's.
        self.report("memory by size", [(self.memory_per_byte(raw), identifier) for identifier, raw in cases()], MOST * (20 if SANITIZED else 1))


if __name__ == "__main__":
    unittest.main()
