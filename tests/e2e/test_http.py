"""HTTP/1.1 between real sockets: connections, framings, interim answers, bodies of any size."""

import hashlib
import threading
import unittest

from support import ALLOWED, EVIL, SANITIZED, Corsd, Flask, TestCase, Upstream, ok, wait_until

MIB = 1 << 20
# What a stream may cost in memory, however long it is. A sanitizer's quarantine is not the program's.
STREAM_BOUND = (400 if SANITIZED else 8) * MIB


class Connections(TestCase):
    def test_both_sides_are_kept(self):
        upstream, server = self.pair()
        with server.client() as client:
            for number in range(20):
                client.send("GET", f"/api/{number}")
                self.assertEqual(client.response().status, 200)
        self.assertEqual((upstream.count(), upstream.connections), (20, 1))

    def test_upstream_connections_outlive_their_client(self):
        upstream, server = self.pair()
        for _ in range(20):
            server.ask("GET", "/api/x")
        self.assertEqual((upstream.count(), upstream.connections), (20, 1))

    def test_pipelined_requests_are_answered_in_order(self):
        upstream, server = self.pair(lambda request, connection: ok(request.target.encode() + request.body))
        with server.client() as client:
            batch = b"".join(client.head("GET", f"/api/{number}") for number in range(20))
            batch += client.head("POST", "/api/post", [("Content-Length", "4")]) + b"body"
            batch += client.head("GET", "/api/refused", [("Origin", EVIL)])
            batch += client.head("GET", "/api/last")
            client.raw(batch)
            for number in range(20):
                self.assertEqual(client.response().body, f"/api/{number}".encode())
            self.assertEqual(client.response().body, b"/api/postbody")
            self.assertEqual(client.response().status, 403)
            self.assertEqual(client.response().body, b"/api/last")
        self.assertNotIn("/api/refused", [request.target for request in upstream.requests])

    def test_connection_close_is_honoured(self):
        upstream, server = self.pair()
        with server.client() as client:
            client.send("GET", "/api/x", [("Connection", "close")])
            answer = client.response()
            self.assertEqual((answer.status, answer.headers.get("Connection")), (200, "close"))
            self.assertTrue(client.closed())
        self.assertNotIn("close", (upstream.last().headers.get("Connection") or "").lower(), "it was meant for corsd")

    def test_http_1_0_clients(self):
        upstream, server = self.pair()
        with server.client() as client:
            client.send("GET", "/api/x", [("Origin", ALLOWED)], version="HTTP/1.0")
            answer = client.response()
            self.assertEqual((answer.status, answer.body), (200, b"ok"))
            self.assert_readable(answer)
            self.assertTrue(client.closed())
        self.assertEqual(upstream.last().version, "HTTP/1.1")
        with server.client() as client:
            client.raw(b"GET /api/nohost HTTP/1.0\r\n\r\n")
            self.assertEqual(client.response().status, 200)

    def test_an_upstream_that_closes_after_each_answer(self):
        flask = self.start(Flask())  # HTTP/1.0, Connection: close
        server = self.start(Corsd(flask.port))
        with server.client() as client:
            for number in range(10):
                client.send("GET", f"/api/foo?inputVar={number}", [("Origin", ALLOWED)])
                answer = client.response()
                self.assertEqual((answer.status, answer.json()["outputVar"]), (200, 2 * number))
                self.assert_readable(answer)

    def test_a_kept_upstream_connection_that_died_costs_no_request(self):
        def respond(request, connection):
            connection.close()  # without saying so
            return ok()

        upstream, server = self.pair(respond)
        for number in range(1, 11):
            self.assertEqual(server.ask("GET", "/api/x").status, 200)
            wait_until(lambda: upstream.ended >= number, "the upstream to have closed")

    def test_a_half_closed_client_gets_its_answer(self):
        release = threading.Event()
        self.addCleanup(release.set)
        upstream, server = self.pair(lambda request, connection: release.wait() and ok(b"whole"))
        with server.client() as client:
            client.send("GET", "/api/x")
            client.sock.shutdown(1)
            upstream.wait(1)
            release.set()
            self.assertEqual(client.response().body, b"whole")

    def test_leftover_bytes_after_an_answer_never_become_the_next_one(self):
        stray = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nSTRAY"
        upstream, server = self.pair(lambda request, connection: ok(request.target.encode()) + stray)
        for number in range(5):
            self.assertEqual(server.ask("GET", f"/api/{number}").body, f"/api/{number}".encode())


