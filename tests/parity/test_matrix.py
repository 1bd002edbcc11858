"""Flask-CORS against corsd: the same requests to both, and every difference is one that is meant, counted by its kind.

The applications of settings.py run with python3-flask-cors; corsd stands before the same application without it, with the resources
that settings.py puts beside each. test_matrix.py --show KIND prints the requests that are counted as KIND.
"""

import collections
import json
import pathlib
import re
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]

from matrix import HOST, KINDS, OWN, Pair, Seen, kinds_of, requests  # noqa: E402
from settings import SETTINGS  # noqa: E402
from support import PYTHON, ROOT, Client, Configured, Process, free_port, wait_until  # noqa: E402

# How many requests show each kind of difference. A change here is a change of what somebody gets who comes from Flask-CORS.
GOLDEN = {
    "every-answer": 12,
    "exact": 116,
    "grants-where-they-count": 228,
    "open-credentials": 7,
    "options-needs-no-entry": 552,
    "preflight-all-or-nothing": 519,
    "preflight-stays-here": 1232,
    "refused-not-hidden": 499,
    "star-is-star": 621,
    "vary-always": 1857,
}


class Applications(Process):
    """All of them, in one process."""

    def __init__(self):
        port = free_port()
        self.files = tempfile.TemporaryDirectory(prefix="corsd-parity-")
        ports = pathlib.Path(self.files.name) / "ports.json"
        super().__init__([PYTHON, "-B", str(HERE / "serve.py"), str(ports)], port, env={"PORT": str(port)})
        wait_until(ports.exists, "the applications to listen")
        self.ports = json.loads(ports.read_text())

    def close(self):
        super().close()
        self.files.cleanup()


class Guard(Configured):
    """corsd before the plain application."""

    def __init__(self, upstream_port, resources):
        super().__init__(lambda port, log_path: f"listen: 127.0.0.1:{port}\nupstream: http://127.0.0.1:{upstream_port}\n"
                                                f"public_origin: {OWN}\nthreads: 1\nlog: {{output: {log_path}, level: warn}}\n"
                                                f"resources:\n{resources}")


def ask(port, request, number):
    with Client(port, host=HOST) as client:
        body = b"{}" if request.method == "POST" else b""
        client.send(request.method, request.path, [*request.lines(), ("X-Case", str(number))], body)
        return client.response(request.method)


def what_ran(port):
    with Client(port, host=HOST) as client:
        client.send("GET", "/ran")
        return set(client.response("GET").json())


def seen(request, answer, ran):
    reason = None
    if not ran and answer.headers.get("Content-Type") == "application/problem+json":
        reason = answer.reason() if answer.body else "refused"  # HEAD has no body to say why
    return Seen(request, answer.status, answer.headers, ran, reason)


def compare(applications, settings, resources):
    """The pairs of answers of one of the settings."""
    asked = list(requests(settings))
    port = applications.ports[settings.name]
    with Guard(applications.port, resources) as guard:
        answers = [(ask(port, request, f"{settings.name}-{n}"), ask(guard.port, request, f"{settings.name}-{n}"))
                   for n, request in enumerate(asked)]
    ran = [what_ran(one) for one in (port, applications.port)]
    return [Pair(*(seen(request, answer, f"{settings.name}-{n}" in there) for answer, there in zip(pair, ran)))
            for n, (request, pair) in enumerate(zip(asked, answers))]


class Parity(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.applications = Applications()
        cls.addClassCleanup(cls.applications.close)

    def test_every_difference_is_meant(self):
        counted, total, unexplained = collections.Counter(), 0, []
        for settings in SETTINGS:
            for pair in compare(self.applications, settings, settings.resources):
                total += 1
                kinds, unmeant = kinds_of(pair)
                counted.update(kinds)
                if "--show" in sys.argv and sys.argv[-1] in kinds:
                    print(pair.request, "|", pair.differing)
                if unmeant:
                    unexplained.append(f"{pair.request} ({pair.corsd.reason}): " + "; ".join(unmeant))
        self.assertEqual(unexplained, [], f"{len(unexplained)} of {total}\n" + "\n".join(unexplained))
        self.assertGreaterEqual(total, 400)
        self.assertEqual(dict(counted), GOLDEN, f"of {total} requests")

    def test_the_kinds_are_at_most_ten_and_each_names_its_rules(self):
        self.assertLessEqual(len({kind.name for kind in KINDS}), 10)
        self.assertEqual({kind.name for kind in KINDS}, set(GOLDEN))
        for kind in KINDS:
            self.assertTrue(kind.rules, kind.name)


class Documented(unittest.TestCase):
    """docs/migrating-from-flask-cors.md against the programs."""

    TEXT = (ROOT / "docs/migrating-from-flask-cors.md").read_text()

    def test_every_option_has_its_row(self):
        from flask_cors.core import CONFIG_OPTIONS, DEFAULT_OPTIONS
        first_cells = " ".join(row.split("|")[1] for row in self.TEXT.splitlines() if row.startswith("| "))
        options = {*DEFAULT_OPTIONS, *(name.lower().replace("cors_", "") for name in CONFIG_OPTIONS)}
        self.assertGreaterEqual(len(options), 12)
        self.assertEqual([name for name in sorted(options) if not re.search(rf"\b{name}\b", first_cells)], [])

    def test_every_kind_has_its_row_with_its_rules(self):
        rules = collections.defaultdict(set)
        for kind in KINDS:
            rules[kind.name] |= set(kind.rules)
        rows = dict(re.findall(r"^\| `([a-z-]+)` \| ((?:[CN]\d+(?:, )?)+) \|", self.TEXT, re.M))
        self.assertEqual({name: set(cited.split(", ")) for name, cited in rows.items()}, dict(rules))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
