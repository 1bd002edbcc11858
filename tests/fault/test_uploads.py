"""Uploads that are answered before they are over, or wait for a 100 that does not come. CORSD_ALL=1: a thousand times."""

import os
import pathlib
import select
import sys
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from support import ALLOWED, TestCase, ok, wait_until  # noqa: E402

TIMES = 1000 if os.environ.get("CORSD_ALL") == "1" else 100
PIECE = b"8000\r\n" + b"x" * 0x8000 + b"\r\n"
TOO_LARGE = ok(b"too large", status="413 Content Too Large", headers=[("Connection", "close")])
EXPECTS = [("Origin", ALLOWED), ("Content-Length", "4"), ("Expect", "100-continue")]


class Upload:
    """A client that sends a chunked body without an end, until it cannot or is told to stop."""

    def __init__(self, client):
        self.client, self.over = client, threading.Event()
        client.raw(client.head("POST", "/api/x", [("Origin", ALLOWED), ("Transfer-Encoding", "chunked")]))
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        try:
            while not self.over.is_set():
                self.client.raw(PIECE)
        except OSError:
            pass

    def close(self):
        self.over.set()
        self.client.close()
        self.thread.join()


class EarlyAnswers(TestCase):
    def answered_early(self, then):
        """Each client gets the answer, not a reset, and its upstream's connection ends with it."""
        def respond(request, connection):
            connection.send(TOO_LARGE)
            then(connection)

        upstream, server = self.pair(respond, read_body=False)
        for number in range(TIMES // 2):
            client = server.client()
            upload = Upload(client)
            try:
                answer = client.response("POST")
            finally:
                upload.close()
            self.assertEqual((answer.status, answer.body, answer.complete), (413, b"too large", True))
            self.assert_readable(answer)
            wait_until(lambda: upstream.ended == number + 1, "the upstream's connection to end")
        self.assertEqual([entry["status"] for entry in server.wait_access(TIMES // 2)], [413] * (TIMES // 2))

    def test_of_an_upstream_that_reads_no_more(self):
        self.answered_early(wait_for_end)

    def test_of_an_upstream_that_reads_on(self):
        self.answered_early(lambda connection: connection.reader.to_end(lambda piece: None))


def wait_for_end(connection):
    """Until the other side is gone, reading nothing."""
    poller = select.poll()
    poller.register(connection.sock, select.POLLRDHUP)
    poller.poll()
    connection.close()


class Expectations(TestCase):
    def setUp(self):
        self.release = threading.Event()
        self.addCleanup(self.release.set)

    def begin(self, act, extra=""):
        """An upstream that acts before it reads a body, and a client that waits for its 100."""
        def respond(request, connection):
            if request.headers.get("Expect"):
                return act(request, connection)
            return ok()

        self.upstream, self.server = self.pair(respond, read_body=False, extra=extra)
        client = self.start(self.server.client())
        client.raw(client.head("POST", "/api/x", EXPECTS))
        self.upstream.wait(1)
        return client

    def test_nobody_says_100_and_the_body_comes_all_the_same(self):
        pieces = []

        def act(request, connection):
            connection.read_body(request, pieces.append)
            return ok(b"".join(pieces))

        client = self.begin(act)
        client.raw(b"body")  # as curl does after a second
        answer = client.response("POST")
        self.assertEqual((answer.status, answer.body, answer.interim), (200, b"body", []))

    def test_nobody_says_100_and_no_body_comes(self):
        def act(request, connection):
            self.got = []
            connection.reader.to_end(self.got.append)
            connection.close()

        client = self.begin(act, extra="timeouts: {body: 500ms, response: 1h}")
        answer = client.response("POST")
        self.assert_problem(answer, 408, "client_timeout")
        self.assert_readable(answer)
        wait_until(lambda: self.upstream.ended == 1, "the upstream's connection to end")
        self.assertEqual(b"".join(self.got), b"", "no byte of a body")

    def test_a_final_answer_instead_of_100_is_passed_on_and_ends_both_connections_use(self):
        for status in ("417 Expectation Failed", "200 OK", "401 Unauthorized"):
            with self.subTest(status):
                client = self.begin(lambda request, connection, status=status: ok(b"final", status=status))
                answer = client.response("POST")
                self.assertEqual((answer.status, answer.body, answer.interim), (int(status[:3]), b"final", []))
                wait_until(lambda: self.upstream.ended == 1, "the upstream's connection to end")
                self.assertEqual(self.server.ask("GET", "/api/next").status, 200)
                self.assertEqual(self.upstream.connections, 2)

    def test_100_after_a_while_then_the_body(self):
        def act(request, connection):
            self.release.wait()
            connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")
            pieces = []
            connection.read_body(request, pieces.append)
            return ok(b"".join(pieces))

        client = self.begin(act)
        self.release.set()
        self.assertEqual(client.head_of_response().status, 100)
        client.raw(b"body")
        self.assertEqual(client.response("POST").body, b"body")
        self.assertEqual(self.server.ask("GET", "/api/next").status, 200)


if __name__ == "__main__":
    unittest.main()
