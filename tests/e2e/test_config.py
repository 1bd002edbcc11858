"""Every configuration that this project shows to somebody is one that the program accepts."""

import pathlib
import re
import tempfile
import unittest

from support import ROOT, TestCase, configurations, corsd

# What packaging/image/corsd.yaml asks for.
VARIABLES = {"CORSD_UPSTREAM": "http://app:5000", "CORSD_PUBLIC_ORIGIN": "https://api.example.com", "CORSD_ORIGIN": "https://app.example.com"}


class Files(TestCase):
    def test_the_files(self):
        self.assertGreaterEqual(len(configurations()), 15)
        for path in configurations():
            with self.subTest(path.name):
                done = corsd("check", "--config", path, env=VARIABLES)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_each_example_is_in_the_list_of_examples_and_has_nothing_to_warn_about(self):
        listed = re.findall(r"\]\((?:\.\./)?([\w-]+\.yaml)\)", (ROOT / "config/examples/README.md").read_text())
        names = [path.name for path in (ROOT / "config/examples").glob("*.yaml")]
        self.assertEqual(sorted(listed), sorted([*names, "quickstart.yaml"]))
        for name in names:
            done = corsd("check", "--config", ROOT / "config/examples" / name)
            self.assertNotIn("warning[", done.stdout + done.stderr, name)

    def test_the_quickstart_has_nothing_to_warn_about(self):
        done = corsd("check", "--config", ROOT / "config/quickstart.yaml")
        self.assertNotIn("warning[", done.stdout + done.stderr)

    # A block without a listener is a part of a file: the rest is the shortest that makes it whole.
    REST = "listen: 127.0.0.1:8080\nupstream: http://127.0.0.1:5000\npublic_origin: http://localhost:8080\n"

    def test_the_blocks_in_the_documents(self):
        found = 0
        for document in [ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md"))]:
            for block in re.findall(r"^```yaml\n(.*?)^```", document.read_text(), re.M | re.S):
                if block.startswith("- "):
                    continue  # cases of `corsd test`: test_policy_cases.py
                found += 1
                with self.subTest(document.name), tempfile.TemporaryDirectory() as directory:
                    path = pathlib.Path(directory) / "block.yaml"
                    path.write_text(block if re.search(r"^(listen|listeners):", block, re.M) else self.REST + block)
                    done = corsd("check", "--config", path)
                    self.assertEqual(done.returncode, 0, block + done.stdout + done.stderr)
        self.assertGreaterEqual(found, 2)


class Documents(TestCase):
    """The schema is the one list of keys; what is written for people must not lag behind it."""

    def keys(self):
        table = (ROOT / "src/config/schema_table.cpp").read_text()
        rows = re.findall(r'^    \{(\w+), "(\w+)", (.*?)\},$', table, re.M | re.S)
        self.assertEqual(len(rows), len(re.findall(r"\bT::\w", table)))
        return {name for _, name, rest in rows if "kNotYet" not in rest}, {name for _, name, rest in rows if "kNotYet" in rest}

    def test_every_key_is_in_the_commented_default_and_in_the_table(self):
        supported, _ = self.keys()
        sample = (ROOT / "config/corsd.yaml").read_text()
        table = (ROOT / "docs/configuration.md").read_text()
        self.assertEqual([name for name in sorted(supported) if not re.search(rf"\b{name}:", sample)], [])
        self.assertEqual([name for name in sorted(supported) if not re.search(rf"\b{name}\b", table)], [])

    def test_no_key_of_a_later_version_is_shown(self):
        supported, later = self.keys()
        for path in sorted((ROOT / "config").glob("**/*.yaml")):
            shown = set(re.findall(r"^\W*(\w+):", path.read_text(), re.M))
            self.assertEqual(shown & (later - supported), set(), path.name)


class Refusals(TestCase):
    def check(self, text):
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory) / "corsd.yaml"
            path.write_text(text)
            done = corsd("check", "--config", path)
            return done.returncode, done.stdout + done.stderr

    BASE = "listen: 127.0.0.1:8080\nupstream: http://127.0.0.1:5000\npublic_origin: http://localhost:8080\n"

    def test_keys_of_later_versions_are_refused_by_name(self):
        for key in ("tracing: {}", "admin: {listen: ''}", "http2: {}"):
            code, said = self.check(self.BASE + key + "\nresources: {}\n")
            self.assertEqual(code, 3, key)
            self.assertIn("not supported yet", said)

    def test_all_problems_at_once_with_their_places(self):
        code, said = self.check(self.BASE + "resources:\n  /api*: {origins: [https://a.example/]}\n  /b: {methods: [get]}\n")
        self.assertEqual(code, 3)
        self.assertEqual(len(re.findall(r"corsd\.yaml:\d+:\d+: error\[[a-z0-9-]+\]: ", said)), 3, said)
        self.assertIn("^", said)
        self.assertIn("https://a.example", said)
        self.assertIn("GET", said)

    def test_warnings_do_not_fail(self):
        code, said = self.check(self.BASE + "resources:\n  /api/*: {origins: ['~https://.*'], max_age: 3h}\n")
        self.assertEqual(code, 0, said)
        self.assertIn("warning[", said)


if __name__ == "__main__":
    unittest.main()
