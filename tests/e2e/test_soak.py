"""What is left behind by many requests, and by connections that say nothing: CORSD_FULL=1 (scripts/test --all) asks a million times."""

import os
import pathlib
import resource
import unittest

from load_peer import LoadPeer
from support import ALLOWED, EVIL, SANITIZED, Corsd, TestCase, wait_until

KIB = 1024
FULL = os.environ.get("CORSD_FULL") == "1"
REQUESTS = 1_000_000 if FULL else 50_000
WARM = 10_000
# A byte a request in the long run. In the short one a few pages are a large share of nothing.
GROWTH = REQUESTS if FULL else 256 * KIB
# A sanitizer's memory is not the program's.
IDLE, IDLE_BYTES = 2_000, (64 if SANITIZED else 2) * KIB


class Soak(TestCase):
    def setUp(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        peer = self.start(LoadPeer())
        self.server = self.start(Corsd(peer.port, log="format: json, access: {only: refused}"))

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.server.pid}/fd"))

    def batch(self, client):
        """Requests of every kind on one connection, pipelined: the raw bytes and the statuses to come."""
        allowed, evil = ("Origin", ALLOWED), ("Origin", EVIL)
        chunked = client.head("POST", "/api/x", [allowed, ("Transfer-Encoding", "chunked")]) + b"5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n"
        kinds = [(client.head("GET", "/api/x?page=2", [allowed]), "GET", 200), (chunked, "POST", 200),
                 (client.head("GET", "/api/x", [evil]), "GET", 403),
                 (client.head("OPTIONS", "/api/x", [allowed, ("Access-Control-Request-Method", "PUT")]), "OPTIONS", 204)] * 6
        return b"".join(raw for raw, _, _ in kinds), [(method, status) for _, method, status in kinds]

    def ask(self, count):
        """At least `count` requests; how many they were. After each batch one client resets instead of waiting for its answer."""
        asked = 0
        while asked < count:
            with self.server.client() as client:
                raw, expected = self.batch(client)
                for _ in range(20):
                    client.raw(raw)
                    for method, status in expected:
                        self.assertEqual(client.response(method).status, status)
                    asked += len(expected)
                    leaver = self.server.client()
                    leaver.send("GET", "/api/x")
                    leaver.reset()
                    asked += 1
        return asked

    def test_requests_leave_nothing_behind(self):
        self.ask(WARM)
        memory, descriptors = self.server.private_memory(), self.descriptors()
        asked = self.ask(REQUESTS)
        grown = self.server.private_memory() - memory
        if FULL:
            print(f"{asked} requests: {grown / asked:.3f} bytes a request, descriptors {descriptors} -> {self.descriptors()}", flush=True)
        if not SANITIZED:
            self.assertLess(grown, GROWTH)
        # Kept connections to the upstream come and go; a leak of one a hundred requests would be hundreds.
        wait_until(lambda: abs(self.descriptors() - descriptors) <= 8, "the descriptors to be as many as before")

    def test_an_idle_connection_costs_two_kibibytes_at_most(self):
        kept = []
        self.addCleanup(lambda: [client.close() for client in kept])
        for number in range(500 + IDLE):
            if number == 500:
                before = self.server.private_memory()
            client = self.server.client()
            kept.append(client)
            client.send("GET", "/api/x", [("Origin", ALLOWED), ("User-Agent", "x" * 100), ("Accept", "*/*"), ("X-A", "b")])
            self.assertEqual(client.response().status, 200)
        self.assertLess((self.server.private_memory() - before) / IDLE, IDLE_BYTES)


if __name__ == "__main__":
    unittest.main()
