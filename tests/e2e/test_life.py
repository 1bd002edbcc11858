"""How the program starts, ends, and what it lives through."""

import os
import pathlib
import resource
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

from support import (ALLOWED, CORSD, Client, Corsd, Process, TestCase, Upstream, accepts, corsd, free_port, ok, wait_until)


class Ending(TestCase):
    def held(self, extra=""):
        """corsd with one request that the upstream holds until the event is set."""
        release = threading.Event()
        self.addCleanup(release.set)

        def respond(request, connection):
            if request.target == "/api/slow":
                release.wait()
            return ok(b"finished")

        upstream, server = self.pair(respond, extra=extra)
        client = self.start(server.client())
        client.send("GET", "/api/slow", [("Origin", ALLOWED)])
        upstream.wait(1)
        return release, server, client

    def test_sigterm_and_sigint_finish_what_runs_and_exit_0(self):
        for how in (signal.SIGTERM, signal.SIGINT):
            release, server, client = self.held()
            server.terminate(how)
            wait_until(lambda: not accepts(server.port), "the listener to close")
            self.assertTrue(server.alive(), "it must wait for the request")
            release.set()
            answer = client.response()
            self.assertEqual((answer.status, answer.body), (200, b"finished"))
            self.assert_readable(answer)
            self.assertTrue(client.closed())
            self.assertEqual(server.exit_code(), 0, server.stderr())

    def test_an_idle_connection_does_not_hold_up_the_end(self):
        _, server = self.pair()
        client = self.start(server.client())
        client.send("GET", "/api/x")
        self.assertEqual(client.response().status, 200)
        server.terminate()
        self.assertTrue(client.closed())
        self.assertEqual(server.exit_code(10), 0)

    def test_whoever_has_just_connected_may_still_ask_and_holds_up_the_end_only_for_a_moment(self):
        upstream, server = self.pair()
        asks, is_silent = self.start(server.client()), self.start(server.client())
        wait_until(lambda: self.established(server) == 2, "both to be accepted")
        server.terminate()
        wait_until(lambda: not accepts(server.port), "the listener to close")
        asks.send("GET", "/api/x", [("Origin", ALLOWED)])
        answer = asks.response()
        self.assertEqual((answer.status, answer.headers.get("Connection")), (200, "close"))
        self.assertTrue(is_silent.closed())
        self.assertEqual(server.exit_code(), 0)

    def established(self, server):
        """Connections that the process has accepted, by its descriptors."""
        sockets = set()
        for link in pathlib.Path(f"/proc/{server.pid}/fd").iterdir():
            try:
                sockets.add(os.readlink(link))
            except FileNotFoundError:
                pass
        rows = [row.split() for row in pathlib.Path(f"/proc/{server.pid}/net/tcp").read_text().splitlines()[1:]]
        return sum(row[1].endswith(f":{server.port:04X}") and row[3] == "01" and f"socket:[{row[9]}]" in sockets for row in rows)

    def test_requests_that_were_sent_before_the_end_are_answered(self):
        # The program is stopped while they are sent: one on a connection that it knows, one on a connection that it has not accepted.
        _, server = self.pair()
        known = self.start(server.client())
        known.send("GET", "/api/first")
        self.assertEqual(known.response().status, 200)
        server.child.send_signal(signal.SIGSTOP)
        wait_until(lambda: b") T " in pathlib.Path(f"/proc/{server.pid}/stat").read_bytes(), "the program to stop")
        known.send("GET", "/api/known")
        queued = self.start(server.client())
        queued.send("GET", "/api/queued")
        server.terminate()
        server.child.send_signal(signal.SIGCONT)
        for client in (known, queued):
            answer = client.response()
            self.assertEqual(answer.status, 200)
            self.assertTrue(client.closed())
        self.assertEqual(server.exit_code(), 0)

    def test_what_outlives_the_drain_is_cut(self):
        _, server, client = self.held(extra="timeouts: {drain: 200ms}")
        server.terminate()
        self.assertEqual(server.exit_code(10), 0)
        with self.assertRaises(ConnectionError):
            client.response()

    def test_sigterm_under_load_loses_no_request_that_was_sent_before(self):
        upstream, server = self.pair(lambda request, connection: ok(request.target.encode()))
        lost, wrong, said_close, served = [], [], [], [0]

        def keep_asking(number):
            client = server.client()
            sent = time.monotonic()
            try:
                for turn in range(1_000_000):
                    target = f"/api/{number}/{turn}"
                    client.send("GET", target)
                    sent = time.monotonic()
                    answer = client.response()
                    served[0] += 1
                    if (answer.status, answer.body) != (200, target.encode()):
                        wrong.append((target, answer.status, answer.body))
                    if answer.headers.get("Connection") == "close":
                        said_close.append(number)
                        return
            except OSError:
                lost.append(sent)
            finally:
                client.close()

        crowd = [threading.Thread(target=keep_asking, args=(number,)) for number in range(24)]
        for thread in crowd:
            thread.start()
        upstream.wait(500)
        stopped = time.monotonic()
        server.terminate()
        for thread in crowd:
            thread.join()
        self.assertEqual(server.exit_code(), 0, server.stderr())
        self.assertEqual(wrong, [])
        self.assertEqual([sent for sent in lost if sent < stopped], [])
        self.assertGreater(len(said_close), 0)
        self.assertEqual(upstream.count(), served[0], "nothing reached the upstream whose answer was not delivered")

    def test_all_that_waits_to_be_accepted_is_answered(self):
        # More than are accepted in one go, and more than limits.max_connections lets in.
        _, server = self.pair(extra="limits: {max_connections: 100}")
        server.child.send_signal(signal.SIGSTOP)
        wait_until(lambda: b") T " in pathlib.Path(f"/proc/{server.pid}/stat").read_bytes(), "the program to stop")
        queue = [self.start(server.client()) for _ in range(300)]
        for client in queue:
            client.send("GET", "/api/queued")
        server.terminate()
        server.child.send_signal(signal.SIGCONT)
        for client in queue:
            self.assertEqual(client.response().status, 200)
        self.assertEqual(server.exit_code(), 0)

    def test_a_second_signal_ends_at_once(self):
        _, server, client = self.held(extra="timeouts: {drain: 1h}")
        server.terminate()
        wait_until(lambda: not accepts(server.port), "the listener to close")
        server.terminate()
        self.assertEqual(server.exit_code(10), 1)

    def test_the_access_log_is_whole_at_exit(self):
        _, server = self.pair()
        with server.client() as client:
            for _ in range(50):
                client.send("GET", "/api/x")
                client.response()
        server.terminate()
        self.assertEqual(server.exit_code(), 0)
        self.assertEqual(len(server.access()), 50)

    def test_the_port_is_free_again_at_once(self):
        upstream, server = self.pair()
        client = self.start(server.client())
        client.send("GET", "/api/x")
        client.response()
        server.terminate()
        server.exit_code()
        again = self.start(Process([CORSD, "run", "--config", str(server.config_path)], server.port))
        self.assertTrue(again.alive())


