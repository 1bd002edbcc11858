"""The wire as the end-to-end tests see it: a client that hides nothing, and an upstream that does what it is told."""

import json
import socket
import threading
import time

PATIENCE = 30.0  # seconds that any single step may take before the test is failed


def wait_until(predicate, what, timeout=PATIENCE):
    deadline = time.monotonic() + timeout
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"gave up after {timeout} s waiting for {what}")
        time.sleep(0.005)


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

    def reset(self):
        """An RST instead of a FIN: nobody is there any more, while a FIN may mean that only no more requests come."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.sock.close()

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
                    if not connection.read_body(request, pieces.append):
                        break  # cut short: not a request that an application would have seen
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
