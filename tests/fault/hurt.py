"""An upstream that goes wrong in the way that a target names, /way/NAME/NUMBER, and the outcomes that a client may then see.

An outcome is (status, whole), or GONE when the connection ended without an answer. What a way does follows from its target
alone, so that a request that failed can be sent again by hand.
"""

import hashlib
import json
import pathlib
import random
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "e2e"), str(HERE.parent / "hostile")]

import messages  # noqa: E402
from wire import Upstream, ok  # noqa: E402

GONE = (None, False)
WHOLE, CUT, REFUSED, LATE = (200, True), (200, False), (502, True), (504, True)
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
PART = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"p" * 300
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: raw\r\n\r\n"
GARBAGE = (b"\x15\x03\x01\x00\x02\x02\x16", b"SSH-2.0-OpenSSH_9.2\r\n", b"<html>no head</html>", b"\0" * 4096, b"HTTP/1.1 999999 ?\r\n\r\n",
           b"HTTP/1.1 200 OK\r\nBad Name: x\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab")


def expand(text):
    """{{rep:x:3}} is xxx, as in tests/hostile."""
    return re.sub(r"\{\{rep:(.*?):(\d+)\}\}", lambda match: match[1] * int(match[2]), text, flags=re.S)


def cases(name):
    """The hostile messages of a file: (id, bytes)."""
    found = json.loads((HERE.parent / "hostile" / name).read_text())
    return [(case["id"], (expand(case["raw"]) if case.get("expand") else case["raw"]).encode("latin-1")) for case in found]


CANNED = cases("responses.json")


def end(connection, rng):
    connection.reset() if rng.random() < 0.5 else connection.close()


def says(*pieces, ends=True):
    """A way that sends that and ends, or goes on."""
    def act(request, connection, rng):
        for piece in pieces:
            connection.send(piece)
        if ends:
            end(connection, rng)
    return act


def says_nothing(request, connection, rng):
    connection.reader.to_end(lambda piece: None)
    connection.close()


def stalls(request, connection, rng):
    connection.send(PART if rng.random() < 0.5 else CHUNKED + b"5\r\nhello\r\n")
    says_nothing(request, connection, rng)


def garbage(request, connection, rng):
    connection.send(rng.choice(GARBAGE))
    connection.close()


def interim(request, connection, rng):
    for _ in range(rng.randint(1, 8)):
        connection.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n")
    return ok()


def trickles(request, connection, rng):
    for byte in ok(b"slowly"):
        connection.send(bytes([byte]))
    return None


def leaves(request, connection, rng):
    connection.close()  # having promised nothing: whoever keeps this connection finds out
    return ok()


def old(request, connection, rng):
    connection.close()
    return b"HTTP/1.0 200 OK\r\n\r\n" + b"to the end"


def early(request, connection, rng):
    connection.send(ok(b"too much", status="413 Payload Too Large", headers=[("Connection", "close")]))
    says_nothing(request, connection, rng)


def expectation_failed(request, connection, rng):
    connection.send(ok(b"no", status="417 Expectation Failed", headers=[("Connection", "close")]))
    says_nothing(request, connection, rng)


def canned(request, connection, rng):
    # In one piece: bytes that come behind a whole answer, once the connection is kept and used again, are the next answer's.
    connection.send(rng.choice(CANNED)[1])
    connection.close()


def echoes(request, connection, rng):
    if "upgrade" not in (request.headers.get("Connection") or "").lower():
        return ok()
    connection.send(SWITCH)
    while connection.reader.buffer or connection.reader.more():
        connection.send(connection.reader.buffer)
        connection.reader.buffer = b""
        if rng.random() < 0.02:
            break
    end(connection, rng)


