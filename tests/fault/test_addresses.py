"""Addresses that are taken, shared, or gone for a while."""

import os
import pathlib
import shutil
import signal
import socket
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from support import ALLOWED, Client, Configured, Corsd, TestCase, free_port, ok, wait_until  # noqa: E402
from wire import PATIENCE, Reader, Upstream  # noqa: E402


class OnUnix(Upstream):
    """A scripted upstream on a Unix socket; close() leaves the file behind, as a killed process does."""

    def __init__(self, path, body):
        super().__init__(lambda request, connection: ok(body))
        own = socket.socket(socket.AF_UNIX)
        own.bind(path)
        own.listen()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.listener.close()
        self.listener = own
        self.thread = type(self.thread)(target=self._accept, daemon=True)
        self.thread.start()


class Sixth(Client):
    def __init__(self, port):
        self.sock = socket.create_connection(("::1", port), timeout=PATIENCE)
        self.host, self.reader = f"localhost:{port}", Reader(self.sock)


class Addresses(TestCase):
    def test_one_port_of_both_families(self):
        upstream = self.start(Upstream())
        server = self.start(Configured(lambda port, log: f"""
listeners: [{{address: "0.0.0.0:{port}"}}, {{address: "[::]:{port}"}}]
upstream: http://127.0.0.1:{upstream.port}
public_origin: http://localhost:{port}
log: {{output: {log}, format: json}}
resources: {{}}
"""))
        for make in (Client, Sixth):
            with make(server.port) as client:
                client.send("GET", "/x")
                self.assertEqual(client.response().status, 200)
        families = {entry["client"].rsplit(":", 1)[0] for entry in server.wait_access(2)}
        self.assertEqual(families, {"127.0.0.1", "[::1]"})

    def test_a_unix_socket_that_vanishes_and_comes_back(self):
        directory = tempfile.mkdtemp(prefix="corsd-fault-")
        self.addCleanup(shutil.rmtree, directory, True)
        path = os.path.join(directory, "app.sock")
        server = self.start(Configured(lambda port, log: f"""
listen: 127.0.0.1:{port}
upstream: unix:{path}
public_origin: http://localhost:{port}
log: {{output: {log}, format: json}}
resources: {{/*: {{origins: ["{ALLOWED}"]}}}}
"""))

        def ask(origin=ALLOWED):
            return server.ask("GET", "/x", [("Origin", origin)])

        self.assert_problem(ask(), 502, "upstream_unreachable")  # never there
        first = OnUnix(path, b"first")
        self.assertEqual(ask().body, b"first")
        first.close()
        wait_until(lambda: first.ended == first.connections, "its connections to end")
        self.assert_problem(ask(), 502, "upstream_unreachable")  # a file that nobody listens on
        os.unlink(path)
        answer = ask()
        self.assert_problem(answer, 502, "upstream_unreachable")  # no file
        self.assert_readable(answer)
        self.assertNotIn(directory.encode(), answer.body)
        second = self.start(OnUnix(path, b"second"))
        self.assertEqual(ask().body, b"second")
        # Replaced while a connection to the old one is kept: that one is used until it ends, and then the new one is found.
        os.unlink(path)
        third = self.start(OnUnix(path, b"third"))
        self.assertEqual(ask().body, b"second")
        second.close()
        wait_until(lambda: ask().body == b"third", "the one that is there now")
        self.assertGreater(third.count(), 0)


class Loops(TestCase):
    def test_the_program_as_its_own_upstream(self):
        server = self.start(Corsd(free_port()))
        text = server.config_path.read_text()
        server.config_path.write_text(text.replace("upstream: http://127.0.0.1:", f"upstream: http://127.0.0.1:{server.port}  # "))
        self.assertEqual(self.reloaded(server), 508)
        for _ in range(100):
            answer = server.ask("GET", "/api/x", [("Origin", ALLOWED)])
            self.assertEqual((answer.status, answer.reason()), (508, "loop_detected"))
        # Two lines a request: it came, and it came back.
        entries = server.wait_access(200)
        self.assertLessEqual(len(entries), 2 * (100 + 50))
        self.assertLess(len(os.listdir(f"/proc/{server.pid}/fd")), 100)

    def reloaded(self, server):
        server.terminate(signal.SIGHUP)
        wait_until(lambda: any(b"reloaded: generation" in line for line in server.lines()), "the reload")
        return server.ask("GET", "/api/x").status

    def test_two_programs_that_send_to_each_other(self):
        port = free_port()
        first = self.start(Corsd(port))
        text = first.config_path.read_text()
        second = self.start(Configured(lambda own, log: text.replace(str(first.log_path), str(log)).replace(
            f"listen: 127.0.0.1:{first.port}", f"listen: 127.0.0.1:{own}").replace(
            f"upstream: http://127.0.0.1:{port}", f"upstream: http://127.0.0.1:{first.port}")))
        first.config_path.write_text(text.replace(f"upstream: http://127.0.0.1:{port}", f"upstream: http://127.0.0.1:{second.port}"))
        self.assertEqual(self.reloaded(first), 508)
        for _ in range(50):
            self.assertEqual(first.ask("GET", "/api/x").status, 508)
        self.assertLessEqual(len(second.access()), 2 * 51)


if __name__ == "__main__":
    unittest.main()
