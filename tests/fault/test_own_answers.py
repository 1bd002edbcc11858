"""Every answer that the program makes itself, byte for byte: framed right, without a body for HEAD, readable or deliberately not, and
without a word about versions, files or addresses behind it."""

import pathlib
import re
import socket
import sys
import threading
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / name) for name in ("e2e", "hostile")]

from messages import read_responses  # noqa: E402
from support import ALLOWED, EVIL, Corsd, TestCase, free_port, ok  # noqa: E402

READS, HIDDEN = "readable", "not readable"
LONG = "timeouts: {header: 1s, body: 1s, response: 1s, connect: 1s}\nlimits: {max_body_bytes: 1KiB, max_target_bytes: 1KiB, max_header_bytes: 4KiB}"
# what the client sends, the status and the reason, whether an allowed page may read it
BAD = (("GET /api/%zz HTTP/1.1", "", 400, "path_ambiguous", None), ("GET /api/x HTTP/1.1", "X-A : b", 400, "bad_request", None),
       ("GET /api/x HTTP/1.1", f"Origin: {EVIL}", 403, "origin_not_allowed", HIDDEN),
       ("GET /api/x HTTP/1.1", "Origin: null", 403, "origin_null", HIDDEN),
       ("POST /api/x HTTP/1.1", f"Origin: {ALLOWED}\r\nContent-Length: 2000", 413, "body_too_large", READS),
       ("GET /" + "x" * 2000 + " HTTP/1.1", "", 414, "target_too_long", None),
       ("GET /api/x HTTP/1.1", "X-A: " + "y" * 8000, 431, "header_too_large", None),
       ("TRACE /api/x HTTP/1.1", f"Origin: {ALLOWED}", 501, "not_implemented", None),
       ("GET /api/x HTTP/2.0", "", 505, "version_not_supported", None))
UPSTREAM = (("/api/silent", 504, "upstream_timeout"), ("/api/garbage", 502, "upstream_invalid"), ("/api/end", 502, "upstream_invalid"))
TELLING = re.compile(rb"corsd|/\w+\.yaml|/tmp/|/home/|/usr/|127\.0\.0\.1|\.cpp|0x[0-9a-f]{6}|terminate|exception", re.I)


class Raw(TestCase):
    def setUp(self):
        self.release = threading.Event()
        self.addCleanup(self.release.set)
        self.upstream, self.server = self.pair(self.respond, extra=LONG)

    def respond(self, request, connection):
        connection.close()
        if request.target == "/api/silent":
            self.release.wait()
        return {"/api/garbage": b"\x15\x03\x01", "/api/end": b""}.get(request.target, ok())

    def exchange(self, port, data, method):
        """The one answer to that, after which the connection has nothing more to say."""
        received = b""
        with socket.create_connection(("127.0.0.1", port), timeout=30) as sock:
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)
            try:
                while piece := sock.recv(65536):
                    received += piece
            except ConnectionResetError:
                pass
        responses = read_responses(received, [method], True)
        self.assertEqual([response.faults for response in responses], [[]], received)
        return responses[0], received

    def judge(self, response, raw, wanted, method):
        status, reason, readable = wanted
        self.assertEqual((response.status, response.complete), (status, True), raw)
        fields = response.fields
        head, _, body = raw.partition(b"\r\n\r\n")
        self.assertEqual(fields.all("content-type"), ["application/problem+json"])
        self.assertEqual(fields.all("cache-control"), ["no-store"])
        self.assertEqual(len(fields.all("date")), 1, head)
        self.assertEqual(fields.all("server"), [], head)
        if method == "HEAD":
            self.assertEqual(body, b"")
        else:
            self.assertEqual(fields.all("content-length"), [str(len(body))])
            self.assertIn(f'"reason":"{reason}"'.encode(), body)
        grants = [name for name, _ in fields if name.startswith("access-control-allow")]
        if readable == READS:
            self.assertEqual(fields.all("access-control-allow-origin"), [ALLOWED])
        else:
            self.assertEqual(grants, [])
        # The detail may repeat what the client itself sent; the rest says nothing of what is behind.
        self.assertIsNone(TELLING.search(re.sub(rb'"detail":".*?"[,}]', b"", raw)), raw)
        self.assertIsNone(re.search(rb"\.yaml|/tmp/|\.cpp|0x[0-9a-f]{6}", raw), raw)
        self.assertNotIn(str(self.upstream.port).encode(), raw)

    def head(self, first, rest, port=None):
        lines = [first, f"Host: localhost:{port or self.server.port}", *([rest] if rest else [])]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def test_requests_that_are_refused(self):
        for first, rest, status, reason, readable in BAD:
            for method in dict.fromkeys((first.split(" ")[0], "HEAD" if first.startswith("GET") else first.split(" ")[0])):
                line = method + first[first.index(" "):]
                with self.subTest(f"{line[:40]} {rest[:40]}"):
                    response, raw = self.exchange(self.server.port, self.head(line, rest), method)
                    self.judge(response, raw, (status, reason, readable), method)

    def test_upstreams_that_fail(self):
        for path, status, reason in UPSTREAM:
            for method in ("GET", "HEAD"):
                with self.subTest(f"{method} {path}"):
                    data = self.head(f"{method} {path} HTTP/1.1", f"Origin: {ALLOWED}")
                    response, raw = self.exchange(self.server.port, data, method)
                    self.judge(response, raw, (status, reason, READS), method)

    def test_nobody_there(self):
        server = self.start(Corsd(free_port()))
        for method in ("GET", "HEAD", "POST"):
            response, raw = self.exchange(server.port, self.head(f"{method} /api/x HTTP/1.1", f"Origin: {ALLOWED}", server.port), method)
            self.judge(response, raw, (502, "upstream_unreachable", READS), method)

    def test_too_slow(self):
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=30) as sock:
            sock.sendall(b"GET /api/x HTTP/1.1\r\n")
            received = b""
            while piece := sock.recv(65536):
                received += piece
        response, = read_responses(received, ["GET"], True)
        self.judge(response, received, (408, "client_timeout", None), "GET")


if __name__ == "__main__":
    unittest.main()
