"""What the end-to-end tests share: the real program as a process, real and scripted upstreams, a client that hides nothing.

Run with the system's /usr/bin/python3. CORSD_BIN names the program (ctest sets it), CORSD_SANITIZED=1 says that its memory
figures are a sanitizer's. Nothing here sleeps to let time pass: wait_until polls for a state, with a deadline.
"""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CORSD = os.environ.get("CORSD_BIN", str(ROOT / "build/release/corsd"))
SANITIZED = os.environ.get("CORSD_SANITIZED") == "1"
PYTHON = "/usr/bin/python3"
PATIENCE = 30.0  # seconds that any single step may take before the test is failed
ALLOWED = "http://localhost:3000"
EVIL = "https://evil.example"


def wait_until(predicate, what, timeout=PATIENCE):
    deadline = time.monotonic() + timeout
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"gave up after {timeout} s waiting for {what}")
        time.sleep(0.005)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def accepts(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
        return True
    except OSError:
        return False


class Process:
    """A child that listens on a port; ready once the port accepts."""

    def __init__(self, argv, port, env=None, cwd=None):
        self.port = port
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="corsd-e2e-"))
        self.stderr_path = self.directory / "stderr"
        with open(self.stderr_path, "wb") as stderr:
            self.child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=stderr, stderr=stderr, cwd=cwd,
                                          env={**os.environ, **(env or {})})
        try:
            wait_until(self._ready, f"{argv[0]} to listen on {port}")
        except AssertionError:
            self.close()
            raise

    def _ready(self):
        if self.child.poll() is not None:
            raise AssertionError(f"exited with {self.child.returncode} before it listened: {self.stderr()}")
        return accepts(self.port)

    def stderr(self):
        return self.stderr_path.read_text(errors="replace")

    @property
    def pid(self):
        return self.child.pid

    def alive(self):
        return self.child.poll() is None

    def terminate(self, how=signal.SIGTERM):
        self.child.send_signal(how)

    def exit_code(self, timeout=PATIENCE):
        return self.child.wait(timeout)

    def close(self):
        if self.alive():
            self.child.kill()
        self.child.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Corsd(Process):
    """The program in front of `upstream_port`, with the given resources (YAML, indented by the caller under `resources:`)."""

    DEFAULT = f"""
  /api/*:
    origins: [{ALLOWED}]
    methods: [GET, POST, PUT, DELETE]
    allow_headers: [Content-Type, Authorization]
"""

    def __init__(self, upstream_port, resources=DEFAULT, extra="", log="format: json", wrap=()):
        port = free_port()
        self.files = pathlib.Path(tempfile.mkdtemp(prefix="corsd-e2e-config-"))
        self.log_path = self.files / "corsd.log"
        self.own_origin = f"http://localhost:{port}"
        self.config_path = self.files / "corsd.yaml"
        self.config_path.write_text(
            f"listen: 127.0.0.1:{port}\n"
            f"upstream: http://127.0.0.1:{upstream_port}\n"
            f"public_origin: {self.own_origin}\n"
            f"threads: 1\n"
            f"log: {{output: {self.log_path}, {log}}}\n"
            f"{extra}\n"
            f"resources:{resources}")
        super().__init__([*wrap, CORSD, "run", "--config", str(self.config_path)], port)

    def client(self, **options):
        return Client(self.port, **options)

    def ask(self, method, path, headers=(), body=b""):
        """One request on a connection of its own."""
        with self.client() as client:
            client.send(method, path, headers, body)
            return client.response(method)

    def lines(self):
        """Whole lines of the log, as bytes."""
        text = self.log_path.read_bytes() if self.log_path.exists() else b""
        return text.split(b"\n")[:-1]

    def access(self):
        """The access entries so far: the JSON lines that carry a decision or a status."""
        found = []
        for line in self.lines():
            entry = json.loads(line)
            if "status" in entry and "method" in entry or "decision" in entry:
                found.append(entry)
        return found

    def wait_access(self, count):
        wait_until(lambda: len(self.access()) >= count, f"{count} access lines in {self.log_path}")
        return self.access()

    def memory_peak(self):
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
        raise AssertionError("no VmHWM")

    def close(self):
        super().close()
        shutil.rmtree(self.files, ignore_errors=True)


