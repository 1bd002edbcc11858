"""The access log: one line a request, whatever became of it."""

import json
import re
import unittest

from support import ALLOWED, EVIL, Corsd, TestCase, Upstream, ok, wait_until


class Json(TestCase):
    def test_a_forwarded_request(self):
        upstream, server = self.pair(lambda request, connection: ok(b"12345", status="201 Created"))
        server.ask("POST", "/api/thing?a=1", [("Origin", ALLOWED)], b"abc")
        entry, = server.wait_access(1)
        expected = {"method": "POST", "target": "/api/thing?a=1", "host": f"localhost:{server.port}", "protocol": "HTTP/1.1",
                    "status": 201, "decision": "forward", "origin": ALLOWED, "resource": "/api/*", "bytes_in": 3, "bytes_out": 5,
                    "upstream": f"127.0.0.1:{upstream.port}", "upstream_status": 201}
        self.assertEqual({key: entry.get(key) for key in expected}, expected)
        self.assertNotIn("reason", entry)
        self.assertTrue(entry["client"].startswith("127.0.0.1:"), entry)
        self.assertRegex(entry["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")
        self.assertGreater(entry["duration_us"], 0)
        self.assertGreaterEqual(entry["duration_us"], entry.get("upstream_us", 0))
        self.assertGreater(entry["line"], 0, "the line of the configuration that decided")

    def test_refusals_and_preflights_say_why_and_never_name_an_upstream(self):
        _, server = self.pair()
        acrm = ("Access-Control-Request-Method", "POST")
        server.ask("GET", "/api/x", [("Origin", EVIL)])
        server.ask("OPTIONS", "/api/x", [("Origin", ALLOWED), acrm])
        server.ask("OPTIONS", "/api/x", [("Origin", ALLOWED), acrm, ("Access-Control-Request-Headers", "x-secret")])
        server.ask("GET", "/api/x", [("Origin", "null")])
        server.ask("GET", "/api/%zz")
        entries = server.wait_access(5)
        self.assertEqual([(e["status"], e["decision"], e.get("reason")) for e in entries],
                         [(403, "refuse", "origin_not_allowed"), (204, "preflight", None), (403, "refuse", "header_not_allowed"),
                          (403, "refuse", "origin_null"), (400, "refuse", "path_ambiguous")])
        self.assertTrue(all("upstream" not in entry for entry in entries), entries)
        self.assertIn("x-secret", entries[2].get("detail", ""))

    def test_a_dead_upstream_is_named(self):
        upstream, server = self.pair()
        upstream.close()
        self.assertEqual(server.ask("GET", "/api/x").status, 502)
        entry, = server.wait_access(1)
        self.assertEqual((entry["status"], entry["reason"], entry["upstream"]),
                         (502, "upstream_unreachable", f"127.0.0.1:{upstream.port}"))

    def test_one_line_a_request_on_every_path_out(self):
        def respond(request, connection):
            if request.target == "/api/close":
                connection.close()
                return None
            return ok()

        _, server = self.pair(respond)
        requests = [("GET", "/api/x", []), ("GET", "/api/close", []), ("GET", "/x", [("Origin", EVIL)]), ("CONNECT", "h:1", []),
                    ("HEAD", "/api/x", [])]
        for method, path, headers in requests:
            server.ask(method, path, headers)
        with server.client() as client:
            client.raw(b"no HTTP at all\r\n\r\n")
            self.assertEqual(client.response().status, 400)
        with server.client() as client:
            for _ in range(10):
                client.send("GET", "/api/kept")
                client.response()
        server.terminate()
        server.exit_code()
        self.assertEqual(len(server.access()), len(requests) + 1 + 10)

    def test_secrets_of_the_query_are_hidden(self):
        upstream, server = self.pair()
        server.ask("GET", "/api/x?a=1&token=hush1&Access_Token=hush2&b=2")
        self.assertEqual(upstream.last().target, "/api/x?a=1&token=hush1&Access_Token=hush2&b=2")
        entry, = server.wait_access(1)
        self.assertNotIn("hush", entry["target"])
        self.assertIn("a=1", entry["target"])
        self.assertIn("b=2", entry["target"])

    def test_which_names_are_hidden_can_be_set(self):
        _, server = self.pair(log="format: json, access: {redact_query: [sid]}")
        server.ask("GET", "/api/x?sid=hush&token=shown")
        target = server.wait_access(1)[0]["target"]
        self.assertNotIn("hush", target)
        self.assertIn("token=shown", target)

    def test_only_refused(self):
        _, server = self.pair(log="format: json, access: {only: refused}")
        server.ask("GET", "/api/x")
        server.ask("GET", "/api/x", [("Origin", EVIL)])
        server.terminate()
        server.exit_code()
        self.assertEqual([entry["status"] for entry in server.access()], [403])

    def test_switched_off(self):
        _, server = self.pair(log="format: json, access: {enabled: false}")
        server.ask("GET", "/api/x")
        server.terminate()
        server.exit_code()
        self.assertEqual(server.access(), [])


class HostileBytes(TestCase):
    """Bytes from outside must not break lines, forge entries or reach a terminal."""

    ORIGINS = ["http://a\tb", 'http://a"b\\c', "http://a\x1b[31m", "http://\x80\xff", "http://a</script>", "x" * 5000]

    def provoke(self, log):
        _, server = self.pair(log=log)
        for origin in self.ORIGINS:
            with server.client() as client:
                client.send("GET", "/api/x", [("Origin", origin)])
                self.assertIn(client.response().status, (400, 403))
        with server.client() as client:
            client.raw(b"GET /api/\x1b[2J\x07 HTTP/1.1\r\nHost: h\r\n\r\n")
            self.assertEqual(client.response().status, 400)
        wanted = len(self.ORIGINS) + 1
        wait_until(lambda: sum(b"/api/" in line or b"40" in line for line in server.lines()) >= wanted, "the lines")
        for line in server.lines():
            self.assertIsNone(re.search(rb"[\x00-\x1f\x7f]", line), line)
            line.decode("utf-8")
        return server

    def test_json_stays_json(self):
        server = self.provoke("format: json")
        self.assertEqual(len(server.access()), len(self.ORIGINS) + 1)
        self.assertTrue(any('"b\\c' in entry.get("origin", "") for entry in server.access()))

    def test_text_stays_text(self):
        self.provoke("format: text")


class Text(TestCase):
    def test_a_line_for_people(self):
        upstream, server = self.pair(log="format: text")
        server.ask("GET", "/api/x", [("Origin", EVIL)])
        server.ask("GET", "/api/x", [("Origin", ALLOWED)])

        def found():
            return [line.decode() for line in server.lines() if b"/api/x" in line]

        wait_until(lambda: len(found()) == 2, "two lines")
        refused, forwarded = found()
        for word in ("GET", "403", "refuse", "origin_not_allowed", EVIL):
            self.assertIn(word, refused)
        for word in ("GET", "200", "forward", "/api/*", f"127.0.0.1:{upstream.port}"):
            self.assertIn(word, forwarded)
        with self.assertRaises(json.JSONDecodeError):
            json.loads(forwarded)


class Outputs(TestCase):
    def test_stderr_is_the_default_and_not_a_terminal_means_json(self):
        upstream = self.start(Upstream())
        server = self.start(Corsd(upstream.port, log="format: auto"))
        path = server.config_path
        server.terminate()
        server.exit_code()
        text = "\n".join(line for line in path.read_text().split("\n") if not line.startswith("log:"))
        path.write_text(text)
        from support import CORSD, Client, Process
        again = self.start(Process([CORSD, "run", "--config", str(path)], server.port))
        with Client(server.port) as client:
            client.send("GET", "/api/x")
            client.response()

        def entry():
            return [line for line in again.stderr().splitlines() if '"/api/x"' in line]

        self.assertEqual(json.loads(wait_until(entry, "a line on stderr")[0])["status"], 200)


if __name__ == "__main__":
    unittest.main()
