"""Time: each deadline of the configuration ends what it names, not before, and says so in the log.

Lower bounds and the order of events only: how much later a loaded machine comes to it is nobody's promise.
"""

import pathlib
import select
import signal
import socket
import threading
import time
import unittest

from support import ALLOWED, Corsd, TestCase, wait_until

SOON = 0.3  # seconds; "300ms" below
ORIGIN = [("Origin", ALLOWED)]


def hears(sock, seconds=0.1):
    """Does something come, or the end, meanwhile?"""
    return bool(select.select([sock], [], [], seconds)[0])


class Timed(TestCase):
    def setUp(self):
        self.release = threading.Event()
        self.addCleanup(self.release.set)

    def lasts(self, since, seconds=SOON):
        self.assertGreaterEqual(time.monotonic() - since, seconds)

    def logged(self, server, status, reason, detail):
        entry = server.wait_access(1)[-1]
        self.assertEqual((entry["status"], entry.get("reason"), entry.get("detail")), (status, reason, detail))
        return entry

    def assert_reset(self, client):
        """What came before the reset is read, and then no end that could be taken for the body's."""
        with self.assertRaises(ConnectionResetError):
            while client.sock.recv(1 << 20):
                pass


class ClientDeadlines(Timed):
    def test_header(self):
        upstream, server = self.pair(extra="timeouts: {header: 300ms}")
        for trickles in (False, True):
            with server.client() as client:
                since = time.monotonic()
                client.raw(b"GET /api/x HTTP/1.1\r\nX-Long: ")
                while trickles and not hears(client.sock):
                    client.raw(b"x")
                self.assert_problem(client.response(), 408, "client_timeout")
                self.lasts(since)
        self.logged(server, 408, "client_timeout", "the request head did not arrive in time")

    def test_header_of_a_connection_that_says_nothing(self):
        upstream, server = self.pair(extra="timeouts: {header: 300ms}")
        since = time.monotonic()
        with server.client() as client:
            self.assertEqual(client.sock.recv(1), b"")
        self.lasts(since)
        self.assertEqual(server.access(), [])

    def test_body(self):
        upstream, server = self.pair(extra="timeouts: {body: 300ms}")
        with server.client() as client:
            client.raw(client.head("POST", "/api/x", [*ORIGIN, ("Content-Length", "100")]))
            since = time.monotonic()
            client.raw(b"part")
            answer = client.response("POST")
            self.lasts(since)
        self.assert_problem(answer, 408, "client_timeout")
        self.assert_readable(answer)
        self.logged(server, 408, "client_timeout", "the client did not send its body in time")
        self.assertEqual(upstream.count(), 0, "never a whole request")

    def test_a_body_that_stalls_under_its_answer_cuts_both(self):
        def respond(request, connection):
            connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n")
            self.release.wait()

        upstream, server = self.pair(respond, extra="timeouts: {body: 300ms}", read_body=False)
        with server.client() as client:
            since = time.monotonic()
            client.raw(client.head("POST", "/api/x", [("Content-Length", "100")]) + b"part")
            self.assertEqual(client.head_of_response().status, 200)
            self.assert_reset(client)
            self.lasts(since)
        self.logged(server, 200, "client_timeout", "the client did not send its body in time")

    def test_a_body_that_trickles_within_the_deadline_arrives(self):
        upstream, server = self.pair(extra="timeouts: {body: 1s}")
        with server.client() as client:
            client.raw(client.head("POST", "/api/x", [("Content-Length", "15")]))
            since = time.monotonic()
            for _ in range(15):
                self.assertFalse(hears(client.sock))
                client.raw(b"x")
            self.assertEqual(client.response("POST").status, 200)
            self.lasts(since, 1.5)
        self.assertEqual(upstream.last().body, b"x" * 15)

    def test_idle(self):
        upstream, server = self.pair(extra="timeouts: {idle: 300ms, header: 1h}")
        with server.client() as client:
            client.send("GET", "/api/x")
            client.response()
            since = time.monotonic()
            self.assertEqual(client.sock.recv(1), b"", "an end, neither a reset nor an answer")
            self.lasts(since)
        self.assertEqual(len(server.access()), 1)


