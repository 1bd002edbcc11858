"""Logins behind corsd: a JSON Web Token that the page sends itself, and the session cookie that the browser sends."""

import json
import pathlib
import tempfile
import unittest

from article import SESSION, TOKENS, ArticleCase, Example
from support import ALLOWED, EVIL, ROOT, Flask, corsd

JSON = ("Content-Type", "application/json")


class Tokens(ArticleCase):
    @classmethod
    def setUpClass(cls):
        cls.flask = cls.keep(Flask(path=TOKENS))
        cls.corsd = cls.keep(Example("examples/jwt.yaml", cls.flask.address))

    def me(self, *headers, origin=ALLOWED):
        return self.corsd.ask("GET", "/me", [("Origin", origin), *headers])

    def login(self, password="lovelace"):
        return self.corsd.ask("POST", "/login", [("Origin", ALLOWED), JSON], json.dumps({"name": "ada", "password": password}).encode())

    def test_the_preflight_lets_authorization_through_and_carries_no_token(self):
        answer = self.corsd.preflight(ALLOWED, "/me", "GET", "authorization")
        self.assertEqual((answer.status, answer.headers.get("Access-Control-Allow-Headers")), (204, "authorization"))

    def test_the_token_of_the_login_opens_the_route(self):
        token = self.login().json()["token"]
        answer = self.me(("Authorization", f"Bearer {token}"))
        self.assertEqual((answer.status, answer.json()), (200, {"name": "ada"}))
        self.assert_readable(answer)
        self.assertIsNone(answer.headers.get("Access-Control-Allow-Credentials"))

    def test_what_the_application_refuses_the_page_can_read(self):
        token = self.login().json()["token"]
        for headers, said in (((), "no bearer token"), ((("Authorization", "Bearer x"),), "not one of ours"),
                              ((("Authorization", f"Bearer {token[:-2]}"),), "not one of ours")):
            answer = self.me(*headers)
            self.assertEqual(answer.status, 401)
            self.assertIn(said, answer.json()["description"])
            self.assertIn(said, answer.headers.get("WWW-Authenticate"))
            self.assertEqual(answer.headers.get("Access-Control-Expose-Headers"), "WWW-Authenticate")
            self.assert_readable(answer)
        self.assertEqual(self.login("byron").status, 401)

    def test_a_stolen_token_is_of_no_use_to_another_page(self):
        token = self.login().json()["token"]
        self.assert_problem(self.me(("Authorization", f"Bearer {token}"), origin=EVIL), 403, "origin_not_allowed")

    def test_a_header_that_is_not_in_the_list_is_named(self):
        answer = self.corsd.preflight(ALLOWED, "/me", "GET", "authorization,x-api-key")
        self.assert_problem(answer, 403, "header_not_allowed")
        self.assertIn("x-api-key", answer.json()["detail"])


class Sessions(ArticleCase):
    @classmethod
    def setUpClass(cls):
        cls.flask = cls.keep(Flask(path=SESSION))
        cls.corsd = cls.keep(Example("examples/session.yaml", cls.flask.address))

    def login(self):
        return self.corsd.ask("POST", "/login", [("Origin", ALLOWED), JSON], b'{"name": "ada"}')

    def test_the_cookie_goes_both_ways(self):
        answer = self.login()
        self.assertEqual(answer.headers.get("Access-Control-Allow-Credentials"), "true")
        cookie = answer.headers.get("Set-Cookie").split(";")[0]
        answer = self.corsd.ask("GET", "/me", [("Origin", ALLOWED), ("Cookie", cookie)])
        self.assertEqual(answer.json(), {"name": "ada"})
        self.assert_readable(answer)
        self.assertEqual(answer.headers.get("Access-Control-Allow-Credentials"), "true")
        # Flask's own Vary stays beside ours: who caches has to know about both.
        self.assert_varies(answer, "cookie")

    def test_another_page_cannot_use_it(self):
        cookie = self.login().headers.get("Set-Cookie").split(";")[0]
        answer = self.corsd.ask("GET", "/me", [("Origin", EVIL), ("Cookie", cookie)])
        self.assert_problem(answer, 403, "origin_not_allowed")
        self.assert_unreadable(answer)
        # No preflight precedes a form; the POST is refused all the same.
        answer = self.corsd.ask("POST", "/logout", [("Origin", EVIL), ("Cookie", cookie), ("Content-Type", "text/plain")])
        self.assert_problem(answer, 403, "origin_not_allowed")

    def test_cookies_for_everybody_do_not_start(self):
        text = (ROOT / "config/examples/session.yaml").read_text().replace("origins: [http://localhost:3000]", 'origins: "*"')
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory) / "session.yaml"
            path.write_text(text)
            for verb in ("check", "run"):
                done = corsd(verb, "--config", path)
                self.assertEqual(done.returncode, 3)
                self.assertIn('browsers refuse "*" with credentials', done.stdout + done.stderr)
                self.assertIn("= fix: list the origins, or credentials: false", done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
