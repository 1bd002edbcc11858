"""What the quick start's page says to change, changed in the policy, and reloaded as it says: then the page gets through."""

import re
import subprocess
import unittest

from browser import close_shared, shared
from quickstart import QuickStart
from support import TestCase, wait_until


def tearDownModule():
    close_shared()


class Advice(TestCase):
    def setUp(self):
        self.run_ = self.start(QuickStart())
        self.driver = shared().driver
        self.driver.get(self.run_.page + "/")
        wait_until(lambda: self.driver.find_element("id", "all").is_enabled(), "the page to be ready")

    def side(self, card, side):
        return self.driver.find_element("css selector", f"[data-ask={card}] [data-side={side}]")

    def finished(self, card):
        wait_until(lambda: all(self.side(card, side).get_attribute("data-state") == "done" for side in ("allowed", "foreign")),
                   f"both halves of {card}")
        return [self.text(card, side) for side in ("allowed", "foreign")]

    def text(self, card, side):
        return re.sub(r" +", " ", self.side(card, side).text)

    def send(self, card):
        button = self.driver.find_element("css selector", f"[data-ask={card}] button")
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", button)
        button.click()
        return self.finished(card)

    def apply(self, card, side):
        """Changes the policy as the card says, and runs the command that it names."""
        change = self.side(card, side).find_element("css selector", ".change").text.splitlines()
        policy = self.run_.policy.read_text().splitlines()
        added = [line[2:] for line in change if line.startswith("+")]
        old = next(line for line in change if not line.startswith("+")).lstrip("- ")
        line = re.search(rf"{self.run_.policy.name}:(\d+)", self.text(card, side))
        number = int(line.group(1)) - 1 if line else next(n for n, text in enumerate(policy) if self.rule(text) == old)
        self.assertEqual(self.rule(policy[number]), old)
        indent = " " * (len(policy[number]) - len(policy[number].lstrip()))
        if change[0].startswith("-"):
            policy[number] = indent + added[0]
        else:
            policy[number + 1:number + 1] = [indent + line for line in added]
        self.run_.policy.write_text("\n".join(policy) + "\n")
        command = self.run_.reload_command()
        self.assertIn(command, self.side(card, side).text)
        before = self.reloads()
        subprocess.run(command.split(), check=True, timeout=30)
        wait_until(lambda: self.reloads() > before, "the reload")

    @staticmethod
    def rule(line):
        return line.partition(" #")[0].strip()

    def reloads(self):
        return sum("reloaded: generation" in entry.get("message", "") for entry in self.run_.entries())

    def test_what_it_says_to_change_helps(self):
        for card, side, then in (("simple", "foreign", '{"outputVar":42}'), ("method", "allowed", "405"), ("header", "allowed", '{"outputVar":42}'),
                                 ("path", "allowed", '"requests"'), ("hidden", "allowed", '{"outputVar":42}'),
                                 ("readable", "allowed", "405"), ("websocket", "foreign", "hello")):
            with self.subTest(card):
                self.send(card)
                self.apply(card, side)
                self.assertIn(then, self.send(card)[side == "foreign"])


if __name__ == "__main__":
    unittest.main()
