"""A shared cache that honours Vary (RFC 9111) between clients and the program: no sequence of requests makes it hand one origin's
grants, or a refusal, to another.

The program answers each distinct request once, over a socket, in front of an upstream whose answers may all be stored; the cache then
lives through thousands of random sequences of such requests, and what it hands out is compared with what the program says to that
request directly. CORSD_SEED repeats a run.
"""

import collections
import os
import random
import unittest

from support import Configured
from wire import Upstream, ok

CONFIG = """
listen: 127.0.0.1:{port}
upstream: http://127.0.0.1:{upstream}
public_origin: https://api.test
log: {{output: {log}, format: json}}
threads: 1
resources:
  /list: {{origins: [https://app.test, "https://*.app.test"], methods: [GET, POST], allow_headers: [X-A], expose_headers: [X-Total]}}
  /cookies: {{origins: [https://app.test, https://two.test], methods: [GET, PUT], credentials: true, timing_allow_origin: true}}
  /open: {{origins: "*", methods: [GET, POST], expose_headers: [X-Total]}}
  /headers: {{origins: [https://app.test], methods: [GET], mode: headers}}
  /keep: {{origins: [https://app.test, https://two.test], methods: [GET], upstream_headers: keep}}
  /merge: {{origins: [https://app.test], methods: [GET], merge_expose: true, minimal_disclosure: true}}
  /hints: {{origins: [https://app.test], methods: [GET], allow_headers: [X-A], devtools_hints: true}}
  /null: {{origins: ["null"], dangerously_allow: [null_origin], methods: [GET]}}
  /private: {{origins: [https://app.test], methods: [GET], allow_private_network: true}}
  /entries: [{{methods: [GET], origins: [https://app.test]}}, {{methods: [POST], origins: [https://two.test]}}]
"""
TARGETS = ["/list", "/cookies", "/open", "/headers", "/keep", "/merge", "/hints", "/null", "/private", "/entries", "/none"]
# Whose request it is: what a browser on that page sends, an older one without Fetch Metadata, and clients that are none.
MALFORMED = ["https://app.test/", ""]
PAGES = ["https://app.test", "https://x.app.test", "https://two.test", "https://evil.test", "null", *MALFORMED]
CLIENTS = [(("Origin", page), *site) for page in PAGES for site in ((), (("Sec-Fetch-Site", "cross-site"),))]
CLIENTS += [(("Origin", "https://api.test"),), (("Origin", "https://api.test"), ("Sec-Fetch-Site", "same-origin"))]
CLIENTS += [(), (("Sec-Fetch-Site", "same-origin"),), (("Sec-Fetch-Site", "none"),)]
IMAGE = (("Sec-Fetch-Site", "cross-site"),)  # no Origin: a link or an image
ADMITTED = {"/list": ["https://app.test", "https://x.app.test"], "/cookies": ["https://app.test", "https://two.test"],
            "/headers": ["https://app.test"], "/keep": ["https://app.test", "https://two.test"], "/merge": ["https://app.test"],
            "/hints": ["https://app.test"], "/null": ["null"], "/private": ["https://app.test"],
            "/entries": ["https://app.test", "https://two.test"]}
SECRETS = [(), (("Cookie", "a=1"),), (("Authorization", "Bearer x"),)]
ASKED = [(("Access-Control-Request-Method", method), *names) for method in ("GET", "POST", "PUT", "DELETE")
         for names in ((), (("Access-Control-Request-Headers", "x-a"),), (("Access-Control-Request-Headers", "x-no"),))]
ASKED += [(("Access-Control-Request-Method", "GET"), ("Access-Control-Request-Private-Network", "true"))]
GRANTS = ("access-control-", "timing-allow-origin")

Answer = collections.namedtuple("Answer", "status lines")  # the lines as (lower-case name, value)


def respond(request, _):
    """Answers that may be stored by everybody, with grants of the application's own that are wrong for most."""
    if request.headers.get("If-None-Match") == '"1"':
        return b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\nCache-Control: public, max-age=60\r\n\r\n'
    headers = [("ETag", '"1"'), ("Cache-Control", "public, max-age=60"), ("Access-Control-Expose-Headers", "X-Theirs")]
    if request.headers.get("Origin") == "https://app.test":
        headers.append(("Access-Control-Allow-Origin", "https://app.test"))
    answer = ok(b"ok", headers)
    return answer[:-2] if request.method == "HEAD" else answer


def field(lines, name):
    return ", ".join(value for key, value in lines if key == name)


def names(lines, name):
    return {one.strip().lower() for one in field(lines, name).split(",") if one.strip()}


