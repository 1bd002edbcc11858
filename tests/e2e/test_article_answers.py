"""What comes back: headers that a page may read, redirects, a download, and an application that is down, slow or dying."""

import hashlib
import unittest

from article import ANSWERS, ArticleCase, Example
from support import ALLOWED, EVIL, Flask, accepts, free_port, wait_until

MiB = 1 << 20
RESPONSE = {"response: 10s": "response: 300ms"}


class Exposed(ArticleCase):
    @classmethod
    def setUpClass(cls):
        cls.flask = cls.keep(Flask(path=ANSWERS))
        cls.corsd = cls.keep(Example("examples/expose-headers.yaml", cls.flask.address))

    def test_the_page_is_told_which_headers_it_may_read(self):
        answer = self.corsd.ask("GET", "/items", [("Origin", ALLOWED)])
        self.assert_readable(answer)
        self.assertEqual(answer.headers.get("Access-Control-Expose-Headers"), "X-Total-Count, Link")
        self.assertEqual((answer.headers.get("X-Total-Count"), answer.headers.get("X-Served-By")), ("3", "rack 7"))
        self.assertIsNone(self.corsd.preflight(ALLOWED, "/items", "GET").headers.get("Access-Control-Expose-Headers"))


class Redirects(ArticleCase):
    @classmethod
    def setUpClass(cls):
        cls.flask = cls.keep(Flask(path=ANSWERS))
        cls.corsd = cls.keep(Example("examples/redirects.yaml", cls.flask.address))

    def test_each_leads_to_corsd_and_is_readable(self):
        for path in ("/orders", "/old", "/old/absolute"):
            answer = self.corsd.ask("GET", path, [("Origin", ALLOWED)])
            self.assertIn(answer.status, (302, 308))
            self.assertIn(answer.headers.get("Location"), ("/orders/", f"{self.corsd.own_origin}/orders/"))
            self.assert_readable(answer)

    def test_the_place_has_a_policy_of_its_own(self):
        self.assert_readable(self.corsd.ask("GET", "/door", [("Origin", ALLOWED)]))
        answer = self.corsd.ask("GET", "/staff", [("Origin", ALLOWED)])
        self.assert_problem(answer, 403, "origin_not_allowed")
        self.assert_unreadable(answer)
        self.assertNotIn("GET /staff", self.flask.get("/requests").json())


class Downloads(ArticleCase):
    server = "werkzeug"

    @classmethod
    def setUpClass(cls):
        cls.flask = cls.keep(Flask(cls.server, ANSWERS))
        cls.corsd = cls.keep(Example("examples/download.yaml", cls.flask.address))

    def test_twelve_megabytes_with_their_name(self):
        answer = self.corsd.ask("GET", "/files/report.bin", [("Origin", ALLOWED)])
        self.assertEqual((answer.status, answer.complete, len(answer.body)), (200, True, 12 * MiB))
        self.assertEqual(answer.headers.get("ETag").strip('"'), hashlib.sha256(answer.body).hexdigest())
        self.assertEqual(answer.headers.get("Content-Disposition"), "attachment; filename=report.bin")
        self.assert_readable(answer)

    def test_the_rest_of_one_that_broke_off(self):
        whole = self.corsd.ask("GET", "/files/stream.bin", [("Origin", ALLOWED)])
        self.assertEqual((whole.status, whole.complete, len(whole.body)), (200, True, 12 * MiB))
        rest = self.corsd.ask("GET", "/files/report.bin", [("Origin", ALLOWED), ("Range", f"bytes={11 * MiB}-")])
        self.assertEqual((rest.status, rest.headers.get("Content-Range")), (206, f"bytes {11 * MiB}-{12 * MiB - 1}/{12 * MiB}"))
        self.assertEqual(rest.body, whole.body[11 * MiB:])
        self.assert_readable(rest)


class DownloadsUnderGunicorn(Downloads):
    server = "gunicorn"


class Failures(ArticleCase):
    """Flask's own server, one process: what dies stays dead."""

    def example(self, flask):
        return self.start(Example("examples/failures.yaml", flask.address, RESPONSE))

    def readable_problem(self, server, path, status, reason):
        answer = server.ask("GET", path, [("Origin", ALLOWED)])
        self.assert_problem(answer, status, reason)
        self.assert_readable(answer)
        hidden = server.ask("GET", path, [("Origin", EVIL)])
        self.assert_problem(hidden, 403, "origin_not_allowed")

    def test_down(self):
        server = self.start(Example("examples/failures.yaml", f"http://127.0.0.1:{free_port()}", RESPONSE))
        self.readable_problem(server, "/api/error", 502, "upstream_unreachable")
        self.assertEqual(server.preflight(ALLOWED, "/api/error", "POST", "content-type").status, 204)

    def test_slow_and_an_exception(self):
        flask = self.start(Flask(path=ANSWERS))
        server = self.example(flask)
        self.readable_problem(server, "/api/slow", 504, "upstream_timeout")
        answer = server.ask("GET", "/api/error", [("Origin", ALLOWED)])
        self.assertEqual((answer.status, answer.headers.get("Content-Type").split(";")[0]), (500, "text/html"))
        self.assert_readable(answer)

    def test_killed_before_it_answers(self):
        flask = self.start(Flask(path=ANSWERS))
        server = self.example(flask)
        self.readable_problem(server, "/api/die?when=before", 502, "upstream_invalid")
        wait_until(lambda: not accepts(flask.port), "the application to be gone")
        self.readable_problem(server, "/api/error", 502, "upstream_unreachable")

    def test_killed_in_the_middle_of_an_answer(self):
        for when in ("with-length", "without-length"):
            with self.subTest(when):
                answer = self.example(self.start(Flask(path=ANSWERS))).ask("GET", f"/api/die?when={when}", [("Origin", ALLOWED)])
                self.assertEqual((answer.status, answer.complete), (200, False))
                self.assert_readable(answer)


class FailuresUnderGunicorn(ArticleCase):
    """The master starts another worker for each that dies."""

    @classmethod
    def setUpClass(cls):
        cls.flask = cls.keep(Flask("gunicorn", ANSWERS))
        # A worker starts while the next test asks: the file's ten seconds stay.
        cls.corsd = cls.keep(Example("examples/failures.yaml", cls.flask.address))

    def test_killed_in_the_middle_of_an_answer(self):
        for when in ("with-length", "without-length"):
            answer = self.corsd.ask("GET", f"/api/die?when={when}", [("Origin", ALLOWED)])
            self.assertEqual(answer.status, 200)
            self.assertFalse(answer.complete, when)
            self.assert_readable(answer)

    def test_killed_before_it_answers(self):
        answer = self.corsd.ask("GET", "/api/die?when=before", [("Origin", ALLOWED)])
        self.assert_problem(answer, 502, "upstream_invalid")
        self.assert_readable(answer)
        again = self.corsd.ask("GET", "/api/error", [("Origin", ALLOWED)])
        self.assertEqual(again.status, 500)


if __name__ == "__main__":
    unittest.main()
