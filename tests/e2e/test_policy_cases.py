"""`corsd test`: cases of users, judged by their configuration, for people and for CI."""

import pathlib
import re
import tempfile
import unittest
import xml.etree.ElementTree

from support import ROOT, TestCase, corsd

POLICY = """listen: 127.0.0.1:8080
upstream: http://127.0.0.1:5000
public_origin: https://api.example
resources:
  /api/*:
    origins: [https://app.example]
    methods: [GET, PUT]
    allow_headers: [Content-Type]
    websocket_origins: []
  /later/*: {origins: [https://app.example], mode: report-only}
"""
HOLD = """- {title: the shop writes, origin: https://app.example, method: PUT, path: /api/items, headers: {Content-Type: application/json}, expect: allowed}
- {origin: https://evil.example, path: /api/items, expect: refused, reason: origin_not_allowed}
- {origin: https://evil.example, path: /api/items, expect: refused}
- {path: /api/items, method: DELETE, expect: allowed}
- {origin: "null", path: /api/items, expect: refused, reason: origin_null}
- {origin: https://app.example, method: DELETE, path: https://api.example/api/items, expect: refused, reason: method_not_allowed}
- {origin: https://app.example, path: /api/items, headers: ["X-Trace: 1"], expect: refused, reason: header_not_allowed}
- {origin: https://app.example, path: /api/items, credentials: include, expect: refused, reason: credentials_not_allowed}
- {origin: https://app.example, path: /api/chat, websocket: true, expect: refused, reason: websocket_origin}
- {origin: https://evil.example, path: /later/x, expect: refused, reason: origin_not_allowed}
- {origin: https://app.example, path: https://other.example/x, expect: refused, reason: unknown_host}
"""


