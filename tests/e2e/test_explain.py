"""`corsd explain`: what it says of a request is what the running program does with it, byte for byte but for Date."""

import collections
import itertools
import json
import pathlib
import subprocess
import tempfile
import unittest
from urllib.parse import urlsplit

from support import ALLOWED, EVIL, Corsd, TestCase, Upstream, corsd
from wire import ok

SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"

RESOURCES = f"""
  /api/*: {{origins: [{ALLOWED}, "http://localhost:3000"], methods: [GET, PUT], allow_headers: [Content-Type], expose_headers: [X-Total]}}
  /tokens/*: {{origins: [{ALLOWED}], credentials: true, timing_allow_origin: true}}
  /open/*: {{origins: "*", methods: "*"}}
  /headers/*: {{origins: [{ALLOWED}], methods: [GET], mode: headers}}
  /watched/*: {{origins: [{ALLOWED}], methods: [GET], mode: report-only}}
  /hints/*: {{origins: [{ALLOWED}], methods: [GET, PUT], devtools_hints: true}}
  /old/*: {{origins: [{ALLOWED}], methods: [PUT], preflight_status: 200, max_age: null}}
  /merged/*: {{origins: [{ALLOWED}], merge_expose: true, expose_headers: [X-Total]}}
  /own/*: {{origins: [{ALLOWED}], upstream_headers: keep}}
  /private/*: {{origins: [{ALLOWED}], minimal_disclosure: true, methods: [GET, DELETE]}}
"""
PATHS = ("/api/x", "/tokens/x", "/open/x", "/headers/x", "/watched/x", "/hints/x", "/old/x", "/merged/x", "/own/x", "/private/x", "/none", "/api/a%2fb")
REQUESTS = ((), ("--method", "PUT"), ("--method", "DELETE"), ("--method", "POST"), ("--header", "Content-Type: application/json"),
            ("--header", "X-Other: 1"), ("--credentials", "include"), ("--websocket",), ("--method", "HEAD"))
ORIGINS = (ALLOWED, EVIL, "null", "http://localhost:5173", "https://app.example/", None)