class NotStarting(TestCase):
    def refused(self, *arguments):
        done = corsd(*arguments)
        self.assertNotEqual(done.returncode, 0)
        self.assertGreater(done.returncode, 0, "ended by a signal")
        return done

    def one_line(self, done, *words):
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        self.assertEqual(len(lines), 1, done.stderr)
        for word in words:
            self.assertIn(word, lines[0])

    def test_a_busy_port_is_one_clear_line(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            path = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory())) / "corsd.yaml"
            path.write_text(f"listen: {address}\nupstream: http://127.0.0.1:9\npublic_origin: http://{address}\nresources: {{}}\n")
            self.one_line(self.refused("run", "--config", path), address, "in use")

    def test_a_missing_file_is_one_clear_line(self):
        for verb in ("run", "check"):
            self.one_line(self.refused(verb, "--config", "/nonexistent/corsd.yaml"), "/nonexistent/corsd.yaml")

    def test_a_file_that_cannot_be_read_is_one_clear_line(self):
        with tempfile.TemporaryDirectory() as directory:
            self.one_line(self.refused("run", "--config", directory), directory)

    def test_a_file_with_errors_does_not_start_and_exits_3(self):
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory) / "bad.yaml"
            path.write_text("listen: 127.0.0.1:1\nupstream: http://127.0.0.1:2\nresorces: {}\n")
            for verb in ("run", "check"):
                done = self.refused(verb, "--config", path)
                self.assertEqual(done.returncode, 3, done.stderr)
                self.assertIn("bad.yaml:3:1: error[", done.stderr + done.stdout)
                self.assertIn("resources", done.stderr + done.stdout)

    def test_unknown_options_are_refused(self):
        self.refused("run", "--no-such-option")
        self.refused("nonsense")
        self.refused()


