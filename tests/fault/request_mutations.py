"""Requests with a fault in them, or two, or none: what hostile clients send, and what only looks like it. All follows from a seed."""

import json
import pathlib
import random
import re

HERE = pathlib.Path(__file__).resolve().parent
MOST = 20_000  # bytes of a message that is mutated

TEMPLATES = (
    b"GET /a?b=c HTTP/1.1\r\nHost: h.test\r\nUser-Agent: x\r\nAccept: */*\r\n\r\n",
    b"POST /form HTTP/1.1\r\nHost: h.test\r\nContent-Type: text/plain\r\nContent-Length: 11\r\n\r\nhello=world",
    b"PUT /file HTTP/1.1\r\nHost: h.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
    b"POST /t HTTP/1.1\r\nHost: h.test\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n",
    b"POST /e HTTP/1.1\r\nHost: h.test\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\nbody",
    b"HEAD /h HTTP/1.1\r\nHost: h.test\r\nConnection: keep-alive, X-Gone\r\nX-Gone: 1\r\nCookie: a=b\r\n\r\n",
    b"DELETE /d/1 HTTP/1.1\r\nHost: h.test\r\nX-Forwarded-For: 1.2.3.4\r\nContent-Length: 0\r\n\r\n",
    b"OPTIONS /o HTTP/1.1\r\nHost: h.test\r\nOrigin: https://a.test\r\nAccess-Control-Request-Method: PUT\r\n\r\n",
    b"GET /old HTTP/1.0\r\nHost: h.test\r\nConnection: keep-alive\r\n\r\n",
    b"GET http://h.test/absolute?x HTTP/1.1\r\nHost: h.test\r\n\r\n",
    b"GET /ws HTTP/1.1\r\nHost: h.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n\r\n",
)
LINES = (
    b"Content-Length: 5", b"Content-Length: 05", b"Content-Length: +5", b"Content-Length: 5, 5", b"Content-Length: 0", b"Content-Length: 0x5",
    b"Content-Length : 5", b"Content-Length:\t5", b"content-length: 5\t", b"Content-Length:", b"Content-Length: 18446744073709551621",
    b"Content_Length: 5", b"Content-Length: 5;", b"Content-Length: 5\x0b", b"Content-Length: \"5\"", b"X: y\r\n Content-Length: 5",
    b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity", b"Transfer-Encoding: chunked, chunked", b"Transfer-Encoding: gzip, chunked",
    b"Transfer-Encoding: chunked, identity", b"Transfer-Encoding : chunked", b"Transfer-Encoding:\tchunked", b"Transfer-Encoding: \x0bchunked",
    b"Transfer-Encoding: xchunked", b"Transfer-Encoding: chunked;q=1", b"Transfer_Encoding: chunked", b"Transfer-Encoding: CHUNKED",
    b"Transfer-Encoding:\r\n chunked", b"X-A: b\rTransfer-Encoding: chunked", b"X-A: b\nTransfer-Encoding: chunked", b"TE: trailers",
    b"Transfer-Encoding", b"Transfer-Encoding: ", b" Transfer-Encoding: chunked", b"Host: other.test", b"Host: h.test", b"Host:",
    b"Connection: close", b"Connection: keep-alive", b"Connection: Content-Length", b"Connection: Transfer-Encoding, Host", b"Connection: upgrade",
    b"Upgrade: h2c", b"Upgrade: websocket", b"Expect: 100-continue", b"Expect: 200-maybe", b"Expect: 100-Continue, x", b"X-Empty:", b"X-Tab:\ta\tb",
    b"X-High: \xc3\xa9\xff", b"X-Nul: a\0b", b"X-Fold: a\r\n b", b"X-Del: \x7f", b": nothing", b"no colon", b"X Y: z", b"X\tY: z", b"X-A:b:c",
    b"Trailer: Content-Length", b"Via: 1.1 x", b"Forwarded: for=1;proto=https", b"X-Forwarded-Host: e.test", b"HTTP2-Settings: AAMAAABk",
    b"X-HTTP-Method-Override: DELETE", b"Range: bytes=0-1", b"Content-Encoding: gzip", b"Proxy-Connection: keep-alive", b"Keep-Alive: timeout=1",
)
TARGETS = (b"/", b"//", b"/a/../b", b"/%2e%2e/a", b"/a%2fb", b"/a%00", b"/a%", b"/a%zz", b"/a;b=c", b"/a\\b", b"/a#f", b"*", b"a", b"", b"/\xff",
           b"http://h.test", b"http://other.test/x", b"https://h.test:443/y", b"ftp://h.test/", b"/a b", b"/a\tb", b"?x", b"/?", b"/a?%00",
           b"/a?b#c", b"//h.test/x", b"/./a/.", b"/a//b", b"/%41", b"/" + b"a" * 300, b"/{}|^`\"<>")
