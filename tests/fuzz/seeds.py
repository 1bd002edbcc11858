"""Writes what the fuzzers start from: the spec tables, the hostile messages and the examples, each as the bytes that its target reads.

    seeds.py DIRECTORY    one folder a target
"""

import hashlib
import json
import pathlib
import re
import sys

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
FIRST = {"configuration": b"", "origin": b"", "origin_pattern": b""}  # the others choose a variant by their first byte


def write(directory, target, *values):
    folder = directory / target
    folder.mkdir(parents=True, exist_ok=True)
    for value in values:
        value = FIRST.get(target, b"\0") + (value if isinstance(value, bytes) else str(value).encode())
        (folder / hashlib.sha256(value).hexdigest()[:16]).write_bytes(value)


def values_of(headers, name):
    return [line.partition(":")[2].strip() for line in headers if line.lower().startswith(name.lower() + ":")]


def from_tables(directory):
    for path in (ROOT / "tests/spec").glob("*.yaml"):
        table = yaml.safe_load(path.read_text())
        for configuration in table.get("configs", {}).values():
            write(directory, "configuration", configuration.replace("{{listen}}", "127.0.0.1:8080").replace("{{upstream}}", "http://127.0.0.1:5000"))
            write(directory, "origin_pattern", *re.findall(r"(?:https?://|~)[^\s,\]}\"']+", configuration), "*", "null")
        for case in table["cases"]:
            request = case.get("request", {})
            headers = [str(line) for line in request.get("headers", [])]
            write(directory, "origin", *values_of(headers, "Origin"))
            asked = values_of(headers, "Access-Control-Request-Headers")
            if asked:
                write(directory, "requested_headers", "\n".join(asked))
            target = str(request.get("target", "/"))
            write(directory, "path", target.partition("?")[0])
            method = request.get("method", "GET")
            write(directory, "request_head", "\r\n".join([f"{method} {target} HTTP/1.1", "Host: api.test", *headers, "", ""]))
            answered = [str(line) for line in (case.get("upstream") or {}).get("headers", [])]
            if answered:
                write(directory, "response_head", "\r\n".join(["HTTP/1.1 200 OK", *answered, "", ""]))
                write(directory, "vary", "\n".join(values_of(answered, "Vary")))


def from_messages(directory):
    for kind, target in (("requests", "request_head"), ("responses", "response_head")):
        for case in json.loads((ROOT / f"tests/hostile/{kind}.json").read_text()):
            raw = case.get("raw")
            if not isinstance(raw, str):
                continue
            raw = raw.encode("latin-1", "replace")
            head, _, body = raw.partition(b"\r\n\r\n")
            write(directory, target, raw[:4096])
            if b"chunked" in head.lower() and body:
                write(directory, "chunked", body[:4096])


def from_examples(directory):
    for path in [*(ROOT / "config").rglob("*.yaml"), *(ROOT / "tests/unit/config/golden").glob("*.yaml")]:
        write(directory, "configuration", path.read_bytes())
    # Not on its own in any table.
    write(directory, "vary", "Origin", "*", "Accept-Encoding, Origin\nCookie", "")
    write(directory, "chunked", "5\r\nhello\r\n0\r\nX: y\r\n\r\n", "0\r\n\r\n", "5;a=b\r\nhello\r\n0\r\n\r\n")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for part in (from_tables, from_messages, from_examples):
        part(pathlib.Path(sys.argv[1]))