class WithoutAFile(TestCase):
    def test_run_with_upstream_and_origin(self):
        upstream = self.start(Upstream())
        port = free_port()
        self.start(Process([CORSD, "run", "--listen", f"127.0.0.1:{port}", "--upstream", f"http://127.0.0.1:{upstream.port}",
                            "--allow-origin", ALLOWED], port))
        with Client(port) as client:
            client.send("GET", "/any", [("Origin", ALLOWED)])
            answer = client.response()
        self.assertEqual(answer.status, 200)
        self.assert_readable(answer)

    def test_print_config_is_a_file_that_check_accepts(self):
        printed = corsd("run", "--upstream", "http://127.0.0.1:5000", "--allow-origin", ALLOWED, "--print-config")
        self.assertEqual(printed.returncode, 0, printed.stderr)
        self.assertIn(ALLOWED, printed.stdout)
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory) / "printed.yaml"
            path.write_text(printed.stdout)
            self.assertEqual(corsd("check", "--config", path).returncode, 0)

    def test_a_file_and_upstream_together_are_refused(self):
        done = corsd("run", "--config", "x.yaml", "--upstream", "http://127.0.0.1:5000")
        self.assertNotEqual(done.returncode, 0)

    def test_help_and_version(self):
        for arguments, word in ((("--help",), "check"), (("run", "--help"), "--allow-origin"), (("--version",), "0.")):
            done = corsd(*arguments)
            self.assertEqual(done.returncode, 0)
            self.assertIn(word, done.stdout)


