"""Builds the image of Dockerfile by buildah, without an engine and without a registry, and enters it.

Needs root, as chroot does. The base is a Debian that debootstrap made; it is kept in build/image, and so is what g++ made, in ccache.
"""

import json
import os
import pathlib
import socket
import struct
import subprocess
import sys
import tempfile
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests/e2e"))

MIRROR = os.environ.get("CORSD_MIRROR", "http://deb.debian.org/debian")
SUITE = "bookworm"
PLACE = ROOT / "build/image"
BASE = f"localhost/corsd-base:{SUITE}"
IMAGE = "localhost/corsd:test"
LONG = 3000  # seconds for packages and the whole program on a slow machine


def run(*argv, ends=0, timeout=LONG):
    done = subprocess.run([str(each) for each in argv], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout)
    if done.returncode != ends:
        raise AssertionError(f"{' '.join(map(str, argv))} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout.strip()


def buildah(*argv):
    """With a store of its own, copies of directories in it: what works on any file system and in a container."""
    return run("buildah", "--root", PLACE / "store", "--runroot", PLACE / "run", "--storage-driver", "vfs", *argv)


def has(image):
    return any(image in (each["names"] or []) for each in json.loads(buildah("images", "--json") or "[]") or [])


def make_base():
    if has(BASE):
        return
    container = buildah("from", "scratch")
    run("debootstrap", "--variant=minbase", SUITE, buildah("mount", container), MIRROR)
    buildah("commit", "--rm", container, BASE)


def build():
    if os.geteuid() != 0:
        raise AssertionError("only root can build the image without an engine")
    PLACE.mkdir(parents=True, exist_ok=True)
    make_base()
    cache = run("ccache", "--get-config", "cache_dir")
    os.makedirs(cache, exist_ok=True)
    (PLACE / "ccache.conf").write_text("cache_dir = /var/cache/ccache\nbase_dir = /src\nhash_dir = false\n")
    # Docker's format: OCI's has no HEALTHCHECK. Layers of vfs are whole copies, so there are none.
    buildah("bud", "--isolation", "chroot", "--format", "docker", "--layers=false", "--pull-never", "--build-arg", f"BASE={BASE}",
            "--volume", f"{cache}:/var/cache/ccache", "--volume", f"{PLACE}/ccache.conf:/etc/ccache.conf:ro", "--tag", IMAGE, ROOT)
    buildah("rmi", "--prune")  # the one that had the name before


def settings():
    """What the image says of itself to an engine."""
    return json.loads(buildah("inspect", "--type", "image", IMAGE))["Docker"]["config"]


# As an engine does with --read-only and -v: nothing can be written, /etc/corsd is a directory of the host. No /proc, no /dev.
ENTER = """set -e
root=$1 files=$2; shift 2
mount --bind "$root" "$root"
mount --bind "$files/resolv.conf" "$root/etc/resolv.conf"
[ ! -d "$files/corsd" ] || mount --bind "$files/corsd" "$root/etc/corsd"
mount -o remount,bind,ro "$root"
user=$1; shift
exec chroot --userspec="$user" --groups= "$root" "$@"
"""


class Container:
    """The image's files as a container of it sees them. `etc` is what is mounted over its /etc/corsd, once it is there."""

    def __init__(self):
        self.name = buildah("from", "--pull-never", IMAGE)
        self.root = pathlib.Path(buildah("mount", self.name))
        (self.root / "etc/resolv.conf").touch()  # an engine makes what it mounts upon
        self.files = tempfile.TemporaryDirectory()
        self.etc = pathlib.Path(self.files.name, "corsd")
        pathlib.Path(self.files.name).chmod(0o755)
        pathlib.Path(self.files.name, "resolv.conf").write_text("")

    def resolver(self, address):
        pathlib.Path(self.files.name, "resolv.conf").write_text(f"nameserver {address}\n")

    def command(self, *argv):
        """Becomes that program, in the mounted root and as the image's user; its process id is the program's."""
        return ["unshare", "--mount", "sh", "-c", ENTER, "sh", str(self.root), self.files.name, settings()["User"], *argv]

    def close(self):
        buildah("rm", self.name)
        self.files.cleanup()


class Names:
    """A name server on port 53 of a loopback address, the only port that resolv.conf can mean: every name is 127.0.0.1."""

    def __init__(self, address="127.53.53.53"):
        self.address = address
        self.asked = set()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, 53))
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        while True:
            question, client = self.socket.recvfrom(4096)
            if not question:  # close()
                return
            end, labels = 12, []
            while question[end]:
                labels.append(question[end + 1:end + 1 + question[end]].decode())
                end += 1 + question[end]
            kind = struct.unpack_from("!H", question, end + 1)[0]
            self.asked.add(".".join(labels))
            answers = [struct.pack("!HHHIH4B", 0xC00C, 1, 1, 1, 4, 127, 0, 0, 1)] if kind == 1 else []
            head = question[:2] + struct.pack("!5H", 0x8180, 1, len(answers), 0, 0)
            self.socket.sendto(head + question[12:end + 5] + b"".join(answers), client)

    def close(self):
        self.socket.sendto(b"", (self.address, 53))
        self.thread.join()
        self.socket.close()
