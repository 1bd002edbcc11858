"""System calls that fail, are interrupted, or do less than they were asked: the request that is hit gets its answer or its end and its
line in the log, and no other notices."""

import pathlib
import sys
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from injection import TRACEABLE, injected  # noqa: E402
from load_peer import LoadPeer, checksum, pieces  # noqa: E402
from preload import Preload  # noqa: E402
from support import ALLOWED, Corsd, TestCase, Upstream, ok, wait_until  # noqa: E402

SENDS = ("sendto", "sendmsg")
WAITS = "/^epoll_p?wait$"


class Failing(TestCase):
    def setUp(self):
        self.release = threading.Event()
        self.addCleanup(self.release.set)
        self.upstream = self.start(Upstream(self.respond))
        self.server = self.start(Corsd(self.upstream.port, wrap=TRACEABLE))
        self.ask(200)

    def respond(self, request, connection):
        if request.target == "/api/held":
            self.release.wait()
        connection.close()  # so that each request dials
        return ok(headers=[("Connection", "close")])

    def ask(self, status, reason=None, method="GET"):
        before = len(self.server.access())
        answer = self.server.ask(method, "/api/x", [("Origin", ALLOWED)])
        self.assertEqual(answer.status, status, answer.body)
        self.assert_readable(answer)
        entry = self.server.wait_access(before + 1)[before]
        self.assertEqual((entry["status"], entry.get("reason")), (status, reason))
        return answer

    def test_no_socket_for_the_upstream(self):
        for error in ("EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"):
            with injected(self.server, f"socket:error={error}:when=1"):
                self.assert_problem(self.ask(503, "upstream_unavailable"), 503, "upstream_unavailable")
                self.ask(200)

    def test_no_connection_to_the_upstream(self):
        for error, status, reason in (("ECONNREFUSED", 502, "upstream_unreachable"), ("ENETUNREACH", 502, "upstream_unreachable"),
                                      ("EADDRNOTAVAIL", 502, "upstream_unreachable"), ("EACCES", 502, "upstream_unreachable"),
                                      ("ETIMEDOUT", 504, "upstream_timeout")):
            with injected(self.server, f"connect:error={error}:when=1"):
                self.ask(status, reason)
                self.ask(200)

    def test_nothing_can_be_watched(self):
        """The first epoll_ctl is for the client's connection, which is lost; the second for the upstream's."""
        with injected(self.server, "epoll_ctl:error=ENOSPC:when=1+2") as hits:
            wait_until(lambda: self.ends_somehow() and hits() >= 2, "calls that fail")
        wait_until(lambda: self.ends_somehow() == 200, "service to be whole again")

    def ends_somehow(self):
        try:
            return self.server.ask("GET", "/api/x").status
        except ConnectionError:
            return "no answer"

    def test_a_connection_that_is_gone_before_it_is_accepted(self):
        for error in ("ECONNABORTED", "EPROTO", "EPERM", "ENETDOWN"):
            with injected(self.server, f"accept4:error={error}:when=1") as hits:
                self.ask(200)
                self.assertEqual(hits(), 1)

    def test_no_descriptor_for_a_client_once(self):
        for error in ("EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"):
            with injected(self.server, f"accept4:error={error}:when=1") as hits:
                self.ask(200)  # after a pause
                self.assertEqual(hits(), 1)
        said = [line for line in self.server.lines() if b"no more connections" in line]
        self.assertGreaterEqual(len(said), 1)
        self.assertLessEqual(len(said), 4)

    def test_options_that_cannot_be_set(self):
        with injected(self.server, "setsockopt:error=EINVAL") as hits:
            self.ask(200)
            self.assertGreater(hits(), 0)

    def test_the_request_cannot_be_sent(self):
        """To a connection that the upstream ended, an answer may have come before. It is waited for as long as any."""
        self.server = self.start(Corsd(self.upstream.port, extra="timeouts: {response: 300ms}", wrap=TRACEABLE))
        for error, status, reason in (("EPIPE", 504, "upstream_timeout"), ("ECONNRESET", 504, "upstream_timeout"),
                                      ("ENOBUFS", 503, "upstream_unavailable"), ("EIO", 502, "upstream_invalid")):
            with injected(self.server, *(f"{call}:error={error}:when=1" for call in SENDS)):
                self.ask(status, reason)
            self.ask(200)

    def test_the_answer_cannot_be_sent(self):
        for number, error in enumerate(("EPIPE", "ECONNRESET", "EHOSTUNREACH"), start=1):
            self.release.clear()
            before = len(self.server.access())
            client = self.start(self.server.client())
            client.send("GET", "/api/held")
            wait_until(lambda: sum(request.target == "/api/held" for request in self.upstream.requests) == number, "the request upstream")
            with injected(self.server, *(f"{call}:error={error}" for call in SENDS)):
                self.release.set()
                entry = self.server.wait_access(before + 1)[before]
            self.assertEqual((entry["target"], entry["status"], entry.get("detail")),
                             ("/api/held", 200, "the client went away before its answer was complete"))
            with self.assertRaises(ConnectionError):
                client.response()
            self.ask(200)

    def test_nothing_can_be_received(self):
        for error in ("ECONNRESET", "ETIMEDOUT", "EIO"):
            with injected(self.server, f"recvfrom:error={error}:when=1") as hits:
                with self.assertRaises(ConnectionError):  # the client's bytes
                    self.server.ask("GET", "/api/x")
                self.assertEqual(hits(), 1)
            self.ask(200)

    def test_the_upstreams_answer_cannot_be_received(self):
        for number, error in enumerate(("ECONNRESET", "EIO"), start=1):
            self.release.clear()
            before = len(self.server.access())
            client = self.start(self.server.client())
            client.send("GET", "/api/held", [("Origin", ALLOWED)])
            wait_until(lambda: sum(request.target == "/api/held" for request in self.upstream.requests) == number, "the request upstream")
            with injected(self.server, f"recvfrom:error={error}"):
                self.release.set()
                answer = client.response()
            self.assert_problem(answer, 502, "upstream_invalid")
            self.assert_readable(answer)
            self.assertEqual(self.server.wait_access(before + 1)[before]["reason"], "upstream_invalid")
            self.ask(200)

    def test_interrupted_calls_are_made_again(self):
        calls = ("recvfrom", "sendto", "sendmsg", "accept4", WAITS, "/^(read|write)v?$")
        with injected(self.server, *(f"{call}:error=EINTR:when=1+3" for call in calls)) as hits:
            for _ in range(10):
                self.ask(200)
            self.assertGreater(hits(), 30)


