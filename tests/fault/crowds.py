"""What the tests of many connections share."""

import array
import fcntl
import os
import pathlib
import resource
import termios
import threading

from support import Client, Upstream, ok


def raise_descriptor_limit(test):
    """As many descriptors as may be had, until the test is over."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    test.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))


def descriptors(server):
    return len(os.listdir(f"/proc/{server.pid}/fd"))


def is_stopped(pid):
    return b") T " in pathlib.Path(f"/proc/{pid}/stat").read_bytes()


def waiting(client):
    """Bytes that the kernel has for a client that does not read them."""
    count = array.array("i", [0])
    fcntl.ioctl(client.sock, termios.FIONREAD, count)
    return count[0]


class Holding(Upstream):
    """Answers with the target; /api/held only once it is released."""

    def __init__(self):
        self.release = threading.Event()
        super().__init__(self.answer)

    def answer(self, request, connection):
        if request.target == "/api/held":
            self.release.wait()
        return ok(request.target.encode())

    def close(self):
        self.release.set()
        super().close()


class Status:
    """The status listener of a server."""

    def __init__(self, port):
        self.port = port

    def ask(self, path):
        with Client(self.port) as client:
            client.send("GET", path)
            return client.response()

    def figure(self, name):
        """The sum of all series of that name."""
        lines = self.ask("/metrics").body.decode().splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith((name + " ", name + "{")))
