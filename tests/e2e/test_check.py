"""`corsd check`: exit codes and streams, for people, for programs and for GitHub Actions."""

import json
import pathlib
import subprocess
import tempfile
import unittest

from support import CORSD, PATIENCE, TestCase, corsd

BASE = "listen: 127.0.0.1:8080\nupstream: http://127.0.0.1:5000\npublic_origin: http://localhost:8080\n"
GOOD = BASE + "resources:\n  /api/*: {origins: ['http://localhost:3000']}\n  /api/login: {origins: ['http://localhost:3000']}\n"
WARNS = BASE + "resources:\n  /api/*: {origins: ['http://localhost:3000'], max_age: 3h}\n"
BAD = BASE + "resources:\n  /api/*: {origins: ['http://localhost:3000/'], max_age: 3h}\n"


class Check(TestCase):
    def check(self, text, *options):
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory) / "corsd.yaml"
            path.write_text(text)
            done = corsd("check", "--config", path, *options)
            return done.returncode, done.stdout.replace(directory + "/", ""), done.stderr.replace(directory + "/", "")

    def test_text_says_problems_on_stderr_and_what_it_comes_to_on_stdout(self):
        code, out, err = self.check(GOOD)
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(out, "the site answers for localhost, IP addresses, requests without Host\ncorsd.yaml: ok\n")
        code, out, err = self.check(BAD)
        self.assertEqual((code, out), (3, ""))
        self.assertIn("corsd.yaml:5:44: error[origin-trailing-slash]: ", err)
        self.assertTrue(err.endswith("1 error, 1 warning\n"), err)

    def test_strict_makes_a_warning_an_error_in_every_format(self):
        for form in ("text", "json", "github"):
            self.assertEqual(self.check(WARNS, "--format", form)[0], 0, form)
            self.assertEqual(self.check(WARNS, "--format", form, "--strict")[0], 3, form)
            self.assertEqual(self.check(GOOD, "--format", form, "--strict")[0], 0, form)
            self.assertEqual(self.check(BAD, "--format", form)[0], 3, form)
        code, out, err = self.check(WARNS, "--strict")
        self.assertNotIn(": ok", out)
        self.assertTrue(err.endswith("0 errors, 1 warning\nwith --strict a warning is an error\n"), err)

    def test_json_is_one_document_and_nothing_else(self):
        for text, strict, ok, errors, warnings in ((GOOD, (), True, 0, 0), (WARNS, (), True, 0, 1), (WARNS, ("--strict",), False, 0, 1),
                                                   (BAD, (), False, 1, 1)):
            _, out, err = self.check(text, "--format", "json", *strict)
            self.assertEqual(err, "")
            said = json.loads(out)
            self.assertEqual(list(said), ["file", "ok", "errors", "warnings", "diagnostics"])
            self.assertEqual((said["file"], said["ok"], said["errors"], said["warnings"]), ("corsd.yaml", ok, errors, warnings))
            self.assertEqual(len(said["diagnostics"]), errors + warnings)
        first = json.loads(self.check(BAD, "--format", "json")[1])["diagnostics"][0]
        self.assertEqual(first, {"file": "corsd.yaml", "line": 5, "column": 44, "end_line": 5, "end_column": 45, "severity": "error",
                                 "code": "origin-trailing-slash", "message": "an origin has no slash at its end: browsers never send it",
                                 "fix": "http://localhost:3000", "related": None})

    def test_github_gets_a_workflow_command_for_each_problem(self):
        _, out, err = self.check(BAD, "--format", "github")
        self.assertEqual(err, "")
        lines = out.splitlines()
        self.assertEqual(lines[0], "::error file=corsd.yaml,line=5,col=44,endColumn=45,title=origin-trailing-slash::"
                                   "an origin has no slash at its end: browsers never send it%0Afix: http://localhost:3000")
        self.assertTrue(lines[1].startswith("::warning file=corsd.yaml,line=5,col=58,endColumn=60,title=max-age-capped::"), lines)
        self.assertEqual(self.check(GOOD, "--format", "github"), (0, "", ""))

    def test_explain_prints_hosts_order_and_policies(self):
        code, out, _ = self.check(GOOD, "--explain")
        self.assertEqual(code, 0)
        self.assertLess(out.index("1. /api/login  (corsd.yaml:6)"), out.index("2. /api/*  (corsd.yaml:5)"))
        self.assertIn("       origins: [http://localhost:3000]  # corsd.yaml:5\n", out)
        said = json.loads(self.check(GOOD, "--explain", "--format", "json")[1])
        self.assertEqual([resource["path"] for resource in said["sites"][0]["resources"]], ["/api/login", "/api/*"])
        self.assertEqual(json.loads(self.check(BAD, "--explain", "--format", "json")[1])["sites"], [])

    def test_wrong_usage(self):
        for options in (("--format", "xml"), ("--format",), ("--explain", "--format", "github"), ("--stricter",)):
            self.assertEqual(self.check(GOOD, *options)[0], 2, options)

    def test_a_file_that_is_not_there(self):
        for form in ("text", "json", "github"):
            done = corsd("check", "--config", "/nowhere/corsd.yaml", "--format", form)
            self.assertEqual(done.returncode, 3)
            self.assertIn("cannot read the configuration: No such file or directory", done.stdout + done.stderr)

    def test_a_report_that_cannot_be_written_is_no_success(self):
        with tempfile.TemporaryDirectory() as directory, open("/dev/full", "w") as full:
            path = pathlib.Path(directory) / "corsd.yaml"
            path.write_text(GOOD)
            for form in ("text", "json"):
                done = subprocess.run([CORSD, "check", "--config", str(path), "--format", form], stdout=full, timeout=PATIENCE)
                self.assertEqual(done.returncode, 1, form)


if __name__ == "__main__":
    unittest.main()
