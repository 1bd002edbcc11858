"""The package built by scripts/package in a Debian 13 tree, with its compiler, its Boost and its Catch2, and installed there."""

import os
import re
import subprocess
import unittest

from support import LONG, ROOT, TREES, Tree, made, run

TRIXIE = ("trixie", ("ca-certificates",))
BUILDING = 3600  # seconds: a compiler that starts with nothing, on a machine that may be small


class Trixie(unittest.TestCase):
    def setUp(self):
        self.tree = Tree(made(*TRIXIE))
        self.addCleanup(self.tree.close)

    def inside(self, *argv, timeout=LONG):
        """As in a container: with /proc and /dev, with the network of this machine and the compiler's cache of the last time."""
        cache = TREES / "trixie.ccache"
        cache.mkdir(exist_ok=True)
        return run("systemd-nspawn", "--quiet", "--directory", self.tree.path, f"--machine=corsd-{os.getpid()}", "--register=no",
                   "--keep-unit", "--pipe", "--as-pid2", "--chdir=/root/corsd", f"--bind={cache}:/root/.ccache",
                   "--setenv=CCACHE_DIR=/root/.ccache", "--setenv=LC_ALL=C.UTF-8", "--setenv=DEBIAN_FRONTEND=noninteractive", *argv,
                   timeout=timeout)

    def test_it_is_built_with_its_unit_tests_and_installs(self):
        there = self.tree.at("/root/corsd")
        there.mkdir()
        packed = subprocess.run(["tar", "--create", "--exclude=./build", "--exclude=./.git", "."], cwd=ROOT, stdout=subprocess.PIPE,
                                check=True)
        subprocess.run(["tar", "--extract"], cwd=there, input=packed.stdout, check=True)
        # Its last line, but for what systemd-nspawn itself has to say.
        said = self.inside("scripts/package", timeout=BUILDING)
        path, = re.findall(r"^/\S+/corsd_\S+\.deb$", said, re.M)
        log = (there / "build/package/build.log").read_text()
        self.assertIn("100% tests passed", log)
        self.inside("apt-get", "-qq", "install", "--no-install-recommends", path)
        self.assertIn(": ok", self.inside("corsd", "check", "--config", "/etc/corsd/corsd.yaml"))


if __name__ == "__main__":
    unittest.main()
