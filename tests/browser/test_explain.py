"""Section 6 of `corsd explain` is what the browser's console says."""

import json
import unittest

from browser import Pages, close_shared, shared  # first: it says where the rest is
from support import Corsd, TestCase, Upstream, corsd, wait_until

ASK = """
const {headers, ...options} = asked;
try {
  const answer = await fetch(url, {...options, headers: headers.map(line => line.split(': '))});
  await answer.text();
  return answer.status;
} catch (error) {
  return String(error);
}
"""
OPEN = """
return await new Promise(resolve => {
  const socket = new WebSocket(url);
  socket.onopen = () => resolve('open');
  socket.onerror = () => resolve('closed');
});
"""
# What the driver puts before a sentence: where it was said, and for sockets the place in the log.
THROWN = "Uncaught (in promise) "


def resources(page):
    return f"""
  /api/*: {{origins: ["{page}"], methods: [GET, PUT], allow_headers: [X-Known]}}
  /hints/*: {{origins: ["{page}"], methods: [GET, PUT], allow_headers: [X-Known], devtools_hints: true}}
  /open/*: {{origins: "*", methods: [GET, PUT]}}
  /headers/*: {{origins: ["{page}"], methods: [GET], mode: headers}}
"""


# Who asks, for what, and how.
CASES = (
    ("foreign", "/api/x", {}),
    ("foreign", "/api/x", {"method": "PUT"}),
    ("page", "/api/x", {}),
    ("page", "/api/x", {"method": "DELETE"}),
    ("page", "/api/x", {"method": "POST"}),
    ("page", "/api/x", {"headers": ["X-Other: 1"]}),
    ("page", "/api/x", {"method": "PUT", "headers": ["X-Known: 1"]}),
    ("page", "/api/x", {"credentials": "include"}),
    ("page", "/api/x", {"method": "PUT", "credentials": "include"}),
    ("page", "/open/x", {"credentials": "include"}),
    ("page", "/open/x", {"method": "PUT", "credentials": "include"}),
    ("page", "/hints/x", {"method": "DELETE"}),
    ("page", "/hints/x", {"method": "patch"}),
    # One alone: of several, Chromium names whichever its hash map holds first.
    ("page", "/hints/x", {"headers": ["X-Other: 1", "X-Known: 1"]}),
    ("foreign", "/headers/x", {}),
    ("page", "/api/a%2fb", {}),
    ("page", "/api/x", {"method": "TRACE"}),
    ("foreign", "/nowhere", {"method": "DELETE"}),
)


class Console(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.addClassCleanup(close_shared)
        web, upstream = Pages(), Upstream()
        cls.addClassCleanup(web.close)
        cls.addClassCleanup(upstream.close)
        cls.origins = {"page": f"http://localhost:{web.port}", "foreign": web.origin("foreign")}
        cls.server = Corsd(upstream.port, resources(cls.origins["page"]))
        cls.addClassCleanup(cls.server.close)

    def told(self, *arguments):
        done = corsd("explain", "--config", self.server.config_path, "--json", *arguments)
        self.assertEqual(done.stderr, "")
        return json.loads(done.stdout)

    def said(self, sentences):
        """The console's messages, once there are as many as the sentences; net::ERR_FAILED says nothing more."""
        seen = []

        def read():
            seen.extend(message for message in shared().console() if "net::ERR_FAILED" not in message)
            return len(seen) >= sentences
        if sentences:
            wait_until(read, f"{sentences} messages in the console")
        else:
            read()
        return seen

    def test_fetch(self):
        for who, path, asked in CASES:
            with self.subTest(who=who, path=path, asked=asked):
                origin, url = self.origins[who], self.server.own_origin + path
                headers = [word for line in asked.get("headers", []) for word in ("--header", line)]
                options = [word for name in ("method", "credentials") if name in asked for word in (f"--{name}", asked[name])]
                told = self.told("--origin", origin, *headers, *options, url)
                shared().visit(origin)
                shared().console()
                result = shared().run(origin, ASK, url=url, asked={"headers": [], **asked})
                thrown = [sentence.removeprefix(THROWN) for sentence in told["console"] if sentence.startswith(THROWN)]
                if thrown:  # an exception that the script caught: the console is not told
                    self.assertEqual([result], thrown)
                    continue
                self.assertEqual([message.split(" - ", 1)[1] for message in self.said(len(told["console"]))], told["console"])
                self.assertEqual(result == 200, told["verdict"] == "allowed", result)

    def test_websocket(self):
        url = self.server.own_origin.replace("http", "ws") + "/api/x"
        told = self.told("--origin", self.origins["foreign"], url)
        shared().visit(self.origins["foreign"])
        shared().console()
        self.assertEqual(shared().run(self.origins["foreign"], OPEN, url=url), "closed")
        said = self.said(1)
        self.assertEqual(len(told["console"]), 1)
        self.assertTrue(said[0].endswith(told["console"][0]), (said, told["console"]))


if __name__ == "__main__":
    unittest.main()