class Agreement(TestCase):
    @classmethod
    def setUpClass(cls):
        upstream = Upstream(lambda request, _: SWITCH if request.headers.get("Upgrade") else ok(b"ok"))
        cls.addClassCleanup(upstream.close)
        cls.server = Corsd(upstream.port, RESOURCES)
        cls.addClassCleanup(cls.server.close)

    def explain(self, *arguments):
        done = corsd("explain", "--config", self.server.config_path, "--json", *arguments)
        self.assertEqual(done.stderr, "")
        told = json.loads(done.stdout)
        self.assertEqual(done.returncode, 0 if told["verdict"] == "allowed" else 1)
        return told

    def wire(self, request):
        """The same request, as the explanation says that it is sent."""
        url = urlsplit(request["url"])
        with self.server.client(host=url.netloc) as client:
            client.send(request["method"], url.path + (f"?{url.query}" if url.query else ""), request["headers"])
            return client.response(request["method"])

    def compare(self, request, answer):
        told, lines = request["answer"], answer.head.decode("latin-1").split("\r\n")
        lines = [line for line in lines if line and not line.startswith("Connection:")]
        if told["from"] == "corsd":
            lines = ["Date: (now)" if line.startswith("Date:") else line for line in lines]
            self.assertEqual(lines, told["head"])
            self.assertEqual(answer.body.decode(), told["body"])
            return
        ours = ("access-control-", "vary:", "timing-allow-origin:")
        self.assertEqual([line for line in lines if line.lower().startswith(ours)], told["head"])

    def test_every_answer_is_the_one_that_is_explained(self):
        expected, before = [], len(self.server.access())
        for origin, path, options in itertools.product(ORIGINS, PATHS, REQUESTS):
            page = ("--origin", origin) if origin else ()
            for request in self.explain(*page, *options, path)["requests"]:
                with self.subTest(origin=origin, path=path, options=options, method=request["method"]):
                    self.compare(request, self.wire(request))
                expected.append((request["method"], path, request["decision"], request["reason"]))
        # A handshake is logged at the end of its tunnel: the order is not that of the requests.
        entries = self.server.wait_access(before + len(expected))[before:]
        logged = [(one["method"], one["target"], one["decision"], one.get("reason")) for one in entries]
        self.assertEqual(collections.Counter(logged), collections.Counter(expected))
        self.assertGreater(len({(decision, reason) for *_, decision, reason in expected}), 12)

    def test_a_whole_text(self):
        done = corsd("explain", "--config", self.server.config_path, "--origin", "http://localhost:5173", "/api/x")
        self.assertEqual(done.returncode, 1)
        for section in ("1. How it is sent", "2. How corsd decides", "3. Problems", "4. What corsd answers", "5. Verdict",
                        "6. What Chromium's console says", "7. The smallest change that allows it"):
            self.assertIn(f"\n{section}\n", done.stdout)
        self.assertIn("but the page has port 5173 instead of port 3000", done.stdout)
        self.assertIn(f'origins: [{ALLOWED}, "http://localhost:3000", http://localhost:5173]', done.stdout)

    def test_the_change_works(self):
        told = self.explain("--origin", "https://new.example", "--method", "DELETE", "/api/x")
        lines = self.server.config_path.read_text().split("\n")
        changed = told["change"]["yaml"].rstrip("\n").split("\n")[-1]
        self.assertEqual([line["replaces"] for line in told["change"]["lines"]], [1 + next(i for i, line in enumerate(lines) if "/api/*" in line)])
        lines[told["change"]["lines"][0]["replaces"] - 1] = changed
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write("\n".join(lines))
            file.flush()
            self.assertEqual(corsd("explain", "-c", file.name, "--origin", "https://new.example", "-X", "DELETE", "/api/x").returncode, 0)
            self.assertEqual(corsd("explain", "-c", file.name, "--origin", "https://newer.example", "-X", "DELETE", "/api/x").returncode, 1)

    # What Chromium and Firefox put on the clipboard.
    CHROMIUM = """curl '{own}/api/x?a=1' \\
  -X 'PUT' \\
  -H 'Accept: */*' \\
  -H 'Accept-Language: en-US,en;q=0.9' \\
  -H 'Connection: keep-alive' \\
  -H 'Content-Type: application/json' \\
  -b 'session=abc' \\
  -H 'Origin: {origin}' \\
  -H 'Referer: {origin}/' \\
  -H 'Sec-Fetch-Dest: empty' \\
  -H 'Sec-Fetch-Mode: cors' \\
  -H 'Sec-Fetch-Site: cross-site' \\
  -H 'User-Agent: Mozilla/5.0 (X11; Linux x86_64)' \\
  -H 'sec-ch-ua: "Chromium";v="156"' \\
  --data-raw $'{{"text":"it\\'s \\u0021"}}' \\
  --compressed"""
    FIREFOX = """curl '{own}/api/x?a=1' --compressed -X PUT -H 'User-Agent: Mozilla/5.0' -H 'Accept: */*' -H 'Accept-Encoding: gzip' \
-H 'Content-Type: application/json' -H 'Origin: {origin}' -H 'Cookie: session=abc' -H 'Sec-Fetch-Mode: cors' -H 'Priority: u=4' --data-raw '{{}}'"""

    def test_a_pasted_curl_command(self):
        for command in (self.CHROMIUM, self.FIREFOX):
            told = self.explain("--curl", command.format(own=self.server.own_origin, origin=EVIL))
            self.assertEqual(told["request"]["origin"], EVIL)
            self.assertEqual(told["request"]["credentials"], "include")
            names = [name.lower() for name, _ in told["request"]["headers"]]
            self.assertEqual([name for name in names if not name.startswith("accept")], ["content-type"])
            self.assertEqual([request["method"] for request in told["requests"]], ["OPTIONS"])
            self.assertIn(["Access-Control-Request-Headers", "content-type"], told["requests"][0]["headers"])
            self.assertEqual([problem["reason"] for problem in told["problems"]], ["origin_not_allowed", "credentials_not_allowed"])

    def test_a_har_file(self):
        def entry(method, path, headers, host=self.server.own_origin):
            return {"request": {"method": method, "url": host + path, "headers": [{"name": name, "value": value} for name, value in headers]},
                    "response": {"status": 0}, "_initiator": {"stack": {}}}

        cors = [("Origin", EVIL), ("Sec-Fetch-Mode", "cors")]
        entries = [entry("GET", "/", [("Sec-Fetch-Mode", "navigate")]),
                   entry("GET", "/logo.png", [("Sec-Fetch-Mode", "no-cors")]),
                   entry("OPTIONS", "/api/x", [*cors, ("Access-Control-Request-Method", "PUT")]),
                   entry("PUT", "/api/x", [*cors, ("Cookie", "a=b")]),
                   entry("GET", "/collect", cors, "https://metrics.example"),
                   entry("GET", "/open/x", cors),
                   entry("GET", "/open/x", cors)]
        with tempfile.NamedTemporaryFile("w", suffix=".har") as file:
            json.dump({"log": {"version": "1.2", "entries": entries}}, file)
            file.flush()
            done = corsd("explain", "--config", self.server.config_path, "--har", file.name, "--json")
            told = json.loads(done.stdout)
            self.assertEqual(done.returncode, 1)
            self.assertEqual([(one["request"]["method"], one["verdict"], one["request"]["credentials"]) for one in told],
                             [("PUT", "refused", "include"), ("GET", "allowed", "same-origin")])
            text = corsd("explain", "--config", self.server.config_path, "--har", file.name).stdout
            self.assertIn("7 entries, 2 different requests that CORS has to do with here\n", text)

    def test_wrong_usage(self):
        config = ("--config", self.server.config_path)
        folder = pathlib.Path(tempfile.mkdtemp(prefix="corsd-e2e-"))
        self.addCleanup(lambda: subprocess.run(["rm", "-r", folder], check=True))
        (folder / "no.har").write_text("{]")
        (folder / "bad.yaml").write_text("listen: nowhere\n")
        for arguments, code, words in ((config, 2, "give a URL or a path"),
                                       ((*config, "nonsense"), 2, "neither a path"),
                                       ((*config, "--header", "no colon", "/"), 2, "is no header"),
                                       ((*config, "--credentials", "some", "/"), 2, "--credentials"),
                                       ((*config, "--curl", "curl 'http://x"), 2, "ends within quotes"),
                                       ((*config, "--curl", "wget http://x/"), 2, "does not begin with curl"),
                                       ((*config, "--curl", "curl http://x/", "/"), 2, "excludes"),
                                       ((*config, "--har", folder / "no.har"), 2, "it is not JSON"),
                                       ((*config, "--har", folder / "none.har"), 2, "cannot be read"),
                                       (("--config", folder / "bad.yaml", "/"), 3, "error["),
                                       (("--config", folder / "none.yaml", "/"), 3, "error[file]")):
            done = corsd("explain", *arguments)
            self.assertEqual(done.returncode, code, (arguments, done.stdout, done.stderr))
            self.assertIn(words, done.stderr)
            self.assertEqual(done.stdout, "")


if __name__ == "__main__":
    unittest.main()
