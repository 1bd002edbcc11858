"""Configurations that somebody's editor, disk or cat has been at: a thousand of them (CORSD_ALL=1; CORSD_SEED for others), each accepted or
refused with its reasons, and none that ends the program otherwise or keeps it busy."""

import concurrent.futures
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from support import CORSD, PATIENCE, ROOT, SANITIZED, TestCase, configurations  # noqa: E402

COUNT = 1000 if os.environ.get("CORSD_ALL") == "1" else 200
SEED = os.environ.get("CORSD_SEED", "1")
SPLICES = (b"*", b"&a ", b"*a", b"<<: *a\n", b"!!binary ", b"!!python/object:os.system ", b"---\n", b"...\n", b"%YAML 9.9\n", b"? ", b"- ", b": ",
           b"{", b"}", b"[", b"]", b"\"", b"'", b"|\n", b">\n", b"#", b"\t", b"\r", b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\xc3", b"\xe2\x80\xa8", b"\x85",
           b"9" * 40, b"-1", b"1e999", b"0x", b"null", b"~", b"~(((((a*)*)*)*)*)*$", b"~[", b"~.*", b"${HOME}", b"${NOBODY:?}", b"${", b"@file:/dev/zero",
           b"@file:/", b"@nobody", b"https://*.*", b"http://[::1", b"http://xn--a", b"unix:", b"fd:", b"*" * 1000, b"a" * 70_000, b"[" * 300,
           b"{a: " * 300, b"\n  " * 50, b"origins: [", b"resources:\n", b"dangerously_allow: [everything]\n", b"%2f", b"/../", b"0.0.0.0:99999")


def mutated(text, rng):
    """One to eight changes: of a byte, of a line, of a piece."""
    for _ in range(rng.choice((1, 1, 2, 4, 8))):
        at = rng.randrange(len(text) + 1)
        kind = rng.randrange(8)
        if kind == 0:
            text = text[:at] + bytes([rng.randrange(256)]) + text[at + 1:]
        elif kind == 1:
            text = text[:at] + text[at + rng.randint(1, 40):]
        elif kind == 2:
            text = text[:at] + rng.choice(SPLICES) + text[at:]
        elif kind == 3:
            text = text[:at]
        elif kind == 4:
            other = rng.randrange(len(text) + 1)
            text = text[:at] + text[other:other + rng.randint(1, 200)] + text[at:]
        else:
            lines = text.split(b"\n")
            line = rng.randrange(len(lines))
            if kind == 5:
                lines[line] = b" " * rng.randrange(7) + lines[line].lstrip()
            elif kind == 6:
                lines.insert(rng.randrange(len(lines)), lines[line])
            else:
                name, colon, _ = lines[line].partition(b":")
                lines[line] = name + colon + b" " + rng.choice(SPLICES)
            text = b"\n".join(lines)
    return text


class Broken(TestCase):
    def check(self, number, directory, texts):
        rng = random.Random(f"{SEED}/{number}")
        path = pathlib.Path(directory) / f"{number}.yaml"
        path.write_bytes(mutated(rng.choice(texts), rng))
        try:
            done = subprocess.run([CORSD, "check", "--config", str(path)], capture_output=True, timeout=PATIENCE, stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            return "no end", path.read_bytes()
        said = (done.stdout + done.stderr).decode(errors="replace")
        fault = None
        if done.returncode not in (0, 3):
            fault = f"exit status {done.returncode}: {said[-2000:]}"
        elif done.returncode == 3 and not re.search(rf"{number}\.yaml:\d+:\d+: error\[[a-z0-9-]+\]: \S", said):
            fault = f"refused without a reason: {said[-2000:]}"
        elif done.returncode == 0 and "error[" in said:
            fault = f"accepted with errors: {said[-2000:]}"
        elif re.search(r"[\x00-\x08\x0b-\x1f\x7f]", said):
            fault = f"control characters: {said[-2000:]!r}"
        return done.returncode if fault is None else fault, path.read_bytes()

    def test_mutations_of_every_example(self):
        texts = [path.read_bytes() for path in configurations()]
        with tempfile.TemporaryDirectory() as directory, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as several:
            found = list(several.map(lambda number: self.check(number, directory, texts), range(COUNT)))
        faults = [(number, fault, text) for number, (fault, text) in enumerate(found) if fault not in (0, 3)]
        for number, fault, text in faults[:5]:
            print(f"mutation {number} of seed {SEED}: {fault}\n{text[:4000]!r}", flush=True)
        self.assertEqual(len(faults), 0)
        verdicts = [verdict for verdict, _ in found]
        if not SANITIZED:
            self.assertGreater(min(verdicts.count(0), verdicts.count(3)), COUNT // 20, "some are accepted, some are refused")


if __name__ == "__main__":
    print(f"{COUNT} mutations, seed {SEED}, of {ROOT / 'config'}", flush=True)
    unittest.main()
