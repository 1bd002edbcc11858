"""Serves the page that tries corsd out, and tells it what corsd's access log says of its requests.

    python3 serve.py --log FILE [--port 3000] [--api http://localhost:8080] [--policy FILE] [--reload COMMAND]

The page is http://localhost:PORT; http://127.0.0.1:PORT is the same server by another name, and so another origin. FILE is corsd's
log as JSON, which may not exist yet. Only this machine is answered, and only under those two names; with ADDRESS=0.0.0.0, which is for
containers, whoever reaches the port.
"""

import argparse
import functools
import http.server
import json
import os
import pathlib
import threading
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
PATIENCE = 5.0  # seconds that a line of the log is waited for
LOOK = 0.02  # seconds between two looks at it
REMEMBERED = 1000  # requests whose lines are kept


class AccessLog:
    """The lines of a growing file that carry `ask=ID` in their target, by ID. Reads each byte once; any thread may ask."""

    def __init__(self, path):
        self.path = path
        self.lock = threading.Lock()
        self.read = 0
        self.entries = {}

    def _take(self, line):
        try:
            entry = json.loads(line)
        except ValueError:
            return
        target = entry.get("target", "") if isinstance(entry, dict) else ""
        for ask in urllib.parse.parse_qs(urllib.parse.urlsplit(target).query).get("ask", []):
            self.entries.setdefault(ask, []).append(entry)
            if len(self.entries) > REMEMBERED:
                self.entries.pop(next(iter(self.entries)))

    def _catch_up(self):
        if not self.path.exists():
            return
        with open(self.path, "rb") as log:
            if log.seek(0, 2) < self.read:
                self.read = 0  # begun anew
            log.seek(self.read)
            whole = log.read().rpartition(b"\n")[0]
        if whole:
            self.read += len(whole) + 1
            for line in whole.split(b"\n"):
                self._take(line)

    def find(self, ask):
        """All lines of one request, its preflight first; waits for the last of them, a while."""
        deadline = time.monotonic() + PATIENCE
        while True:
            with self.lock:
                self._catch_up()
                found = sorted(self.entries.get(ask, []), key=lambda entry: entry["time"])
            # A preflight that is granted is followed by the request that it asked for.
            if any(entry.get("decision") != "preflight" for entry in found) or time.monotonic() > deadline:
                return found
            time.sleep(LOOK)


class Page(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    extensions_map = {".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript", "": "application/octet-stream"}

    def __init__(self, *arguments, log, settings, policy, **options):
        self.log, self.settings, self.policy = log, settings, policy
        super().__init__(*arguments, directory=str(HERE), **options)

    def do_GET(self):
        port = self.server.server_address[1]
        host = self.headers.get("Host", "")
        url = urllib.parse.urlsplit(self.path)
        if host not in (f"localhost:{port}", f"127.0.0.1:{port}"):
            self.send_error(421)
        elif url.path == "/" and not host.startswith("localhost"):
            self.send_response(302)
            self.send_header("Location", f"http://localhost:{port}/")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif url.path == "/settings":
            self.send_json({**self.settings, "origin": f"http://localhost:{port}", "foreign": f"http://127.0.0.1:{port}",
                            "lines": self.policy_lines()})
        elif url.path == "/decisions":
            self.send_json(self.decisions(urllib.parse.parse_qs(url.query).get("ask", [""])[0]))
        else:
            super().do_GET()

    def policy_lines(self):
        return self.policy.read_text().splitlines() if self.policy else []

    def decisions(self, ask):
        lines = self.policy_lines()
        found = []
        for entry in self.log.find(ask):
            line = entry.get("line", 0)
            rule = lines[line - 1].partition(" #")[0].strip() if 0 < line <= len(lines) else None
            found.append({**entry, "rule": rule})
        return found

    def send_json(self, value):
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def end_headers(self):
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True


def main():
    parser = argparse.ArgumentParser(description="Serves the page that tries corsd out.")
    parser.add_argument("--log", type=pathlib.Path, required=True, help="corsd's log, as JSON")
    parser.add_argument("--port", type=int, default=3000, help="0: a free one, which is printed")
    parser.add_argument("--api", default="http://localhost:8080", help="corsd, as browsers call it")
    parser.add_argument("--policy", type=pathlib.Path, help="corsd's configuration, to show the lines that decided")
    parser.add_argument("--reload", default="", help="the command that makes corsd read its configuration again")
    given = parser.parse_args()
    settings = {"api": given.api, "policy": str(given.policy or ""), "reload": given.reload}
    handler = functools.partial(Page, log=AccessLog(given.log), settings=settings, policy=given.policy)
    with Server((os.environ.get("ADDRESS", "127.0.0.1"), given.port), handler) as server:
        print(f"http://localhost:{server.server_address[1]}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
