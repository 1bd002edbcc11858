"""What corsd tells the service manager (sd_notify): the datagrams that come to $NOTIFY_SOCKET."""

import pathlib
import socket
import tempfile
import time
import unittest

from reloading import Reloading
from support import PATIENCE, Corsd, Upstream


class Manager:
    """$NOTIFY_SOCKET, by a path or in the abstract namespace."""

    def __init__(self, abstract=False):
        self.directory = tempfile.TemporaryDirectory()
        path = str(pathlib.Path(self.directory.name) / "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.settimeout(PATIENCE)
        self.socket.bind("\0" + path if abstract else path)
        self.environment = {"NOTIFY_SOCKET": "@" + path if abstract else path}

    def next(self):
        """The next message, its lines by name."""
        text = self.socket.recv(4096).decode()
        assert text.endswith("\n"), text
        return dict(line.split("=", 1) for line in text.splitlines())

    def close(self):
        self.socket.close()
        self.directory.cleanup()


class Notify(Reloading):
    def notifying(self, abstract=False, extra="", **environment):
        manager = self.start(Manager(abstract))
        upstream = self.start(Upstream())
        return manager, self.start(Corsd(upstream.port, extra=extra, env={**manager.environment, **environment}))

    def test_ready_comes_once_all_listeners_accept(self):
        for abstract in (False, True):
            manager, server = self.notifying(abstract)
            ready = manager.next()
            self.assertEqual(ready["READY"], "1")
            self.assertEqual(ready["STATUS"], f"serving on 127.0.0.1:{server.port}, generation 1")

    def test_nothing_is_said_of_a_start_that_failed(self):
        manager, server = self.notifying()
        manager.next()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM):
            with self.assertRaisesRegex(AssertionError, "another program has it"):
                self.again(server, manager)
        manager.socket.setblocking(False)
        with self.assertRaises(BlockingIOError):
            manager.next()

    def again(self, server, manager):
        """A second process with the same file; its port is busy."""
        from support import CORSD, Process, free_port
        self.start(Process([CORSD, "run", "--config", str(server.config_path)], free_port(), env=manager.environment))

    def test_a_reload_is_announced_and_so_is_its_end_good_or_bad(self):
        manager, server = self.notifying()
        self.assertEqual(manager.next()["READY"], "1")
        before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self.hup(server)
        reloading = manager.next()
        self.assertEqual(reloading["RELOADING"], "1")
        self.assertGreaterEqual(int(reloading["MONOTONIC_USEC"]), before)
        ready = manager.next()
        self.assertEqual(ready["READY"], "1")
        self.assertIn("generation 2", ready["STATUS"])
        self.edit(server, ("origins: [", "origins: [htp://"))
        self.refused(server)
        self.assertEqual(manager.next()["RELOADING"], "1")
        ready = manager.next()
        self.assertEqual(ready["READY"], "1")
        self.assertIn("the last reload failed", ready["STATUS"])

    def test_stopping_asks_for_the_time_that_a_drain_may_take(self):
        manager, server = self.notifying(extra="timeouts: {drain: 70s}")
        manager.next()
        server.terminate()
        stopping = manager.next()
        self.assertEqual(stopping["STOPPING"], "1")
        self.assertGreater(int(stopping["EXTEND_TIMEOUT_USEC"]), 70_000_000)
        self.assertEqual(server.exit_code(), 0)

    def test_the_watchdog_hears_of_us_time_and_again(self):
        interval = 0.2
        manager, _ = self.notifying(WATCHDOG_USEC=str(int(interval * 1e6)))
        self.assertEqual(manager.next()["READY"], "1")
        manager.next()
        first = time.monotonic()
        for _ in range(4):
            self.assertEqual(manager.next(), {"WATCHDOG": "1"})
        self.assertGreater(time.monotonic() - first, 3 * interval / 2)  # no more often than half the time that it waits

    def test_the_watchdog_of_another_process_is_not_ours(self):
        manager, server = self.notifying(WATCHDOG_USEC="1000", WATCHDOG_PID="1")
        self.assertEqual(manager.next()["READY"], "1")
        self.hup(server)
        self.assertEqual(manager.next().get("RELOADING"), "1")

    def test_a_manager_that_is_gone_is_one_line_in_the_log_and_no_more(self):
        manager, server = self.notifying()
        manager.next()
        manager.close()
        self.hup(server)
        self.hup(server)
        self.assertEqual(len(self.messages(server, "service manager")), 1)
        self.assertEqual(server.ask("GET", "/api/x").status, 200)


if __name__ == "__main__":
    unittest.main()
