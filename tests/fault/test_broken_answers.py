"""Answers that are no clean HTTP, or end where they should not: 502 while nothing was sent yet, a cut afterwards; said in log and metrics;
the connection never used again; a POST never sent twice; whoever asks beside them is served."""

import json
import pathlib
import re
import sys
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from crowds import Status  # noqa: E402
from support import ALLOWED, TestCase, free_port, ok, wait_until  # noqa: E402

LENGTH = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
EARLY_HINT = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"

NO_ANSWER = {
    "nothing": b"",
    "half a status line": b"HTTP/1.1 20",
    "half a head": b"HTTP/1.1 200 OK\r\nContent-Length: 1",
    "a head without its end": b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n",
    "a TLS alert": b"\x15\x03\x01\x00\x02\x02\x16",
    "another protocol": b"SSH-2.0-OpenSSH_9.2\r\n",
    "HTTP/0.9": b"<html>no head</html>",
    "zeros": b"\0" * 4096,
    "HTTP/2.0": b"HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n",
    "four digits": b"HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
    "no digits": b"HTTP/1.1 abc OK\r\nContent-Length: 0\r\n\r\n",
    "a space in a name": b"HTTP/1.1 200 OK\r\nBad Name: x\r\nContent-Length: 0\r\n\r\n",
    "a NUL in a value": b"HTTP/1.1 200 OK\r\nX-A: a\0b\r\nContent-Length: 0\r\n\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "a negative length": b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    "a length beyond 2^64": b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
    "200 KB of one field": b"HTTP/1.1 200 OK\r\nX-Large: " + b"y" * 200_000 + b"\r\n\r\n",
    "20 000 fields": b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 20_000 + b"\r\n",
    "20 000 interim answers": EARLY_HINT * 20_000,
    "an unasked 101": SWITCH,
}
NOT_WHOLE = {
    "no byte of the body": LENGTH,
    "a body that is short": LENGTH + b"part",
    "no chunk": CHUNKED,
    "no last chunk": CHUNKED + b"4\r\npart\r\n",
    "half a chunk": CHUNKED + b"40\r\npart",
    "no end of the trailers": CHUNKED + b"4\r\npart\r\n0\r\nX-A: b\r\n",
    "a size that is none": CHUNKED + b"4\r\npart\r\nxyz\r\n",
    "a size beyond 2^64": CHUNKED + b"4\r\npart\r\nfffffffffffffffff\r\n",
    "a chunk longer than its size": CHUNKED + b"4\r\npartial\r\n0\r\n\r\n",
    "trailers that are none": CHUNKED + b"4\r\npart\r\n0\r\nno colon\r\n\r\n",
}
# Whole, and yet nothing that may follow belongs to anybody.
TOO_MUCH = {
    "more than its length": LENGTH + b"0123456789excess",
    "a second answer": LENGTH + b"0123456789" + ok(b"not asked for"),
    "more than its last chunk": CHUNKED + b"a\r\n0123456789\r\n0\r\n\r\nexcess",
    "a body of 204": b"HTTP/1.1 204 No Content\r\n\r\n" + ok(b"not asked for"),
    "a body of 304": b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n" + ok(b"not asked for"),
    "the end is its end": b"HTTP/1.1 200 OK\r\n\r\n0123456789",
    "HTTP/1.0": b"HTTP/1.0 200 OK\r\nContent-Length: 10\r\n\r\n0123456789",
    "Connection: close": b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 10\r\n\r\n0123456789",
}
ENDS = ("fin", "rst")


class Companion:
    """Somebody who asks over one connection, one request after the other, and is owed each answer."""

    def __init__(self, server):
        self.client, self.wrong, self.answers, self.over = server.client(), [], 0, threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while not self.over.is_set():
            path = f"/api/steady/{self.answers}"
            try:
                self.client.send("GET", path)
                answer = self.client.response()
            except OSError as problem:
                self.wrong.append(repr(problem))
                return
            if (answer.status, answer.body) != (200, path.encode()):
                self.wrong.append((path, answer.head, answer.body))
            self.answers += 1

    def close(self):
        self.over.set()
        self.thread.join()
        self.client.close()


