"""The package in a Debian tree that is booted: the service as systemd runs it.

The test's own sockets are in the machine's network, so its upstream and its clients are at 127.0.0.1 there.
"""

import threading
import time
import unittest

from support import BOOKWORM, PATIENCE, Client, Machine, Tree, Upstream, made, newer, ok, package, wait_until

ALLOWED = "http://localhost:3000"
OTHER = "https://other.example"
CONFIG = "/etc/corsd/corsd.yaml"


INSTALLED = None


def setUpModule():
    global INSTALLED
    INSTALLED = Tree(made(*BOOKWORM))
    unittest.addModuleCleanup(INSTALLED.close)
    INSTALLED.install(package())


class Booted(unittest.TestCase):
    def setUp(self):
        # A machine for each test: what one leaves behind is no other's business, and it boots within a second.
        self.tree = Tree(INSTALLED.path)
        self.addCleanup(self.tree.close)
        self.machine = Machine(self.tree)
        self.addCleanup(self.machine.close)
        self.machine.enter_network()
        self.upstream = Upstream()
        self.addCleanup(self.upstream.close)

    def configure(self, origins=ALLOWED, listen="127.0.0.1:8080", more=""):
        self.tree.at(CONFIG).write_text(
            f"listen: {listen}\nupstream: http://127.0.0.1:{self.upstream.port}\npublic_origin: https://api.example\nhosts: ['*']\n"
            f"{more}\nresources:\n  /*: {{origins: ['{origins}']}}\n")

    def drop_in(self, text, unit="corsd.service"):
        folder = self.tree.at(f"/etc/systemd/system/{unit}.d")
        folder.mkdir(parents=True)
        (folder / "test.conf").write_text(text)
        self.systemctl("daemon-reload")

    def systemctl(self, *words, ends=0, timeout=PATIENCE):
        return self.machine.run("systemctl", *words, ends=ends, timeout=timeout)

    def serve(self, **configuration):
        self.configure(**configuration)
        self.systemctl("restart", "corsd")

    def status(self, origin=ALLOWED, port=8080):
        with Client(port) as client:
            client.send("GET", "/", [("Origin", origin)])
            return client.response().status

    def pid(self):
        return int(self.machine.show("MainPID"))

    def another_pid(self, before):
        def running():
            return self.machine.show("ActiveState") == "active" and self.pid() not in (0, before)
        wait_until(running, "the service to come back")
        return self.pid()


