"""The article's calls of Flask-CORS, each as its file of config/examples in front of the real application: which route, whose page,
which method, and how long a browser may remember."""

import pathlib
import tempfile
import unittest

from article import ANSWERS, ArticleCase, Example
from support import ALLOWED, EVIL, Flask, corsd

JSON = ("Content-Type", "application/json")


class OneRoute(ArticleCase):
    @classmethod
    def setUpClass(cls):
        cls.flask = cls.keep(Flask())
        cls.corsd = cls.keep(Example("examples/one-route.yaml", cls.flask.address))

    def test_the_preflight_names_what_was_asked_for(self):
        answer = self.corsd.preflight(ALLOWED, "/foo", "POST", "authorization,content-type")
        self.assertEqual((answer.status, answer.headers.get("Access-Control-Allow-Methods"), answer.headers.get("Access-Control-Allow-Headers")),
                         (204, "POST", "authorization, content-type"))
        self.assert_readable(answer)

    def test_the_page_may_post_and_nobody_else(self):
        answer = self.corsd.ask("POST", "/foo", [("Origin", ALLOWED), JSON], b'{"inputVar": 21}')
        self.assertEqual(answer.json(), {"outputVar": 42})
        self.assert_readable(answer)
        before = self.flask.count()
        for origin in (EVIL, "http://localhost", "http://localhost:3001", "http://127.0.0.1:3000", "https://localhost:3000"):
            self.assert_problem(self.corsd.ask("POST", "/foo", [("Origin", origin), JSON], b'{"inputVar": 21}'), 403, "origin_not_allowed")
        self.assertEqual(self.flask.count(), before)

    def test_other_methods_and_other_routes_are_not_open(self):
        refused = self.corsd.ask("GET", "/foo", [("Origin", ALLOWED)])
        self.assert_problem(refused, 403, "method_not_allowed")
        self.assert_readable(refused)
        self.assert_problem(self.corsd.ask("POST", "/api/foo", [("Origin", ALLOWED), JSON], b"{}"), 403, "origin_not_allowed")

    def test_the_calls_taken_over_word_for_word_do_not_start(self):
        # The whole text is a golden one of tests/unit/config; here it is the program that says it.
        text = self.corsd.config_path.read_text().replace(f"origins: [{ALLOWED}]", "origins: [localhost]")
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory) / "corsd.yaml"
            path.write_text(text)
            for verb in ("check", "run"):
                done = corsd(verb, "--config", path)
                self.assertEqual(done.returncode, 3)
                self.assertIn("= fix: http://localhost:PORT", done.stdout + done.stderr)


class EveryPath(ArticleCase):
    PAGE = "http://localhost:8080"

    @classmethod
    def setUpClass(cls):
        cls.flask = cls.keep(Flask())
        cls.corsd = cls.keep(Example("examples/every-path.yaml", cls.flask.address))

    def test_every_path_is_open_to_the_page_alone(self):
        for path in ("/foo?inputVar=4", "/api/foo?inputVar=4"):
            answer = self.corsd.ask("GET", path, [("Origin", self.PAGE)])
            self.assertEqual(answer.json(), {"outputVar": 8})
            self.assert_readable(answer, self.PAGE)
            self.assert_problem(self.corsd.ask("GET", path, [("Origin", ALLOWED)]), 403, "origin_not_allowed")

    def test_a_404_of_flask_is_readable_too(self):
        answer = self.corsd.ask("GET", "/nowhere", [("Origin", self.PAGE)])
        self.assertEqual(answer.status, 404)
        self.assert_readable(answer, self.PAGE)


class PerMethod(ArticleCase):
    SHOP = "https://shop.example"

    @classmethod
    def setUpClass(cls):
        cls.flask = cls.keep(Flask(path=ANSWERS))
        cls.corsd = cls.keep(Example("examples/per-method.yaml", cls.flask.address))

    def test_anybody_reads(self):
        for origin in (EVIL, self.SHOP):
            answer = self.corsd.ask("GET", "/products/tea", [("Origin", origin)])
            self.assertEqual(answer.json(), {"name": "tea", "price": 3})
            self.assertEqual(answer.headers.get("Access-Control-Allow-Origin"), "*")

    def test_the_shop_orders(self):
        for method in ("POST", "DELETE"):
            preflight = self.corsd.preflight(self.SHOP, "/products/tea", method, "content-type")
            self.assertEqual((preflight.status, preflight.headers.get("Access-Control-Allow-Methods")), (204, "POST, DELETE"))
            answer = self.corsd.ask(method, "/products/tea", [("Origin", self.SHOP)])
            self.assertEqual((answer.status, answer.json()), (201, {"ordered": "tea", "by": method}))
            self.assert_readable(answer, self.SHOP)

    def test_nobody_else_does(self):
        self.assert_problem(self.corsd.preflight(EVIL, "/products/tea", "DELETE"), 403, "origin_not_allowed")
        self.assert_problem(self.corsd.ask("POST", "/products/tea", [("Origin", EVIL)]), 403, "origin_not_allowed")
        self.assertNotIn("DELETE /products/evil", self.flask.get("/requests").json())


class Preflights(ArticleCase):
    @classmethod
    def setUpClass(cls):
        cls.flask = cls.keep(Flask(path=ANSWERS))
        cls.corsd = cls.keep(Example("examples/preflight-cache.yaml", cls.flask.address))

    def test_how_long_a_preflight_may_be_remembered(self):
        for path, seconds in (("/items", "7200"), ("/settings", "0")):
            answer = self.corsd.preflight(ALLOWED, path, "PUT", "content-type")
            self.assertEqual((answer.status, answer.headers.get("Access-Control-Max-Age")), (204, seconds))
        self.assertEqual([asked for asked in self.flask.get("/requests").json() if "OPTIONS" in asked], [])


if __name__ == "__main__":
    unittest.main()
