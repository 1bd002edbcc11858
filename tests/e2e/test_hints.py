"""What the diagnostic log says when the policy refuses something that looks like a mistake in it."""

import json
import unittest

from support import EVIL, Corsd, TestCase, Upstream

RESOURCES = """
  /api/*:
    origins: ["http://localhost:3000", https://yourapp.com]
    methods: [GET, PUT]
    allow_headers: [X-Known]
  /chat: {origins: ["http://localhost:3000"], methods: [GET]}
"""
RESOURCE = 'is not allowed by the resource "/api/*"'


class Hints(TestCase):
    def setUp(self):
        self.server = self.start(Corsd(self.start(Upstream()).port, RESOURCES))
        lines = self.server.config_path.read_text().split("\n")
        self.line = {key: next(number for number, line in enumerate(lines, 1) if line.startswith(f"    {key}:"))
                     for key in ("origins", "methods", "allow_headers")}
        self.line["chat"] = next(number for number, line in enumerate(lines, 1) if "/chat:" in line)

    def hints(self):
        entries = [json.loads(line) for line in self.server.lines()]
        return [entry["message"] for entry in entries if "is not allowed by" in entry.get("message", "") or "does not allow" in entry.get("message", "")]

    def refuse(self, origin, method="GET", headers=(), path="/api/x"):
        answer = self.server.ask(method, path, [("Origin", origin), *headers])
        self.assertEqual(answer.status, 403, answer.head)

    def preflight(self, method, names=None):
        asked = [("Access-Control-Request-Headers", names)] if names else []
        self.refuse("http://localhost:3000", "OPTIONS", [("Access-Control-Request-Method", method), *asked])

    def test_origins_that_nearly_match(self):
        origins = self.line["origins"]
        for origin, text in (
                ("http://localhost:5173", "has http://localhost:3000, but the page has port 5173 instead of port 3000"),
                ("http://localhost", "has http://localhost:3000, but the page has no port instead of port 3000"),
                ("http://127.0.0.1:3000", "has http://localhost:3000, but the page has host 127.0.0.1 instead of localhost "
                                          "(both are this machine, but browsers take them for two origins)"),
                ("http://yourapp.com", "has https://yourapp.com, but the page has http instead of https")):
            self.refuse(origin)
            self.assertEqual(self.hints()[-1], f'origin "{origin}" {RESOURCE}: origins (line {origins}) {text}; to allow it, add {origin} to origins')

    def test_methods_and_headers_that_are_not_listed(self):
        for names, header in (("content-type", "content-type"), ("authorization,x-known", "authorization")):
            self.preflight("PUT", names)
            self.assertEqual(self.hints()[-1], f'request header "{header}" {RESOURCE}; to allow it: allow_headers: [x-known, "{header}"] '
                                               f'(line {self.line["allow_headers"]})')
        self.preflight("put")
        self.assertEqual(self.hints()[-1], f'method "put" {RESOURCE}; methods are case-sensitive: send "PUT" (line {self.line["methods"]})')
        self.preflight("PATCH")
        self.assertEqual(self.hints()[-1], f'method "PATCH" {RESOURCE}; to allow it: methods: [GET, PUT, "PATCH"] (line {self.line["methods"]})')

    def test_a_page_without_an_origin_and_a_websocket(self):
        self.refuse("null")
        self.assertEqual(self.hints()[-1], 'the Origin is "null" (a sandboxed frame, a file, a redirect across origins), which the resource "/api/*" '
                                           f'does not allow (line {self.line["origins"]})')
        self.refuse("http://localhost:3001", headers=[("Connection", "Upgrade"), ("Upgrade", "websocket")], path="/chat")
        self.assertEqual(self.hints()[-1], 'a WebSocket from origin "http://localhost:3001" is not allowed by the resource "/chat": websocket_origins '
                                           f'(line {self.line["chat"]}) has http://localhost:3000, but the page has port 3001 instead of port 3000; '
                                           "to allow it, add http://localhost:3001 to websocket_origins")

    def test_strangers_and_repetitions_say_nothing(self):
        for _ in range(3):
            self.refuse("http://localhost:5173")
        for _ in range(3):
            self.refuse(EVIL)
        self.refuse("http://localhost:5174")
        self.assertEqual([hint.split('"')[1] for hint in self.hints()], ["http://localhost:5173", "http://localhost:5174"])

    def test_a_flood_is_bounded(self):
        with self.server.client() as client:
            for port in range(10000, 13000):
                client.send("GET", "/api/x", [("Origin", f"http://localhost:{port}")])
                self.assertEqual(client.response("GET").status, 403)
        hints = self.hints()
        # Sixteen looks a second, sixty-four lines altogether.
        self.assertLessEqual(len(hints), 64)
        self.assertGreaterEqual(len(hints), 16)
        self.assertEqual(len(hints), len(set(hints)))


if __name__ == "__main__":
    unittest.main()
