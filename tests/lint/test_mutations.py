"""The faults of tests/mutations.txt are still where scripts/mutate will look for them."""

import importlib.machinery
import importlib.util
import pathlib
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def load(script):
    loader = importlib.machinery.SourceFileLoader(script, str(ROOT / "scripts" / script))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(script, loader))
    loader.exec_module(module)
    return module


class Mutations(unittest.TestCase):
    def test_each_has_one_place(self):
        mutations = load("mutate").read_mutations()
        self.assertGreaterEqual(len(mutations), 60)
        for place, title, old, new in mutations:
            with self.subTest(f"{place}: {title}"):
                self.assertEqual((ROOT / place).read_text().count(old), 1)
                self.assertNotEqual(old, new)


if __name__ == "__main__":
    unittest.main()