def stream_much(size):
    def respond(request, connection):
        connection.send(f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n".encode())
        block = b"x" * (1 << 20)
        for _ in range(size >> 20):
            connection.send(block)

    return respond


class Reading(Timed):
    def test_a_client_that_takes_nothing_is_cut(self):
        upstream, server = self.pair(stream_much(64 << 20), extra="timeouts: {write: 300ms}")
        with server.client() as client:
            client.send("GET", "/api/x")
            entry = self.logged(server, 200, "client_timeout", "the client did not take the answer in time")
            self.assertGreaterEqual(entry["duration_us"], SOON * 1e6)
            self.assertLess(entry["bytes_out"], 64 << 20)
            self.assert_reset(client)
        wait_until(lambda: upstream.ended == 1, "the upstream to be let go")

    def test_a_client_that_takes_little_is_not(self):
        # So little that for longer than the deadline the socket does not tell of room (a third of its buffer).
        size = 16 << 20
        upstream, server = self.pair(stream_much(size), extra="timeouts: {write: 600ms}")
        with server.client() as client:
            client.send("GET", "/api/x")
            client.head_of_response()
            got = len(client.reader.buffer)
            since = time.monotonic()
            while time.monotonic() - since < 2:
                got += len(client.sock.recv(32 << 10))
                self.release.wait(0.1)
            self.assertEqual(server.access(), [])
            while got < size:
                data = client.sock.recv(1 << 20)
                self.assertNotEqual(data, b"")
                got += len(data)


class UpstreamDeadlines(Timed):
    def test_connect(self):
        # A listener whose backlog is full does not answer further SYNs.
        listener = socket.socket()
        self.addCleanup(listener.close)
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            filler = socket.socket()
            self.addCleanup(filler.close)
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        server = self.start(Corsd(listener.getsockname()[1], extra="timeouts: {connect: 300ms}"))
        since = time.monotonic()
        answer = server.ask("GET", "/api/x", ORIGIN)
        self.lasts(since)
        self.assert_problem(answer, 504, "upstream_timeout")
        self.assert_readable(answer)
        self.logged(server, 504, "upstream_timeout", "the upstream did not accept the connection in time")

    def test_response(self):
        # It counts from the request's end: an upload that takes longer than it costs nothing.
        upstream, server = self.pair(lambda request, connection: self.release.wait() and None,
                                     extra="timeouts: {response: 300ms}")
        with server.client() as client:
            client.raw(client.head("POST", "/api/x", [*ORIGIN, ("Content-Length", "6")]))
            for _ in range(6):
                self.assertFalse(hears(client.sock))
                since = time.monotonic()
                client.raw(b"x")
            answer = client.response("POST")
            self.lasts(since)
        self.assert_problem(answer, 504, "upstream_timeout")
        self.assert_readable(answer)
        self.logged(server, 504, "upstream_timeout", "the upstream did not answer in time")

    def test_stream(self):
        def respond(request, connection):
            framing = "Content-Length: 100" if request.target.endswith("length") else "Transfer-Encoding: chunked"
            connection.send(f"HTTP/1.1 200 OK\r\n{framing}\r\n\r\n4\r\npart\r\n".encode())
            self.release.wait()

        upstream, server = self.pair(respond, extra="timeouts: {stream: 300ms}")
        # An HTTP/1.0 client gets the second one without any framing: only the reset tells that it is not whole.
        for target, version in (("/api/length", "HTTP/1.1"), ("/api/chunked", "HTTP/1.1"), ("/api/chunked", "HTTP/1.0")):
            with server.client() as client:
                since = time.monotonic()
                client.send("GET", target, ORIGIN, version=version)
                self.assertEqual(client.head_of_response().status, 200)
                self.assert_reset(client)
                self.lasts(since)
        entries = server.wait_access(3)
        self.assertEqual({(entry["status"], entry["reason"], entry["detail"]) for entry in entries},
                         {(200, "upstream_timeout", "the upstream stopped in the middle of its answer")})

    def test_a_stream_that_trickles_within_the_deadline_arrives(self):
        def respond(request, connection):
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n")
            for _ in range(15):
                self.release.wait(0.1)
                connection.send(b"x")

        upstream, server = self.pair(respond, extra="timeouts: {stream: 1s}")
        since = time.monotonic()
        answer = server.ask("GET", "/api/x")
        self.lasts(since, 1.5)
        self.assertEqual((answer.body, answer.complete), (b"x" * 15, True))


class Drain(Timed):
    def test_what_is_not_whole_by_then_is_reset(self):
        def respond(request, connection):
            connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n")
            self.release.wait()

        upstream, server = self.pair(respond, extra="timeouts: {drain: 300ms}")
        with server.client() as client:
            client.send("GET", "/api/x", version="HTTP/1.0")
            self.assertEqual(client.head_of_response().status, 200)
            since = time.monotonic()
            server.terminate(signal.SIGTERM)
            self.assert_reset(client)
            self.lasts(since)
        self.assertEqual(server.exit_code(), 0)
        self.assertEqual(len(server.access()), 1)


class MinRate(Timed):
    SLACK = 3.0  # seconds that a client may fall behind

    def test_of_requests(self):
        upstream, server = self.pair(extra="min_rate: 1000")
        length = 1_000_000
        with server.client() as slow, server.client() as fast:
            for client in (slow, fast):
                client.raw(client.head("POST", "/api/x", [*ORIGIN, ("Content-Length", str(length))]))
            since = time.monotonic()
            sent = 0
            while not hears(slow.sock):
                slow.raw(b"x" * 10)
                fast.raw(b"x" * 1000)
                sent += 1000
                self.assertLess(sent, length, "the slow client was never answered")
            answer = slow.response("POST")
            self.lasts(since, self.SLACK)
            self.assert_problem(answer, 408, "client_timeout")
            self.assert_readable(answer)
            self.logged(server, 408, "client_timeout", "the client did not send its body in time")
            fast.raw(b"x" * (length - sent))
            self.assertEqual(fast.response("POST").status, 200)

    def test_of_requests_under_an_answer(self):
        def respond(request, connection):
            connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n")
            self.release.wait()

        upstream, server = self.pair(respond, extra="min_rate: 1000", read_body=False)
        with server.client() as client:
            since = time.monotonic()
            client.raw(client.head("POST", "/api/x", [("Content-Length", "100000")]))
            self.assertEqual(client.head_of_response().status, 200)
            self.assert_reset(client)
            self.lasts(since, self.SLACK)
        self.logged(server, 200, "client_timeout", "the client did not send its body in time")

    def test_of_answers(self):
        size = 64 << 20
        upstream, server = self.pair(stream_much(size), extra="min_rate: 100000")
        with server.client() as slow, server.client() as fast:
            for client in (slow, fast):
                client.send("GET", "/api/x")
                client.head_of_response()
            since = time.monotonic()
            while not server.access():
                slow.sock.recv(1 << 10)
                self.assertNotEqual(fast.sock.recv(256 << 10), b"", "the slow client was never cut")
                self.release.wait(0.1)
            self.lasts(since, self.SLACK)
            entry = self.logged(server, 200, "client_timeout", "the client did not take the answer in time")
            self.assertTrue(entry["client"].endswith(f":{slow.sock.getsockname()[1]}"), entry)
            self.assert_reset(slow)
            self.assertNotEqual(fast.sock.recv(1 << 20), b"")


class PeersThatVanish(Timed):
    KEEP_ALIVE = "02"  # the timer that runs, in /proc/net/tcp

    def timers(self, server, upstream):
        """Of corsd's ends of its connections: (local port, remote port) → timer."""
        found = {}
        for line in pathlib.Path(f"/proc/{server.pid}/net/tcp").read_text().splitlines()[1:]:
            _, local, remote, state, _, timer, *_ = line.split()
            ports = int(local.split(":")[1], 16), int(remote.split(":")[1], 16)
            if state == "01" and (ports[0] == server.port or ports[1] == upstream.port):
                found[ports] = timer.split(":")[0]
        return found

    def test_the_system_asks_after_silent_ones_on_both_sides(self):
        def respond(request, connection):
            connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n")
            self.release.wait()

        upstream, server = self.pair(respond)
        with server.client() as client:
            client.send("GET", "/api/x")
            client.head_of_response()
            wait_until(lambda: list(self.timers(server, upstream).values()) == [self.KEEP_ALIVE] * 2,
                       "a keep-alive timer on each of the two connections")


if __name__ == "__main__":
    unittest.main()
