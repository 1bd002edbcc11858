"""The faults of tests/mutations are still where scripts/mutate will look for them."""

import importlib.machinery
import importlib.util
import pathlib
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def load(script):
    loader = importlib.machinery.SourceFileLoader(script, str(ROOT / "scripts" / script))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(script, loader))
    sys.modules[script] = module
    loader.exec_module(module)
    return module


class Mutations(unittest.TestCase):
    def test_each_has_one_place_and_a_test(self):
        mutations = load("mutate").read_mutations()
        self.assertGreaterEqual(len(mutations), 300)
        for mutation in mutations:
            with self.subTest(str(mutation)):
                self.assertEqual((ROOT / mutation.place).read_text().count(mutation.old), 1)
                self.assertNotEqual(mutation.old, mutation.new)
                for test in mutation.asked:
                    self.assertTrue(self.exists(test), f"{test} is not there")

    @staticmethod
    def exists(test):
        if test.startswith("unit_"):
            return (ROOT / "tests/unit" / test.removeprefix("unit_")).is_dir()
        path, *names = test.split(" ")
        text = (ROOT / path).read_text()
        parts = names[0].split(".") if names else []
        return all(f"{kind} {name}(" in text for kind, name in zip(("class", "def"), parts))

    def test_none_is_there_twice(self):
        seen = set()
        for mutation in load("mutate").read_mutations():
            self.assertNotIn((mutation.place, mutation.old, mutation.new), seen)
            seen.add((mutation.place, mutation.old, mutation.new))


if __name__ == "__main__":
    unittest.main()