METHODS = (b"GET", b"get", b"POST", b"PATCH", b"QUERY", b"M-SEARCH", b"G\xc8T", b"GE T", b"", b"CONNECT", b"TRACE", b"PRI", b"X" * 40, b"HEAD", b"G:T")
VERSIONS = (b"HTTP/1.1", b"HTTP/1.0", b"HTTP/1.2", b"HTTP/2.0", b"HTTP/0.9", b"http/1.1", b"HTTP/1.1 ", b"", b"HTTP/1.10", b"HTTP/ 1.1", b"HTTP/1,1")
SIZES = (b"0", b"00", b"5", b"05", b"0x5", b"+5", b"-5", b"5 ", b" 5", b"5;a=b", b"5;a=\"x\r\ny\"", b"5;", b"5\t;a", b"fffffffffffffffff", b"5\n", b"",
         b"G", b"5\r", b"00000000000000000005", b"5;\x00", b"A", b"7fffffffffffffff")
BYTES = (b"\r", b"\n", b"\r\n", b"\0", b" ", b"\t", b":", b";", b",", b"\x0b", b"\x0c", b"\x7f", b"\x80", b"\xff", b"0", b"\r\n\r\n", b"%0d%0a", b"\"")
NEXT = b"GET /next HTTP/1.1\r\nHost: h.test\r\n\r\n"


def expand(text):
    """{{rep:x:3}} is xxx, as in tests/hostile."""
    return re.sub(r"\{\{rep:(.*?):(\d+)\}\}", lambda match: match[1] * int(match[2]), text, flags=re.S)


def corpus():
    """The hostile requests that are short enough."""
    found = []
    for case in json.loads((HERE.parent / "hostile/requests.json").read_text()):
        if "raw" in case:
            raw = (expand(case["raw"]) if case.get("expand") else case["raw"]).encode("latin-1")
            if len(raw) <= MOST:
                found.append(raw)
    return found


CORPUS = corpus()


def change_line(lines, rng):
    """The request line, word by word."""
    words = lines[0].split(b" ")
    at = rng.randrange(3)
    words[min(at, len(words) - 1)] = rng.choice((METHODS, TARGETS, VERSIONS)[at])
    lines[0] = rng.choice((b" ", b" ", b" ", b" ", b"  ", b"\t")).join(words)


def change_fields(lines, rng):
    at = rng.randint(1, len(lines))
    kind = rng.randrange(5)
    if kind <= 1 or len(lines) < 2:
        lines.insert(at, rng.choice(LINES))
    elif kind == 2:
        lines.insert(at, rng.choice(lines[1:]))
    elif kind == 3:
        del lines[min(at, len(lines) - 1)]
    else:
        at = min(at, len(lines) - 1)
        name, colon, value = lines[at].partition(b":")
        lines[at] = rng.choice((name.upper() + colon + value, name + b" " + colon + value, name + colon + b"\t" + value.strip() + b" ",
                                name + colon + value + b",", name + colon + value.swapcase(), name.replace(b"-", b"_") + colon + value))


def change_body(body, rng):
    kind = rng.randrange(6)
    if kind == 0:
        return re.sub(rb"(?m)^[0-9a-fA-F]+\r$", lambda _: rng.choice(SIZES) + b"\r", body, count=1)
    if kind == 1:
        return rng.choice(SIZES) + b"\r\nhello\r\n0\r\n\r\n"
    if kind == 2:
        return body + NEXT
    if kind == 3:
        return body[:rng.randint(0, len(body))]
    if kind == 4:
        return body.replace(b"\r\n", b"\n", rng.randint(1, 3))
    return body + rng.choice((b"0\r\n\r\n", b"\r\n", b"X", b"0\r\nContent-Length: 5\r\n\r\n", b"5\r\nhello\r\n0\r\n\r\n"))


def change_bytes(data, rng):
    at = rng.randint(0, len(data))
    kind = rng.randrange(3)
    if kind == 0:
        return data[:at] + rng.choice(BYTES) + data[at:]
    if kind == 1:
        return data[:at] + data[at + rng.randint(1, 3):]
    return data[:at] + bytes([rng.randrange(256)]) + data[at + 1:]


def mutate(data, rng):
    for _ in range(rng.choice((0, 1, 1, 1, 2, 2, 3))):
        kind = rng.randrange(8)
        head, end, body = data.partition(b"\r\n\r\n")
        if kind < 6 and end:
            lines = head.split(b"\r\n")
            if kind == 0:
                change_line(lines, rng)
            elif kind < 4:
                change_fields(lines, rng)
            else:
                body = change_body(body, rng)
            data = b"\r\n".join(lines) + end + body
        else:
            data = change_bytes(data, rng)
    return data


def message(seed, number):
    """What mutation `number` of a seed sends: pieces, each of them one write."""
    rng = random.Random(f"{seed}/{number}")
    first = rng.choice(CORPUS) if rng.random() < 0.6 else rng.choice(TEMPLATES)
    data = mutate(first, rng)
    if rng.random() < 0.3:
        data += mutate(rng.choice(TEMPLATES), rng)
    if rng.random() < 0.7 or len(data) < 2:
        return [data]
    cuts = sorted(rng.sample(range(1, len(data)), min(len(data) - 1, rng.randint(1, 4))))
    return [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)])]
