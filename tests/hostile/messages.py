"""HTTP/1.1 as the strictest reader would have it (RFC 9112): what corsd sends to either side is judged by this."""

import re

TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
REQUEST_LINE = re.compile(rb"(" + TOKEN + rb") ([\x21-\x7e]+) HTTP/1\.([01])")
STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([1-5][0-9][0-9])(?: [\t\x20-\x7e\x80-\xff]*)?")
FIELD = re.compile(rb"(" + TOKEN + rb"):[ \t]*((?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?)[ \t]*")


class Malformed(Exception):
    pass


class Fields(list):
    """Pairs of lower-case name and value."""

    def all(self, name):
        return [value for key, value in self if key == name]

    def joined(self, name):
        """The lines of a field as one value, None when there is none."""
        return ", ".join(self.all(name)) if self.all(name) else None

    def closes(self):
        return any("close" in value.lower() for value in self.all("connection"))


def read_fields(lines):
    """The fields, and what is wrong with the lines."""
    fields, faults = Fields(), []
    for line in lines:
        match = FIELD.fullmatch(line)
        if match:
            fields.append((match[1].decode("latin-1").lower(), match[2].decode("latin-1")))
        else:
            faults.append(f"bad field line {line[:60]!r}")
    return fields, faults


def read_chunks(data):
    """(body, trailer lines, bytes used), or None while the body is not complete. Takes no extensions: corsd sends none."""
    body, at = b"", 0
    while True:
        end = data.find(b"\r\n", at)
        if end < 0:
            if b"\n" in data[at:]:
                raise Malformed("LF in a chunk header")
            return None
        header = data[at:end]
        if not re.fullmatch(rb"[0-9A-Fa-f]{1,16}", header):
            raise Malformed(f"chunk header {header[:40]!r}")
        size, at = int(header, 16), end + 2
        if size == 0:
            break
        if len(data) < at + size + 2:
            return None
        if data[at + size:at + size + 2] != b"\r\n":
            raise Malformed("no CRLF after a chunk")
        body += data[at:at + size]
        at += size + 2
    trailers = []
    while True:
        end = data.find(b"\r\n", at)
        if end < 0:
            return None
        line, at = data[at:end], end + 2
        if not line:
            return body, trailers, at
        if not FIELD.fullmatch(line):
            raise Malformed(f"trailer {line[:40]!r}")
        trailers.append(line)


class Request:
    """What an upstream got. `faults` lists all that it should not have got."""

    def __init__(self, head):
        lines = head.split(b"\r\n")
        match = REQUEST_LINE.fullmatch(lines[0])
        words = (match.groups() if match else (*lines[0].split(b" "), b"", b"", b""))[:2]
        self.method, self.target = (word.decode("latin-1") for word in words)
        self.fields, self.faults = read_fields(lines[1:])
        self.body, self.trailers = b"", []
        if not match:
            self.faults.append(f"bad request line {lines[0][:60]!r}")
        self._check(b"HTTP/1.1" in lines[0])

    def _check(self, modern):
        lengths, codings, hosts = (self.fields.all(name) for name in ("content-length", "transfer-encoding", "host"))
        if len(hosts) > 1 or (modern and not hosts):
            self.faults.append(f"{len(hosts)} Host lines")
        if lengths and codings:
            self.faults.append("both framings")
        if len(lengths) > 1 or any(not re.fullmatch("0|[1-9][0-9]*", length) for length in lengths):
            self.faults.append(f"Content-Length {lengths}")
        if codings and [coding.lower() for coding in codings] != ["chunked"]:
            self.faults.append(f"Transfer-Encoding {codings}")

    def take_body(self, data):
        """Bytes of `data` that the body took, or None while it is not complete."""
        if self.fields.all("transfer-encoding"):
            try:
                result = read_chunks(data)
            except Malformed as fault:
                self.faults.append(str(fault))
                return len(data)
            if result is None:
                return None
            self.body, self.trailers, used = result
            return used
        lengths = self.fields.all("content-length")
        size = int(lengths[0]) if lengths and lengths[0].isdigit() else 0
        if len(data) < size:
            return None
        self.body = data[:size]
        return size


class Response:
    """What a client got. status None: no response at all."""

    def __init__(self, status=None, fields=None, faults=()):
        self.status, self.fields, self.faults = status, fields or Fields(), list(faults)
        self.body, self.complete = b"", True


def read_responses(data, methods, closed):
    """All responses of a connection; `methods` are those of the requests, `closed` whether the connection ended."""
    responses = []
    methods = list(methods)
    while data:
        head, end, rest = data.partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        match = STATUS_LINE.fullmatch(lines[0])
        if not end or not match:
            responses.append(Response(faults=[f"no response: {data[:80]!r}"]))
            return responses
        response = Response(int(match[1]), *read_fields(lines[1:]))
        responses.append(response)
        if response.status < 200:
            data = rest
            if response.status == 101:
                return responses
            continue
        method = methods.pop(0) if methods else "GET"
        data = _take_response_body(response, rest, method, closed)
    return responses


def _take_response_body(response, rest, method, closed):
    """Fills in the body; answers what follows it."""
    lengths = response.fields.all("content-length")
    if method == "HEAD" or response.status in (204, 304):
        return rest
    if response.fields.all("transfer-encoding"):
        try:
            result = read_chunks(rest)
        except Malformed as fault:
            response.faults.append(str(fault))
            result = None
        if result is None:
            response.body, response.complete = rest, False
            return b""
        response.body, _, used = result
        return rest[used:]
    if lengths and lengths[0].isdigit():
        size = int(lengths[0])
        response.body, response.complete = rest[:size], len(rest) >= size
        return rest[size:]
    response.body, response.complete = rest, closed
    return b""
