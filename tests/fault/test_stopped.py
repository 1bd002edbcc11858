"""Processes that are stopped for a while, and a clock that is set: deadlines go by the time that passes, and nobody is cut for what the
program itself was late with."""

import os
import pathlib
import signal
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from crowds import Holding, is_stopped  # noqa: E402
from load_peer import LoadPeer  # noqa: E402
from preload import Preload  # noqa: E402
from support import ALLOWED, Corsd, TestCase, wait_until  # noqa: E402

# The clock of the day, an hour later once the file "later" is there, an hour earlier with "earlier".
SET_CLOCK = r"""
#include <time.h>

static int is_there(const char* name) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", getenv("CORSD_TEST_DIRECTORY"), name);
    return access(path, F_OK) == 0;
}

int clock_gettime(clockid_t id, struct timespec* now) {
    int (*next)(clockid_t, struct timespec*) = dlsym(RTLD_NEXT, "clock_gettime");
    const int result = next(id, now);
    if (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE) {
        now->tv_sec += is_there("earlier") ? -3600 : is_there("later") ? 3600 : 0;
    }
    return result;
}
"""


class Stopped(TestCase):
    def stop(self, pid):
        os.kill(pid, signal.SIGSTOP)
        self.addCleanup(lambda: os.kill(pid, signal.SIGCONT))
        wait_until(lambda: is_stopped(pid), "the process to stop")

    def test_an_upstream_that_is_stopped(self):
        peer = self.start(LoadPeer())
        server = self.start(Corsd(peer.port, extra="timeouts: {response: 500ms}"))
        self.assertEqual(server.ask("GET", "/api/x").status, 200)
        self.stop(peer.pid)
        since = time.monotonic()
        answer = server.ask("GET", "/api/x", [("Origin", ALLOWED)])
        self.assertGreaterEqual(time.monotonic() - since, 0.5)
        self.assert_problem(answer, 504, "upstream_timeout")
        self.assert_readable(answer)
        self.assertEqual(server.ask("GET", "/api/x", [("Origin", "https://evil.example")]).status, 403, "others are served meanwhile")
        os.kill(peer.pid, signal.SIGCONT)
        self.assertEqual(server.ask("GET", "/api/x").status, 200)

    def test_the_program_itself_is_stopped_for_longer_than_any_deadline(self):
        seconds = 3
        upstream = self.start(Holding())
        server = self.start(Corsd(upstream.port, extra=f"timeouts: {{header: {seconds}s, body: {seconds}s, idle: {seconds}s, "
                                                       f"response: {seconds}s, stream: {seconds}s, write: {seconds}s}}"))
        held = [self.start(server.client()) for _ in range(20)]
        idle = [self.start(server.client()) for _ in range(20)]
        halves = [self.start(server.client()) for _ in range(20)]
        for client in idle:
            client.send("GET", "/api/x")
            self.assertEqual(client.response().status, 200)
        for client in held:
            client.send("GET", "/api/held")
        upstream.wait(40)
        for client in halves:
            client.raw(b"GET /api/half HTTP/1.1\r\n")
        self.stop(server.pid)
        upstream.release.set()
        for client in halves:
            client.raw(f"Host: {client.host}\r\n\r\n".encode())
        for client in idle:
            client.send("GET", "/api/next")
        asleep = time.monotonic()
        wait_until(lambda: time.monotonic() - asleep > seconds + 1, "more time to pass than any deadline grants")
        server.child.send_signal(signal.SIGCONT)
        for clients, path in ((held, b"/api/held"), (halves, b"/api/half"), (idle, b"/api/next")):
            for client in clients:
                answer = client.response()
                self.assertEqual((answer.status, answer.body), (200, path))

    def test_the_clock_is_set(self):
        upstream = self.start(Holding())
        preload = self.start(Preload(SET_CLOCK))
        server = self.start(Corsd(upstream.port, env=preload.env, extra="timeouts: {header: 2s}"))
        kept = [self.start(server.client()) for _ in range(20)]
        held = self.start(server.client())
        held.send("GET", "/api/held")
        upstream.wait(1)
        for number, (name, offset) in enumerate((("nothing", 0), ("later", 3600), ("earlier", -3600)), start=1):
            preload.release(name)
            for client in kept:
                client.send("GET", "/api/x")
                self.assertEqual(client.response().status, 200)
            said = server.wait_access(number * len(kept))[-1]["time"]
            apart = time.mktime(time.strptime(said[:19], "%Y-%m-%dT%H:%M:%S")) - time.mktime(time.gmtime())
            self.assertLess(abs(apart - offset), 600, "the clock was set")
        with server.client() as slow:
            since = time.monotonic()
            slow.raw(b"GET /api/x HTTP/1.1\r\n")
            self.assert_problem(slow.response(), 408, "client_timeout")
            self.assertGreaterEqual(time.monotonic() - since, 2)
        upstream.release.set()
        self.assertEqual(held.response().status, 200)


if __name__ == "__main__":
    unittest.main()
