"""The status listener: what it counts, what it says of itself, who may ask; and `corsd health`."""

import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import threading
import unittest

from support import ALLOWED, CORSD, EVIL, Client, Corsd, Process, TestCase, Upstream, corsd, free_port, ok, wait_until

RESOURCES = f"""
  /api/*:
    origins: [{ALLOWED}]
    methods: [GET, POST, PUT]
    allow_headers: [Content-Type]
  /watch/*:
    origins: [{ALLOWED}]
    mode: report-only
  "~^/odd\\"\\\\d+$":
    origins: [{ALLOWED}]
"""


class Status(TestCase):
    def served(self, respond=None, resources=RESOURCES, extra="", address=None):
        self.address = address or f"127.0.0.1:{free_port()}"
        upstream, server = self.pair(respond, resources, f"status: {{listen: '{self.address}'}}\n{extra}")
        return upstream, server

    def port(self):
        return int(self.address.rsplit(":", 1)[1])

    def ask(self, path, method="GET", host="localhost", headers=()):
        with Client(self.port(), host=host) as client:
            client.send(method, path, headers)
            return client.response(method)

    def metrics(self):
        """Every sample: {name and labels as written: value}."""
        answer = self.ask("/metrics")
        self.assertEqual(answer.status, 200)
        samples = {}
        for line in answer.body.decode().splitlines():
            if not line.startswith("#"):
                name, value = line.rsplit(" ", 1)
                self.assertNotIn(name, samples, "a series twice")
                samples[name] = float(value)
        return samples

    def wait_total(self, count):
        """The counts after `count` requests: a request is counted when its answer is out, which its client may see first."""
        def total():
            return sum(value for name, value in self.metrics().items() if name.startswith("corsd_responses_total"))
        wait_until(lambda: total() >= count, f"{count} requests to be counted")
        samples = self.metrics()
        self.assertEqual(total(), count)
        return samples

    def decisions(self, samples):
        return {name[len("corsd_decisions_total"):]: value for name, value in samples.items() if name.startswith("corsd_decisions_total")}


def decision(resource, kind, what, reason="", mode="enforce"):
    return f'{{site="default",resource="{resource}",kind="{kind}",decision="{what}",reason="{reason}",mode="{mode}"}}'


