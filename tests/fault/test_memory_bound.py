"""The program in a memory cgroup of its own, with clients that read nothing of answers of a gibibyte."""

import os
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from crowds import raise_descriptor_limit, waiting  # noqa: E402
from load_peer import LoadPeer  # noqa: E402
from support import SANITIZED, Corsd, TestCase, wait_until  # noqa: E402

MIB = 1 << 20
BOUND = (768 if SANITIZED else 64) * MIB  # a sanitizer's memory is not the program's
CLIENTS = 500


class MemoryCgroup:
    """A cgroup with a bound, of version 1 or 2, whichever has the memory controller here."""

    def __init__(self, bound):
        root = pathlib.Path("/sys/fs/cgroup")
        self.is_old = (root / "memory").is_dir()
        parent = root / "memory" if self.is_old else root
        if not self.is_old and "memory" not in (root / "cgroup.subtree_control").read_text().split():
            (root / "cgroup.subtree_control").write_text("+memory")
        self.path = parent / f"corsd-test-{os.getpid()}"
        self.path.mkdir()
        (self.path / ("memory.limit_in_bytes" if self.is_old else "memory.max")).write_text(str(bound))
        self.wrap = ("sh", "-c", f'echo $$ > {self.path}/cgroup.procs && exec "$@"', "sh")

    def peak(self):
        return int((self.path / ("memory.max_usage_in_bytes" if self.is_old else "memory.peak")).read_text())

    def killed(self):
        text = (self.path / ("memory.oom_control" if self.is_old else "memory.events")).read_text()
        return int(dict(line.split() for line in text.splitlines())["oom_kill"])

    def close(self):
        wait_until(lambda: not (self.path / "cgroup.procs").read_text().split(), "the cgroup to be empty")
        self.path.rmdir()


class Bounded(TestCase):
    def test_five_hundred_clients_that_read_nothing(self):
        raise_descriptor_limit(self)
        peer = self.start(LoadPeer())
        cgroup = self.start(MemoryCgroup(BOUND))
        server = self.start(Corsd(peer.port, wrap=cgroup.wrap, extra="timeouts: {write: 1h}"))
        crowd = [self.start(server.client()) for _ in range(CLIENTS)]
        for client in crowd:
            client.send("GET", f"/api/bytes/{1 << 30}")
        for client in crowd:
            wait_until(lambda: waiting(client) > 30_000, "bytes that are not read", 120)
        for _ in range(100):
            self.assertEqual(server.ask("GET", "/api/x").body, b"ok")
        print(f"{CLIENTS} clients that read nothing: {server.memory_peak() / MIB:.1f} MiB, the cgroup {cgroup.peak() / MIB:.1f} MiB", flush=True)
        self.assertEqual(cgroup.killed(), 0)
        self.assertLess(cgroup.peak(), BOUND)
        for client in crowd[::50]:  # they are all there
            got = 0
            while got < 4 * MIB:
                piece = client.sock.recv(MIB)
                self.assertNotEqual(piece, b"")
                got += len(piece)


if __name__ == "__main__":
    unittest.main()
