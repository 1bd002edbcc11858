"""More clients at once than are expected, or let in."""

import pathlib
import signal
import socket
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from crowds import Holding, Status, descriptors, is_stopped, raise_descriptor_limit  # noqa: E402
from support import Corsd, TestCase, free_port, wait_until  # noqa: E402
from wire import Client  # noqa: E402

RESET = b"\1\0\0\0\0\0\0\0"


class Crowds(TestCase):
    def setUp(self):
        raise_descriptor_limit(self)
        self.status = Status(free_port())
        self.extra = f"status: {{listen: '127.0.0.1:{self.status.port}'}}\n"

    def test_full_the_status_listener_and_whoever_is_in_are_served(self):
        upstream = self.start(Holding())
        server = self.start(Corsd(upstream.port, extra=self.extra + "limits: {max_connections: 20}"))
        inside = []
        for _ in range(20):
            inside.append(self.start(server.client()))
            inside[-1].send("GET", "/api/x")
            self.assertEqual(inside[-1].response().status, 200)
        inside[0].send("GET", "/api/held")
        outside = [self.start(server.client()) for _ in range(200)]
        for client in outside:
            client.send("GET", "/api/outside")
        for _ in range(20):
            self.assertEqual((self.status.ask("/livez").status, self.status.ask("/readyz").status), (200, 200))
            self.assertEqual(self.status.figure("corsd_client_connections"), 20)
            for client in inside[1:]:
                client.send("GET", "/api/x")
                self.assertEqual(client.response().status, 200)
        self.assertNotIn("/api/outside", [request.target for request in upstream.requests])
        upstream.release.set()
        self.assertEqual(inside[0].response().status, 200)
        for client in inside:
            client.close()
        for client in outside:
            self.assertEqual(client.response().status, 200)
            client.close()

    def test_two_thousand_at_once_half_of_them_gone_before_they_are_accepted(self):
        upstream = self.start(Holding())
        server = self.start(Corsd(upstream.port, extra=self.extra))
        wait_until(lambda: self.status.figure("corsd_client_connections") == 0, "the start's own connection to be gone")
        before = descriptors(server)
        server.child.send_signal(signal.SIGSTOP)
        wait_until(lambda: is_stopped(server.pid), "the program to stop")
        crowd = []
        for number in range(2000):
            sock = socket.socket()
            sock.settimeout(30)
            sock.connect(("127.0.0.1", server.port))
            sock.sendall(f"GET /api/{number} HTTP/1.1\r\nHost: localhost:{server.port}\r\n\r\n".encode())
            crowd.append(sock)
        for sock in crowd[::2]:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            sock.close()
        server.child.send_signal(signal.SIGCONT)
        for number, sock in list(enumerate(crowd))[1::2]:
            answer = b""
            while not answer.endswith(f"/api/{number}".encode()):
                piece = sock.recv(4096)
                self.assertNotEqual(piece, b"", answer)
                answer += piece
            self.assertTrue(answer.startswith(b"HTTP/1.1 200 "), answer)
            sock.close()
        wait_until(lambda: self.status.figure("corsd_client_connections") == 0, "all of them to be gone")
        kept = self.status.figure("corsd_upstream_connections")
        wait_until(lambda: descriptors(server) <= before + kept, f"{before} descriptors and {kept} kept connections")
        with Client(server.port) as client:
            client.send("GET", "/api/after")
            self.assertEqual(client.response().body, b"/api/after")


if __name__ == "__main__":
    unittest.main()