class Flask(Process):
    """examples/flask/app.py under Flask's own server (HTTP/1.0, closes) or under gunicorn (HTTP/1.1, keeps)."""

    def __init__(self, server="werkzeug"):
        port = free_port()
        argv = [PYTHON, str(ROOT / "examples/flask/app.py")]
        if server == "gunicorn":
            argv = [PYTHON, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread", "--threads", "4",
                    "--chdir", str(ROOT / "examples/flask"), "app:app"]
        super().__init__(argv, port, env={"PORT": str(port), "PYTHONDONTWRITEBYTECODE": "1"})

    def close(self):
        # gunicorn's workers end with their master only when it is asked politely.
        if self.alive():
            self.terminate()
            try:
                self.exit_code(10)
            except subprocess.TimeoutExpired:
                pass
        super().close()

    def count(self):
        with Client(self.port) as client:
            client.send("GET", "/count")
            return json.loads(client.response("GET").body)["requests"]


class Headers:
    """Field lines in their order; names compare without case."""

    def __init__(self, lines):
        self.lines = lines

    def all(self, name):
        return [value for key, value in self.lines if key.lower() == name.lower()]

    def get(self, name):
        values = self.all(name)
        return ", ".join(values) if values else None

    def names(self):
        return [key.lower() for key, _ in self.lines]

    def cors(self):
        return [line for line in self.lines if line[0].lower().startswith("access-control-")]


def parse_head(head):
    first, *rest = head.decode("latin-1").split("\r\n")
    lines = []
    for line in rest:
        name, colon, value = line.partition(":")
        assert colon, f"no field line: {line!r}"
        lines.append((name, value.strip(" \t")))
    return first, Headers(lines)


class Response:
    def __init__(self, head):
        first, self.headers = parse_head(head)
        self.head = head
        self.version, status, _, = (first + "  ").split(" ", 2)
        self.status = int(status)
        self.body = b""
        self.interim = []
        self.trailers = b""
        self.complete = True

    def json(self):
        return json.loads(self.body)

    def reason(self):
        return self.json()["reason"]


class Reader:
    """Buffered reads from a socket; b"" at its end."""

    def __init__(self, sock):
        self.sock = sock
        self.buffer = b""

    def more(self):
        data = self.sock.recv(65536)
        self.buffer += data
        return data

    def until(self, mark):
        """Up to and without the mark; None at a clean end before the first byte."""
        while mark not in self.buffer:
            if not self.more():
                if not self.buffer:
                    return None
                raise ConnectionError(f"ended inside {self.buffer[:200]!r}")
        found, self.buffer = self.buffer.split(mark, 1)
        return found

    def exactly(self, count, sink):
        while count:
            if not self.buffer and not self.more():
                return False
            piece, self.buffer = self.buffer[:count], self.buffer[count:]
            sink(piece)
            count -= len(piece)
        return True

    def chunked(self, sink):
        """True after the last chunk and the trailer section; the trailers' bytes beside it."""
        while True:
            size = self.until(b"\r\n")
            if size is None:
                return False, b""
            size = int(size.split(b";")[0], 16)
            if size == 0:
                trailers = b""
                while True:
                    line = self.until(b"\r\n")
                    if line is None:
                        return False, trailers
                    if line == b"":
                        return True, trailers
                    trailers += line + b"\n"
            if not self.exactly(size, sink) or self.until(b"\r\n") is None:
                return False, b""

    def to_end(self, sink):
        sink(self.buffer)
        self.buffer = b""
        while self.more():
            sink(self.buffer)
            self.buffer = b""


class Client:
    """A raw HTTP/1 client: sends the bytes it is told to, parses answers strictly, keeps what it saw."""

    def __init__(self, port, host=None, timeout=PATIENCE):
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.host = host or f"localhost:{port}"
        self.reader = Reader(self.sock)

    def raw(self, data):
        self.sock.sendall(data)

    def head(self, method, path, headers=(), version="HTTP/1.1"):
        lines = [f"{method} {path} {version}", f"Host: {self.host}", *(f"{name}: {value}" for name, value in headers)]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def send(self, method, path, headers=(), body=b"", version="HTTP/1.1"):
        headers = list(headers)
        if body:
            headers.append(("Content-Length", str(len(body))))
        self.raw(self.head(method, path, headers, version) + body)

    def head_of_response(self):
        head = self.reader.until(b"\r\n\r\n")
        if head is None:
            raise ConnectionError("closed before an answer")
        return Response(head)

    def response(self, method="GET", sink=None):
        """The next final answer, with the interim ones that came before it."""
        interim = []
        while True:
            answer = self.head_of_response()
            if answer.status >= 200 or answer.status == 101:
                break
            interim.append(answer)
        answer.interim = interim
        pieces = []
        sink = sink or pieces.append
        answer.complete = self._body(method, answer, sink)
        answer.body = b"".join(pieces)
        return answer

    def _body(self, method, answer, sink):
        length, coding = answer.headers.all("Content-Length"), answer.headers.get("Transfer-Encoding")
        assert not (length and coding), f"two framings: {answer.head!r}"
        assert len(length) <= 1, f"Content-Length twice: {answer.head!r}"
        if method == "HEAD" or answer.status in (204, 304) or answer.status < 200:
            return True
        if coding:
            assert coding == "chunked" and answer.version == "HTTP/1.1", answer.head
            try:
                complete, answer.trailers = self.reader.chunked(sink)
            except ConnectionError:
                return False
            return complete
        if length:
            try:
                return self.reader.exactly(int(length[0]), sink)
            except ConnectionError:
                return False
        self.reader.to_end(sink)
        return True

    def closed(self):
        """Waits for the other side's end; False when bytes came instead."""
        try:
            return not self.reader.buffer and not self.reader.more()
        except ConnectionResetError:
            return True

    def close(self):
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Request:
    """What a scripted upstream received."""

    def __init__(self, head):
        first, self.headers = parse_head(head)
        self.head = head
        self.method, self.target, self.version = first.split(" ")
        self.body = b""


