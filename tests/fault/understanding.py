"""Real servers that say what they understood, behind a relay that writes down what they were sent.

Each answer carries X-Understood: the method, the target, the length and the digest of the body, as the server read them. nginx and HAProxy
forward to a reader of ours, which says what they made of it.
"""

import hashlib
import json
import pathlib
import shutil
import socket
import sys
import tempfile
import threading

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "e2e"), str(HERE.parent / "hostile")]

import messages  # noqa: E402
from support import PYTHON, Process, free_port  # noqa: E402

NGINX = """
daemon off; worker_processes 1; pid {directory}/pid; error_log {directory}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; client_max_body_size 0; large_client_header_buffers 8 64k; keepalive_requests 1000000; proxy_buffer_size 64k;
  proxy_buffers 8 64k; proxy_busy_buffers_size 128k;
  client_body_temp_path {directory}/1; proxy_temp_path {directory}/2; fastcgi_temp_path {directory}/3; uwsgi_temp_path {directory}/4;
  scgi_temp_path {directory}/5;
  server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://127.0.0.1:{reader}; proxy_http_version 1.1; }} }}
}}
"""
HAPROXY = """
global
  tune.bufsize 131072
  tune.http.maxhdr 1000
defaults
  mode http
  timeout connect 10s
  timeout client 60s
  timeout server 60s
frontend in
  bind 127.0.0.1:{port}
  default_backend reader
backend reader
  server reader 127.0.0.1:{reader}
"""
WSGI = """
import hashlib, json

def app(environ, start):
    body = environ["wsgi.input"].read()
    said = json.dumps([environ["REQUEST_METHOD"], environ["RAW_URI"], len(body), hashlib.sha256(body).hexdigest()[:16]])
    start("200 OK", [("X-Understood", said), ("Content-Length", "2")])
    return [b"" if environ["REQUEST_METHOD"] == "HEAD" else b"ok"]
"""
NODE = """
const { createHash } = require("crypto");
require("http").createServer({ maxHeaderSize: 131072 }, (request, answer) => {
  const hash = createHash("sha256"); let length = 0;
  request.on("data", (piece) => { hash.update(piece); length += piece.length; });
  request.on("end", () => {
    const said = JSON.stringify([request.method, request.url, length, hash.digest("hex").slice(0, 16)]);
    answer.writeHead(200, { "X-Understood": said, "Content-Length": "2" }).end("ok");
  });
}).listen(Number(process.argv[2]), "127.0.0.1");
"""


def understood(request):
    """What a whole request says, as the servers put it."""
    return [request.method, request.target, len(request.body), hashlib.sha256(request.body).hexdigest()[:16]]


class Listener:
    """Serves each connection on a thread of its own."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


def take_request(data):
    """(request, bytes used), or None while there is no whole request in `data`."""
    head, end, rest = data.partition(b"\r\n\r\n")
    if not end:
        return None
    request = messages.Request(head)
    used = request.take_body(rest)
    return None if used is None else (request, len(head) + 4 + used)


class StrictReader(Listener):
    """Behind nginx and HAProxy."""

    def serve(self, connection):
        data = b""
        with connection:
            try:
                while piece := connection.recv(65536):
                    data += piece
                    while taken := take_request(data):
                        request, used = taken
                        data = data[used:]
                        body = b"" if request.method == "HEAD" else b"ok"
                        said = json.dumps(understood(request))
                        connection.sendall(f"HTTP/1.1 200 OK\r\nX-Understood: {said}\r\nContent-Length: 2\r\n\r\n".encode() + body)
            except OSError:
                pass


class Link:
    """One connection through the relay: what went each way since it was last found in order, and who ended it first."""

    def __init__(self):
        self.sent, self.answered, self.ended_by = b"", b"", None

    def forget(self):
        self.sent = self.answered = b""

    def requests(self):
        """The whole requests, and what is left behind the last one."""
        data, found = self.sent, []
        while taken := take_request(data):
            found.append(taken[0])
            data = data[taken[1]:]
        return found, data

    def answers(self, requests):
        """(status, what was understood or None) of each final answer."""
        methods = [request.method for request in requests]
        found = messages.read_responses(self.answered, methods, self.ended_by is not None)
        return [(answer.status, json.loads(answer.fields.joined("x-understood") or "null"))
                for answer in found if answer.status is not None and answer.status >= 200]


class Relay(Listener):
    """Passes bytes on as they come, both ways."""

    def __init__(self, upstream_port):
        self.upstream_port, self.links, self.lock = upstream_port, [], threading.Lock()
        super().__init__()

    def serve(self, connection):
        link = Link()
        with self.lock:
            self.links.append(link)
        with connection, socket.create_connection(("127.0.0.1", self.upstream_port)) as upstream:
            upstream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            back = threading.Thread(target=self._pass, args=(upstream, connection, link, "answered", "upstream"), daemon=True)
            back.start()
            self._pass(connection, upstream, link, "sent", "corsd")
            back.join()

    def _pass(self, source, target, link, name, who):
        try:
            while piece := source.recv(65536):
                with self.lock:
                    setattr(link, name, getattr(link, name) + piece)
                target.sendall(piece)
        except OSError:
            pass
        with self.lock:
            link.ended_by = link.ended_by or who
        for sock in (source, target):
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def forget(self):
        """What has gone is in order: it need not be looked at again."""
        with self.lock:
            self.links = [link for link in self.links if link.ended_by is None]
            for link in self.links:
                link.forget()


class Server:
    """One of NAMES, started and ready."""

    NAMES = ("nginx", "haproxy", "gunicorn", "node")

    def __init__(self, name):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="corsd-understanding-"))
        self.reader = StrictReader()
        self.port = free_port()
        self.process = Process(getattr(self, name)(), self.port)

    def write(self, name, text):
        path = self.directory / name
        path.write_text(text.format(port=self.port, reader=self.reader.port, directory=self.directory) if "{port}" in text else text)
        return str(path)

    def nginx(self):
        return ["nginx", "-e", f"{self.directory}/error.log", "-c", self.write("nginx.conf", NGINX)]

    def haproxy(self):
        return ["haproxy", "-q", "-db", "-f", self.write("haproxy.cfg", HAPROXY)]

    def gunicorn(self):
        self.write("wsgi.py", WSGI)
        return [PYTHON, "-m", "gunicorn", "--bind", f"127.0.0.1:{self.port}", "--worker-class", "gthread", "--threads", "16", "--chdir",
                str(self.directory), "--limit-request-line", "8190", "--limit-request-fields", "1000", "--limit-request-field_size", "0",
                "--keep-alive", "60", "wsgi:app"]

    def node(self):
        return ["node", self.write("server.js", NODE), str(self.port)]

    def close(self):
        self.process.close()
        self.reader.close()
        shutil.rmtree(self.directory, ignore_errors=True)
