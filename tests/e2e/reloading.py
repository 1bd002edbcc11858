"""What the tests of SIGHUP share."""

import signal

from support import TestCase, wait_until


class Reloading(TestCase):
    def edit(self, server, *changes):
        text = server.config_path.read_text()
        for before, after in changes:
            self.assertIn(before, text)
            text = text.replace(before, after)
        server.config_path.write_text(text)

    def messages(self, server, word):
        return [line for line in server.lines() if word.encode() in line]

    def hup(self, server, word="reloaded: generation"):
        """Sends SIGHUP and waits for one more line with the word."""
        before = len(self.messages(server, word))
        server.terminate(signal.SIGHUP)
        wait_until(lambda: len(self.messages(server, word)) > before, f"{word!r} in the log")

    def refused(self, server):
        self.hup(server, "not reloaded")

    def grants(self, server, origin):
        return server.ask("GET", "/api/x", [("Origin", origin)]).status == 200