# Sends that take part of what they are given, and calls that a signal interrupted: each in its turn.
SHORT = r"""
static __thread unsigned turn;
#include <errno.h>

static int interrupted(void) {
    if (++turn % 7 != 0) return 0;
    errno = EINTR;
    return 1;
}

ssize_t send(int socket, const void* data, size_t size, int flags) {
    ssize_t (*next)(int, const void*, size_t, int) = dlsym(RTLD_NEXT, "send");
    if (interrupted()) return -1;
    const size_t most = 1 + turn * 2654435761u % 5000;
    return next(socket, data, size < most ? size : most, flags);
}

ssize_t sendmsg(int socket, const struct msghdr* message, int flags) {
    ssize_t (*next)(int, const struct msghdr*, int) = dlsym(RTLD_NEXT, "sendmsg");
    if (interrupted()) return -1;
    struct msghdr part = *message;
    struct iovec first;
    if (part.msg_iovlen > 0) {
        // The first piece only, and not all of it.
        first = part.msg_iov[0];
        const size_t most = 1 + turn * 2654435761u % 5000;
        if (first.iov_len > most) first.iov_len = most;
        part.msg_iov = &first;
        part.msg_iovlen = 1;
    }
    return next(socket, &part, flags);
}

ssize_t recv(int socket, void* space, size_t size, int flags) {
    ssize_t (*next)(int, void*, size_t, int) = dlsym(RTLD_NEXT, "recv");
    if (interrupted()) return -1;
    return next(socket, space, size, flags);
}
"""


class Short(TestCase):
    def test_short_writes_and_interruptions_change_no_byte(self):
        peer = self.start(LoadPeer())
        preload = self.start(Preload(SHORT))
        server = self.start(Corsd(peer.port, env=preload.env))
        size = 8 << 20
        for framing in ("length", "chunked"):
            with server.client() as client:
                header = ("Transfer-Encoding", "chunked") if framing == "chunked" else ("Content-Length", str(size))
                client.raw(client.head("POST", "/api/sum", [header]))
                for piece in pieces(size):
                    client.raw(b"%x\r\n%b\r\n" % (len(piece), piece) if framing == "chunked" else piece)
                client.raw(b"0\r\n\r\n" if framing == "chunked" else b"")
                self.assertEqual(client.response("POST").body, checksum(size))
                client.send("GET", f"/api/bytes/{size}", [("Origin", ALLOWED)])
                self.assertEqual(client.response().body, b"".join(pieces(size)))
        self.assertEqual([entry["status"] for entry in server.wait_access(4)], [200] * 4)


if __name__ == "__main__":
    unittest.main()