class Cache:
    """RFC 9111 as far as a shared cache needs it here. A careless one stores whatever there is by Vary alone, refusals and
    preflights included, as caches do that are told to."""

    def __init__(self, ask, careless, chance):
        self.ask, self.careless, self.chance = ask, careless, chance
        self.stored = {}  # (method, target): [(the selecting fields with their values, answer)]

    def request(self, method, target, lines):
        if method not in ("GET", "HEAD") and not (self.careless and method == "OPTIONS"):
            answer = self.ask(method, target, lines)
            if answer.status < 400:  # section 4.4
                self.stored.pop(("GET", target), None)
                self.stored.pop(("HEAD", target), None)
            return answer
        found = self.select((method, target), lines)
        if found is None:
            answer = self.ask(method, target, lines)
            self.store((method, target), lines, answer)
            return answer
        etag = field(found[1].lines, "etag")
        if etag and method == "GET" and self.chance.random() < 0.3:  # it has become stale: section 4.3
            answer = self.ask(method, target, (*lines, ("If-None-Match", etag)))
            if answer.status == 304:
                fresh = {name for name, _ in answer.lines}
                answer = Answer(found[1].status, tuple(line for line in found[1].lines if line[0] not in fresh) + answer.lines)
            self.stored[(method, target)].remove(found)
            self.store((method, target), lines, answer)
            return answer
        return found[1]

    def select(self, key, lines):
        for entry in self.stored.get(key, []):
            if all(field(lines, name) == value and (name in dict(lines)) == there for name, value, there in entry[0]):
                return entry
        return None

    def store(self, key, lines, answer):
        vary, control = names(answer.lines, "vary"), names(answer.lines, "cache-control")
        if "*" in vary or (not self.careless and ("no-store" in control or answer.status not in (200, 204, 404))):
            return
        selecting = tuple((name, field(lines, name), name in dict(lines)) for name in sorted(vary))
        self.stored.setdefault(key, []).insert(0, (selecting, answer))


def verdict(answer):
    """What a page and its browser are told: refused or not, and the grants."""
    grants = sorted(line for line in answer.lines if line[0].startswith(GRANTS))
    return answer.status if answer.status in (400, 403) else "served", grants


class Caching(unittest.TestCase):
    SEQUENCES, LENGTH = 3000, 16

    @classmethod
    def setUpClass(cls):
        cls.upstream = Upstream(respond)
        cls.corsd = Configured(lambda port, log: CONFIG.format(port=port, upstream=cls.upstream.port, log=log))
        cls.client = cls.corsd.client(host="api.test")
        cls.known = {}
        cls.seed = int(os.environ.get("CORSD_SEED") or random.SystemRandom().randrange(2**32))
        print(f"seed {cls.seed}")

    @classmethod
    def tearDownClass(cls):
        cls.client.close()
        cls.corsd.close()
        cls.upstream.close()

    def ask(self, method, target, lines):
        """What the program says to this request; asked once, as nothing that it says depends on what it said before."""
        key = (method, target, lines)
        if key not in self.known:
            self.client.send(method, target, lines)
            answer = self.client.response(method)
            self.known[key] = Answer(answer.status, tuple((name.lower(), value) for name, value in answer.headers.lines))
        return self.known[key]

    def sequences(self):
        chance = random.Random(self.seed)
        for _ in range(self.SEQUENCES):
            targets = chance.sample(TARGETS, 2)  # few, so that clients meet
            sequence = []
            for _ in range(self.LENGTH):
                method = chance.choice(["GET", "GET", "GET", "GET", "HEAD", "POST", "OPTIONS", "OPTIONS"])
                lines = chance.choice(CLIENTS) + chance.choice(SECRETS)
                target = chance.choice(targets)
                if method == "OPTIONS":
                    lines += chance.choice(ASKED if target != "/private" else [ASKED[0], ASKED[-1]])
                elif method != "POST" and chance.random() < 0.1:
                    lines = IMAGE
                # Everybody's answers do not vary (N29). So neither a malformed Origin, which no browser sends, nor an OPTIONS that
                # is no preflight, which may not be stored, is told apart there.
                origin = dict(lines).get("Origin")
                if target != "/open" or not (origin in MALFORMED or (method == "OPTIONS" and origin is None)):
                    sequence.append((method, target, tuple((name.lower(), value) for name, value in lines)))
            yield sequence, random.Random(chance.random())

    def wrongs(self, ask, careless):
        """Where the cache says something else than the program would."""
        for sequence, chance in self.sequences():
            cache = Cache(ask, careless, chance)
            for step, request in enumerate(sequence):
                got, wanted = cache.request(*request), self.ask(*request)
                if verdict(got) != verdict(wanted):
                    yield f"step {step} of {sequence[:step + 1]}:\n{verdict(got)} instead of {verdict(wanted)}"

    def grants_are_right(self):
        """An ACAO is everybody's, or that of the origin which asks; what is refused, and what is our own page's, has none."""
        for (method, target, lines), answer in self.known.items():
            origin, allowed = field(lines, "origin"), field(answer.lines, "access-control-allow-origin")
            if allowed == "*":
                self.assertEqual(target, "/open", lines)
            elif allowed:
                self.assertEqual(allowed, origin, (target, lines))
                self.assertIn(origin, ADMITTED.get(target, []) + (["https://api.test"] if method == "OPTIONS" else []), (target, lines))

    def test_a_cache_never_confuses_origins(self):
        for careless in (False, True):
            with self.subTest(careless=careless):
                self.assertFalse(next(self.wrongs(self.ask, careless), ""), f"seed {self.seed}")
        self.grants_are_right()
        self.assertGreater(len(self.known), 2000)

    def test_the_oracle_sees_a_vary_that_is_missing(self):
        def without(*gone):
            def ask(*request):
                answer = self.ask(*request)
                vary = ", ".join(sorted(names(answer.lines, "vary") - set(gone)))
                rest = tuple(line for line in answer.lines if line[0] != "vary")
                return Answer(answer.status, rest + ((("vary", vary),) if vary else ()))
            return ask

        for gone in ("origin", "access-control-request-method", "access-control-request-headers",
                     "access-control-request-private-network"):
            with self.subTest(gone=gone):
                self.assertIsNotNone(next(self.wrongs(without(gone), True), None), f"seed {self.seed}")
        self.assertIsNotNone(next(self.wrongs(without("origin"), False), None), f"seed {self.seed}")


if __name__ == "__main__":
    unittest.main()