class Framings(TestCase):
    def test_head_keeps_the_length_and_the_connection(self):
        head = b"HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n"
        upstream, server = self.pair(lambda request, connection: head if request.method == "HEAD" else ok(b"next"))
        with server.client() as client:
            client.send("HEAD", "/api/x", [("Origin", ALLOWED)])
            answer = client.response("HEAD")
            self.assertEqual((answer.status, answer.headers.get("Content-Length")), (200, "1234"))
            self.assert_readable(answer)
            client.send("GET", "/api/x")
            self.assertEqual(client.response().body, b"next")

    def test_answers_without_a_body(self):
        answers = {"/api/204": b"HTTP/1.1 204 No Content\r\n\r\n",
                   "/api/304": b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\nContent-Length: 99\r\n\r\n', "/api/next": ok(b"next")}
        upstream, server = self.pair(lambda request, connection: answers[request.target])
        with server.client() as client:
            for path, status in (("/api/204", 204), ("/api/304", 304), ("/api/next", 200)):
                client.send("GET", path, [("Origin", ALLOWED)])
                answer = client.response()
                self.assertEqual(answer.status, status)
                self.assert_readable(answer)
                if status == 204:
                    self.assertIsNone(answer.headers.get("Content-Length"))
                    self.assertIsNone(answer.headers.get("Transfer-Encoding"))
        self.assertEqual(upstream.connections, 1)

    def test_chunked_up(self):
        upstream, server = self.pair()
        with server.client() as client:
            client.raw(client.head("POST", "/api/x", [("Transfer-Encoding", "chunked")]))
            client.raw(b"5;note=1\r\nhello\r\n")
            client.raw(b"1\r\n \r\n5\r\nworld\r\n0\r\nX-Trailer: t\r\n\r\n")
            self.assertEqual(client.response().status, 200)
            client.send("GET", "/api/next")
            self.assertEqual(client.response().status, 200)
        first = upstream.requests[0]
        self.assertEqual(first.body, b"hello world")
        self.assertEqual(len(first.headers.all("Content-Length") + first.headers.all("Transfer-Encoding")), 1, first.head)

    def test_chunked_down(self):
        chunked = (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n006\r\n world\r\n0\r\n"
                   b"Access-Control-Allow-Origin: *\r\nX-Sum: 1\r\n\r\n")
        upstream, server = self.pair(lambda request, connection: chunked)
        with server.client() as client:
            client.send("GET", "/api/x", [("Origin", ALLOWED)])
            answer = client.response()
            self.assertEqual((answer.body, answer.complete), (b"hello world", True))
            self.assertNotIn(b"Access-Control", answer.trailers)
            self.assertNotIn(b"x=y", answer.head)
            client.send("GET", "/api/x", version="HTTP/1.0")
            answer = client.response()
            self.assertEqual(answer.body, b"hello world")
            self.assertIsNone(answer.headers.get("Transfer-Encoding"))
        self.assertEqual(upstream.connections, 1)

    def test_close_delimited_down(self):
        def respond(request, connection):
            connection.close()
            return b"HTTP/1.0 200 OK\r\nX-Old: yes\r\n\r\n" + b"until the end" * 1000

        upstream, server = self.pair(respond)
        with server.client() as client:
            for _ in range(2):
                client.send("GET", "/api/x", [("Origin", ALLOWED)])
                answer = client.response()
                self.assertEqual((answer.body, answer.complete), (b"until the end" * 1000, True))
                self.assert_readable(answer)
        answer = server.ask("HEAD", "/api/x")
        self.assertEqual(answer.status, 200)

    def test_a_stream_is_passed_on_piece_by_piece(self):
        steps = [threading.Event() for _ in range(3)]
        for step in steps:
            self.addCleanup(step.set)

        def respond(request, connection):
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
            for number, step in enumerate(steps):
                step.wait()
                connection.send(b"7\r\nevent %d\r\n" % number)
            connection.send(b"0\r\n\r\n")

        upstream, server = self.pair(respond)
        with server.client() as client:
            client.send("GET", "/api/events", [("Origin", ALLOWED)])
            self.assertEqual(client.head_of_response().status, 200)  # before the first event
            for number, step in enumerate(steps):
                step.set()
                client.reader.until(b"event %d" % number)


class Interim(TestCase):
    HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nAccess-Control-Allow-Origin: *\r\n\r\n"

    def test_1xx_is_relayed_without_the_upstreams_grants(self):
        upstream, server = self.pair(lambda request, connection: self.HINTS + ok())
        answer = server.ask("GET", "/api/x", [("Origin", ALLOWED)])
        self.assertEqual((answer.status, [early.status for early in answer.interim]), (200, [103]))
        early = answer.interim[0]
        self.assertEqual(early.headers.get("Link"), "</a.css>; rel=preload")
        self.assertNotIn("*", early.headers.all("Access-Control-Allow-Origin"))

    def test_1xx_never_reaches_an_http_1_0_client(self):
        upstream, server = self.pair(lambda request, connection: self.HINTS + ok())
        with server.client() as client:
            client.send("GET", "/api/x", version="HTTP/1.0")
            answer = client.response()
            self.assertEqual((answer.status, answer.interim), (200, []))

    def test_expect_is_relayed_and_100_is_the_upstreams_own(self):
        go = threading.Event()
        self.addCleanup(go.set)

        def respond(request, connection):
            go.wait()
            connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")
            pieces = []
            connection.read_body(request, pieces.append)
            return ok(b"".join(pieces))

        upstream, server = self.pair(respond, read_body=False)
        with server.client() as client:
            client.raw(client.head("POST", "/api/x", [("Origin", ALLOWED), ("Content-Length", "4"), ("Expect", "100-continue")]))
            self.assertEqual(upstream.wait(1).headers.get("Expect"), "100-continue")
            client.sock.settimeout(0.2)
            with self.assertRaises(TimeoutError):
                client.reader.more()  # nothing may come before the upstream says so
            client.sock.settimeout(30)
            go.set()
            self.assertEqual(client.head_of_response().status, 100)
            client.raw(b"body")
            answer = client.response("POST")
            self.assertEqual((answer.status, answer.body, answer.interim), (200, b"body", []))

    def test_expect_of_a_refused_request_is_never_answered_100(self):
        upstream, server = self.pair()
        with server.client() as client:
            client.raw(client.head("POST", "/api/x", [("Origin", EVIL), ("Content-Length", "4"), ("Expect", "100-continue")]))
            answer = client.response("POST")
            self.assertEqual((answer.status, answer.interim), (403, []))
        self.assertEqual(upstream.count(), 0)

    def test_a_final_answer_instead_of_100(self):
        def respond(request, connection):
            connection.close()
            return ok(b"too big", status="417 Expectation Failed", headers=[("Connection", "close")])

        upstream, server = self.pair(respond, read_body=False)
        with server.client() as client:
            client.raw(client.head("POST", "/api/x", [("Origin", ALLOWED), ("Content-Length", "4"), ("Expect", "100-continue")]))
            answer = client.response("POST")
            self.assertEqual((answer.status, answer.body), (417, b"too big"))
            self.assert_readable(answer)


class BigBodies(TestCase):
    """100 MiB each way: every byte arrives, and none of them is kept."""

    SIZE = 100 * MIB
    PIECE = bytes(range(256)) * 4096  # 1 MiB

    def expected(self):
        total = hashlib.sha256()
        for _ in range(self.SIZE // len(self.PIECE)):
            total.update(self.PIECE)
        return total.hexdigest().encode()

    def hashing(self):
        def respond(request, connection):
            total = hashlib.sha256()
            connection.read_body(request, total.update)
            return ok(total.hexdigest().encode())

        upstream, server = self.pair(respond, read_body=False)
        server.ask("POST", "/api/x", [], b"warm")
        return server, server.memory_peak()

    def test_up_with_a_length(self):
        server, before = self.hashing()
        with server.client() as client:
            client.raw(client.head("POST", "/api/x", [("Content-Length", str(self.SIZE))]))
            for _ in range(self.SIZE // len(self.PIECE)):
                client.raw(self.PIECE)
            self.assertEqual(client.response("POST").body, self.expected())
        self.assertLess(server.memory_peak() - before, STREAM_BOUND)
        self.assertEqual(server.wait_access(2)[1]["bytes_in"], self.SIZE)

    def test_up_chunked(self):
        server, before = self.hashing()
        with server.client() as client:
            client.raw(client.head("POST", "/api/x", [("Transfer-Encoding", "chunked")]))
            for _ in range(self.SIZE // len(self.PIECE)):
                client.raw(b"%x\r\n" % len(self.PIECE) + self.PIECE + b"\r\n")
            client.raw(b"0\r\n\r\n")
            self.assertEqual(client.response("POST").body, self.expected())
        self.assertLess(server.memory_peak() - before, STREAM_BOUND)

    def down(self, head, frame, end):
        def respond(request, connection):
            if request.target == "/api/warm":
                return ok()
            connection.send(head)
            for _ in range(self.SIZE // len(self.PIECE)):
                connection.send(frame)
            return end

        upstream, server = self.pair(respond)
        server.ask("GET", "/api/warm")
        before = server.memory_peak()
        total = hashlib.sha256()
        with server.client() as client:
            client.send("GET", "/api/x", [("Origin", ALLOWED)])
            answer = client.response(sink=total.update)
        self.assertTrue(answer.complete)
        self.assertEqual(total.hexdigest().encode(), self.expected())
        self.assertLess(server.memory_peak() - before, STREAM_BOUND)

    def test_down_with_a_length(self):
        self.down(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % self.SIZE, self.PIECE, b"")

    def test_down_chunked(self):
        self.down(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                  b"%x\r\n" % len(self.PIECE) + self.PIECE + b"\r\n", b"0\r\n\r\n")

    def test_both_ways_at_once(self):
        def respond(request, connection):
            connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            connection.read_body(request, lambda piece: connection.send(b"%x\r\n" % len(piece) + piece + b"\r\n"))
            return b"0\r\n\r\n"

        upstream, server = self.pair(respond, read_body=False)
        with server.client() as client:
            client.raw(client.head("POST", "/api/echo", [("Content-Length", str(self.SIZE))]))

            def upload():
                for _ in range(self.SIZE // len(self.PIECE)):
                    client.sock.sendall(self.PIECE)

            thread = threading.Thread(target=upload)
            thread.start()
            total = hashlib.sha256()
            answer = client.response("POST", sink=total.update)
            thread.join()
            self.assertTrue(answer.complete)
            self.assertEqual(total.hexdigest().encode(), self.expected())

    def test_an_upstream_that_does_not_read_holds_the_client_back(self):
        go = threading.Event()
        self.addCleanup(go.set)

        def respond(request, connection):
            if request.target == "/api/warm":
                return ok()
            go.wait()
            connection.read_body(request, lambda piece: None)
            return ok()

        upstream, server = self.pair(respond, read_body=False)
        server.ask("GET", "/api/warm")
        before = server.memory_peak()
        with server.client() as client:
            client.raw(client.head("POST", "/api/x", [("Content-Length", str(self.SIZE))]))
            client.sock.settimeout(1)
            sent = 0
            with self.assertRaises(TimeoutError):
                while sent < self.SIZE:
                    sent += client.sock.send(self.PIECE)
            self.assertLess(sent, 40 * MIB, "kernel buffers and corsd's own, no more")
            self.assertLess(server.memory_peak() - before, STREAM_BOUND)
            go.set()
            client.sock.settimeout(30)
            whole = self.PIECE * 2
            while sent < self.SIZE:
                offset = sent % len(self.PIECE)
                sent += client.sock.send(whole[offset:offset + min(len(self.PIECE), self.SIZE - sent)])
            self.assertEqual(client.response("POST").status, 200)


if __name__ == "__main__":
    unittest.main()