class Service(Booted):
    def test_it_runs_since_boot_with_the_file_of_the_package(self):
        wait_until(lambda: self.machine.show("ActiveState") == "active", "the service")
        self.assertIn("serving on 127.0.0.1:8080", self.systemctl("status", "--no-pager", "corsd"))
        self.assertEqual(self.status(), 403)  # the path is none of that file's
        self.assertEqual(self.machine.show("LoadState", "corsd.socket"), "loaded")
        self.assertEqual(self.machine.show("ActiveState", "corsd.socket"), "inactive")

    def test_it_serves_and_has_no_privilege_but_a_low_port(self):
        self.serve(listen="127.0.0.1:80")
        self.assertEqual((self.status(ALLOWED, 80), self.status(OTHER, 80)), (200, 403))
        about = self.machine.run("cat", f"/proc/{self.pid()}/status")
        for line in ("CapEff:\t0000000000000400", "CapBnd:\t0000000000000400", "NoNewPrivs:\t1", "Seccomp:\t2"):
            self.assertIn(line, about)
        self.assertNotIn("Uid:\t0", about)

    def test_a_good_reload_counts_and_a_bad_one_fails_and_changes_nothing(self):
        self.serve()
        pid = self.pid()
        self.configure(origins=OTHER)
        self.systemctl("reload", "corsd")
        wait_until(lambda: self.status(OTHER) == 200, "the new policy")
        self.assertEqual(self.status(ALLOWED), 403)

        with open(self.tree.at(CONFIG), "a") as file:
            file.write("nonsense: 1\n")
        self.systemctl("reload", "corsd", ends=1)
        self.assertIn(f"{CONFIG}:8:1: error[unknown-key]", self.machine.journal())
        self.assertEqual((self.status(OTHER), self.status(ALLOWED), self.pid()), (200, 403, pid))
        self.assertEqual(self.machine.show("ActiveState"), "active")

        self.configure(origins=ALLOWED)
        self.systemctl("reload", "corsd")
        wait_until(lambda: self.status(ALLOWED) == 200, "the policy after it was mended")
        self.assertEqual(self.pid(), pid)

    def test_killed_or_stuck_it_comes_back_but_not_with_a_bad_file(self):
        self.drop_in("[Service]\nWatchdogSec=2s\n")
        self.serve()
        pid = self.pid()
        self.systemctl("kill", "--signal=KILL", "--kill-whom=main", "corsd")
        pid = self.another_pid(pid)
        self.assertEqual(self.status(), 200)

        # It tells that it lives: later than one interval after its start.
        began = int(self.machine.show("WatchdogTimestampMonotonic"))
        wait_until(lambda: int(self.machine.show("WatchdogTimestampMonotonic")) > began + 2_000_000, "signs of life")
        self.assertEqual(self.pid(), pid)
        self.systemctl("kill", "--signal=STOP", "--kill-whom=main", "corsd")
        self.another_pid(pid)
        self.assertIn("Watchdog timeout", self.machine.journal())
        self.assertEqual(self.status(), 200)

        self.tree.at(CONFIG).write_text("nonsense: 1\n")
        self.systemctl("restart", "corsd", ends=1)
        self.assertEqual((self.machine.show("ActiveState"), self.machine.show("ExecMainStatus")), ("failed", "3"))

    def test_a_secret_comes_by_the_credentials(self):
        secret = self.tree.at("/etc/corsd/credentials/origin")
        secret.write_text(OTHER)
        secret.chmod(0o600)
        self.serve(origins="${file:/run/credentials/corsd.service/corsd_origin}")
        self.assertEqual((self.status(OTHER), self.status(ALLOWED)), (200, 403))
        self.systemctl("reload", "corsd")
        wait_until(lambda: self.machine.show("StatusText").endswith("generation 2"), "the reload")
        self.assertEqual((self.status(OTHER), self.status(ALLOWED)), (200, 403))

    def test_its_log_is_rotated(self):
        self.serve(more="log: {output: /var/log/corsd/corsd.log, format: json}")
        log, rotated = self.tree.at("/var/log/private/corsd/corsd.log"), self.tree.at("/var/log/private/corsd/corsd.log.1")
        self.status()
        wait_until(lambda: '"target":"/"' in log.read_text(), "the access line")
        self.machine.run("logrotate", "--force", "/etc/logrotate.d/corsd")
        self.assertIn('"target":"/"', rotated.read_text())
        wait_until(log.exists, "the new file")
        self.status()
        wait_until(lambda: '"target":"/"' in log.read_text(), "the access line in the new file")

    def test_stopping_waits_for_what_runs_as_long_as_the_drain_may_take(self):
        # A second is what systemd would give it; it asks for more.
        self.drop_in("[Service]\nTimeoutStopSec=1s\n")
        go_on = threading.Event()
        self.upstream.respond = lambda request, connection: go_on.wait(PATIENCE) and ok()
        self.serve()
        with Client(8080) as client:
            client.send("GET", "/", [("Origin", ALLOWED)])
            self.upstream.wait(1)
            self.systemctl("stop", "--no-block", "corsd")
            wait_until(lambda: self.machine.show("ActiveState") == "deactivating", "the stop to begin")
            began = time.monotonic()
            wait_until(lambda: time.monotonic() > began + 2.5, "more than systemd's own patience to pass")
            self.assertEqual(self.machine.show("ActiveState"), "deactivating")
            go_on.set()
            self.assertEqual(client.response().status, 200)
        wait_until(lambda: self.machine.show("ActiveState") == "inactive", "the end")
        self.assertEqual((self.machine.show("Result"), self.machine.show("ExecMainStatus")), ("success", "0"))

    def test_restarts_under_load_with_the_socket_lose_no_connection(self):
        self.systemctl("stop", "corsd")
        self.configure(listen="fd:http")
        self.systemctl("start", "corsd.socket")
        self.assertEqual(self.status(), 200)  # the first connection starts it
        over, answered, lost = threading.Event(), [], []

        def load():
            self.machine.enter_network()
            while not over.is_set():
                try:
                    answered.append(self.status())
                except (OSError, AssertionError) as error:
                    lost.append(error)

        threads = [threading.Thread(target=load) for _ in range(4)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(3):
                pid, enough = self.pid(), len(answered) + 40
                wait_until(lambda: len(answered) >= enough or lost, "requests to flow")
                self.systemctl("restart", "corsd")
                self.assertNotEqual(self.pid(), pid)
            enough = len(answered) + 40
            wait_until(lambda: len(answered) >= enough or lost, "requests to flow")
        finally:
            over.set()
            for thread in threads:
                thread.join()
        self.assertEqual((lost, set(answered)), ([], {200}))


class Upgrade(Booted):
    def setUp(self):
        super().setUp()
        self.serve()

    def upgrade(self):
        newer(self.tree.at("/root"))
        return self.machine.run("dpkg", "--install", "/root/newer.deb", timeout=2 * PATIENCE)

    def test_it_restarts_what_runs(self):
        pid = self.pid()
        self.upgrade()
        self.another_pid(pid)
        self.assertEqual(self.status(), 200)

    def test_it_starts_nothing_that_was_stopped(self):
        self.systemctl("stop", "corsd")
        self.upgrade()
        self.assertEqual(self.machine.show("ActiveState"), "inactive")

    def test_it_never_restarts_into_a_broken_configuration(self):
        pid = self.pid()
        with open(self.tree.at(CONFIG), "a") as file:
            file.write("nonsense: 1\n")
        said = self.upgrade()
        self.assertIn(f"{CONFIG}:8:1: error[unknown-key]", said)
        self.assertIn("not restarted", said)
        self.assertEqual((self.pid(), self.status(), self.status(OTHER)), (pid, 200, 403))
        self.assertIn("+newer", self.machine.run("dpkg-query", "--show", "corsd"))

    def test_removing_stops_it_and_purging_leaves_nothing(self):
        self.serve(more="log: {output: /var/log/corsd/corsd.log}")
        self.machine.run("dpkg", "--remove", "corsd", timeout=2 * PATIENCE)
        self.assertEqual(self.machine.show("ActiveState"), "inactive")
        self.assertTrue(self.tree.at("/var/log/private/corsd/corsd.log").exists())
        self.machine.run("dpkg", "--purge", "corsd", timeout=2 * PATIENCE)
        self.assertEqual(self.tree.traces(), [])

    def test_coming_back_after_a_removal_it_starts(self):
        self.machine.run("dpkg", "--remove", "corsd", timeout=2 * PATIENCE)
        self.upgrade()
        self.assertEqual(self.status(), 200)

    def test_coming_back_to_a_broken_configuration_it_does_not(self):
        self.machine.run("dpkg", "--remove", "corsd", timeout=2 * PATIENCE)
        self.tree.at(CONFIG).write_text("nonsense: 1\n")
        said = self.upgrade()
        self.assertIn("not started", said)
        self.assertEqual(self.machine.show("ActiveState"), "inactive")


if __name__ == "__main__":
    unittest.main()
