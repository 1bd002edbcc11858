"""SIGHUP: a good file serves the next request, a bad one changes nothing, and nobody notices either."""

import os
import re
import signal
import socket
import subprocess
import threading
import unittest

from reloading import Reloading
from support import (ALLOWED, CORSD, SANITIZED, Client, Corsd, Process, Upstream, free_port, ok, wait_until)

OTHER = "http://localhost:4000"


class Good(Reloading):
    def test_the_next_request_of_a_kept_connection_has_the_new_policy(self):
        upstream, server = self.pair()
        client = self.start(server.client())
        client.send("GET", "/api/x", [("Origin", OTHER)])
        self.assert_problem(client.response(), 403, "origin_not_allowed")
        self.edit(server, (ALLOWED, OTHER))
        self.hup(server)
        client.send("GET", "/api/x", [("Origin", OTHER)])
        self.assert_readable(client.response(), OTHER)
        client.send("GET", "/api/x", [("Origin", ALLOWED)])
        self.assert_problem(client.response(), 403, "origin_not_allowed")
        self.assertEqual(upstream.connections, 1, "the upstream's connection is kept")

    def test_a_request_that_has_begun_ends_with_the_old_policy(self):
        release = threading.Event()
        self.addCleanup(release.set)

        def respond(request, connection):
            release.wait()
            return ok()

        upstream, server = self.pair(respond)
        early, late = self.start(server.client()), self.start(server.client())
        early.send("GET", "/api/x", [("Origin", ALLOWED)])
        upstream.wait(1)
        head = late.head("GET", "/api/y", [("Origin", ALLOWED)])
        late.raw(head[:20])
        self.ask_until_old(server)
        self.edit(server, (ALLOWED, OTHER))
        self.hup(server)
        release.set()
        self.assert_readable(early.response())
        late.raw(head[20:])
        self.assertEqual(late.response().status, 200)

    def ask_until_old(self, server):
        # Answered on the same worker, behind the half head: that has been read by then.
        self.assertEqual(server.ask("GET", "/api/z", [("Origin", OTHER)]).status, 403)

    def test_file_lists_are_read_again(self):
        upstream = self.start(Upstream())
        server = self.start(Corsd(upstream.port))
        partners = server.files / "partners.txt"
        partners.write_text(ALLOWED + "\n")
        self.edit(server, (f"[{ALLOWED}]", '["@file:partners.txt"]'))
        self.hup(server)
        self.assertTrue(self.grants(server, ALLOWED))
        partners.write_text(OTHER + "\n")
        self.hup(server)
        self.assertFalse(self.grants(server, ALLOWED))
        self.assertTrue(self.grants(server, OTHER))

    def test_another_upstream_takes_over_and_the_old_connections_end(self):
        old = self.start(Upstream(lambda request, connection: ok(b"old")))
        new = self.start(Upstream(lambda request, connection: ok(b"new")))
        server = self.start(Corsd(old.port))
        self.assertEqual(server.ask("GET", "/api/x").body, b"old")
        self.edit(server, (f"upstream: http://127.0.0.1:{old.port}", f"upstream: http://127.0.0.1:{new.port}"))
        self.hup(server)
        self.assertEqual(server.ask("GET", "/api/x").body, b"new")
        wait_until(lambda: old.ended == 1, "the idle connection to the old upstream to end")

    def test_log_settings_take_effect(self):
        _, server = self.pair()
        other = server.files / "other.log"
        self.assertTrue(self.grants(server, ALLOWED))
        self.edit(server, (f"output: {server.log_path}, format: json", f"output: {other}, format: text, access: {{only: refused}}"))
        server.terminate(signal.SIGHUP)
        wait_until(lambda: other.exists() and b"reloaded: generation" in other.read_bytes(), "the new log")
        before = len(server.lines())
        self.assertTrue(self.grants(server, ALLOWED))
        self.assertFalse(self.grants(server, OTHER))
        wait_until(lambda: b"origin_not_allowed" in other.read_bytes(), "the access line")
        self.assertEqual(len(server.lines()), before)
        self.assertNotIn(b" 200 ", other.read_bytes())
        os.rename(other, server.files / "rotated")
        server.terminate(signal.SIGUSR1)
        wait_until(other.exists, "the log to be opened again")

    def test_threads_need_a_restart_and_say_so(self):
        _, server = self.pair()
        self.assertTrue(self.grants(server, ALLOWED))  # all threads run by then
        before = self.threads(server)
        self.edit(server, ("threads: 1", "threads: 2"))
        self.hup(server)
        self.assertEqual(len(self.messages(server, "that takes a restart")), 1)
        wait_until(lambda: self.threads(server) == before, "no more threads than before")

    def threads(self, server):
        return len(os.listdir(f"/proc/{server.pid}/task"))

    def test_limits_take_effect(self):
        _, server = self.pair()
        self.assertEqual(server.ask("POST", "/api/x", body=b"x" * 2000).status, 200)
        self.edit(server, ("threads: 1", "threads: 1\nlimits: {max_body_bytes: 1000, max_connections_per_address: 1, max_target_bytes: 100}"))
        self.hup(server)
        self.assert_problem(server.ask("POST", "/api/x", body=b"x" * 2000), 413, "body_too_large")
        self.assert_problem(server.ask("GET", "/api/" + "x" * 200), 414, "target_too_long")
        # Until the connections of the asks above are forgotten, the first may be one too many as well.
        wait_until(lambda: self.of_two_at_once(server) == [(200, None), (429, "overloaded")], "one connection an address")
        self.edit(server, ("max_connections_per_address: 1", "max_connections_per_address: 0"))
        self.hup(server)
        self.assertEqual(self.of_two_at_once(server), [(200, None), (200, None)])

    def of_two_at_once(self, server):
        """Status and reason of the answers on two connections, one made after the other and both open."""
        with server.client() as first, server.client() as second:
            answers = []
            for client in (first, second):
                client.send("GET", "/api/x")
                answer = client.response()
                answers.append((answer.status, None if answer.status == 200 else answer.reason()))
            return answers


