"""What scripts/ say when they are used wrongly, and scripts/run from its first word to Ctrl-C. That the others work is what runs
this test."""

import json
import os
import shlex
import signal
import socket
import subprocess
import unittest

from quickstart import QuickStart
from support import ROOT, TestCase, free_port


def script(*arguments, **environment):
    return subprocess.run([str(ROOT / arguments[0]), *arguments[1:]], capture_output=True, text=True, timeout=60,
                          stdin=subprocess.DEVNULL, env={**os.environ, **environment})


class Scripts(unittest.TestCase):
    def test_run_says_which_port_is_taken_and_how_to_choose_another(self):
        names = ("CORSD_PORT", "PAGE_PORT", "FLASK_PORT", "ECHO_PORT")
        for busy in names:
            with socket.create_server(("127.0.0.1", 0)) as taken:
                port = taken.getsockname()[1]
                done = script("scripts/run", **{name: str(port if name == busy else free_port()) for name in names})
            self.assertEqual(done.returncode, 1)
            self.assertIn(f"port {port} is in use", done.stderr)
            self.assertIn(f"{busy}={port + 1} scripts/run", done.stderr)
            self.assertEqual(done.stdout, "")

    def test_unknown_options(self):
        for name in ("scripts/run", "scripts/test", "scripts/bootstrap", "scripts/package"):
            done = script(name, "--nonsense")
            self.assertEqual(done.returncode, 2, name)
            self.assertNotEqual(done.stderr, "")

    def test_run_explains_itself(self):
        done = script("scripts/run", "--help")
        self.assertEqual(done.returncode, 0)
        self.assertIn("--upstream URL", done.stdout)


class Run(TestCase):
    def test_what_it_says_is_so_and_ctrl_c_stops_everything(self):
        run = self.start(QuickStart())
        self.assertTrue(run.said.startswith(f"\nOpen {run.page} in a browser."), run.said)
        self.assertEqual(len(run.listening()), 4)
        answers = []
        for line in run.said.splitlines():
            if line.startswith("  curl "):
                done = subprocess.run([*shlex.split(line), "-sS"], capture_output=True, text=True, timeout=30, check=True)
                answers.append(done.stdout.replace("\r", ""))
        allowed, refused, preflight = answers
        self.assertIn("200 OK", allowed)
        self.assertEqual(json.loads(allowed.partition("\n\n")[2]), {"outputVar": 42})
        self.assertIn("403 Forbidden", refused)
        self.assertIn("origin_not_allowed", refused)
        self.assertIn("204 No Content", preflight)
        run.terminate(signal.SIGINT)
        self.assertEqual(run.exit_code(), 0)
        self.assertEqual(run.listening(), [])

    def test_a_child_that_dies_takes_all_with_it(self):
        run = self.start(QuickStart())
        os.kill(int(run.reload_command().split()[-1]), signal.SIGKILL)
        self.assertEqual(run.exit_code(), 1)
        self.assertEqual(run.listening(), [])
        self.assertIn("ended that should not have", run.stderr())


if __name__ == "__main__":
    unittest.main()
