"""The article's calls of Flask-CORS in Chromium: which page may call which route by which method, and how often it asks first."""

import unittest

from asking import Asking, tearDownModule  # noqa: F401 (unittest finds it here)
from article import ANSWERS, Example
from browser import shared
from support import ALLOWED, Flask, wait_until

JSON = {"Content-Type": "application/json"}


def post(value, **headers):
    return {"method": "POST", "headers": {**JSON, **headers}, "body": value}


class OneRoute(Asking):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.flask = cls.keep(Flask())
        cls.corsd = cls.keep(Example("examples/one-route.yaml", cls.flask.address, {ALLOWED: cls.page}))
        cls.url = f"{cls.corsd.own_origin}/foo"

    def test_the_page_posts_json_and_reads_the_double(self):
        seen = self.fetch(self.url, **post('{"inputVar": 21}', Authorization="Bearer x"))
        self.assertEqual((seen["status"], seen["body"].strip()), (200, '{"outputVar":42}'))
        steps = [("OPTIONS", "preflight", 204), ("POST", "forward", 200)]
        wait_until(lambda: [step for step in self.steps() if step in steps] == steps, "the preflight and the request in the access log")

    def steps(self):
        return [(entry["method"], entry["decision"], entry["status"]) for entry in self.corsd.access()]

    def test_another_page_does_not_and_flask_hears_nothing(self):
        before = self.flask.count()
        self.assert_hidden(self.fetch(self.url, self.elsewhere, **post('{"inputVar": 21}')))
        # Without a preflight, as a form would send it: Flask-CORS would run the view and hide its answer.
        self.assert_hidden(self.fetch(self.url, self.elsewhere, method="POST", body='{"inputVar": 21}'))
        self.assertEqual(self.flask.count(), before)

    def test_another_method_is_refused_and_the_page_reads_why(self):
        seen = self.fetch(self.url)
        self.assertEqual(seen["status"], 403)
        self.assertIn("method_not_allowed", seen["body"])

    def test_an_origin_without_its_port_would_not_have_matched(self):
        with Example("examples/one-route.yaml", self.flask.address, {ALLOWED: "http://localhost"}) as without_port:
            self.assert_hidden(self.fetch(f"{without_port.own_origin}/foo", **post('{"inputVar": 21}')))


class EveryPath(Asking):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.flask = cls.keep(Flask())
        cls.corsd = cls.keep(Example("examples/every-path.yaml", cls.flask.address, {"[http://localhost:8080]": f"[{cls.page}]"}))

    def test_every_path_is_readable_errors_included(self):
        for path, status in (("/foo?inputVar=4", 200), ("/api/foo?inputVar=4", 200), ("/nowhere", 404)):
            self.assertEqual(self.fetch(self.corsd.own_origin + path)["status"], status)
            self.assert_hidden(self.fetch(self.corsd.own_origin + path, self.elsewhere))


class ApiOfTheQuickstart(Asking):
    """config/quickstart.yaml, and its twin for gunicorn on a Unix socket."""

    server, file = "werkzeug", "quickstart.yaml"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.flask = cls.keep(Flask(cls.server))
        upstream = cls.flask.unix_address if cls.server == "gunicorn" else cls.flask.address
        cls.corsd = cls.keep(Example(cls.file, upstream, {ALLOWED: cls.page}))
        cls.url = f"{cls.corsd.own_origin}/api/foo"

    def test_get_and_post_are_readable(self):
        self.assertEqual(self.fetch(f"{self.url}?inputVar=3")["body"].strip(), '{"outputVar":6}')
        self.assertEqual(self.fetch(self.url, **post('{"inputVar": 21}'))["body"].strip(), '{"outputVar":42}')

    def test_a_400_is_readable(self):
        seen = self.fetch(self.url, **post("{broken"))
        self.assertEqual((seen["status"], seen["body"].strip()), (400, '{"error":"the body must be a JSON object"}'))

    def test_a_header_outside_the_list_stops_at_the_preflight(self):
        before = self.flask.count()
        self.assert_hidden(self.fetch(self.url, **post('{"inputVar": 21}', **{"X-Trace": "1"})))
        self.assertEqual(self.flask.count(), before)

    def test_another_page_reads_nothing(self):
        self.assert_hidden(self.fetch(self.url, self.elsewhere))


