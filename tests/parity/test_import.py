"""`scripts/flask-cors-export.py` and `corsd import flask-cors`: what is printed is accepted, and does what a person's file does.

CORSD_UPDATE_GOLDEN=1 writes golden/*.yaml anew from golden/*.json.
"""

import collections
import importlib.util
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]

from app import create_app  # noqa: E402
from matrix import OWN, requests  # noqa: E402
from settings import SETTINGS  # noqa: E402
from support import PYTHON, ROOT, corsd  # noqa: E402
from test_matrix import Applications, Guard, ask, seen, what_ran  # noqa: E402

SCRIPT = ROOT / "scripts/flask-cors-export.py"
GOLDEN = HERE / "golden"
DECIDE = "decide: "


def load_script():
    spec = importlib.util.spec_from_file_location("flask_cors_export", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run_script(*arguments):
    return subprocess.run([PYTHON, "-B", str(SCRIPT), *arguments], capture_output=True, text=True, cwd=HERE, timeout=60,
                          env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})


class Importing(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="corsd-import-")
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)

    def write(self, text):
        path = self.directory / "export.json"
        path.write_text(text)
        return path

    def converted(self, export, *options):
        """The YAML, which `corsd check` has accepted."""
        done = corsd("import", "flask-cors", self.write(json.dumps(export)), *options)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        path = self.directory / "corsd.yaml"
        path.write_text(done.stdout)
        checked = corsd("check", "--config", path)
        self.assertEqual(checked.returncode, 0, done.stdout + checked.stderr)
        return done.stdout.replace(str(self.directory) + "/", "")


class RoundTrip(Importing):
    def ask_all(self, resources, upstream, settings, mark):
        asked = list(requests(settings))
        with Guard(upstream, resources) as guard:
            answers = [ask(guard.port, request, f"{mark}-{settings.name}-{n}") for n, request in enumerate(asked)]
        ran = what_ran(upstream)
        return [seen(request, answer, f"{mark}-{settings.name}-{n}" in ran) for n, (request, answer) in enumerate(zip(asked, answers))]

    def test_what_is_imported_does_what_a_person_wrote(self):
        script = load_script()
        applications = Applications()
        self.addCleanup(applications.close)
        for settings in SETTINGS:
            with self.subTest(settings.name):
                text = self.converted(script.Export(create_app(settings)).everything(), "--public-origin", OWN)
                if settings.decided:
                    self.assertIn(DECIDE, text)
                    self.assertIn(settings.decided[0], text)
                    text = text.replace(*settings.decided)
                resources = text.partition("\nresources:\n")[2]
                for by_hand, imported in zip(self.ask_all(settings.resources, applications.port, settings, "hand"),
                                             self.ask_all(resources, applications.port, settings, "import")):
                    self.assertEqual((imported.status, imported.reason, imported.aspects), (by_hand.status, by_hand.reason, by_hand.aspects),
                                     f"{by_hand.request}\n{text}")


class Script(Importing):
    def test_it_runs_by_itself(self):
        done = run_script("--factory", "exported:decorator_over_app")
        self.assertEqual(done.returncode, 0, done.stderr)
        export = json.loads(done.stdout)
        self.assertEqual(export, load_script().Export(create_app(next(one for one in SETTINGS if one.name == "decorator_over_app"))).everything())
        by_rule = {route["rule"]: route for route in export["routes"]}
        self.assertTrue(by_rule["/api/foo"]["cross_origin"]["supports_credentials"])
        self.assertIsNone(by_rule["/api/bar"]["cross_origin"])

    def test_what_cannot_be_seen_is_said(self):
        app = create_app(SETTINGS[0])

        @app.after_request
        def by_hand(answer):
            return answer

        app.wsgi_app = lambda environ, start: None
        unseen = " ".join(load_script().Export(app).everything()["unseen"])
        self.assertIn("by_hand runs after each request", unseen)
        self.assertIn("app.wsgi_app", unseen)

    def test_a_decorator_below_another_is_found(self):
        import functools

        from flask import Flask
        from flask_cors import cross_origin

        def logged_in(view):
            @functools.wraps(view)
            def guarded(*args, **kwargs):
                return view(*args, **kwargs)
            return guarded

        app = Flask("below")
        app.add_url_rule("/x", "x", logged_in(cross_origin(origins="https://yourapp.com")(lambda: "x")))
        route = next(route for route in load_script().Export(app).everything()["routes"] if route["rule"] == "/x")
        self.assertEqual(route["cross_origin"]["origins"], [{"literal": "https://yourapp.com"}])

    def test_views_that_are_classes(self):
        from flask import Flask
        from flask.views import MethodView
        from flask_cors import cross_origin

        class Whole(MethodView):
            decorators = [cross_origin(origins="https://yourapp.com")]

            def get(self):
                return "x"

        class ByMethod(MethodView):
            @cross_origin()
            def get(self):
                return "x"

        app = Flask("classes")
        app.add_url_rule("/whole", view_func=Whole.as_view("whole"))
        app.add_url_rule("/by", view_func=ByMethod.as_view("by"))
        export = load_script().Export(app).everything()
        options = {route["rule"]: route["cross_origin"] for route in export["routes"]}
        self.assertEqual(options["/whole"]["origins"], [{"literal": "https://yourapp.com"}])
        self.assertIsNone(options["/by"])
        self.assertIn("the method get of ByMethod", " ".join(export["unseen"]))

    def test_what_cannot_be_loaded(self):
        for arguments, said in ((["nosuchmodule:app"], "nosuchmodule"), (["app:nothing"], "nothing"), (["app:create_app"], "--factory"),
                                (["json:dumps"], "no Flask application")):
            done = run_script(*arguments)
            self.assertEqual((done.returncode, done.stdout), (1, ""), arguments)
            self.assertIn(said, done.stderr)
        self.assertEqual(run_script().returncode, 2)


