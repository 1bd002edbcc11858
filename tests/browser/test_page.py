"""The page of the quick start: each of its buttons clicked in a real browser, before config/quickstart.yaml and what it names.

What a card shows is checked on all four counts: what the allowed and the foreign page saw, and what corsd decided of each.
"""

import json
import re
import unittest

from browser import close_shared, shared
from article import APP, ArticleCase, Example
from selenium.webdriver.support.wait import WebDriverWait
from support import PATIENCE, PYTHON, ROOT, Flask, Process, free_port

ECHO = ROOT / "examples/echo/echo.py"
SERVE = ROOT / "examples/page/serve.py"
CARD = """
const card = document.querySelector(`[data-ask="${name}"]`);
const texts = {};
for (const side of card.querySelectorAll(".side")) {
  if (side.dataset.state !== "done") return null;
  const of = part => side.querySelector(part).innerText.trim();
  texts[side.dataset.side] = {seen: of(".seen"), decided: of(".decided")};
}
return texts;
"""
HIDDEN = "TypeError: Failed to fetch"


class Page(ArticleCase):
    @classmethod
    def setUpClass(cls):
        cls.port, echo = free_port(), free_port()
        cls.flask = cls.keep(Flask(path=APP))
        cls.keep(Process([PYTHON, "-B", str(ECHO)], echo, env={"PORT": str(echo)}))
        cls.corsd = cls.keep(Example("quickstart.yaml", f"http://127.0.0.1:{cls.flask.port}", {
            "http://localhost:3000": f"http://localhost:{cls.port}", "http://127.0.0.1:5001": f"http://127.0.0.1:{echo}"}))
        cls.keep(Process([PYTHON, "-B", str(SERVE), "--port", str(cls.port), "--api", cls.corsd.own_origin, "--log", str(cls.corsd.log_path),
                          "--policy", str(cls.corsd.config_path), "--reload", "kill -HUP 1"], cls.port))
        cls.allowed, cls.foreign = f"http://localhost:{cls.port}", f"http://127.0.0.1:{cls.port}"
        driver = shared().driver
        driver.get(cls.allowed)
        WebDriverWait(driver, PATIENCE).until(lambda _: driver.find_element("id", "all").is_enabled())

    def card(self, name):
        driver = shared().driver
        button = driver.find_element("css selector", f'[data-ask="{name}"] button')
        driver.execute_script("for (const side of arguments[0].closest('article').querySelectorAll('.side')) delete side.dataset.state;", button)
        button.click()
        texts = WebDriverWait(driver, PATIENCE).until(lambda _: driver.execute_script(f"const name = {json.dumps(name)};" + CARD))
        return texts["allowed"], texts["foreign"]

    def assert_shows(self, side, seen, *decided):
        self.assertIn(seen, side["seen"])
        for each in decided:
            self.assertIn(each, side["decided"])

    def assert_foreign(self, side, *decided):
        self.assert_shows(side, HIDDEN, "refuse: origin_not_allowed", self.foreign, *decided)

    def rule(self, text):
        """Where a line of the policy is, as the page says it."""
        lines = self.corsd.config_path.read_text().splitlines()
        number = next(number for number, line in enumerate(lines, 1) if line.strip().startswith(text))
        return f"rule: line {number} {lines[number - 1].partition(' #')[0].strip()}"

    def test_simple(self):
        before = self.flask.count()
        allowed, foreign = self.card("simple")
        self.assert_shows(allowed, "200 OK", "forward", "GET → 200", "Passed on")
        self.assertIn("42", allowed["seen"])
        origins = f"origins: [{self.allowed}, https://yourapp.com]"
        self.assert_foreign(foreign, "GET → 403", self.rule(origins), f"- {origins}",
                            f"+ origins: [{self.allowed}, https://yourapp.com, {self.foreign}]")
        self.assertEqual(self.flask.count(), before + 1)  # the foreign one's never came

    def test_json(self):
        allowed, foreign = self.card("json")
        self.assert_shows(allowed, "200 OK", "POST → 200")
        self.assertIn("42", allowed["seen"])
        self.assert_foreign(foreign, "OPTIONS → 403")

    def test_method(self):
        allowed, foreign = self.card("method")
        self.assert_shows(allowed, HIDDEN, "refuse: method_not_allowed", "PATCH is not among the methods", self.rule("methods: [GET, POST"),
                          "+ methods: [GET, POST, PUT, DELETE, PATCH]")
        self.assert_foreign(foreign)

    def test_header(self):
        allowed, foreign = self.card("header")
        self.assert_shows(allowed, HIDDEN, "refuse: header_not_allowed", "x-api-version",
                          "+ allow_headers: [Content-Type, Authorization, x-api-version]")
        self.assert_foreign(foreign)

    def test_path(self):
        for side in self.card("path"):
            self.assert_shows(side, HIDDEN, "refuse: origin_not_allowed", "this path, which no resource matches", "+   /count:")

    def test_cookies(self):
        visits = []
        for _ in range(2):
            allowed, foreign = self.card("cookies")
            self.assert_shows(allowed, "200 OK", "GET → 200")
            visits.append(int(re.search(r'"visits": ?(\d+)', allowed["seen"])[1]))
        self.assertEqual(visits[1], visits[0] + 1)
        self.assert_foreign(foreign)

    def test_hidden(self):
        allowed, foreign = self.card("hidden")
        self.assert_shows(allowed, HIDDEN, "forward", "not with credentials", "+   credentials: true")
        self.assert_foreign(foreign)

    def test_readable(self):
        allowed, foreign = self.card("readable")
        self.assert_shows(allowed, "403", "refuse: method_not_allowed", "POST → 403")
        self.assertIn('"reason":"method_not_allowed"', allowed["seen"].replace(" ", ""))
        self.assert_foreign(foreign)

    def test_no_cors(self):
        allowed, foreign = self.card("no-cors")
        self.assert_shows(allowed, "opaque", "forward", "opaque answer")
        self.assertNotIn("42", allowed["seen"])
        self.assertIn("GET → ", foreign["decided"])

    def test_websocket(self):
        allowed, foreign = self.card("websocket")
        self.assert_shows(allowed, "open", "101")
        self.assertIn("hello", allowed["seen"])
        self.assert_shows(foreign, "closed 1006", "refuse: websocket_origin", self.foreign)

    def test_every_card_is_clicked_here(self):
        names = shared().driver.execute_script("return [...document.querySelectorAll('.card')].map(card => card.dataset.ask)")
        tests = {name.removeprefix("test_").replace("_", "-") for name in dir(self) if name.startswith("test_")}
        self.assertEqual(set(names) - tests, set())
        self.assertGreaterEqual(len(names), 10)

    def test_all_at_once(self):
        driver = shared().driver
        driver.execute_script("for (const side of document.querySelectorAll('.side')) delete side.dataset.state;")
        driver.find_element("id", "all").click()
        WebDriverWait(driver, PATIENCE).until(
            lambda _: driver.execute_script("return [...document.querySelectorAll('.side')].every(side => side.dataset.state === 'done')"))

    def test_the_policy_is_shown_as_it_is(self):
        lines = shared().driver.execute_script("return [...document.querySelectorAll('#lines span')].map(line => line.textContent)")
        self.assertEqual(lines, self.corsd.config_path.read_text().splitlines())

    def test_nothing_is_fetched_from_elsewhere(self):
        """It works without network: all that it loads comes from its own server, all that it asks from corsd."""
        urls = shared().driver.execute_script("return performance.getEntriesByType('resource').map(entry => entry.name)")
        self.assertTrue(urls)
        for url in urls:
            self.assertTrue(url.startswith((self.allowed, self.foreign, self.corsd.own_origin)), url)


class Advice(unittest.TestCase):
    def test_each_reason_of_the_log_has_its_advice(self):
        source = (ROOT / "src/base/reason.cpp").read_text()
        known = set((ROOT / "examples/page/advice.js").read_text().split("reasons = {")[1].split("};")[0].replace(":", " ").split())
        names = [part.split('"')[0] for part in source.split('return "')[1:]]
        self.assertGreater(len(names), 20)
        self.assertEqual([name for name in names if name and name not in known], [])


def tearDownModule():
    close_shared()


if __name__ == "__main__":
    unittest.main()