class Counting(Status):
    def test_known_requests_have_exact_counts(self):
        upstream, server = self.served()
        origin = ("Origin", ALLOWED)
        preflight = [origin, ("Access-Control-Request-Method", "PUT")]
        with server.client() as client:
            def ask(method, path, headers=(), body=b"", status=200):
                client.send(method, path, headers, body)
                self.assertEqual(client.response(method).status, status, (method, path, headers))
            for _ in range(3):
                ask("GET", "/api/x", [origin])
            ask("POST", "/api/x", [origin, ("Content-Type", "text/plain")], b"12345")
            ask("GET", "/api/x")
            ask("GET", "/api/x", [("Origin", server.own_origin)])
            ask("OPTIONS", "/api/x", preflight, status=204)
            ask("OPTIONS", "/api/x", preflight, status=204)
            ask("OPTIONS", "/api/x", [("Origin", EVIL), ("Access-Control-Request-Method", "PUT")], status=403)
            ask("GET", "/api/x", [("Origin", EVIL)], status=403)
            ask("DELETE", "/api/x", [origin], status=403)
            ask("GET", "/watch/x", [("Origin", EVIL)])
            ask("GET", '/odd"7')
            ask("GET", "/elsewhere")
        self.assertEqual(server.ask("GET", "/api/x#y").status, 400)
        with Client(server.port, host="foreign.example") as client:
            client.send("GET", "/api/x")
            self.assertEqual(client.response().status, 421)
        samples = self.wait_total(16)
        self.assertEqual(self.decisions(samples), {
            decision("/api/*", "cross_origin", "forward"): 4,
            decision("/api/*", "no_origin", "forward"): 1,
            decision("/api/*", "same_origin", "forward"): 1,
            decision("/api/*", "preflight", "preflight"): 2,
            decision("/api/*", "preflight", "refuse", "origin_not_allowed"): 1,
            decision("/api/*", "cross_origin", "refuse", "origin_not_allowed"): 1,
            decision("/api/*", "cross_origin", "refuse", "method_not_allowed"): 1,
            decision("/watch/*", "cross_origin", "would_refuse", "origin_not_allowed", "report-only"): 1,
            decision('~^/odd\\"\\\\d+$', "no_origin", "forward"): 1,
            decision("", "no_origin", "forward"): 1,
        })
        self.assertEqual(samples['corsd_problems_total{reason="origin_not_allowed"}'], 2)
        self.assertEqual(samples['corsd_problems_total{reason="method_not_allowed"}'], 1)
        self.assertEqual(samples['corsd_problems_total{reason="unknown_host"}'], 1)
        self.assertEqual(samples['corsd_problems_total{reason="bad_request"}'], 1)
        for labels, value in (('site="default",class="2xx"', 11), ('site="default",class="4xx"', 3), ('site="default",class="5xx"', 0),
                              ('site="",class="4xx"', 2)):
            self.assertEqual(samples[f"corsd_responses_total{{{labels}}}"], value, labels)
        self.assertEqual(samples['corsd_request_body_bytes_total{site="default"}'], 5)
        forwarded = upstream.count()
        self.assertEqual(forwarded, 9)
        self.assertEqual(samples['corsd_upstream_wait_seconds_count{upstream="default"}'], forwarded)
        self.assertEqual(samples['corsd_request_duration_seconds_count{site="default"}'], 14)
        self.assertEqual(samples['corsd_upstream_connects_total{upstream="default"}'], 1)
        self.assertEqual(samples['corsd_upstream_connections{upstream="default",state="idle"}'], 1)
        self.assertEqual(samples['corsd_upstream_connections{upstream="default",state="active"}'], 0)
        self.assertEqual(samples["corsd_access_log_dropped_total"], 0)

    def test_a_tunnel_has_no_duration(self):
        def switch(request, connection):
            return b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n"
        _, server = self.served(switch)
        with server.client() as client:
            client.send("GET", "/", [("Connection", "upgrade"), ("Upgrade", "echo")])
            self.assertEqual(client.response().status, 101)
        samples = self.wait_total(1)
        self.assertEqual(samples['corsd_responses_total{site="default",class="1xx"}'], 1)
        self.assertEqual(samples['corsd_request_duration_seconds_count{site="default"}'], 0)

    def test_an_upstream_that_is_down_and_one_that_breaks_off(self):
        def respond(request, connection):
            connection.close()
            return b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345"
        upstream, server = self.served(respond)
        with server.client() as client:
            client.send("GET", "/api/x")
            self.assertFalse(client.response().complete)
        self.wait_total(1)
        upstream.close()
        for _ in range(2):
            self.assertEqual(server.ask("GET", "/api/x", [("Origin", ALLOWED)]).status, 502)
        samples = self.wait_total(3)
        self.assertEqual(samples['corsd_cut_responses_total{side="upstream"}'], 1)
        self.assertEqual(samples['corsd_problems_total{reason="upstream_unreachable"}'], 2)
        self.assertEqual(samples['corsd_upstream_failures_total{upstream="default",reason="upstream_unreachable"}'], 2)
        self.assertEqual(samples['corsd_upstream_failures_total{upstream="default",reason="upstream_invalid"}'], 1)
        self.assertEqual(samples['corsd_upstream_connect_failures_total{upstream="default"}'], 2)
        self.assertEqual(samples['corsd_responses_total{site="default",class="5xx"}'], 2)
        self.assertEqual(samples['corsd_upstream_connections{upstream="default",state="active"}'], 0)

    def test_connections_open_and_refused(self):
        _, server = self.served(extra="limits: {max_connections_per_address: 2}")
        wait_until(self.only_the_probe_came_and_went, "the probe of the start to be gone")
        crowd = [self.start(server.client()) for _ in range(2)]
        for client in crowd:
            client.send("GET", "/api/x")
            self.assertEqual(client.response().status, 200)
        with server.client() as client:
            client.send("GET", "/api/x")
            self.assertEqual(client.response().status, 429)
        wait_until(lambda: self.metrics()["corsd_client_connections"] == 2, "the refused one to be gone")
        samples = self.metrics()
        self.assertEqual(samples["corsd_client_connections_refused_total"], 1)
        self.assertEqual(samples['corsd_problems_total{reason="overloaded"}'], 1)
        for client in crowd:
            client.close()
        wait_until(lambda: self.metrics()["corsd_client_connections"] == 0, "the others to be gone")

    def only_the_probe_came_and_went(self):
        samples = self.metrics()
        return samples["corsd_client_connections_accepted_total"] == 1 and samples["corsd_client_connections"] == 0

    def test_requests_make_no_series(self):
        _, server = self.served()
        before = set(self.metrics())
        server.ask("GET", "/api/x", [("Origin", "https://a.example")])
        after = self.wait_total(1)
        for number in range(50):
            server.ask("GET", f"/api/{number}", [("Origin", f"https://{number}.example")])
        self.assertEqual(set(self.wait_total(51)), set(after))
        self.assertEqual(len(set(after) - before), 1)

    def test_promtool_finds_nothing_to_say(self):
        _, server = self.served()
        for path in ("/api/x", "/watch/x", "/odd%227", "/elsewhere"):
            server.ask("GET", path, [("Origin", EVIL)])
        text = self.ask("/metrics").body
        self.assertIn(rb'resource="/watch/*"', text)
        done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, timeout=60)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"", b""))


