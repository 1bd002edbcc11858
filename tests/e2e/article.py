"""The files of config/ in front of real Flask applications: what the article's tests share, end to end and in the browser."""

import re

from support import ROOT, Configured, TestCase

APP = ROOT / "examples/flask/app.py"
TOKENS = ROOT / "examples/flask/tokens.py"
SESSION = ROOT / "examples/flask/session.py"
ANSWERS = ROOT / "tests/e2e/apps/answers.py"


class Example(Configured):
    """A file of config/ as it stands, but for the three addresses, and what `places` names: text of the file → what stands for
    it here. A text that the file no longer has fails, so a test cannot drift from what is shipped."""

    def __init__(self, name, upstream, places=None):
        self.name, self.upstream, self.places = name, upstream, places or {}
        super().__init__(self.compose)

    def compose(self, port, log_path):
        text = (ROOT / "config" / self.name).read_text()
        for key, value in (("listen: ", f"127.0.0.1:{port}"), ("upstream: |  default: {endpoints: \\[", self.upstream),
                           ("public_origin: ", self.own_origin)):
            text, found = re.subn(rf"^({key})[^\s\]]+", lambda line: line[1] + value, text, flags=re.M)
            assert found == 1, f"{self.name} has {found} lines of {key}"
        for old, new in self.places.items():
            assert old in text, f"{self.name} has no {old}"
            text = text.replace(old, new)
        return f"{text}\nthreads: 1\nlog: {{output: {log_path}, format: json}}\n"

    def preflight(self, origin, path, method, names=""):
        asked = [("Access-Control-Request-Headers", names)] if names else []
        return self.ask("OPTIONS", path, [("Origin", origin), ("Access-Control-Request-Method", method), *asked])


class ArticleCase(TestCase):
    """Tests of one class share their processes."""

    @classmethod
    def keep(cls, thing):
        cls.addClassCleanup(thing.close)
        return thing
