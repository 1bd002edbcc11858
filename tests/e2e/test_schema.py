"""`corsd schema`: what editors, docs/configuration.md and man read must be what the program takes.

CORSD_UPDATE_GOLDEN=1 writes config/corsd.schema.json and the table of docs/configuration.md anew.
"""

import json
import os
import pathlib
import re
import subprocess
import tempfile
import textwrap
import unittest

import jsonschema
import yaml

from support import CORSD, ROOT, configurations

UPDATE = os.environ.get("CORSD_UPDATE_GOLDEN") == "1"
STORED = ROOT / "config/corsd.schema.json"
DOCS = ROOT / "docs/configuration.md"
BEGIN, END = "<!-- keys: corsd schema --format markdown -->\n", "<!-- end of keys -->\n"
GOLDEN = ROOT / "tests/unit/config/golden"
# What a schema can see; whether an origin or a path is well-formed is for `corsd check`.
STRUCTURAL = {"unknown-key", "not-supported", "bad-choice", "bad-size", "bad-duration", "exclusive-keys", "missing-key",
              "preflight-status", "unknown-permission", "resource-without-value", "entry-without-methods"}


class Loader(yaml.SafeLoader):
    """YAML 1.2's core schema, which editors and corsd read: `off` is text."""


Loader.yaml_implicit_resolvers = {}
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("true|false"), "tf")
Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile("null|~|"), ["n", "~", ""])
Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile("[-+]?[0-9]+$"), "-+0123456789")
Loader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"[-+]?[0-9]+\.[0-9]+$"), "-+0123456789")
for first, resolvers in Loader.yaml_implicit_resolvers.items():
    Loader.yaml_implicit_resolvers[first] = [(tag, re.compile(f"(?:{pattern.pattern})$")) for tag, pattern in resolvers]


def schema(*options):
    done = subprocess.run([CORSD, "schema", *options], capture_output=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


def check(path, **variables):
    return subprocess.run([CORSD, "check", "--config", str(path)], capture_output=True, text=True, timeout=30,
                          env={**os.environ, **variables})


def blocks():
    """Every YAML block of the documents, with its place."""
    for path in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("config/**/*.md"), *ROOT.glob("examples/**/*.md")]):
        text = path.read_text()
        for match in re.finditer(r"^( *)```yaml\n(.*?)^\1```$", text, re.M | re.S):
            line = text.count("\n", 0, match.start()) + 1
            yield f"{path.relative_to(ROOT)}:{line}", textwrap.dedent(match[2])


class Stored(unittest.TestCase):
    def test_the_schema_in_the_repository_is_the_programs(self):
        if UPDATE:
            STORED.write_text(schema())
        self.assertEqual(STORED.read_text(), schema("--format", "json"))
        self.assertEqual(schema(), schema("--format", "json"))

    def test_the_table_in_the_documents_is_the_programs(self):
        text = DOCS.read_text()
        head, begin, rest = text.partition(BEGIN)
        table, end, tail = rest.partition(END)
        self.assertTrue(begin and end, "docs/configuration.md has lost a marker")
        expected = schema("--format", "markdown")
        if UPDATE:
            DOCS.write_text(head + begin + expected + end + tail)
            return
        self.assertEqual(table, expected)

    def test_a_format_that_does_not_exist_is_wrong_usage(self):
        done = subprocess.run([CORSD, "schema", "--format", "xml"], capture_output=True, text=True, timeout=30)
        self.assertEqual(done.returncode, 2)
        self.assertIn("--format", done.stderr + done.stdout)

    def test_output_that_is_cut_short_is_a_failure(self):
        with open("/dev/full", "wb") as full:
            self.assertEqual(subprocess.run([CORSD, "schema"], stdout=full, timeout=30).returncode, 1)