class Bad(Reloading):
    def unchanged(self, server):
        self.assertTrue(self.grants(server, ALLOWED))
        self.assertFalse(self.grants(server, OTHER))

    def test_a_file_with_errors_is_reported_at_its_line(self):
        _, server = self.pair()
        self.edit(server, (ALLOWED, OTHER), ("threads: 1", "threads: 1\nresorces: {}"))
        self.refused(server)
        text = server.config_path.read_text().split("\n")
        line = text.index("resorces: {}") + 1
        self.assertEqual(len(self.messages(server, f"corsd.yaml:{line}:1: error[unknown-key]")), 1)
        self.unchanged(server)
        self.edit(server, ("resorces: {}\n", ""))
        self.hup(server)
        self.assertTrue(self.grants(server, OTHER))

    def test_a_file_that_is_gone(self):
        _, server = self.pair()
        text = server.config_path.read_text()
        server.config_path.unlink()
        self.refused(server)
        self.assertTrue(self.messages(server, "cannot read the configuration"))
        self.unchanged(server)
        server.config_path.write_text(text.replace(ALLOWED, OTHER))
        self.hup(server)
        self.assertTrue(self.grants(server, OTHER))

    def test_a_busy_port_changes_nothing(self):
        _, server = self.pair()
        with socket.create_server(("127.0.0.1", 0)) as taken:
            busy, fine = taken.getsockname()[1], free_port()
            self.edit(server, (ALLOWED, OTHER), (f"listen: 127.0.0.1:{server.port}", "listeners: [" + ", ".join(
                f'{{address: "127.0.0.1:{port}"}}' for port in (server.port, fine, busy)) + "]"),
                ("upstream: ", "upstreams: {default: {endpoints: [\""), ("\npublic_origin", "\"]}}\npublic_origin"))
            self.refused(server)
            self.assertEqual(len(self.messages(server, f"cannot listen on 127.0.0.1:{busy}")), 1)
            self.unchanged(server)
            with self.assertRaises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", fine))

    def test_a_log_that_cannot_be_opened_changes_nothing(self):
        _, server = self.pair()
        fine = free_port()
        self.edit(server, (ALLOWED, OTHER), (f"output: {server.log_path}", "output: /nonexistent/corsd.log"),
                  (f"listen: 127.0.0.1:{server.port}", f"listen: 127.0.0.1:{fine}"))
        self.refused(server)
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", fine))
        self.assertTrue(self.messages(server, "/nonexistent/corsd.log"))
        self.unchanged(server)

    def test_ten_megabytes_of_aliases(self):
        _, server = self.pair()
        server.config_path.write_text("a: &a [x]\nb: [" + "*a, " * 2_500_000 + "*a]\n")
        before = server.memory_peak()
        self.refused(server)
        self.assertTrue(self.messages(server, "corsd.yaml:2:5: error[alias]"))
        self.assertLess(len(self.messages(server, "error[")), 30)
        if not SANITIZED:
            self.assertLess(server.memory_peak() - before, 256 << 20)
        self.unchanged(server)

    def test_without_a_file_there_is_nothing_to_reload(self):
        upstream = self.start(Upstream())
        port = free_port()
        child = self.start(Process([CORSD, "run", "--listen", f"127.0.0.1:{port}", "--upstream", f"http://127.0.0.1:{upstream.port}",
                                    "--allow-origin", ALLOWED], port))
        child.terminate(signal.SIGHUP)
        wait_until(lambda: "nothing to reload" in child.stderr(), "the warning")
        with Client(port) as client:
            client.send("GET", "/")
            self.assertEqual(client.response().status, 200)

    def test_a_load_that_hangs_holds_up_neither_service_nor_the_end(self):
        _, server = self.pair()
        server.config_path.unlink()
        os.mkfifo(server.config_path)
        server.terminate(signal.SIGHUP)
        wait_until(lambda: self.messages(server, "reloading the configuration"), "the reload to begin")
        self.unchanged(server)
        server.terminate()
        self.assertEqual(server.exit_code(), 0)
        self.assertIn(b"stopped", server.lines()[-1])


