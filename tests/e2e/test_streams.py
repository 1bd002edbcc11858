"""Streams at size: every byte arrives, in memory that does not depend on how many there are. CORSD_FULL=1 (scripts/test --all): 10 GiB
each way and at once, and 100 streams of 100 MiB side by side."""

import hashlib
import os
import threading
import unittest

from load_peer import LoadPeer, checksum, pieces
from support import SANITIZED, Corsd, TestCase

MIB = 1 << 20
FULL = os.environ.get("CORSD_FULL") == "1"
SIZE = 10 * 1024 * MIB if FULL else 256 * MIB
STREAMS, EACH = 100, (100 if FULL else 4) * MIB
# What streams may cost in memory. A sanitizer's quarantine is not the program's.
ONE = (400 if SANITIZED else 4) * MIB
ALL = (600 if SANITIZED else 24) * MIB


class Streams(TestCase):
    def setUp(self):
        peer = self.start(LoadPeer())
        self.server = self.start(Corsd(peer.port))
        self.server.ask("POST", "/api/x", [], b"warm")
        self.before = self.server.memory_peak()

    def costs_at_most(self, bound):
        cost = self.server.memory_peak() - self.before
        if FULL:
            print(f"{self.id()}: peak +{cost / MIB:.1f} MiB, {self.server.memory_peak() / MIB:.1f} MiB in all", flush=True)
        self.assertLess(cost, bound)

    def up(self, size, framing):
        with self.server.client() as client:
            chunked = framing == "chunked"
            header = ("Transfer-Encoding", "chunked") if chunked else ("Content-Length", str(size))
            client.raw(client.head("POST", "/api/sum", [header]))
            for piece in pieces(size):
                client.raw(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
            client.raw(b"0\r\n\r\n" if chunked else b"")
            return client.response("POST").body

    def received(self, client, method):
        total = hashlib.sha256()
        answer = client.response(method, sink=total.update)
        self.assertTrue(answer.complete)
        return total.hexdigest().encode()

    def down(self, size):
        with self.server.client() as client:
            client.send("GET", f"/api/bytes/{size}")
            return self.received(client, "GET")

    def both(self, size):
        with self.server.client() as client:
            client.raw(client.head("POST", "/api/echo", [("Content-Length", str(size))]))
            upload = threading.Thread(target=lambda: [client.raw(piece) for piece in pieces(size)])
            upload.start()
            try:
                return self.received(client, "POST")
            finally:
                upload.join()

    def test_up(self):
        for framing in ("length", "chunked"):
            self.assertEqual(self.up(SIZE, framing), checksum(SIZE))
        self.costs_at_most(ONE)

    def test_down(self):
        self.assertEqual(self.down(SIZE), checksum(SIZE))
        self.costs_at_most(ONE)

    def test_both_ways_at_once(self):
        self.assertEqual(self.both(SIZE), checksum(SIZE))
        self.costs_at_most(ONE)

    def test_many_at_once(self):
        sums = []
        kinds = (self.down, self.both, lambda size: self.up(size, "length"), lambda size: self.up(size, "chunked"))
        threads = [threading.Thread(target=lambda run=kinds[number % 4]: sums.append(run(EACH))) for number in range(STREAMS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sums, [checksum(EACH)] * STREAMS)
        self.costs_at_most(ALL)


if __name__ == "__main__":
    unittest.main()
