"""What scripts/ say when they are used wrongly. That they work is what runs this test."""

import socket
import subprocess
import unittest

from support import ROOT


def script(*arguments):
    return subprocess.run([str(ROOT / arguments[0]), *arguments[1:]], capture_output=True, text=True, timeout=60,
                          stdin=subprocess.DEVNULL)


class Scripts(unittest.TestCase):
    def test_run_says_which_port_is_taken(self):
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                taken.bind(("127.0.0.1", 8080))
                taken.listen()
            except OSError:
                pass  # somebody else's: as busy as ours
            done = script("scripts/run")
        self.assertEqual(done.returncode, 1)
        self.assertIn("port 8080 is in use", done.stderr)
        self.assertEqual(done.stdout, "")

    def test_unknown_options(self):
        for name in ("scripts/run", "scripts/test", "scripts/bootstrap"):
            done = script(name, "--nonsense")
            self.assertEqual(done.returncode, 2, name)
            self.assertNotEqual(done.stderr, "")

    def test_run_explains_itself(self):
        done = script("scripts/run", "--help")
        self.assertEqual(done.returncode, 0)
        self.assertIn("--upstream URL", done.stdout)


if __name__ == "__main__":
    unittest.main()