class ListenersChange(Reloading):
    def slow_pair(self, extra=""):
        """/api/slow is answered once `release` is set."""
        release = threading.Event()
        self.addCleanup(release.set)

        def respond(request, connection):
            if request.target == "/api/slow":
                release.wait()
            return ok()

        return *self.pair(respond, extra=extra), release

    def two(self, server, other):
        self.edit(server, (f"listen: 127.0.0.1:{server.port}", "listeners: [" + ", ".join(
            f'{{address: "127.0.0.1:{port}"}}' for port in (server.port, other)) + "]"),
            ("upstream: ", "upstreams: {default: {endpoints: [\""), ("\npublic_origin", "\"]}}\npublic_origin"))

    def sockets(self, server):
        listening = subprocess.run(["ss", "-Hltnpe"], capture_output=True, text=True, check=True).stdout
        return {match.group(1): match.group(2)
                for match in re.finditer(rf"127\.0\.0\.1:(\d+) .*pid={server.pid},.* ino:(\d+)", listening)}

    def test_new_ones_open_gone_ones_drain_and_the_others_stay(self):
        upstream, server, release = self.slow_pair()
        other = free_port()
        before = self.sockets(server)
        self.two(server, other)
        self.hup(server)
        both = self.sockets(server)
        self.assertEqual(both[str(server.port)], before[str(server.port)], "the same socket")
        stays = self.start(server.client())
        stays.send("GET", "/api/x")
        self.assertEqual(stays.response().status, 200)
        idle, busy = self.start(Client(other)), self.start(Client(other))
        idle.send("GET", "/api/x")
        self.assertEqual(idle.response().status, 200)
        seen = upstream.count()
        busy.send("GET", "/api/slow")
        upstream.wait(seen + 1)
        self.edit(server, (f', {{address: "127.0.0.1:{other}"}}', ""))
        self.hup(server)
        self.assertTrue(idle.closed())
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", other))
        release.set()
        answer = busy.response()
        self.assertEqual((answer.status, answer.headers.get("Connection")), (200, "close"))
        self.assertTrue(busy.closed())
        stays.send("GET", "/api/x")
        self.assertEqual(stays.response().headers.get("Connection"), None)
        self.assertEqual(self.sockets(server), before)

    def test_what_outlives_the_drain_of_a_gone_listener_is_cut(self):
        upstream, server, _ = self.slow_pair("timeouts: {drain: 200ms}")
        other = free_port()
        self.two(server, other)
        self.hup(server)
        slow = self.start(Client(other))
        slow.send("GET", "/api/slow")
        upstream.wait(1)
        self.edit(server, (f', {{address: "127.0.0.1:{other}"}}', ""))
        self.hup(server)
        with self.assertRaises(ConnectionError):
            slow.response()
        self.assertEqual(server.ask("GET", "/api/x").status, 200)


if __name__ == "__main__":
    unittest.main()
