"""Sockets that corsd is passed (`fd:NAME`, systemd's socket activation). The other side is this test: listening sockets as
descriptors from 3 on."""

import pathlib
import socket
import tempfile
import threading
import unittest

from reloading import Reloading
from support import ALLOWED, CORSD, PYTHON, Client, Corsd, Process, Upstream, corsd, wait_until

# Puts the descriptors that it is given where systemd puts them, and says whom they are for.
PASS = """
import fcntl, os, sys
count = int(sys.argv[1])
for place, descriptor in enumerate([fcntl.fcntl(int(each), fcntl.F_DUPFD, 100) for each in sys.argv[2:2 + count]]):
    os.dup2(descriptor, 3 + place)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(count))
os.execv(sys.argv[2 + count], sys.argv[2 + count:])
"""


def listening(family=socket.AF_INET, address=("127.0.0.1", 0)):
    bound = socket.socket(family)
    bound.bind(address)
    bound.listen(512)
    return bound


class Passed(Reloading):
    def configure(self, listen, upstream=None):
        upstream = upstream or self.start(Upstream())
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.config_path = pathlib.Path(directory.name) / "corsd.yaml"
        self.log_path = pathlib.Path(directory.name) / "corsd.log"
        self.config_path.write_text(
            f"{listen}\nupstream: http://127.0.0.1:{upstream.port}\npublic_origin: https://api.example\nhosts: ['*']\n"
            f"log: {{output: {self.log_path}, format: json}}\nresources:{Corsd.DEFAULT}")

    def run_with(self, sockets, names):
        descriptors = [each.fileno() for each in sockets]
        before = self.times_begun()
        argv = [PYTHON, "-c", PASS, str(len(sockets)), *map(str, descriptors), CORSD, "run", "--config", str(self.config_path)]
        server = self.start(Process(argv, sockets[0].getsockname()[1], {"LISTEN_FDNAMES": names}, pass_fds=descriptors))
        server.config_path = self.config_path
        server.lines = self.lines
        # The sockets accept before it lives, and signals are its own only once it listens.
        wait_until(lambda: self.times_begun() > before or not server.alive(), "corsd to accept on them")
        return server

    def lines(self):
        return self.log_path.read_bytes().split(b"\n")[:-1] if self.log_path.exists() else []

    def times_begun(self):
        return sum(b"listening on fd:http" in line for line in self.lines())

    def get(self, sock, path="/api/x"):
        with Client(sock.getsockname()[1]) as client:
            client.send("GET", path, [("Origin", ALLOWED)])
            return client.response().status

    def test_requests_come_by_the_sockets_of_the_name(self):
        self.configure("listen: fd:http")
        both = [self.start(listening()), self.start(listening())]
        other = self.start(listening())
        self.run_with([both[0], other, both[1]], "http:other:http")
        for each in both:
            self.assertEqual(self.get(each), 200)

    def test_a_name_that_was_not_passed_is_a_clear_error(self):
        self.configure("listen: fd:web")
        child = self.run_with([self.start(listening())], "http")
        self.assertEqual(child.exit_code(), 1)
        self.assertIn("fd:web: systemd passed no socket of that name; those that it passed: `http`", child.stderr())
        ended = corsd("run", "--config", self.config_path)
        self.assertEqual(ended.returncode, 1)
        self.assertIn("FileDescriptorName=web", ended.stderr)

    def test_a_descriptor_that_accepts_nothing_is_a_clear_error(self):
        self.configure("listen: fd:http")
        self.config_path.write_text(self.config_path.read_text().replace("fd:http", "fd:wrong"))
        http = self.start(listening())
        for wrong, what in ((socket.socket(), "no listening socket"), (socket.socket(type=socket.SOCK_DGRAM), "no stream socket")):
            child = self.run_with([http, self.start(wrong)], "http:wrong")
            self.assertEqual(child.exit_code(), 1)
            self.assertIn(what, child.stderr())

    def test_a_listener_that_a_reload_took_away_comes_back_with_another(self):
        upstream = self.start(Upstream())
        self.configure("listeners: [{address: fd:http}, {address: fd:more}]", upstream)
        http, more = self.start(listening()), self.start(listening())
        server = self.run_with([http, more], "http:more")
        self.assertEqual((self.get(http), self.get(more)), (200, 200))
        self.edit(server, (", {address: fd:more}", ""))
        self.hup(server)
        waits = self.start(Client(more.getsockname()[1]))
        waits.send("GET", "/api/waits", [("Origin", ALLOWED)])
        self.assertEqual(self.get(http), 200)
        self.assertNotIn("/api/waits", [request.target for request in upstream.requests])
        self.edit(server, ("[{address: fd:http}", "[{address: fd:http}, {address: fd:more}"))
        self.hup(server)
        self.assertEqual(waits.response().status, 200)

    def test_a_restart_under_load_loses_no_connection(self):
        self.configure("listen: fd:http")
        http = self.start(listening())
        server = self.run_with([http], "http")
        over, answered, lost = threading.Event(), [], []

        def load():
            while not over.is_set():
                try:
                    answered.append(self.get(http))
                except (OSError, AssertionError) as error:
                    lost.append(error)

        threads = [threading.Thread(target=load) for _ in range(4)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(5):
                enough = len(answered) + 40
                wait_until(lambda: len(answered) >= enough or lost, "requests to flow")
                server.terminate()
                self.assertEqual(server.exit_code(), 0, server.stderr())
                server = self.run_with([http], "http")
            enough = len(answered) + 40
            wait_until(lambda: len(answered) >= enough or lost, "requests to flow")
        finally:
            over.set()
            for thread in threads:
                thread.join()
        self.assertEqual((lost, set(answered)), ([], {200}))


if __name__ == "__main__":
    unittest.main()
