"""Several workers before upstreams of several endpoints: the line of waiting requests, names, Unix sockets."""

import os
import pathlib
import shutil
import signal
import socket
import tempfile
import threading
import time
import unittest

from support import CORSD, Client, Corsd, Flask, Process, TestCase, Upstream, ok, wait_until
from wire import PATIENCE, Reader


class Front(Corsd):
    """corsd with the given `upstreams:` (YAML of the upstream called default) and so many workers."""

    def __init__(self, upstream, threads=1, extra=""):
        super().__init__(1, resources=" {/*: {}}", extra=extra)
        self.terminate()
        self.exit_code()
        text = self.config_path.read_text()
        text = text.replace("upstream: http://127.0.0.1:1\n", f"upstreams:\n  default: {upstream}\n")
        self.config_path.write_text(text.replace("threads: 1\n", f"threads: {threads}\n"))
        files, config, log, origin = self.files, self.config_path, self.log_path, self.own_origin
        log.unlink(missing_ok=True)
        Process.__init__(self, [CORSD, "run", "--config", str(config)], self.port)
        self.files, self.config_path, self.log_path, self.own_origin = files, config, log, origin


class Waiting(TestCase):
    def test_a_worker_without_connections_gets_those_that_others_keep(self):
        """With one connection in all and four workers, clients on each worker are served, none at the end of its wait."""
        upstream = self.start(Upstream())
        front = self.start(Front("{endpoints: [\"http://127.0.0.1:%d\"], max_connections: 1, queue: {timeout: 20s}}"
                                 % upstream.port, threads=4))
        start = time.monotonic()
        clients = [front.client() for _ in range(8)]
        for _ in range(5):
            for client in clients:
                client.send("GET", "/")
                self.assertEqual(client.response().status, 200)
        self.assertLess(time.monotonic() - start, 20)
        for client in clients:
            client.close()

    def test_crowds_on_all_workers_are_served_in_turn(self):
        lock = threading.Lock()
        now, most = [0], [0]

        def respond(request, connection):
            with lock:
                now[0] += 1
                most[0] = max(most[0], now[0])
            with lock:
                now[0] -= 1
            return ok()

        upstream = self.start(Upstream(respond))
        front = self.start(Front("{endpoints: [\"http://127.0.0.1:%d\"], max_connections: 2, queue: {length: 100, timeout: 20s}}"
                                 % upstream.port, threads=4))
        statuses = []

        def run():
            with front.client() as client:
                for _ in range(50):
                    client.send("GET", "/")
                    statuses.append(client.response().status)

        threads = [threading.Thread(target=run) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(statuses, [200] * 800)
        self.assertLessEqual(most[0], 2)
        wait_until(lambda: len(upstream.open) <= 2, "the upstream to read the ends of those that were closed")


class Names(TestCase):
    def test_a_name_is_all_its_addresses(self):
        """localhost may be ::1 as well, where nobody listens: every request is answered all the same."""
        upstream = self.start(Upstream())
        front = self.start(Front("{endpoints: [\"http://localhost:%d\"]}" % upstream.port))
        for _ in range(20):
            self.assertEqual(front.ask("GET", "/").status, 200)
        self.assertEqual({entry["upstream"] for entry in front.wait_access(20)}, {f"127.0.0.1:{upstream.port}"})

    def test_a_name_that_does_not_resolve_is_503_and_does_not_hold_up_the_end(self):
        front = self.start(Front("{endpoints: [\"http://nobody.invalid:80\"]}"))
        self.assert_problem(front.ask("GET", "/"), 503, "upstream_unavailable")
        front.terminate()
        self.assertEqual(front.exit_code(), 0)


# Says which request on its connection each is, and how much of a body it had.
ECHO = """
import weakref

requests = weakref.WeakKeyDictionary()


def app(environ, start_response):
    connection = environ["gunicorn.socket"]
    requests[connection] = requests.get(connection, 0) + 1
    size = 0
    while piece := environ["wsgi.input"].read(65536):
        size += len(piece)
    start_response("200 OK", [("Content-Type", "text/plain")])
    if environ["PATH_INFO"] == "/big":
        return (b"x" * 100_000 for _ in range(200))
    return [f"request {requests[connection]}: {environ['REQUEST_METHOD']} {environ['PATH_INFO']}, {size} bytes".encode()]
"""


class UnixClient(Client):
    def __init__(self, path, host):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE)
        self.sock.connect(path)
        self.host = host
        self.reader = Reader(self.sock)


class UnixSockets(TestCase):
    def test_gunicorn_behind_a_unix_socket_and_a_port_take_turns(self):
        flask = self.start(Flask("gunicorn"))
        front = self.start(Front(f'{{endpoints: ["{flask.address}", "{flask.unix_address}"]}}'))
        with front.client() as client:
            for _ in range(6):
                client.send("GET", "/count")
                self.assertEqual(client.response().status, 200)
        self.assertEqual([entry["upstream"] for entry in front.wait_access(6)], [f"127.0.0.1:{flask.port}", flask.unix_address] * 3)

    def test_unix_sockets_on_both_sides(self):
        """A client on corsd's Unix socket, gunicorn on its own: one connection each, kept over all kinds of requests."""
        directory = tempfile.mkdtemp(prefix="corsd-e2e-")
        self.addCleanup(shutil.rmtree, directory, True)
        application = pathlib.Path(directory) / "echo.py"
        application.write_text(ECHO)
        gunicorn = self.start(Flask("gunicorn", path=application, env={"GUNICORN_CMD_ARGS": "--keep-alive 60"}))
        front = self.start(Front("{endpoints: [\"%s\"]}" % gunicorn.unix_address))
        own = os.path.join(directory, "c.sock")
        text = front.config_path.read_text().replace(f"listen: 127.0.0.1:{front.port}\n",
                                                     f"listeners: [{{address: 127.0.0.1:{front.port}}}, {{address: 'unix:{own}'}}]\n")
        front.config_path.write_text(text)
        front.terminate(signal.SIGHUP)
        wait_until(lambda: any(b"listening on unix:" in line for line in front.lines()), "the Unix socket")
        client = self.start(UnixClient(own, f"localhost:{front.port}"))
        client.send("GET", "/first")
        answer = client.response()
        self.assertEqual((answer.status, answer.body), (200, b"request 1: GET /first, 0 bytes"))
        client.raw(client.head("POST", "/up", [("Transfer-Encoding", "chunked")]))
        piece = b"x" * 50_000
        for _ in range(20):
            client.raw(b"%x\r\n%s\r\n" % (len(piece), piece))
        client.raw(b"0\r\n\r\n")
        answer = client.response()
        self.assertEqual((answer.status, answer.body), (200, b"request 2: POST /up, 1000000 bytes"))
        client.send("GET", "/big")
        answer = client.response()
        self.assertEqual((answer.status, answer.complete, len(answer.body)), (200, True, 20_000_000))
        client.send("GET", "/last")
        self.assertEqual(client.response().body, b"request 4: GET /last, 0 bytes")
        entries = front.wait_access(4)
        self.assertEqual({entry["upstream"] for entry in entries}, {gunicorn.unix_address})


if __name__ == "__main__":
    unittest.main()