class Connection:
    """The upstream's end of one connection."""

    def __init__(self, sock):
        self.sock = sock
        self.reader = Reader(sock)
        self.keep = True

    def send(self, data):
        self.sock.sendall(data)

    def read_body(self, request, sink):
        if (request.headers.get("Transfer-Encoding") or "") == "chunked":
            return self.reader.chunked(sink)[0]
        return self.reader.exactly(int(request.headers.get("Content-Length") or 0), sink)

    def close(self):
        self.keep = False

    def reset(self):
        """An RST instead of a FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.keep = False


def ok(body=b"ok", headers=(), status="200 OK"):
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *(f"{name}: {value}" for name, value in headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


class Upstream:
    """A server that records every request and answers what `respond(request, connection)` returns or sends itself."""

    def __init__(self, respond=lambda request, connection: ok(), read_body=True):
        self.respond = respond
        self.read_body = read_body
        self.requests = []
        self.connections = 0
        self.ended = 0
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self.listener.getsockname()[1]
        self.open = set()
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                self.connections += 1
                self.open.add(sock)
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        connection = Connection(sock)
        try:
            while connection.keep:
                head = connection.reader.until(b"\r\n\r\n")
                if head is None:
                    break
                request = Request(head)
                if self.read_body:
                    pieces = []
                    connection.read_body(request, pieces.append)
                    request.body = b"".join(pieces)
                with self.lock:
                    self.requests.append(request)
                answer = self.respond(request, connection)
                if answer:
                    connection.send(answer)
        except OSError:
            pass
        finally:
            with self.lock:
                self.ended += 1
                self.open.discard(sock)
            sock.close()

    def count(self):
        with self.lock:
            return len(self.requests)

    def last(self):
        with self.lock:
            return self.requests[-1]

    def wait(self, count):
        wait_until(lambda: self.count() >= count, f"{count} requests at the upstream")
        return self.last()

    def close(self):
        # shutdown wakes accept(); close alone would not.
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        with self.lock:
            for sock in self.open:
                try:
                    sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def corsd(*arguments, env=None, timeout=PATIENCE):
    """The program, run to its end."""
    return subprocess.run([CORSD, *map(str, arguments)], capture_output=True, text=True, timeout=timeout,
                          stdin=subprocess.DEVNULL, env={**os.environ, **(env or {})})


class TestCase(unittest.TestCase):
    maxDiff = None

    def start(self, thing):
        self.addCleanup(thing.close)
        return thing

    def pair(self, respond=None, resources=Corsd.DEFAULT, extra="", log="format: json", read_body=True):
        """A scripted upstream and corsd in front of it."""
        upstream = self.start(Upstream(respond, read_body) if respond else Upstream(read_body=read_body))
        return upstream, self.start(Corsd(upstream.port, resources, extra, log))

    def assert_readable(self, answer, origin=ALLOWED):
        self.assertEqual(answer.headers.all("Access-Control-Allow-Origin"), [origin], answer.head)
        self.assert_varies(answer)

    def assert_unreadable(self, answer):
        self.assertEqual(answer.headers.cors(), [], answer.head)

    def assert_varies(self, answer, name="origin"):
        self.assertIn(name, [item.strip().lower() for item in (answer.headers.get("Vary") or "").split(",")], answer.head)

    def assert_problem(self, answer, status, reason):
        self.assertEqual((answer.status, answer.headers.get("Content-Type")), (status, "application/problem+json"),
                         (answer.head, answer.body))
        self.assertEqual(answer.reason(), reason, answer.body)
        self.assertEqual(answer.headers.get("Cache-Control"), "no-store")