class Answering(Status):
    def test_paths_and_methods(self):
        self.served()
        for path, body in (("/livez", b"alive\n"), ("/readyz", b"ready\n"), ("/readyz?verbose", b"ready\n")):
            answer = self.ask(path)
            self.assertEqual((answer.status, answer.body), (200, body))
            self.assertEqual(answer.headers.get("Cache-Control"), "no-store")
            head = self.ask(path, "HEAD")
            self.assertEqual((head.status, head.body, head.headers.get("Content-Length")), (200, b"", str(len(body))))
        metrics = self.ask("/metrics")
        self.assertEqual(metrics.headers.get("Content-Type"), "text/plain; version=0.0.4; charset=utf-8")
        for path in ("/", "/livez/", "/metricsx", "*"):
            self.assertEqual(self.ask(path).status, 404)
        answer = self.ask("/metrics", "POST")
        self.assertEqual((answer.status, answer.headers.get("Allow")), (405, "GET, HEAD"))

    def test_never_a_cors_header(self):
        self.served()
        for method, headers in (("GET", [("Origin", ALLOWED)]),
                                ("OPTIONS", [("Origin", ALLOWED), ("Access-Control-Request-Method", "GET")])):
            self.assert_unreadable(self.ask("/metrics", method, headers=headers))

    def test_a_name_that_leads_here_is_not_answered(self):
        self.served()
        for host in ("localhost", "127.0.0.1", f"127.0.0.1:{self.port()}", "[::1]:1", "status.localhost", "LOCALHOST"):
            self.assertEqual(self.ask("/metrics", host=host).status, 200, host)
        for host in ("rebind.example", "rebind.example:9321", "127.0.0.1.example", "a b"):
            self.assertEqual(self.ask("/metrics", host=host).status, 421, host)

    def test_a_connection_is_kept(self):
        self.served()
        with Client(self.port(), host="localhost") as client:
            for _ in range(3):
                client.send("GET", "/metrics")
                self.assertEqual(client.response().status, 200)
            client.send("GET", "/livez", [("Connection", "close")])
            self.assertEqual(client.response().status, 200)
            self.assertTrue(client.closed())

    def test_what_is_no_request_ends_the_connection_only(self):
        _, server = self.served()
        for nonsense in (b"\0" * 100, b"GET / HTTP/1.1\r\nA: " + b"x" * 40_000, b"POST /livez HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"):
            with Client(self.port()) as client:
                client.raw(nonsense)
                try:
                    while client.reader.more():
                        pass
                except ConnectionResetError:
                    pass
        self.assertEqual(self.ask("/livez").status, 200)
        self.assertTrue(server.alive())

    def test_a_crowd_of_silent_clients_keeps_nobody_out(self):
        _, server = self.served()
        crowd = [self.start(Client(self.port())) for _ in range(200)]
        self.assertEqual(self.ask("/readyz").status, 200)
        self.assertTrue(crowd[0].closed(), "the quietest makes room")
        self.assertEqual(server.ask("GET", "/api/x").status, 200)

    def test_who_does_not_read_does_not_hold_up_others(self):
        _, server = self.served()
        with Client(self.port(), host="localhost") as deaf:
            deaf.raw(deaf.head("GET", "/metrics") * 2000)
            self.assertEqual(self.ask("/readyz").status, 200)
            self.assertEqual(server.ask("GET", "/api/x").status, 200)


