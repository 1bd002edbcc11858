"""The application this project comes from: a Flask API whose CORS policy moved out of the code and into corsd."""

import json
import subprocess
import unittest

from article import Example
from support import ALLOWED, EVIL, Flask, TestCase, accepts, wait_until

JSON = ("Content-Type", "application/json")


class Article(TestCase):
    """config/quickstart.yaml itself, with only its addresses changed, in front of examples/flask/app.py."""

    server, file = "werkzeug", "quickstart.yaml"

    def setUp(self):
        self.flask = self.start(Flask(self.server))
        self.corsd = self.start(Example(self.file, self.upstream()))
        self.port, self.own_origin, self.ask = self.corsd.port, self.corsd.own_origin, self.corsd.ask

    def upstream(self):
        return self.flask.address

    def preflight(self, origin, method="POST", names="content-type"):
        return self.ask("OPTIONS", "/api/foo", [("Origin", origin), ("Access-Control-Request-Method", method),
                                                ("Access-Control-Request-Headers", names)])

    def test_a_preflight_is_answered_by_corsd_alone(self):
        answer = self.preflight(ALLOWED)
        self.assertEqual((answer.status, answer.body), (204, b""))
        self.assert_readable(answer)
        self.assertEqual(answer.headers.get("Access-Control-Allow-Methods"), "GET, POST, PUT, DELETE")
        self.assertEqual(answer.headers.get("Access-Control-Allow-Headers"), "content-type")
        self.assertEqual(answer.headers.get("Access-Control-Max-Age"), "600")
        self.assertIsNone(answer.headers.get("Content-Length"))
        self.assert_varies(answer, "access-control-request-method")
        self.assert_varies(answer, "access-control-request-headers")
        self.assertEqual(self.flask.count(), 0)

    def test_the_json_post_that_follows_is_forwarded_doubled_and_readable(self):
        answer = self.ask("POST", "/api/foo", [("Origin", ALLOWED), JSON], b'{"inputVar": 21}')
        self.assertEqual((answer.status, answer.json()), (200, {"outputVar": 42}))
        self.assert_readable(answer)
        self.assertEqual(self.flask.count(), 1)

    def test_every_origin_of_the_list_gets_its_own_name_back(self):
        for origin in (ALLOWED, "https://yourapp.com"):
            self.assert_readable(self.ask("GET", "/api/foo", [("Origin", origin)]), origin)

    def test_another_origin_never_reaches_flask(self):
        for method, headers, body in (("GET", [], b""), ("POST", [JSON], b'{"inputVar": 1}'), ("DELETE", [], b"")):
            answer = self.ask(method, "/api/foo", [("Origin", EVIL), *headers], body)
            self.assert_problem(answer, 403, "origin_not_allowed")
            self.assert_unreadable(answer)
        answer = self.preflight(EVIL)
        self.assert_problem(answer, 403, "origin_not_allowed")
        self.assert_unreadable(answer)
        self.assertEqual(self.flask.count(), 0)

    def test_a_header_or_method_outside_the_policy_fails_the_preflight(self):
        self.assert_problem(self.preflight(ALLOWED, names="content-type,x-other"), 403, "header_not_allowed")
        self.assert_problem(self.preflight(ALLOWED, method="PATCH"), 403, "method_not_allowed")
        self.assertEqual(self.flask.count(), 0)

    def test_same_origin_passes_without_grants(self):
        for headers in ([("Origin", self.own_origin)], [("Origin", self.own_origin), ("Sec-Fetch-Site", "same-origin")]):
            answer = self.ask("POST", "/api/foo", [*headers, JSON], b'{"inputVar": 2}')
            self.assertEqual((answer.status, answer.json()), (200, {"outputVar": 4}))
            self.assert_unreadable(answer)
            self.assert_varies(answer)

    def test_curl_passes(self):
        done = subprocess.run(["curl", "-sS", "-f", "-H", "Content-Type: application/json", "-d", '{"inputVar": 8}',
                               f"http://127.0.0.1:{self.port}/api/foo"], capture_output=True, timeout=30, check=True)
        self.assertEqual(json.loads(done.stdout), {"outputVar": 16})

    def test_a_400_of_flask_stays_readable(self):
        answer = self.ask("POST", "/api/foo", [("Origin", ALLOWED), JSON], b"{broken")
        self.assertEqual((answer.status, answer.json()), (400, {"error": "the body must be a JSON object"}))
        self.assert_readable(answer)

    def test_a_path_without_a_resource_is_closed_to_other_origins_only(self):
        refused = self.ask("GET", "/foo", [("Origin", ALLOWED)])
        self.assert_problem(refused, 403, "origin_not_allowed")
        self.assertIn("not allowed by the default of paths that no resource matches; to allow it, add a resource for this path",
                      refused.json()["detail"])
        self.assertEqual(self.flask.count(), 0)
        self.assertEqual(self.ask("GET", "/foo?inputVar=5").json(), {"outputVar": 10})

    def test_with_flask_down_502_is_readable_and_preflights_go_on(self):
        self.flask.close()
        wait_until(lambda: not accepts(self.flask.port), "gunicorn's worker to be gone as well")
        answer = self.ask("POST", "/api/foo", [("Origin", ALLOWED), JSON], b'{"inputVar": 21}')
        self.assert_problem(answer, 502, "upstream_unreachable")
        self.assert_readable(answer)
        self.assertNotIn(str(self.flask.port).encode(), answer.body)
        self.assertNotIn(b"gunicorn", answer.body)
        self.assertEqual(self.preflight(ALLOWED).status, 204)


class ArticleUnderGunicorn(Article):
    server = "gunicorn"


class ArticleUnderGunicornOnAUnixSocket(Article):
    """config/examples/gunicorn.yaml."""

    server, file = "gunicorn", "examples/gunicorn.yaml"

    def upstream(self):
        return self.flask.unix_address


if __name__ == "__main__":
    unittest.main()
