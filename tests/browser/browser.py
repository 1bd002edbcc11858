"""A real browser and pages of any origin, for tests that ask what a page gets to see.

Chromium, headless, by Selenium and chromium-driver of the system: scripts/bootstrap --tests installs them. Names below
`localhost` lead to this machine without a resolver, so http://app.localhost:PORT and http://evil.localhost:PORT are two origins of
one server. One Browser serves a whole test program: starting it costs a second or two, a page a few milliseconds.
"""

import functools
import http.server
import json
import pathlib
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from selenium import webdriver  # noqa: E402
from selenium.webdriver.chrome.options import Options  # noqa: E402
from selenium.webdriver.chrome.service import Service  # noqa: E402

CHROMIUM = "/usr/bin/chromium"
DRIVER = "/usr/bin/chromedriver"
# Whether cookies go along to another site than the page's: the setting of Chromium that its user has, said here because builds differ.
THIRD_PARTY_COOKIES = {"allowed": 0, "blocked": 1}
PATIENCE = 30  # seconds that a script may take before the test is failed


class Pages:
    """An empty page on every host and path of one port."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            body = b"<!doctype html><title>page</title>"
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    def __init__(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self.Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def origin(self, name):
        return f"http://{name}.localhost:{self.port}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Browser:
    """Runs scripts as a page of the origin that was visited last."""

    def __init__(self, third_party_cookies="blocked"):
        for program in (CHROMIUM, DRIVER):
            if not pathlib.Path(program).exists():
                raise RuntimeError(f"{program} is missing: scripts/bootstrap --tests installs it (not on Ubuntu, which has it as a snap only)")
        options = Options()
        options.binary_location = CHROMIUM
        # No sandbox: containers and root have no user namespaces for it, and only our own pages are visited.
        for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                         "--disable-background-networking", "--disable-component-update", "--no-proxy-server"):
            options.add_argument(argument)
        options.add_experimental_option("prefs", {"profile.cookie_controls_mode": THIRD_PARTY_COOKIES[third_party_cookies]})
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(service=Service(DRIVER), options=options)
        self.driver.set_script_timeout(PATIENCE)
        self.driver.set_page_load_timeout(PATIENCE)
        self.visited = None

    def visit(self, origin):
        if self.visited != origin:
            self.driver.get(origin + "/")
            self.visited = origin

    def run(self, origin, body, **values):
        """The value of an async function with this body, on a page of `origin`; `values` are its constants. What it throws is
        raised here as PageError."""
        self.visit(origin)
        constants = "".join(f"const {name} = {json.dumps(value)};" for name, value in values.items())
        script = ("const done = arguments[arguments.length - 1];"
                  f"(async () => {{ {constants} {body} }})().then(value => done({{value}}), error => done({{error: String(error)}}));")
        result = self.driver.execute_async_script(script)
        if "error" in result:
            raise PageError(result["error"])
        return result.get("value")

    def console(self):
        """What the browser wrote to the console of its pages since this was asked last."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def close(self):
        self.driver.quit()


class PageError(Exception):
    """What a page's script threw: "TypeError: Failed to fetch"."""


@functools.lru_cache(maxsize=1)
def shared():
    """The one browser of this program; close it with close_shared."""
    return Browser()


def close_shared():
    if shared.cache_info().currsize:
        shared().close()
        shared.cache_clear()
