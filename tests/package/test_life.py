"""The package in a clean Debian tree that is not booted: installed, upgraded, removed, purged."""

import pathlib
import re
import tempfile
import unittest

from support import BOOKWORM, Tree, made, newer, package

CONFIG = "/etc/corsd/corsd.yaml"


class Life(unittest.TestCase):
    def setUp(self):
        self.tree = Tree(made(*BOOKWORM))
        self.addCleanup(self.tree.close)
        self.assertEqual(self.tree.traces(), [])
        self.tree.install(package())

    def version(self):
        return self.tree.run("dpkg-query", "--show", "--showformat=${Version} ${db:Status-Status}", "corsd")

    def enabled(self):
        return self.tree.run("systemctl", "is-enabled", "corsd.service", "corsd.socket", ends=None).split()

    def test_from_installing_to_purging(self):
        tree = self.tree
        self.assertIn(": ok", tree.run("corsd", "check", "--config", CONFIG))
        self.assertEqual(self.enabled(), ["enabled", "disabled"])
        self.assertIn("/man8/corsd.8.gz", tree.run("man", "--where", "8", "corsd"))
        self.assertEqual(tree.run("dpkg", "--verify", "corsd"), "")
        tree.run("logrotate", "--debug", "/etc/logrotate.d/corsd")

        mine = tree.at(CONFIG).read_text().replace("# corsd.yaml:", "# mine, corsd.yaml:")
        tree.at(CONFIG).write_text(mine)
        tree.run("systemctl", "disable", "corsd.service")
        with tempfile.TemporaryDirectory() as directory:
            tree.install(newer(pathlib.Path(directory)))
        self.assertRegex(self.version(), r"\+newer installed")
        self.assertEqual(tree.at(CONFIG).read_text(), mine)
        self.assertEqual(self.enabled(), ["disabled", "disabled"])

        tree.run("dpkg", "--remove", "corsd")
        self.assertFalse(tree.at("/usr/bin/corsd").exists())
        self.assertEqual(tree.at(CONFIG).read_text(), mine)

        tree.run("dpkg", "--purge", "corsd")
        self.assertEqual(tree.traces(), [])

    def test_the_units_are_sound_and_shut_in(self):
        units = ("/lib/systemd/system/corsd.service", "/lib/systemd/system/corsd.socket")
        self.assertEqual(self.tree.run("systemd-analyze", "verify", *units), "")
        report = self.tree.run("systemd-analyze", "security", "--no-pager", "--offline=true", units[0])
        exposure = float(re.search(r"Overall exposure level for corsd.service: ([\d.]+)", report).group(1))
        self.assertLessEqual(exposure, 1.6, report)


if __name__ == "__main__":
    unittest.main()
