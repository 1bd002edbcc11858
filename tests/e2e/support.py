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
import unittest

from wire import PATIENCE, Client, Upstream, ok, wait_until  # noqa: F401 (what the tests import from here)

ROOT = pathlib.Path(__file__).resolve().parents[2]
CORSD = os.environ.get("CORSD_BIN", str(ROOT / "build/release/corsd"))
SANITIZED = os.environ.get("CORSD_SANITIZED") == "1"
PYTHON = "/usr/bin/python3"
ALLOWED = "http://localhost:3000"
EVIL = "https://evil.example"


def configurations():
    """Every file of the repository that people are to read as an example."""
    files = [*ROOT.glob("config/**/*.yaml"), *ROOT.glob("examples/**/*.yaml"), *ROOT.glob("packaging/**/*.yaml")]
    return sorted(path for path in files if path.name != "compose.yaml")


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

    def __init__(self, argv, port, env=None, cwd=None, pass_fds=()):
        self.port = port
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="corsd-e2e-"))
        self.stderr_path = self.directory / "stderr"
        with open(self.stderr_path, "wb") as stderr:
            self.child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=stderr, stderr=stderr, cwd=cwd, start_new_session=True,
                                          pass_fds=pass_fds, env={**os.environ, **(env or {})})
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
        report = self._sanitizer_report() if SANITIZED and CORSD in self.child.args else None
        # The whole group: gunicorn's workers outlive a master that is killed.
        try:
            os.killpg(self.child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.child.wait()
        shutil.rmtree(self.directory, ignore_errors=True)
        if report:
            raise AssertionError(f"a sanitizer's report of {CORSD}:\n{report}")

    def _sanitizer_report(self):
        """What a sanitizer wrote, whether or not the test saw the program end of it. Leaks are looked for at an ordinary end, so it gets one,
        unless a request that is left holds up the drain."""
        self.terminate()
        try:
            self.exit_code(timeout=2)
        except subprocess.TimeoutExpired:
            pass
        text = self.stderr()
        return text if "Sanitizer" in text or "runtime error:" in text else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Configured(Process):
    """The program with a whole file: what `compose(port, log_path)` returns, which names that port as its listener and that path
    as its log in JSON."""

    def __init__(self, compose, wrap=(), env=None):
        port = free_port()
        self.files = pathlib.Path(tempfile.mkdtemp(prefix="corsd-e2e-config-"))
        self.log_path = self.files / "corsd.log"
        self.own_origin = f"http://localhost:{port}"  # what browsers call it
        self.config_path = self.files / "corsd.yaml"
        self.config_path.write_text(compose(port, self.log_path))
        super().__init__([*wrap, CORSD, "run", "--config", str(self.config_path)], port, env)

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

    def private_memory(self):
        """What the process has written to and nobody shares, in bytes. Pages of files are left out: they are its own or not as others come
        and go that run the same program."""
        text = pathlib.Path(f"/proc/{self.pid}/smaps_rollup").read_text()
        return sum(int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith(("Private_Dirty:", "Swap:")))

    def close(self):
        try:
            super().close()
        finally:
            shutil.rmtree(self.files, ignore_errors=True)


class Corsd(Configured):
    """The program in front of `upstream_port`, with the given resources (YAML, indented by the caller under `resources:`)."""

    DEFAULT = f"""
  /api/*:
    origins: [{ALLOWED}]
    methods: [GET, POST, PUT, DELETE]
    allow_headers: [Content-Type, Authorization]
"""

    def __init__(self, upstream_port, resources=DEFAULT, extra="", log="format: json", wrap=(), env=None, upstream_host="127.0.0.1"):
        super().__init__(lambda port, log_path: f"listen: 127.0.0.1:{port}\n"
                                                f"upstream: http://{upstream_host}:{upstream_port}\n"
                                                f"public_origin: http://localhost:{port}\n"
                                                f"threads: 1\n"
                                                f"log: {{output: {log_path}, {log}}}\n"
                                                f"{extra}\n"
                                                f"resources:{resources}", wrap, env)


class Flask(Process):
    """A Flask application under Flask's own server (closes after each answer) or under gunicorn (keeps; also on a Unix socket)."""

    def __init__(self, server="werkzeug", path=ROOT / "examples/flask/app.py", env=None):
        port = free_port()
        self.sockets = pathlib.Path(tempfile.mkdtemp(prefix="corsd-e2e-"))
        argv = [PYTHON, str(path)]
        if server == "gunicorn":
            argv = [PYTHON, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--bind", self.unix_address, "--worker-class", "gthread",
                    "--threads", "4", "--chdir", str(path.parent), f"{path.stem}:app"]
        super().__init__(argv, port, env={"PORT": str(port), "PYTHONDONTWRITEBYTECODE": "1", **(env or {})})

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def unix_address(self):
        return f"unix:{self.sockets}/gunicorn.sock"

    def get(self, path):
        """What the application says itself, not by way of corsd."""
        with Client(self.port) as client:
            client.send("GET", path)
            return client.response("GET")

    def count(self):
        return self.get("/count").json()["requests"]

    def close(self):
        super().close()
        shutil.rmtree(self.sockets, ignore_errors=True)


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