def much(request, connection, rng):
    """A large answer of known bytes, framed in one of three ways."""
    size, piece = rng.randint(1, 4 << 20), bytes(range(251)) * 261
    framing = rng.choice(("length", "chunked", "end"))
    head = {"length": b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size, "chunked": CHUNKED,
            "end": b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"}[framing]
    connection.send(head)
    for at in range(0, size, len(piece)):
        part = piece[:size - at]
        connection.send(b"%x\r\n%b\r\n" % (len(part), part) if framing == "chunked" else part)
    if framing == "chunked":
        connection.send(b"0\r\n\r\n")
    if framing == "end":
        connection.close()


# name → (what the upstream does, what the client may see, whether it acts before the body has come)
WAYS = {
    "fin": (lambda request, connection, rng: connection.close(), {REFUSED}, False),
    "reset": (lambda request, connection, rng: connection.reset(), {REFUSED}, False),
    "reset at the head": (lambda request, connection, rng: connection.reset(), {REFUSED}, True),
    "half a head": (says(b"HTTP/1.1 200 OK\r\nContent-Le"), {REFUSED}, False),
    "short": (says(PART), {CUT, GONE, REFUSED}, False),
    "short, chunked": (says(CHUNKED + b"5\r\nhello\r\n"), {CUT, GONE, REFUSED}, False),
    "short, in a chunk": (says(CHUNKED + b"50\r\nhello"), {CUT, GONE, REFUSED}, False),
    "garbage": (garbage, {REFUSED}, False),
    "interim": (interim, {WHOLE}, False),
    "a flood of 103": (says(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 20_000), {REFUSED}, False),
    "an unasked 101": (says(SWITCH), {REFUSED}, False),
    "excess": (says(ok() + b"excess", ends=False), {WHOLE}, False),
    "glued": (says(ok() + ok(b"smuggled"), ends=False), {WHOLE}, False),
    "leaves": (leaves, {WHOLE}, False),
    "closes": (says(ok(headers=[("Connection", "close")])), {WHOLE}, False),
    "HTTP/1.0": (old, {WHOLE}, False),
    "keeps for a second": (lambda request, connection, rng: ok(headers=[("Keep-Alive", "timeout=1")]), {WHOLE}, False),
    "trickles": (trickles, {WHOLE}, False),
    "stalls": (stalls, {CUT, GONE}, False),
    "says nothing": (says_nothing, {LATE}, True),
    "a large head": (says(b"HTTP/1.1 200 OK\r\nX-Large: " + b"y" * 200_000 + b"\r\n\r\n"), {REFUSED}, False),
    "many fields": (says(b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 20_000 + b"\r\n"), {REFUSED}, False),
    "early": (early, {(413, True)}, True),
    "expectation failed": (expectation_failed, {(417, True)}, True),
    "canned": (canned, None, False),
    "echoes": (echoes, {WHOLE}, False),
    "much": (much, {WHOLE}, False),
    "plain": (lambda request, connection, rng: ok(request.target.encode()), {WHOLE}, False),
    "sum": (lambda request, connection, rng: ok(hashlib.sha256(request.body).hexdigest().encode()), {WHOLE}, False),
}


class Hurt(Upstream):
    """Answers /way/NAME/NUMBER so, and any other target plainly; `wrong(what)` hears of a request that no upstream should get."""

    def __init__(self, wrong):
        self.wrong = wrong
        super().__init__(self.serve, read_body=False)

    def serve(self, request, connection):
        with self.lock:
            self.requests.clear()
        for fault in messages.Request(request.head).faults:
            self.wrong(f"the upstream got {fault}: {request.head[:300]!r}")
        way, early_act = None, False
        if match := re.fullmatch(r"/way/([^/]+)/\d+", request.target.replace("%20", " ")):
            way, _, early_act = WAYS[match[1]]
        rng = random.Random(request.target)
        if not early_act and not self.take_body(request, connection):
            connection.close()
            return None
        if way:
            return way(request, connection, rng)
        return ok() if request.method != "HEAD" else b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"

    def take_body(self, request, connection):
        if "100-continue" in (request.headers.get("Expect") or "").lower():
            connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        pieces = []
        if not connection.read_body(request, pieces.append):
            return False
        request.body = b"".join(pieces)
        if connection.reader.buffer and not request.headers.get("Upgrade"):
            self.wrong(f"the upstream got {connection.reader.buffer[:80]!r} behind {request.head[:300]!r}")
        return True