class Draining(Status):
    def test_not_ready_while_draining(self):
        release = threading.Event()
        self.addCleanup(release.set)

        def respond(request, connection):
            release.wait()
            return ok(b"finished")

        upstream, server = self.served(respond)
        client = self.start(server.client())
        client.send("GET", "/api/slow")
        upstream.wait(1)
        self.assertEqual(self.ask("/readyz").status, 200)
        server.terminate()
        wait_until(lambda: self.ask("/readyz").status == 503, "readiness to end")
        answer = self.ask("/readyz")
        self.assertEqual(answer.status, 503)
        self.assertTrue(answer.body.startswith(b"draining: "), answer.body)
        self.assertEqual(self.ask("/livez").status, 200)
        self.assertEqual(self.metrics()["corsd_ready"], 0)
        done = corsd("health", "--config", server.config_path)
        self.assertEqual(done.returncode, 1)
        self.assertIn("draining", done.stderr)
        release.set()
        self.assertEqual(client.response().body, b"finished")
        self.assertEqual(server.exit_code(), 0, server.stderr())


class Health(Status):
    def test_ready_on_every_kind_of_address(self):
        directory = self.enterContext(tempfile.TemporaryDirectory()) if hasattr(self, "enterContext") else tempfile.mkdtemp()
        addresses = [f"127.0.0.1:{free_port()}", f"0.0.0.0:{free_port()}", f"unix:{directory}/status.sock"]
        if pathlib.Path("/proc/net/if_inet6").exists() and pathlib.Path("/proc/net/if_inet6").read_text():
            addresses += [f"[::]:{free_port()}", f"[::1]:{free_port()}"]
        for address in addresses:
            _, server = self.served(address=address)
            done = corsd("health", "--config", server.config_path)
            self.assertEqual((done.returncode, done.stderr), (0, ""), address)
            self.assertEqual(done.stdout, f"{address}: ready\n")
            server.terminate()
            self.assertEqual(server.exit_code(), 0)
            done = corsd("health", "--config", server.config_path)
            self.assertEqual((done.returncode, done.stdout), (1, ""), address)
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
            self.assertIn(address, done.stderr)

    def health_of(self, listen):
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory) / "corsd.yaml"
            path.write_text(f"public_origin: http://localhost:8080\nresources: {{}}\nstatus: {{listen: '{listen}'}}\n")
            return corsd("health", "--config", path)

    def test_no_listener_in_the_file(self):
        done = self.health_of("")
        self.assertEqual(done.returncode, 1)
        self.assertIn("status: {listen:", done.stderr)

    def test_a_listener_that_never_answers(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            done = self.health_of(f"127.0.0.1:{silent.getsockname()[1]}")
        self.assertEqual(done.returncode, 1)
        self.assertIn("no answer within", done.stderr)

    def test_something_else_there(self):
        with Upstream(lambda request, connection: b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n") as other:
            done = self.health_of(f"127.0.0.1:{other.port}")
        self.assertEqual(done.returncode, 1)
        self.assertIn("500", done.stderr)

    def test_a_missing_file(self):
        done = corsd("health", "--config", "/nonexistent/corsd.yaml")
        self.assertEqual(done.returncode, 1)
        self.assertIn("/nonexistent/corsd.yaml", done.stderr)


class Starting(Status):
    def test_a_busy_port_is_said_and_nothing_starts(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            with tempfile.TemporaryDirectory() as directory:
                path = pathlib.Path(directory) / "corsd.yaml"
                path.write_text(f"listen: 127.0.0.1:{free_port()}\npublic_origin: http://localhost:1\nresources: {{}}\n"
                                f"status: {{listen: '{address}'}}\n")
                done = corsd("run", "--config", path)
        self.assertEqual(done.returncode, 1)
        self.assertIn(address, done.stderr)
        self.assertIn("in use", done.stderr)


if __name__ == "__main__":
    unittest.main()
