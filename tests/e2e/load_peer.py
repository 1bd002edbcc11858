"""An upstream in a process of its own, for tests that move gigabytes or ask a million times: it keeps nothing and records nothing."""

import hashlib
import os
import random
import signal
import socket
import threading

# Of a length that no buffer divides, so that pieces out of order or twice never give the same sum.
PIECE = random.Random(1).randbytes(1_000_003)
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"


def pieces(size):
    """`size` bytes that both sides know."""
    while size > 0:
        yield memoryview(PIECE)[:min(size, len(PIECE))]
        size -= len(PIECE)


def checksum(size):
    total = hashlib.sha256()
    for piece in pieces(size):
        total.update(piece)
    return total.hexdigest().encode()


class Incoming:
    """The bytes of one connection, by heads and bodies."""

    def __init__(self, sock):
        self.sock, self.rest = sock, b""

    def fill(self):
        data = self.sock.recv(1 << 18)
        if not data:
            raise ConnectionError("ended")
        self.rest += data

    def until(self, mark):
        while (at := self.rest.find(mark)) < 0:
            self.fill()
        found, self.rest = self.rest[:at], self.rest[at + len(mark):]
        return found

    def exactly(self, size, sink):
        while size > 0:
            if not self.rest:
                self.fill()
            piece = self.rest if len(self.rest) <= size else self.rest[:size]
            self.rest = self.rest[len(piece):]
            size -= len(piece)
            sink(piece)

    def body(self, head, sink):
        low = head.lower()
        if b"\r\ntransfer-encoding: chunked" in low:
            while size := int(self.until(b"\r\n"), 16):
                self.exactly(size, sink)
                self.until(b"\r\n")
            self.until(b"\r\n")
        elif (at := low.find(b"\r\ncontent-length:")) >= 0:
            self.exactly(int(low[at + 17:].split(b"\r\n", 1)[0]), sink)


def serve(sock):
    incoming = Incoming(sock)
    try:
        while True:
            head = incoming.until(b"\r\n\r\n")
            path = head.split(b" ", 2)[1]
            if path == b"/api/sum":
                total = hashlib.sha256()
                incoming.body(head, total.update)
                sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 64\r\n\r\n" + total.hexdigest().encode())
            elif path == b"/api/echo":
                sock.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                incoming.body(head, lambda piece: sock.sendall(b"%x\r\n%b\r\n" % (len(piece), piece)))
                sock.sendall(b"0\r\n\r\n")
            elif path.startswith(b"/api/bytes/"):
                size = int(path[11:])
                sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
                for piece in pieces(size):
                    sock.sendall(piece)
            else:
                incoming.body(head, lambda piece: None)
                sock.sendall(ANSWER)
    except (ConnectionError, OSError):
        pass
    finally:
        sock.close()


class LoadPeer:
    def __init__(self):
        listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = listener.getsockname()[1]
        self.pid = os.fork()
        if self.pid == 0:
            while True:
                sock, _ = listener.accept()
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=serve, args=(sock,), daemon=True).start()
        listener.close()

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