class PolicyCases(TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.folder = pathlib.Path(directory.name)

    def judge(self, cases, *options, policy=POLICY):
        (self.folder / "corsd.yaml").write_text(policy)
        (self.folder / "cases.yaml").write_text(cases)
        done = corsd("test", self.folder / "cases.yaml", "--config", self.folder / "corsd.yaml", *options)
        return done.returncode, *(text.replace(f"{self.folder}/", "") for text in (done.stdout, done.stderr))

    def test_cases_that_hold(self):
        code, out, err = self.judge(HOLD)
        self.assertEqual((code, err), (0, ""), out)
        lines = out.splitlines()
        self.assertEqual(lines[0], "ok    cases.yaml:1: the shop writes: allowed")
        self.assertEqual(lines[1], "ok    cases.yaml:2: GET https://api.example/api/items from https://evil.example: refused: origin_not_allowed")
        self.assertEqual(lines[-1], "11 cases, all as expected")

    def test_each_of_them_fails_when_the_opposite_is_expected(self):
        for line in HOLD.splitlines():
            opposite = "expect: refused" if "expect: allowed" in line else "expect: allowed"
            turned = re.sub(r"expect: \w+(, reason: \w+)?", opposite, line)
            with self.subTest(turned):
                code, out, _ = self.judge(turned + "\n")
                self.assertEqual(code, 1, out)
                self.assertIn("FAIL  cases.yaml:1: ", out)

    def test_a_failure_says_why_and_where(self):
        code, out, _ = self.judge("- {origin: https://evil.example, path: /api/x, expect: allowed}\n"
                                  "- {origin: https://evil.example, path: /api/x, expect: refused, reason: origin_null}\n")
        self.assertEqual(code, 1)
        self.assertIn("expected allowed, but it is refused: origin_not_allowed\n", out)
        self.assertIn('      origin "https://evil.example" is not allowed by the resource "/api/*"', out)
        self.assertIn(" (corsd.yaml:6)\n", out)
        self.assertIn("expected refused: origin_null, but it is refused: origin_not_allowed\n", out)
        self.assertTrue(out.endswith("2 cases, 2 not as expected\n"), out)

    def test_junit(self):
        results = self.folder / "results.xml"
        code, _, _ = self.judge('- {title: a <b> & "c", path: /api/x, expect: allowed}\n'
                                "- {origin: https://evil.example, path: /api/x, expect: allowed}\n", "--junit", results)
        self.assertEqual(code, 1)
        suite, = xml.etree.ElementTree.parse(results).getroot()
        self.assertEqual((suite.get("tests"), suite.get("failures")), ("2", "1"))
        good, bad = suite
        self.assertEqual((good.get("name"), good.get("line"), list(good)), ('a <b> & "c"', "1", []))
        failure, = bad
        self.assertEqual(failure.get("message"), "expected allowed, but it is refused: origin_not_allowed")
        self.assertIn("is not allowed by the resource", failure.text)

    def test_results_that_cannot_be_written_are_no_success(self):
        code, _, err = self.judge("- {path: /api/x, expect: allowed}\n", "--junit", self.folder / "nowhere/results.xml")
        self.assertEqual(code, 1)
        self.assertIn("results.xml cannot be written", err)

    def test_mistakes_are_shown_with_their_place(self):
        for case, marked, code, fix in (
                ("- {path: /x, expect: alowed}", "alowed", "bad-value", "did you mean `allowed`?"),
                ("- {path: /x, expect: refused, reason: origin_not_alowed}", "origin_not_al", "unknown-reason", "`origin_not_allowed`"),
                ("- {path: /x, expect: allowed, reason: origin_null}", "origin_null", "exclusive-keys", "expect: refused"),
                ("- {path: /x, expect: allowed, orgin: https://a.example}", "orgin", "unknown-key", "did you mean `origin`?"),
                ("- {path: /x, expect: allowed, origin: null}", "origin", "origin-null-unquoted", '"null"'),
                ("- {expect: allowed}", "{", "missing-key", ""),
                ("- {path: /x}", "{", "missing-key", ""),
                ("- {path: x, expect: allowed}", "{", "bad-case", ""),
                ("- {path: /x, expect: allowed, headers: [X]}", "X]", "bad-header", "Content-Type"),
                ("- {path: /x, expect: allowed, credentials: always}", "always", "bad-value", ""),
                ("- {path: /x, expect: allowed, websocket: yes}", "yes", "bad-value", ""),
                ("- /x", "/x", "wrong-type", "expect: allowed"),
                ("cases: []", "cases", "wrong-type", "expect: allowed"),
                ("", "", "wrong-type", "expect: allowed")):
            with self.subTest(case):
                exit_code, out, err = self.judge(case + "\n")
                self.assertEqual((exit_code, out), (3, ""), err)
                self.assertIn(f"cases.yaml:1:{case.index(marked) + 1}: error[{code}]: " if case else f"error[{code}]: ", err)
                self.assertIn(fix, err)

    def test_all_mistakes_at_once(self):
        code, _, err = self.judge("- {path: /x}\n- {expect: allowed}\n- 5\n")
        self.assertEqual((code, err.count("error[")), (3, 3), err)

    def test_files_that_are_not_there_or_wrong(self):
        self.assertEqual(self.judge("- {path: /x, expect: allowed}\n", policy="listen: 1\n")[0], 3)
        done = corsd("test", self.folder / "nowhere.yaml", "--config", self.folder / "corsd.yaml")
        self.assertEqual(done.returncode, 3)
        (self.folder / "corsd.yaml").write_text(POLICY)
        done = corsd("test", self.folder / "nowhere.yaml", "--config", self.folder / "corsd.yaml")
        self.assertEqual(done.returncode, 3)
        self.assertIn("cannot read the cases", done.stderr)
        self.assertEqual(corsd("test").returncode, 2)

    def test_the_cases_of_the_document(self):
        block, = re.findall(r"^```yaml\n(- .*?)^```", (ROOT / "docs/policy-tests.md").read_text(), re.M | re.S)
        policy = POLICY.replace("  /later", "  /chat: {}\n  /later")
        code, out, err = self.judge(block, policy=policy)
        self.assertEqual(code, 0, out + err)


if __name__ == "__main__":
    unittest.main()
