"""Header values made to cost work: they are refused for what they are, and the worker serves the next request as ever.

How much work they cost is bounded by what can be counted: bytes read, requests at the upstream, memory, the answer's size.
"""

import unittest

from support import Configured, SANITIZED
from wire import Upstream, ok

CONFIG = """
listen: 127.0.0.1:{port}
upstream: http://127.0.0.1:{upstream}
public_origin: https://api.test
log: {{output: {log}, format: json}}
threads: 1
limits: {{max_header_bytes: 1MiB, max_header_fields: 10000}}
resources:
  /list/*: {{origins: [https://app.test, "https://*.app.test", "~https://r[0-9]+\\\\.test", "~https://(a|aa)+\\\\.re\\\\.test"], methods: [PUT], allow_headers: [X-A]}}
  /open/*: {{origins: ["https://app.test"], methods: [PUT], allow_headers: ["*"], credentials: true, devtools_hints: true}}
  /merge/*: {{origins: [https://app.test], methods: [GET], merge_expose: true}}
"""
KIB = 1024


class HostileValues(unittest.TestCase):
    def setUp(self):
        self.answer = []
        self.upstream = Upstream(lambda request, _: ok(b"ok", self.answer))
        self.addCleanup(self.upstream.close)
        self.corsd = Configured(lambda port, log: CONFIG.format(port=port, upstream=self.upstream.port, log=log))
        self.addCleanup(self.corsd.close)
        self.client = self.corsd.client(host="api.test")
        self.addCleanup(self.client.close)
        self.unharmed()

    def ask(self, method, target, *headers):
        self.client.send(method, target, headers)
        return self.client.response(method)

    def unharmed(self):
        """The next request on the same connection, so of the same worker, is granted what it should."""
        answer = self.ask("PUT", "/list/x", ("Origin", "https://app.test"))
        self.assertEqual((answer.status, answer.headers.get("Access-Control-Allow-Origin")), (200, "https://app.test"))

    def refused(self, reason, method, target, *headers, status=403):
        hits, before = self.upstream.count(), self.corsd.memory_peak()
        answer = self.ask(method, target, *headers)
        self.assertEqual((answer.status, answer.reason()), (status, reason), headers[0])
        self.assertEqual(answer.headers.cors(), [])
        self.assertEqual(self.upstream.count(), hits)
        # What is refused is not sent back, and not kept.
        self.assertLess(len(answer.head) + len(answer.body), 2 * KIB, answer.body[:300])
        self.unharmed()
        if not SANITIZED:
            self.assertLess(self.corsd.memory_peak() - before, 4 * KIB * KIB)

    def preflight(self, reason, names, target="/open/x"):
        self.refused(reason, "OPTIONS", target, ("Origin", "https://app.test"), ("Access-Control-Request-Method", "PUT"),
                     *(("Access-Control-Request-Headers", value) for value in names))

    def test_requested_headers(self):
        for what, names in {
                "60 KiB of commas": ["," * 60 * KIB],
                "60 KiB of spaces": ["x" + " " * 60 * KIB + "y"],
                "60 KiB of commas and spaces": [", " * 30 * KIB],
                "one name of 60 KiB": ["x" * 60 * KIB],
                "30 000 names": ["x," * 30 * KIB],
                "9 000 lines of one comma": [","] * 9000,
                "9 000 lines of one name": ["x-a"] * 9000,
                "60 KiB of bytes that no name has": ["\xff" * 60 * KIB]}.items():
            for target in ("/open/x", "/list/x"):
                with self.subTest(what=what, target=target):
                    self.preflight("headers_too_many", names, target)

    def test_what_is_white_space_alone_is_nothing(self):
        answer = self.ask("OPTIONS", "/list/x", ("Origin", "https://app.test"), ("Access-Control-Request-Method", "PUT"),
                          ("Access-Control-Request-Headers", " \t" * 30 * KIB))
        self.assertEqual((answer.status, answer.headers.get("Access-Control-Allow-Headers")), (204, None))
        self.unharmed()

    def test_origins(self):
        for what, value in {
                "64 KiB of a host": "https://" + "a" * 64 * KIB,
                "64 KiB of labels": "https://" + "a." * 32 * KIB + "app.test",
                "64 KiB of dots": "https://" + "." * 64 * KIB,
                "64 KiB of a scheme": "s" * 64 * KIB + "://app.test",
                "64 KiB of a port": "https://app.test:" + "1" * 64 * KIB,
                "64 KiB of IPv6": "http://[" + "0:" * 32 * KIB + "]",
                "64 KiB for a regex": "https://" + "aa" * 32 * KIB + ".re.test",
                "64 KiB of origins": "https://app.test, " * 4096,
                "64 KiB of spaces around": "https://app.test" + " " * 64 * KIB + "x"}.items():
            with self.subTest(what=what):
                self.refused("origin_malformed", "GET", "/list/x", ("Origin", value))
                self.refused("origin_malformed", "OPTIONS", "/list/x", ("Origin", value), ("Access-Control-Request-Method", "PUT"))

    def test_the_longest_origins_that_are_some(self):
        for host in ("a." * 120 + "re.test", "a" * 63 + "." + "aa" * 31 + ".re.test"):
            self.refused("origin_not_allowed", "PUT", "/list/x", ("Origin", "https://" + host))
        answer = self.ask("PUT", "/list/x", ("Origin", "https://" + "a." * 120 + "app.test"))
        self.assertEqual(answer.status, 200)

    def test_a_crowd_of_origins_methods_and_overrides(self):
        self.refused("origin_repeated", "GET", "/list/x", *[("Origin", "https://app.test")] * 9000, status=400)
        self.refused("method_not_allowed", "OPTIONS", "/list/x", ("Origin", "https://app.test"),
                     *[("Access-Control-Request-Method", "PUT")] * 9000)
        self.refused("method_not_allowed", "OPTIONS", "/list/x", ("Origin", "https://app.test"),
                     ("Access-Control-Request-Method", "P" * 60 * KIB))
        self.refused("websocket_origin", "GET", "/list/x", ("Origin", "https://evil.test"), ("Connection", "Upgrade"),
                     ("Upgrade", "x/1, " * 12 * KIB + "websocket"))

    def test_overrides(self):
        answer = self.ask("PUT", "/list/x", ("Origin", "https://app.test"), *[("X-HTTP-Method-Override", "PUT")] * 9000,
                          ("X-HTTP-Method", "DELETE"))
        self.assertEqual((answer.status, answer.reason()), (403, "override_not_allowed"))
        self.unharmed()

    def test_what_an_upstream_says_it_varies_by(self):
        def vary(*headers):
            self.answer = list(headers)
            answer = self.ask("GET" if headers[0][0] != "Vary" else "PUT",
                              "/merge/x" if headers[0][0] != "Vary" else "/list/x", ("Origin", "https://app.test"))
            self.answer = []
            self.assertEqual(answer.status, 200)
            self.assertEqual(answer.headers.all("Access-Control-Allow-Origin"), ["https://app.test"])
            self.assertEqual(len(answer.headers.all("Vary")), 1)
            self.unharmed()
            return answer.headers

        # Thousands of names are as good as all of them.
        self.assertEqual(vary(*[("Vary", f"X-{i}") for i in range(5000)]).get("Vary"), "*")
        self.assertEqual(vary(("Vary", ", ".join(f"X-{i}" for i in range(9000)))).get("Vary"), "*")
        # Thousands of lines that say the same are one name.
        self.assertEqual(vary(*[("Vary", "Accept")] * 5000).get("Vary"), "Accept, Origin")
        self.assertEqual(vary(("Vary", "," * 60 * KIB)).get("Vary"), "Origin")
        self.assertEqual(vary(("Vary", "x" * 60 * KIB)).get("Vary"), "x" * 60 * KIB + ", Origin")
        self.assertEqual(vary(*[("Vary", "Accept")] * 5000, ("Vary", "*")).get("Vary"), "*")
        # So it is with what it exposes: what is too much is left out, what is ours is there.
        shown = vary(*[("Access-Control-Expose-Headers", f"X-{i}") for i in range(5000)])
        self.assertLess(len(shown.get("Access-Control-Expose-Headers") or ""), 4 * KIB)


if __name__ == "__main__":
    unittest.main()
