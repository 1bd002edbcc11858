"""What the package's tests share: the package that scripts/package built, Debian trees to install it in, and a tree that is booted.

All of it needs root, as whoever installs packages is. Trees are made by debootstrap once and kept in build/trees; what a test
writes lies over one of them, and goes with the test.
"""

import ctypes
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests/e2e"))

from wire import PATIENCE, Client, Upstream, ok, wait_until  # noqa: E402,F401 (what the tests import from here)

MIRROR = os.environ.get("CORSD_MIRROR", "http://deb.debian.org/debian")
TREES = ROOT / "build/trees"
LONG = 600  # seconds for what fetches and unpacks packages

# What a server has: systemd with dbus, man, and what rotates logs.
BOOKWORM = ("bookworm", ("systemd", "systemd-sysv", "dbus", "man-db", "logrotate"))

CLONE_NEWNET = 0x40000000


def package():
    """CORSD_PACKAGE, or the package that scripts/package left."""
    if "CORSD_PACKAGE" in os.environ:
        return pathlib.Path(os.environ["CORSD_PACKAGE"])
    found = sorted((ROOT / "build/package").glob("corsd_*.deb"))
    if not found:
        raise AssertionError("no package in build/package: scripts/package makes it")
    return found[0]


def newer(directory):
    """The same package with a higher version."""
    unpacked, path = directory / "unpacked", directory / "newer.deb"
    run("dpkg-deb", "--raw-extract", package(), unpacked)
    control = unpacked / "DEBIAN/control"
    lines = [line + "+newer" if line.startswith("Version:") else line for line in control.read_text().splitlines()]
    control.write_text("\n".join(lines) + "\n")
    run("dpkg-deb", "--build", "--root-owner-group", unpacked, path)
    shutil.rmtree(unpacked)
    return path


def run(*argv, timeout=PATIENCE, env=None, ends=0):
    """A program that is to end like that; what it wrote, both streams together."""
    done = subprocess.run([str(each) for each in argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=timeout, env=env, text=True, errors="replace")
    if ends is not None and done.returncode != ends:
        raise AssertionError(f"{' '.join(map(str, argv))} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout


def made(suite, packages):
    """The tree of that suite as debootstrap makes it, from build/trees or made now."""
    path = TREES / suite
    stamp = TREES / f"{suite}.packages"
    if stamp.exists() and stamp.read_text().split() == list(packages):
        return path
    if os.geteuid() != 0:
        raise AssertionError("only root can make and enter a Debian tree")
    stamp.unlink(missing_ok=True)
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    run("debootstrap", "--variant=minbase", f"--include={','.join(packages)}", suite, path, MIRROR, timeout=2 * LONG)
    run("chroot", path, "apt-get", "clean")
    stamp.write_text(" ".join(packages))
    return path


class Tree:
    """What is written to it lies over another tree, which stays as it is. Commands run inside as in a system that is not booted."""

    def __init__(self, below):
        self.files = pathlib.Path(tempfile.mkdtemp(prefix="over-", dir=TREES))
        self.path = self.files / "tree"
        for each in ("tree", "upper", "work"):
            (self.files / each).mkdir()
        run("mount", "-t", "overlay", "-o", f"lowerdir={below},upperdir={self.files}/upper,workdir={self.files}/work", "corsd-test",
            self.path)

    def at(self, path):
        return self.path / path.lstrip("/")

    def run(self, *argv, **options):
        env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
        return run("chroot", self.path, *argv, env=env, **options)

    def install(self, deb, **options):
        """By apt, with what it depends on."""
        self.run("apt-get", "-qq", "update", timeout=LONG)
        shutil.copy(deb, self.at("/root/corsd.deb"))
        return self.run("apt-get", "-qq", "install", "--no-install-recommends", "/root/corsd.deb", timeout=LONG, **options)

    def traces(self):
        """Every path whose name has corsd in it, but for what the test itself brought."""
        places = [each for each in self.path.iterdir() if each.name not in ("proc", "sys", "dev", "root", "tmp")]
        found = run("find", *places, "-name", "*corsd*").splitlines()
        return [each.removeprefix(str(self.path)) for each in found]

    def close(self):
        run("umount", self.path)
        shutil.rmtree(self.files)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Machine:
    """A tree that is booted, with a network of its own. Commands run inside as those of a root who is logged in."""

    def __init__(self, tree):
        self.tree = tree
        self.console = tempfile.TemporaryFile()
        self.child = subprocess.Popen(
            ["systemd-nspawn", "--directory", str(tree.path), f"--machine=corsd-{os.getpid()}", "--register=no", "--keep-unit",
             "--private-network", "--console=pipe", "--boot"], stdin=subprocess.DEVNULL, stdout=self.console, stderr=self.console)
        try:
            self.init = wait_until(self._init, "the machine's first process")
            wait_until(self._up, "the machine to boot", timeout=2 * PATIENCE)
        except AssertionError as error:
            self.console.seek(0)
            said = self.console.read().decode(errors="replace")
            self.close()
            raise AssertionError(f"{error}:\n{said}") from None

    def _init(self):
        if self.child.poll() is not None:
            raise AssertionError("systemd-nspawn ended")
        # Only the one that is the first of its namespace: others come and go while it is prepared.
        for child in pathlib.Path(f"/proc/{self.child.pid}/task/{self.child.pid}/children").read_text().split():
            try:
                status = pathlib.Path(f"/proc/{child}/status").read_text()
            except OSError:
                continue
            if "\t1\n" in status[status.index("NSpid:"):].splitlines(keepends=True)[0]:
                return int(child)
        return None

    def _up(self):
        return self.run("systemctl", "is-system-running", ends=None).strip() in ("running", "degraded")

    def run(self, *argv, **options):
        env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
        return run("nsenter", "--target", self.init, "--all", *argv, env=env, **options)

    def enter_network(self):
        """From now on the sockets of the thread that calls, and of those that it begins, are in the machine's network."""
        with open(f"/proc/{self.init}/ns/net") as network:
            if ctypes.CDLL(None, use_errno=True).setns(network.fileno(), CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")

    def show(self, what, unit="corsd.service"):
        return self.run("systemctl", "show", "--value", "--property", what, unit).strip()

    def journal(self):
        return self.run("journalctl", "--boot", "--no-pager", "--output=cat", "--unit=corsd.service")

    def close(self):
        self.child.terminate()  # powers it off
        try:
            self.child.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        self.console.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
