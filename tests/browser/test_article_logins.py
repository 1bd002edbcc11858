"""Logins behind corsd in Chromium: a token that the page sends, and cookies that the browser sends or keeps back."""

import json
import unittest

from asking import FAILED, Asking, tearDownModule  # noqa: F401 (unittest finds it here)
from article import SESSION, TOKENS, Example
from browser import Browser, shared
from support import ALLOWED, Corsd, Flask

JSON = {"Content-Type": "application/json"}


class Tokens(Asking):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.flask = cls.keep(Flask(path=TOKENS))
        cls.corsd = cls.keep(Example("examples/jwt.yaml", cls.flask.address, {ALLOWED: cls.page}))

    def me(self, token, origin=None):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.fetch(f"{self.corsd.own_origin}/me", origin, headers=headers)

    def login(self):
        seen = self.fetch(f"{self.corsd.own_origin}/login", method="POST", headers=JSON, body='{"name": "ada", "password": "lovelace"}')
        return json.loads(seen["body"])["token"]

    def test_login_and_the_route_behind_it(self):
        seen = self.me(self.login())
        self.assertEqual((seen["status"], json.loads(seen["body"])), (200, {"name": "ada"}))

    def test_the_401_is_readable_with_its_reason(self):
        for token, said in ((None, "no bearer token"), ("made-up", "not one of ours")):
            seen = self.me(token)
            self.assertEqual((seen["status"], json.loads(seen["body"])["description"][-len(said):]), (401, said))
            self.assertIn(said, seen["headers"]["www-authenticate"])

    def test_another_page_with_the_token_reads_nothing(self):
        self.assert_hidden(self.me(self.login(), self.elsewhere))

    def test_without_authorization_in_the_list_the_browser_stops_at_the_preflight(self):
        places = {ALLOWED: self.page, "allow_headers: [Authorization]": "allow_headers: []"}
        with Example("examples/jwt.yaml", self.flask.address, places) as forgotten:
            shared().console()
            self.assert_hidden(self.fetch(f"{forgotten.own_origin}/me", headers={"Authorization": "Bearer x"}))
            self.assertIn("blocked by CORS policy", " ".join(shared().console()))
            refused = forgotten.wait_access(1)[0]
            self.assertEqual((refused["method"], refused["status"], refused["reason"]), ("OPTIONS", 403, "header_not_allowed"))
            self.assertIn("authorization", refused["detail"].lower())


class Cookies(Asking):
    """Cookies know hosts and sites, not ports: the page on http://localhost:PORT is of one site with corsd on localhost."""

    environment = {}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.flask = cls.keep(Flask(path=SESSION, env=cls.environment))
        cls.corsd = cls.keep(Example("examples/session.yaml", cls.flask.address, {f"[{ALLOWED}]": f"[{cls.page}, {cls.elsewhere}]"}))
        cls.url = cls.corsd.own_origin

    def setUp(self):
        self.call("POST", "/logout")

    def call(self, method, path, origin=None, credentials="include", body=None):
        options = {"headers": JSON, "body": json.dumps(body)} if body else {}
        return self.fetch(self.url + path, origin, method=method, credentials=credentials, **options)

    def login(self, origin=None):
        self.assertEqual(self.call("POST", "/login", origin, body={"name": "ada"})["status"], 200)


class SessionCookie(Cookies):
    def test_login_stay_and_logout(self):
        self.assertEqual(self.call("GET", "/me")["status"], 401)
        self.login()
        self.assertEqual(json.loads(self.call("GET", "/me")["body"]), {"name": "ada"})
        self.call("POST", "/logout")
        self.assertEqual(self.call("GET", "/me")["status"], 401)

    def test_a_page_that_does_not_ask_with_credentials_is_a_stranger(self):
        self.login()
        for credentials in ("same-origin", "omit"):
            self.assertEqual(self.call("GET", "/me", credentials=credentials)["status"], 401)

    def test_another_sites_page_may_read_but_its_cookie_stays_at_home(self):
        # CORS lets it ask with credentials; SameSite=Lax, which browsers assume, keeps the cookie back all the same.
        self.login()
        self.assertEqual(self.call("GET", "/me", self.elsewhere)["status"], 401)

    def test_a_page_that_is_not_in_the_list_does_not_act_as_the_user(self):
        self.login()
        stranger = self.pages.origin("stranger")
        self.assert_hidden(self.call("GET", "/me", stranger))
        self.assert_hidden(self.call("POST", "/logout", stranger))
        self.assertEqual(self.call("GET", "/me")["status"], 200)


class CookieForOtherSites(Cookies):
    """SameSite=None: the application lets its cookie go along, and the browser's user has the last word."""

    environment = {"FLASK_SESSION_COOKIE_SAMESITE": "None", "FLASK_SESSION_COOKIE_SECURE": "true"}


class ThirdPartyCookiesBlocked(CookieForOtherSites):
    def test_the_cookie_stays_at_home(self):
        self.login(self.elsewhere)
        self.assertEqual(self.call("GET", "/me", self.elsewhere)["status"], 401)
        self.login()
        self.assertEqual(self.call("GET", "/me")["status"], 200)


class ThirdPartyCookiesAllowed(CookieForOtherSites):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.own_browser = cls.keep(Browser(third_party_cookies="allowed"))

    def browser(self):
        return self.own_browser

    def test_another_sites_page_logs_in(self):
        self.login(self.elsewhere)
        self.assertEqual(json.loads(self.call("GET", "/me", self.elsewhere)["body"]), {"name": "ada"})


class CookiesForEverybody(Cookies):
    """`origins: "*"` with `credentials: true` does not start (tests/e2e). Without credentials it does, and the browser refuses."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.corsd = cls.keep(Corsd(cls.flask.port, '\n  /*: {origins: "*", methods: [GET, POST], allow_headers: [Content-Type]}\n'))
        cls.url = cls.corsd.own_origin

    def test_the_browser_says_why_it_hides_the_answer(self):
        shared().console()
        self.assertEqual(self.call("GET", "/me"), {"failed": FAILED})
        said = " ".join(shared().console())
        self.assertIn("must not be the wildcard '*' when the request's credentials mode is 'include'", said)

    def test_without_credentials_everybody_reads(self):
        for origin in (self.page, self.elsewhere):
            self.assertEqual(self.call("GET", "/me", origin, credentials="omit")["status"], 401)


if __name__ == "__main__":
    unittest.main()
