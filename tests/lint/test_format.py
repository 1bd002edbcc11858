"""clang-format over src, tests and bench. Releases format differently, so one is the measure: 14, Debian 12's."""

import os
import pathlib
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CLANG_FORMAT = os.environ.get("CLANG_FORMAT", "clang-format")


def check(files):
    return subprocess.run([CLANG_FORMAT, "--dry-run", "-Werror", f"--style=file:{ROOT}/.clang-format", *map(str, files)], cwd=ROOT, capture_output=True,
                          text=True, check=False)


class Format(unittest.TestCase):
    def test_the_project(self):
        files = [path for folder in ("src", "tests", "bench") for suffix in ("cpp", "hpp")
                 for path in sorted((ROOT / folder).rglob(f"*.{suffix}"))]
        self.assertGreater(len(files), 40)
        done = check(files)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_planted_violation_is_seen(self):
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory) / "planted.cpp"
            path.write_text("int  main( ) {return 0 ;}\n")
            self.assertNotEqual(check([path]).returncode, 0)
            path.write_text("int main() {\n    return 0;\n}\n")
            self.assertEqual(check([path]).returncode, 0)


if __name__ == "__main__":
    unittest.main()