class Broken(TestCase):
    def setUp(self):
        self.told = {}  # the target's number: the bytes, and how the connection ends then
        self.seen = {}  # the target's number: how often it arrived
        self.status = Status(free_port())
        self.upstream, self.server = self.pair(self.respond, extra=f"status: {{listen: '127.0.0.1:{self.status.port}'}}")
        self.companion = self.start(Companion(self.server))

    def tearDown(self):
        self.companion.close()
        self.assertEqual(self.companion.wrong, [])
        self.assertGreater(self.companion.answers, 0)

    def respond(self, request, connection):
        found = re.fullmatch(r"/api/broken/(\d+)", request.target)
        if not found:
            return ok(request.target.encode())
        number = int(found[1])
        self.seen[number] = self.seen.get(number, 0) + 1
        data, end = self.told[number]
        connection.send(data)
        if end == "fin":
            connection.close()
        elif end == "rst":
            connection.reset()
        else:
            connection.reader.to_end(lambda piece: None)
            connection.close()
        return None

    def figures(self):
        return [self.status.figure(name) for name in ("corsd_upstream_failures_total", "corsd_cut_responses_total")]

    def ask(self, data, end, method="GET"):
        """The answer (None: the connection ended before one), and its line in the log."""
        number = len(self.told)
        self.told[number] = (data, end)
        target = f"/api/broken/{number}"
        with self.server.client() as client:
            client.send(method, target, [("Origin", ALLOWED)], b"abc" if method == "POST" else b"")
            try:
                answer = client.response(method)
            except ConnectionError:
                answer = None
        again = method == "GET" and (end == "rst" or not data)  # on a kept connection, of which nothing came
        self.assertIn(self.seen[number], (1, 2) if again else (1,), "times that it was sent")
        mark = f'"{target}"'.encode()
        line, = wait_until(lambda: [line for line in self.server.lines() if mark in line], f"the line of {target}")
        return answer, json.loads(line)

    def judge_refused(self, answer, entry):
        self.assert_problem(answer, 502, "upstream_invalid")
        self.assert_readable(answer)
        self.assertEqual((entry["status"], entry["reason"]), (502, "upstream_invalid"))
        self.assertTrue(entry["detail"])

    def judge_cut(self, answer, entry):
        if answer is not None:
            self.assertEqual((answer.status, answer.complete), (200, False))
        self.assertEqual(entry["status"], 200)
        self.assertTrue(entry["detail"])

    def test_what_is_no_answer_is_502(self):
        for name, data in NO_ANSWER.items():
            for method in ("GET", "POST"):
                with self.subTest(name, method=method):
                    failures, cuts = self.figures()
                    self.judge_refused(*self.ask(data, "fin", method))
                    self.assertEqual(self.figures(), [failures + 1, cuts])

    def test_what_is_not_whole_is_cut(self):
        for name, data in NOT_WHOLE.items():
            for method in ("GET", "POST"):
                with self.subTest(name, method=method):
                    failures, cuts = self.figures()
                    answer, entry = self.ask(data, "fin", method)
                    if answer is None or answer.status == 200:
                        self.judge_cut(answer, entry)
                        self.assertEqual(self.figures(), [failures + 1, cuts + 1])
                    else:  # it was broken before its head had left
                        self.judge_refused(answer, entry)
                        self.assertEqual(self.figures(), [failures + 1, cuts])

    def test_no_connection_is_used_again_after_more_than_an_answer(self):
        for name, data in TOO_MUCH.items():
            # HTTP/1.0 and the end as its end: the upstream closes; the others wait to be closed.
            end = "fin" if name in ("the end is its end", "HTTP/1.0") else "waits"
            with self.subTest(name):
                ended = self.upstream.ended
                answer, _ = self.ask(data, end)
                self.assertTrue(answer.complete)
                self.assertEqual(answer.body, b"0123456789" if answer.status == 200 else b"")
                wait_until(lambda: self.upstream.ended > ended, "its connection to be closed")
                self.assertEqual(self.server.ask("GET", "/api/next").body, b"/api/next")

    def test_each_point_at_which_an_answer_may_end(self):
        for whole in (LENGTH + b"0123456789", CHUNKED + b"a\r\n0123456789\r\n0\r\nX-A: b\r\n\r\n"):
            head = whole.index(b"\r\n\r\n") + 4
            for end in ENDS:
                for size in range(len(whole) + 1):
                    method = ("GET", "POST")[size % 2]
                    with self.subTest(whole=whole[:size], end=end, method=method):
                        answer, entry = self.ask(whole[:size], end, method)
                        if size == len(whole) and end == "fin":
                            self.assertEqual((answer.status, answer.body, answer.complete), (200, b"0123456789", True))
                        elif size < head or end == "rst" and answer is not None and answer.status != 200:
                            self.judge_refused(answer, entry)  # a reset may take along what came before it
                        elif size < len(whole):
                            self.judge_cut(answer, entry)


if __name__ == "__main__":
    unittest.main()
