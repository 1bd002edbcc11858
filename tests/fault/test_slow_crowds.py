"""Crowds that are slow: heads that never end, bodies that stop, connections that say nothing, answers that nobody reads. Each costs little, each
ends at its deadline and not before, whoever asks beside them is served meanwhile, and their memory goes with them. CORSD_ALL=1: thousands
instead of hundreds."""

import os
import pathlib
import selectors
import socket
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from crowds import raise_descriptor_limit, waiting  # noqa: E402
from load_peer import LoadPeer  # noqa: E402
from support import ALLOWED, SANITIZED, Corsd, TestCase, Upstream, wait_until  # noqa: E402

ALL = os.environ.get("CORSD_ALL") == "1"
KIB = 1024
SECONDS = 8 if ALL else 2  # of the deadline: everybody has to be there before it passes
PATIENCE = 240
# A sanitizer's memory is not the program's.
HEAD_BYTES, SILENT_BYTES, READER_BYTES = (KIB * each * (20 if SANITIZED else 1) for each in (16, 8, 64))
KEPT_BYTES = (12 if not SANITIZED else 400) * KIB * KIB  # for the next ones, however many they were


class Crowd:
    """Connections that send `first`, then a byte whenever they are told to; what each received, and when it ended."""

    def __init__(self, port, count, first):
        self.selector = selectors.DefaultSelector()
        self.begun, self.received, self.ended = {}, {}, {}
        for _ in range(count):
            sock = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
            self.begun[sock], self.received[sock] = time.monotonic(), b""
            sock.sendall(first)
            sock.setblocking(False)
            self.selector.register(sock, selectors.EVENT_READ)

    def drip(self):
        for sock in self.begun:
            if sock not in self.ended:
                try:
                    sock.send(b"x")
                except OSError:
                    pass  # ended meanwhile: seen by the reads

    def take(self):
        for key, _ in self.selector.select(0.05):
            sock = key.fileobj
            try:
                data = sock.recv(4096)
            except ConnectionResetError:
                data = b""
            self.received[sock] += data
            if not data:
                self.ended[sock] = time.monotonic() - self.begun[sock]
                self.selector.unregister(sock)

    def close(self):
        for sock in self.begun:
            sock.close()
        self.selector.close()


class Slow(TestCase):
    def setUp(self):
        raise_descriptor_limit(self)

    def until_all_ended(self, server, crowd, drips):
        """The most memory that was in use, with somebody beside them who is served all the time."""
        most = 0
        with server.client() as beside:
            while len(crowd.ended) < len(crowd.begun):
                beside.send("GET", "/api/x", [("Origin", ALLOWED)])
                answer = beside.response()
                self.assertEqual((answer.status, answer.body), (200, b"ok"))
                if drips:
                    crowd.drip()
                crowd.take()
                most = max(most, server.private_memory())
                self.assertLess(time.monotonic() - min(crowd.begun.values()), PATIENCE)
        self.assertGreaterEqual(min(crowd.ended.values()), SECONDS, "nobody is ended before the deadline")
        return most

    def crowd(self, server, count, first, drips=True):
        """What each of them received, and the memory that each cost."""
        server.ask("GET", "/api/x")
        before = server.private_memory()
        crowd = self.start(Crowd(server.port, count, first))
        most = self.until_all_ended(server, crowd, drips)
        cost = (most - before) / count
        print(f"{count} times {first[:30]!r}: {cost / KIB:.1f} KiB each", flush=True)
        wait_until(lambda: server.private_memory() - before < KEPT_BYTES, "the memory to be given back")
        return list(crowd.received.values()), cost

    def test_heads_that_never_end(self):
        upstream = self.start(Upstream())
        server = self.start(Corsd(upstream.port, extra=f"timeouts: {{header: {SECONDS}s, idle: 300s}}"))
        answers, cost = self.crowd(server, 5000 if ALL else 300, f"GET /api/slow HTTP/1.1\r\nHost: localhost:{server.port}\r\nX-Slow: ".encode())
        for answer in answers:
            self.assertTrue(answer.startswith(b"HTTP/1.1 408 "), answer)
            self.assertIn(b"client_timeout", answer)
        self.assertNotIn("/api/slow", [request.target for request in upstream.requests])
        self.assertLess(cost, HEAD_BYTES)

    def test_bodies_that_stop(self):
        upstream = self.start(Upstream())
        server = self.start(Corsd(upstream.port, extra=f"timeouts: {{body: {SECONDS}s, idle: 300s}}"))
        first = f"POST /api/slow HTTP/1.1\r\nHost: localhost:{server.port}\r\nContent-Length: 1000\r\n\r\npart".encode()
        answers, _ = self.crowd(server, 1000 if ALL else 100, first, drips=False)
        for answer in answers:
            self.assertTrue(answer.startswith(b"HTTP/1.1 408 "), answer)
        self.assertNotIn("/api/slow", [request.target for request in upstream.requests])
        wait_until(lambda: upstream.connections - upstream.ended <= 1, "the upstream to be rid of them")

    def test_connections_that_say_nothing(self):
        upstream = self.start(Upstream())
        server = self.start(Corsd(upstream.port, extra=f"timeouts: {{header: {SECONDS}s, idle: 300s}}\nlimits: {{max_connections: 20000}}"))
        answers, cost = self.crowd(server, 10_000 if ALL else 500, b"", drips=False)
        self.assertEqual(set(answers), {b""}, "ended without a word")
        self.assertLess(cost, SILENT_BYTES)

    def test_answers_that_nobody_reads(self):
        count, size = (1000 if ALL else 100), 100 << 20
        peer = self.start(LoadPeer())
        server = self.start(Corsd(peer.port, extra="timeouts: {write: 1h}"))
        server.ask("GET", "/api/x")
        before = server.private_memory()
        readers = []
        for _ in range(count):
            readers.append(self.start(server.client(timeout=PATIENCE)))
            readers[-1].send("GET", f"/api/bytes/{size}")
        for client in readers:
            wait_until(lambda: waiting(client) > 30_000, "bytes that are not read", PATIENCE)
        for _ in range(100):
            self.assertEqual(server.ask("GET", "/api/x").body, b"ok")
        cost = (server.private_memory() - before) / count
        print(f"{count} that do not read {size >> 20} MiB: {cost / KIB:.1f} KiB each", flush=True)
        self.assertLess(cost, READER_BYTES)
        for client in readers[::count // 10]:
            self.assertTrue(client.response(sink=lambda piece: None).complete)


if __name__ == "__main__":
    unittest.main()