class Validation(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.schema = json.loads(schema())
        jsonschema.Draft7Validator.check_schema(cls.schema)
        cls.validator = jsonschema.Draft7Validator(cls.schema)

    def accepts(self, text):
        return self.validator.is_valid(yaml.load(text, Loader))

    def test_every_example_is_valid_and_names_its_schema(self):
        self.assertGreater(len(configurations()), 15)
        for path in configurations():
            with self.subTest(path=str(path.relative_to(ROOT))):
                text = path.read_text()
                jsonschema.validate(yaml.load(text, Loader), self.schema, cls=jsonschema.Draft7Validator)
                line = re.match(r"# yaml-language-server: \$schema=(\S+)\n", text)
                self.assertIsNotNone(line, "its first line names no schema")
                self.assertEqual((path.parent / line[1]).resolve(), STORED.resolve())

    def test_every_block_of_the_documents_is_valid(self):
        self.assertGreater(len(list(blocks())), 5)
        for place, text in blocks():
            if text.startswith("- "):
                continue  # cases of `corsd test`: test_policy_cases.py
            with self.subTest(place=place):
                jsonschema.validate(yaml.load(text, Loader), self.schema, cls=jsonschema.Draft7Validator)

    def test_it_agrees_with_check(self):
        """Over the configurations of the loader's own tests: what check takes is valid; what is wrong in a way that a schema
        can see is not."""
        valid = broken = 0
        for path in sorted(GOLDEN.glob("*.yaml")):
            done = check(path)
            codes = set(re.findall(r"error\[([a-z-]+)\]", done.stderr))
            try:
                accepted = self.accepts(path.read_text())
            except (yaml.YAMLError, UnicodeDecodeError):
                continue
            with self.subTest(path=path.name, codes=sorted(codes)):
                if done.returncode == 0:
                    valid += 1
                    self.assertTrue(accepted, "check takes it")
                elif codes & STRUCTURAL:
                    broken += 1
                    self.assertFalse(accepted, "check refuses it")
        self.assertGreater(valid, 3)
        self.assertGreater(broken, 5)

    def both(self, text, taken):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(text + "\n")
            file.flush()
            done = check(file.name, N="5", YES="true")
        with self.subTest(text=text):
            self.assertEqual(done.returncode, 0 if taken else 3, done.stderr)
            self.assertEqual(self.accepts(text), taken)

    def test_values_that_are_taken(self):
        for text in ("timeouts: {header: 10}", "timeouts: {header: 1500ms}", "timeouts: {header: \"${N}s\"}",
                     "limits: {max_header_bytes: 16KiB}", "limits: {max_header_bytes: 16384}", "threads: auto", "threads: 4",
                     "limits:\n  max_connections: ${N}", "resources:\n  /a:\n    credentials: ${YES}", "log: {level: off}", "status: {listen: \"\"}",
                     "resources: {/a: {max_age: null}}", "resources: {/a: {max_age: -1}}", "resources: {/a: {max_age: 10m}}",
                     "resources: {/a: {origins: \"*\"}}", "resources: {/a: {supports_credentials: true}}",
                     "resources: {/a: {preflight_status: 200}}", "resources: {/a: {websocket_origins: inherit}}",
                     "resources: {/a: [{methods: [GET]}, {methods: [POST]}]}", "groups: {a: [\"https://a.example\"]}",
                     "sites: [{name: s, hosts: \"*\"}]", "upstreams: {default: {endpoints: [\"http://127.0.0.1:1\"]}}",
                     "resources: {/a: {dangerously_allow: [null_origin], origins: [\"null\"]}}"):
            self.both(text, True)

    def test_values_that_are_refused(self):
        for text in ("timeout: {}", "http2: {}", "timeouts: {header: 1.5s}", "timeouts: {header: 10 s}", "timeouts: {header: -1}",
                     "limits: {max_header_bytes: 16KB}", "limits: {max_connections: many}", "threads: 0", "threads: 1025",
                     "log: {level: loud}", "log: {access: {enabled: yes}}", "resources: {/a: {max_age: soon}}",
                     "resources: {/a: {max_age: -2}}", "resources: {/a: {max_age: 86401}}", "resources: {/a: {origins: https://a.example}}",
                     "resources: {/a: {credentials: true, supports_credentials: true}}", "resources: {/a: {preflight_status: 201}}",
                     "resources: {/a: {websocket_origins: all}}", "resources: {/a: {dangerously_allow: [everything]}}",
                     "resources: {/a: [{origins: []}]}", "resources: {/a: []}", "resources: {/a: }", "resources: [/a]",
                     "listen: 127.0.0.1:1\nlisteners: [{address: 127.0.0.1:2}]", "sites: [{name: s}]\nresources: {/a: {}}",
                     "sites: [{name: s}]\nhosts: [a.example]", "sites: [{hosts: []}]", "listeners: [{name: a}]",
                     "upstream: http://127.0.0.1:1\nupstreams: {default: {endpoints: [\"http://127.0.0.1:1\"]}}",
                     "upstreams: {default: {}}", "upstreams: {default: {endpoints: [\"http://127.0.0.1:1\"], retry: {tries: 1}}}"):
            self.both(text, False)

    def test_every_default_is_valid_where_it_stands(self):
        for name in ["", *self.schema["definitions"]]:
            section = self.schema["definitions"][name] if name else self.schema
            for key, shape in section.get("properties", {}).items():
                if "default" in shape:
                    with self.subTest(section=name, key=key):
                        resolver = {**shape, "definitions": self.schema["definitions"]}
                        jsonschema.Draft7Validator(resolver).validate(shape["default"])


class Man(unittest.TestCase):
    def setUp(self):
        self.page = schema("--format", "man")

    def lint(self, argv):
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory) / "corsd.yaml.5"
            path.write_text(self.page)
            return subprocess.run([*argv, str(path)], capture_output=True, text=True, timeout=60,
                                  env={**os.environ, "LC_ALL": "C.UTF-8", "MANROFFSEQ": "", "MANWIDTH": "80"})

    def test_linters_find_nothing(self):
        linted = self.lint(["mandoc", "-Tlint", "-Wwarning"])
        self.assertEqual((linted.stdout + linted.stderr, linted.returncode), ("", 0))
        # As lintian asks.
        shown = self.lint(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z"])
        self.assertEqual((shown.stderr, shown.returncode), ("", 0))

    def test_every_key_is_in_it(self):
        shown = self.lint(["man", "-E", "UTF-8", "-l"]).stdout
        self.assertIn("CORSD.YAML(5)", shown)
        with_keys = [json.loads(schema()), *json.loads(schema())["definitions"].values()]
        for key in {key for section in with_keys for key in section.get("properties", {})}:
            self.assertRegex(shown, rf"(?m)^ +{key}\b")


if __name__ == "__main__":
    unittest.main()
