"""The container image: what is in it, what it says of itself, and how it serves with a root that cannot be written."""

import os
import pathlib
import signal
import stat
import subprocess
import unittest

import image
from support import ALLOWED, EVIL, Process, TestCase, Upstream, free_port, wait_until
from wire import Client

MOST = 40 << 20  # bytes
OTHER = "https://other.example"
POLICY = """
listen: 127.0.0.1:{port}
upstream: ${{UPSTREAM:?}}
public_origin: http://localhost:{port}
threads: 1
status: {{listen: "127.0.0.1:{status}"}}
resources:
  /api/*: {{origins: [{origin}], methods: [GET, PUT]}}
"""


def setUpModule():
    image.build()


class Contents(TestCase):
    def setUp(self):
        self.container = self.start(image.Container())

    def entries(self):
        for directory, names, files in os.walk(self.container.root):
            for name in [*names, *files]:
                path = os.path.join(directory, name)
                yield os.path.relpath(path, self.container.root), os.lstat(path)

    def test_it_is_small(self):
        self.assertLess(sum(found.st_size for _, found in self.entries() if stat.S_ISREG(found.st_mode)), MOST)

    def test_the_program_is_all_that_can_be_run(self):
        runnable = {path for path, found in self.entries() if stat.S_ISREG(found.st_mode) and found.st_mode & 0o111}
        self.assertIn("usr/bin/corsd", runnable)
        self.assertEqual({path for path in runnable if ".so" not in path}, {"usr/bin/corsd"})

    def test_its_user_can_change_nothing_and_become_nobody_else(self):
        for path, found in self.entries():
            self.assertEqual((found.st_uid, found.st_mode & (stat.S_ISUID | stat.S_ISGID)), (0, 0), path)
            self.assertFalse(not stat.S_ISLNK(found.st_mode) and found.st_mode & 0o022, path)

    def test_each_library_comes_with_its_licence_and_its_entry_for_scanners(self):
        packages = set(os.listdir(self.container.root / "var/lib/dpkg/status.d"))
        self.assertLessEqual({"libc6", "libstdc++6", "libre2-9", "libyaml-cpp0.7", "libpsl5"}, packages)
        for package in [*packages, "corsd"]:
            self.assertTrue((self.container.root / "usr/share/doc" / package / "copyright").stat().st_size, package)

    def test_what_an_engine_is_told(self):
        told = image.settings()
        self.assertEqual((told["User"], told["Entrypoint"], told["Cmd"]),
                         ("65532:65532", ["/usr/bin/corsd"], ["run", "--config", "/etc/corsd/corsd.yaml"]))
        self.assertEqual(told["Healthcheck"]["Test"], ["CMD", "/usr/bin/corsd", "health", "--config", "/etc/corsd/corsd.yaml"])
        self.assertEqual(list(told["ExposedPorts"]), ["8080/tcp"])


class OwnConfiguration(TestCase):
    VARIABLES = {"CORSD_UPSTREAM": "http://app:5000", "CORSD_PUBLIC_ORIGIN": "http://localhost:8080", "CORSD_ORIGIN": ALLOWED}

    def check(self, variables, verb="check"):
        container = self.start(image.Container())
        return subprocess.run(container.command("/usr/bin/corsd", verb, "--config", "/etc/corsd/corsd.yaml"), text=True,
                              capture_output=True, timeout=60, env={"PATH": os.environ["PATH"], **variables})

    def test_with_its_variables_it_is_complete(self):
        done = self.check(self.VARIABLES)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_without_them_it_says_which_and_that_a_directory_can_be_mounted(self):
        done = self.check({}, "run")
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        for word in [*self.VARIABLES, "mount a directory with corsd.yaml over /etc/corsd"]:
            self.assertIn(word, done.stderr)


class Serving(TestCase):
    def setUp(self):
        told = image.settings()
        self.run_argv, self.health_argv = [*told["Entrypoint"], *told["Cmd"]], told["Healthcheck"]["Test"][1:]
        self.names = self.start(image.Names())
        self.upstream = self.start(Upstream())
        self.container = self.start(image.Container())
        self.container.resolver(self.names.address)
        self.container.etc.mkdir()
        self.port, self.status = free_port(), free_port()
        self.variables = {"UPSTREAM": f"http://app.internal:{self.upstream.port}"}
        self.configure(ALLOWED)
        self.server = self.start(Process(self.container.command(*self.run_argv), self.port, env=self.variables))
        wait_until(lambda: self.health().returncode == 0, "corsd health to say that it is ready")

    def configure(self, origin):
        """Replaces the file by rename, as editors and configuration managers do."""
        fresh = self.container.etc / "corsd.yaml.new"
        fresh.write_text(POLICY.format(port=self.port, status=self.status, origin=origin))
        fresh.rename(self.container.etc / "corsd.yaml")

    def health(self):
        return subprocess.run(self.container.command(*self.health_argv), capture_output=True, text=True, timeout=60,
                              env={**os.environ, **self.variables})

    def ask(self, method="GET", origin=ALLOWED, headers=()):
        with Client(self.port) as client:
            client.send(method, "/api/x", [("Origin", origin), *headers])
            return client.response(method)

    def test_requests(self):
        answer = self.ask()
        self.assertEqual((answer.status, answer.body), (200, b"ok"))
        self.assert_readable(answer)
        self.assert_problem(self.ask(origin=EVIL), 403, "origin_not_allowed")
        granted = self.ask("OPTIONS", headers=[("Access-Control-Request-Method", "PUT")])
        self.assertEqual(granted.status, 204)
        self.assert_readable(granted)
        self.assertEqual(self.upstream.count(), 1)
        self.assertIn("app.internal", self.names.asked)
        wait_until(lambda: "origin_not_allowed" in self.server.stderr(), "the refusal in the log, where `docker logs` finds it")

    def test_nobody_but_its_user_and_nothing_to_write(self):
        process = pathlib.Path(f"/proc/{self.server.pid}")
        status = dict(line.split(":\t", 1) for line in (process / "status").read_text().splitlines() if ":\t" in line)
        self.assertEqual((set(status["Uid"].split()), set(status["Gid"].split()), status["Groups"].strip(), int(status["CapEff"], 16)),
                         ({"65532"}, {"65532"}, "", 0))
        root = [line.split()[5] for line in (process / "mountinfo").read_text().splitlines() if line.split()[4] == "/"]
        self.assertEqual([options.split(",")[0] for options in root], ["ro"])

    def test_a_reload_sees_the_file_that_replaced_the_mounted_one(self):
        self.assertEqual((self.ask().status, self.ask(origin=OTHER).status), (200, 403))
        self.configure(OTHER)
        self.server.terminate(signal.SIGHUP)
        wait_until(lambda: "reloaded: generation" in self.server.stderr(), "the reload")
        self.assertEqual((self.ask().status, self.ask(origin=OTHER).status), (403, 200))

    def test_the_end_and_what_health_says_then(self):
        self.server.terminate()
        self.assertEqual(self.server.exit_code(), 0, self.server.stderr())
        self.assertEqual(self.health().returncode, 1)


if __name__ == "__main__":
    unittest.main()
