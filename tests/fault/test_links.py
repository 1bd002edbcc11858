"""Bad links: lost packets, a narrow line, no IPv6. Each test runs this file again in a network namespace of its own, which goes with it."""

import hashlib
import os
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from load_peer import LoadPeer, checksum, pieces  # noqa: E402
from support import PYTHON, Corsd, TestCase, corsd  # noqa: E402

ALL = os.environ.get("CORSD_ALL") == "1"
KIB = 1024


def run(*argv):
    subprocess.run(argv, check=True, capture_output=True, text=True)


def up(server, size, framing):
    with server.client(timeout=120) as client:
        header = ("Transfer-Encoding", "chunked") if framing == "chunked" else ("Content-Length", str(size))
        client.raw(client.head("POST", "/api/sum", [header]))
        for piece in pieces(size):
            client.raw(b"%x\r\n%b\r\n" % (len(piece), piece) if framing == "chunked" else piece)
        client.raw(b"0\r\n\r\n" if framing == "chunked" else b"")
        return client.response("POST").body


def down(server, size):
    total = hashlib.sha256()
    with server.client(timeout=120) as client:
        client.send("GET", f"/api/bytes/{size}")
        assert client.response(sink=total.update).complete
    return total.hexdigest().encode()


class Inside(TestCase):
    """What runs in the namespace."""

    def transfers(self, size):
        peer = self.start(LoadPeer())
        server = self.start(Corsd(peer.port, extra="timeouts: {connect: 60s}"))
        self.assertEqual(up(server, size, "length"), checksum(size))
        self.assertEqual(up(server, size, "chunked"), checksum(size))
        self.assertEqual(down(server, size), checksum(size))
        self.assertEqual([entry["status"] for entry in server.wait_access(3)], [200] * 3)

    def small_packets(self):
        run("ip", "link", "set", "lo", "mtu", "1500", "gso_max_segs", "1")

    def lossy(self):
        self.small_packets()
        run("iptables", "-A", "INPUT", "-p", "tcp", "-m", "statistic", "--mode", "random", "--probability", "0.05", "-j", "DROP")
        self.transfers((32_000 if ALL else 1_000) * KIB)
        dropped = subprocess.run(["iptables", "-L", "INPUT", "-nvx"], check=True, capture_output=True, text=True).stdout
        self.assertGreater(int(dropped.splitlines()[2].split()[0]), 20, dropped)

    def narrow(self):
        self.small_packets()
        run("tc", "qdisc", "add", "dev", "lo", "root", "tbf", "rate", "1mbit", "burst", "8kb", "latency", "200ms")
        self.transfers((512 if ALL else 64) * KIB)
        sent = subprocess.run(["tc", "-s", "qdisc", "show", "dev", "lo"], check=True, capture_output=True, text=True).stdout
        self.assertGreater(int(sent.split("overlimits ")[1].split()[0]), 0, sent)

    def without_ipv6(self):
        pathlib.Path("/proc/sys/net/ipv6/conf/all/disable_ipv6").write_text("1")
        peer = self.start(LoadPeer())
        server = self.start(Corsd(peer.port))
        self.assertEqual(server.ask("GET", "/api/x").status, 200)
        server.config_path.write_text(server.config_path.read_text().replace("127.0.0.1:", "'[::1]:", 1).replace("\n", "'\n", 1))
        done = corsd("run", "--config", server.config_path)
        self.assertGreater(done.returncode, 0, done.stderr)
        said = done.stderr.splitlines()
        self.assertEqual((len(said), "[::1]:" in said[-1]), (1, True), done.stderr)


class Links(unittest.TestCase):
    def inside(self, name):
        as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
        done = subprocess.run(["unshare", *as_root, "--net", "sh", "-ec", 'ip link set lo up; exec "$@"', "sh",
                               PYTHON, "-B", __file__, f"Inside.{name}"], capture_output=True, text=True, timeout=280)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_one_packet_in_twenty_is_lost(self):
        self.inside("lossy")

    def test_a_megabit_a_second(self):
        self.inside("narrow")

    def test_a_machine_without_ipv6(self):
        self.inside("without_ipv6")


if __name__ == "__main__":
    unittest.main()
