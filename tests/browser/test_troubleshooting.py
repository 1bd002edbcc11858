"""docs/troubleshooting.md quotes Chromium's console: each of its mistakes is made here, and the console says what the document says."""

import re
import unittest

from browser import Pages, close_shared, shared
from asking import ASK
from support import ROOT, Corsd, Flask, TestCase


def tearDownModule():
    close_shared()


def quoted(mistake):
    """The texts in backquotes of the column "What the console prints", in the row of this mistake."""
    rows = [line.split(" | ") for line in (ROOT / "docs/troubleshooting.md").read_text().splitlines() if line.startswith("| ")]
    printed = [columns[1] for columns in rows if mistake in columns[0]]
    assert len(printed) == 1, f"{len(printed)} rows of docs/troubleshooting.md have {mistake!r}"
    return re.findall(r"`([^`]+)`", printed[0])


class Console(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.flask, cls.pages = Flask(), Pages()
        cls.addClassCleanup(cls.pages.close)
        cls.addClassCleanup(cls.flask.close)
        cls.page = f"http://localhost:{cls.pages.port}"

    def printed(self, origins, page=None, policy="", path="/api/foo", **options):
        """What the console says once a page has asked, with /api/* open to `origins`."""
        resources = f"\n  /api/*:\n    origins: [{origins}]\n    methods: [GET, POST, PATCH]\n    {policy}\n"
        with Corsd(self.flask.port, resources) as corsd:
            shared().visit(page or self.page)
            shared().console()
            shared().run(page or self.page, ASK, url=f"http://localhost:{corsd.port}{path}", options=options)
            return "\n".join(shared().console())

    def assert_prints(self, mistake, printed):
        """Its row quotes what a policy prints, and, if there is a second text, what it prints with devtools_hints."""
        self.assertEqual(len(printed), len(quoted(mistake)))
        for text, console in zip(quoted(mistake), printed):
            self.assertIn("blocked by CORS policy: " + text, console)

    def both(self, **options):
        return [self.printed(self.page, policy=policy, **options) for policy in ("", "devtools_hints: true")]

    def test_the_wrong_port(self):
        self.assert_prints("The wrong port", [self.printed("http://localhost:1")])

    def test_another_name_of_this_machine(self):
        self.assert_prints("`127.0.0.1` in the address bar", [self.printed(self.page, page=self.page.replace("localhost", "127.0.0.1"))])

    def test_another_scheme(self):
        self.assert_prints("the page is on `https`", [self.printed(self.page.replace("http:", "https:"))])

    def test_a_method_in_lower_case(self):
        self.assert_prints("A method in lower case", self.both(method="patch"))

    def test_a_header_that_is_not_listed(self):
        self.assert_prints("`Content-Type` (JSON)", self.both(method="POST", headers={"Content-Type": "application/json"}, body="{}"))


if __name__ == "__main__":
    unittest.main()