class ApiUnderGunicornOnAUnixSocket(ApiOfTheQuickstart):
    server, file = "gunicorn", "examples/gunicorn.yaml"


class PerMethod(Asking):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.flask = cls.keep(Flask(path=ANSWERS))
        cls.corsd = cls.keep(Example("examples/per-method.yaml", cls.flask.address, {"[https://shop.example]": f"[{cls.page}]"}))
        cls.url = f"{cls.corsd.own_origin}/products/tea"

    def test_every_page_reads_the_product(self):
        for origin in (self.page, self.elsewhere):
            self.assertEqual(self.fetch(self.url, origin)["status"], 200)

    def test_the_shop_orders_and_cancels(self):
        for method in ("POST", "DELETE"):
            self.assertEqual(self.fetch(self.url, method=method, headers=JSON)["status"], 201)

    def test_no_other_page_does(self):
        before = self.flask.get("/requests").json()
        for method in ("POST", "DELETE"):
            self.assert_hidden(self.fetch(self.url, self.elsewhere, method=method, headers=JSON))
        self.assert_hidden(self.fetch(self.url, self.elsewhere, method="POST"))
        self.assertEqual(self.flask.get("/requests").json(), before)


class PreflightCache(Asking):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.flask = cls.keep(Flask(path=ANSWERS))

    def setUp(self):
        self.corsd = self.start(Example("examples/preflight-cache.yaml", self.flask.address, {ALLOWED: self.page}))

    def methods_seen(self, path, *asked):
        """What corsd was sent while the page asked by each of these methods in turn."""
        for method in asked:
            self.assertEqual(self.fetch(self.corsd.own_origin + path, method=method, headers=JSON)["status"], 200)
        # A preflight comes before its request, so once all of these have their lines nothing is missing.
        seen = lambda: [entry["method"] for entry in self.corsd.access()]
        wait_until(lambda: [method for method in seen() if method != "OPTIONS"] == list(asked), f"{asked} in the access log")
        return seen()

    def test_one_preflight_and_then_none(self):
        self.assertEqual(self.methods_seen("/items", "PUT", "PUT", "PUT"), ["OPTIONS", "PUT", "PUT", "PUT"])

    def test_it_is_remembered_for_longer_than_without_max_age(self):
        # Without the header browsers remember for five seconds: the page waits for longer than that.
        other = self.start(Example("examples/preflight-cache.yaml", self.flask.address, {ALLOWED: self.page, "max_age: 2h": "max_age: null"}))
        for pause in (0, 5500):
            shared().run(self.page, "await new Promise(resolve => setTimeout(resolve, pause));", pause=pause)
            for server in (self.corsd, other):
                self.assertEqual(self.fetch(f"{server.own_origin}/items", method="PUT")["status"], 200)
        self.assertEqual([entry["method"] for entry in self.corsd.wait_access(3)], ["OPTIONS", "PUT", "PUT"])
        self.assertEqual([entry["method"] for entry in other.wait_access(4)], ["OPTIONS", "PUT"] * 2)

    def test_its_answer_holds_for_every_method_that_it_named(self):
        self.assertEqual(self.methods_seen("/items", "PUT", "DELETE", "GET"), ["OPTIONS", "PUT", "DELETE", "GET"])

    def test_a_max_age_of_nothing_asks_each_time(self):
        self.assertEqual(self.methods_seen("/settings", "PUT", "PUT"), ["OPTIONS", "PUT", "OPTIONS", "PUT"])


if __name__ == "__main__":
    unittest.main()
