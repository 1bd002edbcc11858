"""A page of another origin opens a WebSocket through corsd."""

import unittest

from browser import Pages, close_shared, shared
from support import Corsd, TestCase
from websocket_ends import EchoServer

OPEN = """
const socket = new WebSocket(url);
return await new Promise(resolve => {
  socket.onopen = () => socket.send("from " + location.origin);
  socket.onmessage = event => { resolve(event.data); socket.close(); };
  socket.onclose = event => resolve("closed " + event.code);
});
"""


def tearDownModule():
    close_shared()


class WebSocket(TestCase):
    def setUp(self):
        self.pages = self.start(Pages())
        self.echo = self.start(EchoServer())

    def corsd(self, policy):
        server = self.start(Corsd(self.echo.port, f"\n  /*: {{{policy}}}\n"))
        return server, f"ws://127.0.0.1:{server.port}/chat"

    def open(self, name, url):
        return shared().run(self.pages.origin(name), OPEN, url=url)

    def test_an_allowed_origin_echoes_and_a_foreign_one_is_refused(self):
        app = self.pages.origin("app")
        server, url = self.corsd(f'origins: ["{app}"]')
        self.assertEqual(self.open("app", url), f"echo from {app}")
        self.assertEqual(self.open("evil", url), "closed 1006")
        self.assertEqual(self.echo.handshakes(), 1)
        refused = [entry for entry in server.wait_access(2) if entry["status"] == 403]
        self.assertEqual([(entry["reason"], entry["origin"]) for entry in refused], [("websocket_origin", self.pages.origin("evil"))])

    def test_any_origin_may_read_but_none_may_open(self):
        _, url = self.corsd('origins: "*"')
        self.assertEqual(self.open("app", url), "closed 1006")
        self.assertEqual(self.echo.handshakes(), 0)

    def test_the_control_without_corsd(self):
        # The browser itself lets every page open a WebSocket: what is refused above, corsd refuses.
        self.assertEqual(self.open("evil", f"ws://127.0.0.1:{self.echo.port}/"), f"echo from {self.pages.origin('evil')}")


if __name__ == "__main__":
    unittest.main()
