"""Upstreams that fail, clients that dawdle, bodies that are too big: what a page and a client are told."""

import socket
import threading
import unittest

from support import ALLOWED, Corsd, TestCase, free_port, ok, wait_until


class BrokenUpstream(TestCase):
    def fails_with(self, status, reason, respond, method="GET", extra=""):
        upstream, server = self.pair(respond, extra=extra)
        answer = server.ask(method, "/api/x", [("Origin", ALLOWED)], b"abc" if method == "POST" else b"")
        self.assert_problem(answer, status, reason)
        self.assert_readable(answer)
        entry = server.wait_access(1)[0]
        self.assertEqual((entry["status"], entry["reason"]), (status, reason))
        return upstream, server

    def test_nobody_listens(self):
        server = self.start(Corsd(free_port()))
        answer = server.ask("GET", "/api/x", [("Origin", ALLOWED)])
        self.assert_problem(answer, 502, "upstream_unreachable")
        self.assert_readable(answer)
        preflight = server.ask("OPTIONS", "/api/x", [("Origin", ALLOWED), ("Access-Control-Request-Method", "GET")])
        self.assertEqual(preflight.status, 204)

    def test_garbage(self):
        for garbage in (b"HELLO THERE\r\n\r\n", b"HTTP/1.1 abc OK\r\n\r\n", b"\x15\x03\x01\x00\x02\x02\x16", b"<html>",
                        b"HTTP/1.1 200 OK\r\nBad Name: x\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"):
            def respond(request, connection, garbage=garbage):
                connection.close()
                return garbage

            self.fails_with(502, "upstream_invalid", respond)

    def test_closed_before_the_status_line(self):
        self.fails_with(502, "upstream_invalid", lambda request, connection: connection.close())

    def test_reset_before_the_status_line_and_a_post_is_sent_once(self):
        upstream, _ = self.fails_with(502, "upstream_invalid", lambda request, connection: connection.reset(), "POST")
        self.assertEqual(upstream.count(), 1)

    def test_a_head_without_end(self):
        def respond(request, connection):
            connection.close()
            return b"HTTP/1.1 200 OK\r\n" + b"X-Filler: " + b"y" * 200_000 + b"\r\n\r\n"

        self.fails_with(502, "upstream_invalid", respond)

    def test_an_unasked_101(self):
        self.fails_with(502, "upstream_invalid", lambda request, connection:
                        b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")

    def test_silence_is_504(self):
        release = threading.Event()
        self.addCleanup(release.set)
        self.fails_with(504, "upstream_timeout", lambda request, connection: release.wait() and None,
                        extra="timeouts: {response: 200ms}")

    def test_a_connect_that_hangs_is_504(self):
        # A listener whose backlog is full does not answer further SYNs.
        listener = socket.socket()
        self.addCleanup(listener.close)
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = []
        for _ in range(4):
            filler = socket.socket()
            self.addCleanup(filler.close)
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
            waiting.append(filler)
        server = self.start(Corsd(listener.getsockname()[1], extra="timeouts: {connect: 300ms}"))
        answer = server.ask("GET", "/api/x", [("Origin", ALLOWED)])
        self.assert_problem(answer, 504, "upstream_timeout")
        self.assert_readable(answer)

    def test_a_body_cut_short_is_never_made_whole(self):
        heads = {"/api/length": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart",
                 "/api/chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n",
                 "/api/chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\npart"}

        def respond(request, connection):
            connection.close()
            return heads[request.target]

        upstream, server = self.pair(respond)
        for target in heads:
            answer = server.ask("GET", target, [("Origin", ALLOWED)])
            self.assertEqual((answer.status, answer.complete), (200, False), target)
        self.assertEqual(len(server.wait_access(3)), 3)

    def test_a_body_that_stalls_is_cut_after_timeouts_stream(self):
        release = threading.Event()
        self.addCleanup(release.set)

        def respond(request, connection):
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart")
            release.wait()

        upstream, server = self.pair(respond, extra="timeouts: {stream: 200ms}")
        answer = server.ask("GET", "/api/x")
        self.assertEqual((answer.status, answer.body, answer.complete), (200, b"part", False))

    def test_an_early_answer_while_the_client_uploads(self):
        def respond(request, connection):
            connection.close()
            connection.send(ok(b"no", status="401 Unauthorized", headers=[("Connection", "close")]))
            connection.reader.to_end(lambda piece: None)  # a close over unread bytes would be a reset, and take the answer along

        upstream, server = self.pair(respond, read_body=False)
        for _ in range(20):
            with server.client() as client:
                client.raw(client.head("POST", "/api/x", [("Origin", ALLOWED), ("Content-Length", "300000")]))
                try:
                    client.raw(b"x" * 300_000)
                except ConnectionError:
                    pass
                answer = client.response("POST")
                self.assertEqual((answer.status, answer.body), (401, b"no"))
                self.assert_readable(answer)


class VanishingClients(TestCase):
    def test_an_aborted_upload_is_never_completed(self):
        outcome = []

        def respond(request, connection):
            try:
                outcome.append(connection.read_body(request, lambda piece: None))
            except ConnectionError:
                outcome.append(False)
            return ok()

        upstream, server = self.pair(respond, read_body=False)
        bodies = (([("Content-Length", "1000")], b"half"), ([("Transfer-Encoding", "chunked")], b"4\r\nhalf\r\n"))
        for number, (headers, body) in enumerate(bodies, start=1):
            outcome.clear()
            client = server.client()
            client.raw(client.head("POST", "/api/x", headers) + body)
            upstream.wait(number)
            client.close()
            wait_until(lambda: outcome, "the upstream to see the end")
            self.assertEqual(outcome, [False])

    def test_a_client_that_leaves_releases_the_upstream(self):
        def respond(request, connection):
            connection.reader.more()  # returns when corsd closes

        upstream, server = self.pair(respond)
        client = server.client()
        client.send("GET", "/api/x")
        upstream.wait(1)
        client.reset()
        wait_until(lambda: upstream.ended == 1, "the upstream's connection to end")


class SlowClients(TestCase):
    TIMEOUTS = "timeouts: {header: 200ms, body: 200ms, idle: 300ms}"

    def test_a_head_that_never_ends_is_408(self):
        upstream, server = self.pair(extra=self.TIMEOUTS)
        with server.client() as client:
            client.raw(b"GET /api/x HTTP/1.1\r\nHost: local")
            answer = client.response()
            self.assert_problem(answer, 408, "client_timeout")
            self.assertTrue(client.closed())

    def test_a_body_that_stalls_is_408_and_readable(self):
        upstream, server = self.pair(extra=self.TIMEOUTS, read_body=True)
        with server.client() as client:
            client.raw(client.head("POST", "/api/x", [("Origin", ALLOWED), ("Content-Length", "100")]) + b"part")
            answer = client.response("POST")
            self.assert_problem(answer, 408, "client_timeout")
            self.assert_readable(answer)
            self.assertTrue(client.closed())
        self.assertEqual(upstream.count(), 0, "never a complete request")

    def test_an_idle_connection_is_closed_without_a_word(self):
        upstream, server = self.pair(extra=self.TIMEOUTS)
        with server.client() as client:
            self.assertTrue(client.closed())
        with server.client() as client:
            client.send("GET", "/api/x")
            self.assertEqual(client.response().status, 200)
            self.assertTrue(client.closed())


class Limits(TestCase):
    def test_a_body_beyond_the_limit_is_413_and_readable(self):
        upstream, server = self.pair(extra="limits: {max_body_bytes: 1KiB}")
        answer = server.ask("POST", "/api/x", [("Origin", ALLOWED)], b"x" * 1024)
        self.assertEqual(answer.status, 200)
        answer = server.ask("POST", "/api/x", [("Origin", ALLOWED)], b"x" * 1025)
        self.assert_problem(answer, 413, "body_too_large")
        self.assert_readable(answer)
        self.assertEqual(upstream.count(), 1)

    def test_a_chunked_body_too(self):
        upstream, server = self.pair(extra="limits: {max_body_bytes: 1KiB}")
        with server.client() as client:
            client.raw(client.head("POST", "/api/x", [("Origin", ALLOWED), ("Transfer-Encoding", "chunked")]))
            for _ in range(3):
                client.raw(b"200\r\n" + b"x" * 0x200 + b"\r\n")
            answer = client.response("POST")
            self.assert_problem(answer, 413, "body_too_large")
            self.assert_readable(answer)
        self.assertEqual(upstream.count(), 0, "never a complete request")

    def test_heads_and_targets(self):
        upstream, server = self.pair(extra="limits: {max_header_bytes: 4KiB, max_header_fields: 20, max_target_bytes: 1KiB}")
        for path, headers, status, reason in (
                ("/api/x", [("X-A", "y" * 5000)], 431, "header_too_large"),
                ("/api/x", [(f"X-{number}", "y") for number in range(40)], 431, "header_too_large"),
                ("/api/" + "x" * 1100, [], 414, "target_too_long")):
            answer = server.ask("GET", path, headers)
            self.assert_problem(answer, status, reason)
        self.assertEqual(upstream.count(), 0)

    def test_requests_a_connection(self):
        upstream, server = self.pair(extra="limits: {max_requests_per_connection: 2}")
        with server.client() as client:
            client.send("GET", "/api/x")
            self.assertNotEqual(client.response().headers.get("Connection"), "close")
            client.send("GET", "/api/x")
            self.assertEqual(client.response().headers.get("Connection"), "close")
            self.assertTrue(client.closed())

    def test_connections_an_address(self):
        upstream, server = self.pair(extra="limits: {max_connections_per_address: 2}")
        wait_until(lambda: self.refused_third(server), "the third connection to be turned away")

    def refused_third(self, server):
        kept = []
        try:
            for _ in range(2):
                client = server.client()
                kept.append(client)
                client.send("GET", "/api/x")
                if client.response().status != 200:
                    return False  # the connections of the round before are not gone yet
            with server.client() as third:
                third.send("GET", "/api/x")
                try:
                    answer = third.response()
                except ConnectionError:
                    return True
                return (answer.status, answer.reason()) == (429, "overloaded")
        except ConnectionError:
            return False
        finally:
            for client in kept:
                client.close()


if __name__ == "__main__":
    unittest.main()