class LivingOn(TestCase):
    def test_no_descriptors_left(self):
        upstream = self.start(Upstream())
        server = self.start(Corsd(upstream.port, wrap=("prlimit", "--nofile=48:48")))
        crowd = []
        try:
            for _ in range(100):
                crowd.append(Client(server.port))
            # Those that got in are served: the first asks while nobody else can be accepted. Its upstream connection may lack a
            # descriptor too, so the answer is one of three.
            crowd[0].send("GET", "/api/x", [("Origin", ALLOWED)])
            self.assertIn(crowd[0].response().status, (200, 502, 503))
        finally:
            for client in crowd:
                client.close()

        def served():
            try:
                return server.ask("GET", "/api/x").status == 200
            except OSError:
                return False

        wait_until(served, "service after the crowd left")
        self.assertTrue(server.alive())

    def test_out_of_descriptors_accepting_pauses_without_spinning(self):
        # Nobody says anything, so timeouts.header makes room, some 35 at a time.
        upstream = self.start(Upstream())
        server = self.start(Corsd(upstream.port, wrap=("prlimit", "--nofile=48:48"), extra="timeouts: {header: 1s}"))
        before = self.processor_seconds(server)
        crowd = [self.start(Client(server.port)) for _ in range(100)]
        for client in crowd:
            self.assertTrue(client.closed())
        self.assertLess(self.processor_seconds(server) - before, 0.5)
        self.assertEqual(len([line for line in server.lines() if b"no more connections" in line]), 1)
        wait_until(lambda: server.ask("GET", "/api/x").status == 200
                   and any(b"accepting again" in line for line in server.lines()), "the end of it in the log")

    def processor_seconds(self, server):
        fields = pathlib.Path(f"/proc/{server.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def test_connections_beyond_the_limit_wait_for_room(self):
        upstream = self.start(Upstream(lambda request, connection: ok(request.target.encode())))
        server = self.start(Corsd(upstream.port, extra="limits: {max_connections: 2}"))
        wait_until(lambda: server.ask("GET", "/api/ready").status == 200, "the probe of the start to be gone")
        first, second = self.start(server.client()), self.start(server.client())
        for client in (first, second):
            client.send("GET", "/api/in")
            self.assertEqual(client.response().status, 200)
        third = self.start(server.client())
        third.send("GET", "/api/third")
        for _ in range(50):
            first.send("GET", "/api/in")
            self.assertEqual(first.response().status, 200)
        self.assertNotIn("/api/third", [request.target for request in upstream.requests])
        second.close()
        self.assertEqual(third.response().body, b"/api/third")

    def test_clients_that_vanish_mid_answer(self):
        big = ok(b"x" * 4_000_000)
        upstream, server = self.pair(lambda request, connection: big)
        for _ in range(10):
            client = server.client()
            client.send("GET", "/api/big")
            client.head_of_response()
            client.reset()
        self.assertEqual(len(server.ask("GET", "/api/big").body), 4_000_000)
        self.assertTrue(server.alive())

    def test_sigpipe_on_the_log(self):
        upstream = self.start(Upstream())
        port = free_port()
        read_end, write_end = os.pipe()
        child = subprocess.Popen([CORSD, "run", "--listen", f"127.0.0.1:{port}", "--upstream",
                                  f"http://127.0.0.1:{upstream.port}", "--allow-origin", ALLOWED],
                                 stdin=subprocess.DEVNULL, stdout=write_end, stderr=write_end)
        self.addCleanup(child.wait)
        self.addCleanup(child.kill)
        os.close(write_end)
        wait_until(lambda: accepts(port), "corsd to listen")
        os.close(read_end)
        for _ in range(20):
            with Client(port) as client:
                client.send("GET", "/")
                self.assertEqual(client.response().status, 200)
        child.send_signal(signal.SIGPIPE)
        with Client(port) as client:
            client.send("GET", "/")
            self.assertEqual(client.response().status, 200)
        self.assertIsNone(child.poll())

    def test_closed_connections_leave_no_descriptors(self):
        upstream, server = self.pair()

        def open_files():
            return len(os.listdir(f"/proc/{server.pid}/fd"))

        server.ask("GET", "/api/x")
        before = open_files()
        for _ in range(200):
            server.ask("GET", "/api/x")
        wait_until(lambda: open_files() <= before + 1, f"descriptors to go back to {before}")


class Busy(TestCase):
    def test_many_clients_over_two_workers(self):
        upstream = self.start(Upstream(lambda request, connection: ok(request.target.encode())))
        server = self.start(Corsd(upstream.port))
        path = server.config_path
        server.terminate()
        server.exit_code()
        path.write_text(path.read_text().replace("threads: 1", "threads: 2"))
        self.start(Process([CORSD, "run", "--config", str(path)], server.port))
        wrong = []

        def one(number):
            with Client(server.port) as client:
                for turn in range(50):
                    target = f"/api/{number}/{turn}"
                    client.send("GET", target, [("Origin", ALLOWED)])
                    answer = client.response()
                    if (answer.status, answer.body) != (200, target.encode()):
                        wrong.append((target, answer.status, answer.body))

        crowd = [threading.Thread(target=one, args=(number,)) for number in range(16)]
        for thread in crowd:
            thread.start()
        for thread in crowd:
            thread.join()
        self.assertEqual(wrong, [])
        self.assertEqual(upstream.count(), 16 * 50)
        self.assertLessEqual(upstream.connections, 16 * 2, "connections to the upstream are kept and used again")


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    unittest.main()
