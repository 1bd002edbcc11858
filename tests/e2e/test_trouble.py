"""What only a broken machine brings about, and what the status listener says of it: names without an answer, a stuck worker."""

import unittest

from preload import Preload
from support import Corsd, Upstream, free_port, wait_until
from test_status import Status

# getaddrinfo as a resolver that does not answer.
HANGING_NAME = r"""
int getaddrinfo(const char* node, const char* service, const struct addrinfo* hints, struct addrinfo** found) {
    int (*next)(const char*, const char*, const struct addrinfo*, struct addrinfo**) = dlsym(RTLD_NEXT, "getaddrinfo");
    if (node != NULL && strcmp(node, "slow.test") == 0) {
        held("answer");
        node = "127.0.0.1";
    }
    return next(node, service, hints, found);
}
"""

# A worker that reads this gets stuck over it.
STICKY_REQUEST = r"""
ssize_t recv(int socket, void* space, size_t size, int flags) {
    ssize_t (*next)(int, void*, size_t, int) = dlsym(RTLD_NEXT, "recv");
    const ssize_t got = next(socket, space, size, flags);
    if (got > 0 && memmem(space, (size_t)got, "GET /api/stick", 14) != NULL) held("unstuck");
    return got;
}
"""


class Trouble(Status):
    def hanging_name(self):
        """corsd whose upstream's name does not get an answer until preload.release("answer")."""
        preload = self.start(Preload(HANGING_NAME))
        upstream = self.start(Upstream())
        self.address = f"127.0.0.1:{free_port()}"
        extra = f"status: {{listen: '{self.address}'}}\ntimeouts: {{connect: 25s}}"
        server = self.start(Corsd(upstream.port, extra=extra, env=preload.env, upstream_host="slow.test"))
        return preload, upstream, server

    def test_a_request_waits_for_the_first_answer_about_a_name_and_readiness_names_it(self):
        preload, upstream, server = self.hanging_name()
        client = self.start(server.client())
        client.send("GET", "/api/x")
        answer = self.ask("/readyz")
        self.assertEqual((answer.status, b"slow.test" in answer.body), (503, True), answer.body)
        self.assertEqual(self.ask("/livez").status, 200)
        self.assertEqual(upstream.count(), 0)
        preload.release("answer")
        self.assertEqual(client.response().status, 200)
        self.assertEqual(self.ask("/readyz").status, 200)

    def test_a_name_that_is_never_answered_does_not_hold_up_the_end(self):
        _, _, server = self.hanging_name()
        self.assertEqual(self.ask("/readyz").status, 503)
        server.terminate()
        self.assertEqual(server.exit_code(), 0, server.stderr())

    def test_a_stuck_worker_ends_liveness(self):
        preload = self.start(Preload(STICKY_REQUEST))
        upstream = self.start(Upstream())
        self.address = f"127.0.0.1:{free_port()}"
        server = self.start(Corsd(upstream.port, extra=f"status: {{listen: '{self.address}'}}", env=preload.env))
        self.assertEqual(self.ask("/livez").status, 200)
        client = self.start(server.client())
        client.send("GET", "/api/stick")
        wait_until(lambda: self.ask("/livez").status == 503, "the watchdog to notice")
        answer = self.ask("/readyz")
        self.assertEqual((answer.status, answer.body[:16]), (503, b"worker: worker 0"))
        preload.release("unstuck")
        self.assertEqual(client.response().status, 200)
        wait_until(lambda: self.ask("/livez").status == 200, "life to be back")


if __name__ == "__main__":
    unittest.main()