class Golden(Importing):
    def test_the_printed_files(self):
        sources = sorted(GOLDEN.glob("*.json"))
        self.assertGreaterEqual(len(sources), 3)
        for source in sources:
            with self.subTest(source.name):
                text = self.converted(json.loads(source.read_text())).replace("export.json", source.name)
                expected = source.with_suffix(".yaml")
                if os.environ.get("CORSD_UPDATE_GOLDEN"):
                    expected.write_text(text)
                self.assertEqual(text, expected.read_text())


class Mutations(Importing):
    """Exports with odd values: refused with a place, or turned into what `corsd check` takes. Never anything else."""

    ODD = ["", "*", "/", "~", "/x y", "/%zz", "/../x", "/a/*/b/*", "(", "a|b", "(?P<n>x)", "\\", "$", "${HOME}", "'", '"', "#", ": ", "\n", "\x85", "é", "😀",
           "null", "12", "-5", "9" * 30, "get", "CONNECT", "TRACE", "cookie", "https://a.example", "http://b.example/", "x" * 300]

    def places(self, node, parent=None, key=None):
        if parent is not None:
            yield parent, key
        for name in node if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ():
            yield from self.places(node[name], node, name)

    def test_odd_values(self):
        chance, codes = random.Random(4), collections.Counter()
        documents = [source.read_text() for source in sorted(GOLDEN.glob("*.json"))]
        for _ in range(80):
            export = json.loads(chance.choice(documents))
            for _ in range(chance.randint(1, 4)):
                parent, key = chance.choice(list(self.places(export)))
                text = chance.choice(self.ODD)
                if isinstance(parent[key], str):
                    parent[key] = text if chance.random() < 0.5 else parent[key] + text
                elif chance.random() < 0.5:
                    parent[key] = chance.choice([None, True, 1, text, [], {}, {"any": True}, {"literal": text}, {"expression": text, "flags": "i"}])
            path = self.write(json.dumps(export))
            done = corsd("import", "flask-cors", path)
            codes[done.returncode] += 1
            if done.returncode == 0:
                self.converted(export)
            else:
                self.assertEqual((done.returncode, done.stdout), (3, ""), done.stderr + json.dumps(export))
                self.assertRegex(done.stderr, r"export\.json:\d+:\d+: error\[")
        self.assertGreater(min(codes[0], codes[3]), 10, codes)


class Refusals(Importing):
    def refused(self, text, *said):
        done = corsd("import", "flask-cors", self.write(text))
        self.assertEqual((done.returncode, done.stdout), (3, ""), done.stderr)
        for words in said:
            self.assertIn(words, done.stderr)

    def test_what_is_no_export(self):
        self.refused("", "export-format")
        self.refused("[1, 2]", "an object is expected")
        self.refused('{"format": "something else"}', "export.json:1:12: error[export-format]")
        self.refused('{"format": "flask-cors-export/1"', "export.json:1:")
        self.refused('{"format": "flask-cors-export/1"}', "nothing in this application uses Flask-CORS")
        self.refused("\x00", "control")

    def test_places_are_named(self):
        export = {"format": "flask-cors-export/1", "resources": [{"pattern": {"literal": "/x"}, "options": {"origins": "*", "vary_header": 3}}],
                  "routes": [{"methods": {}}]}
        self.refused(json.dumps(export, indent=1), "export.json:9:16: error[export-shape]: an array is expected here",
                     "true or false is expected", '"rule" is missing here', "4 errors")

    def test_usage(self):
        for arguments in (["import"], ["import", "flask-cors"], ["import", "nginx", "x"], ["import", "flask-cors", "a", "b"]):
            self.assertEqual(corsd(*arguments).returncode, 2, arguments)
        done = corsd("import", "flask-cors", self.directory / "absent.json")
        self.assertEqual(done.returncode, 3)
        self.assertIn("absent.json", done.stderr)

    def test_a_bad_option_shows(self):
        export = load_script().Export(create_app(SETTINGS[0])).everything()
        done = corsd("import", "flask-cors", self.write(json.dumps(export)), "--public-origin", "localhost")
        self.assertEqual(done.returncode, 3)
        self.assertIn("public_origin", done.stderr)


if __name__ == "__main__":
    unittest.main()
