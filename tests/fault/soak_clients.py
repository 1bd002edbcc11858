"""The clients of soak.py: those that are owed the right answer whatever happens beside them, and those that behave badly."""

import hashlib
import random
import select
import socket
import time

from hurt import GONE, LATE, REFUSED, WAYS, cases
import messages
from load_peer import PIECE, checksum
from support import ALLOWED, EVIL
from wire import Client

STEADY, HURT, DEAD, HOLE = "steady.test", "hurt.test", "dead.test", "hole.test"
HOSTILE = cases("requests.json")
OFFER = [("Connection", "Upgrade"), ("Upgrade", "raw"), ("Origin", ALLOWED)]
# A machine that is busy may be late with anything: then a deadline of the configuration ends it.
TIMED_OUT = {(408, True), LATE}


class Wrong(Exception):
    """Something that no client and no upstream should ever see."""


def pieces_of(data, rng):
    step = rng.choice((len(data), len(data), 1000, 100, 3)) or 1
    return [data[at:at + step] for at in range(0, len(data), step)] if len(data) // step < 2000 else [data]


def upload(client, method, path, body, rng):
    """A request with that body, by length or in chunks, whole or in pieces."""
    headers = [("Origin", ALLOWED)]
    if rng.random() < 0.5:
        head = client.head(method, path, [*headers, ("Content-Length", str(len(body)))])
        data = head + body
    else:
        head = client.head(method, path, [*headers, ("Transfer-Encoding", "chunked")])
        step = rng.choice((1000, 65536))
        chunks = [b"%x\r\n%b\r\n" % (len(body[at:at + step]), body[at:at + step]) for at in range(0, len(body), step)]
        data = head + b"".join(chunks) + b"0\r\n\r\n"
    for piece in pieces_of(data, rng):
        client.raw(piece)


def outcome(client, method="GET"):
    """(status, whole) and the answer, or GONE."""
    try:
        answer = client.response(method)
    except ConnectionError:
        return GONE, None
    return (answer.status, answer.complete), answer


class Steady:
    """Keeps asking what has one right answer, on connections that it keeps for a while."""

    def __init__(self, port, rng):
        self.port, self.rng, self.client, self.asked = port, rng, None, 0

    def turn(self):
        if self.client is None or self.rng.random() < 0.02:
            self.close()
            self.client = Client(self.port, STEADY)
        kind = self.rng.choice((self.get, self.get, self.get, self.download, self.up, self.preflight, self.refused))
        kind()
        self.asked += 1

    def expect(self, status, body, origin=ALLOWED, method="GET"):
        answer = self.client.response(method)
        got = (answer.status, answer.complete, answer.headers.get("Access-Control-Allow-Origin"))
        if got != (status, True, origin) or (body is not None and answer.body != body):
            raise Wrong(f"{got} with {answer.body[:200]!r} instead of {(status, True, origin)} with {body and body[:64]!r}")
        if answer.headers.get("Connection") == "close":
            self.close()
        return answer

    def get(self):
        self.client.send("GET", "/api/x", [("Origin", ALLOWED)])
        self.expect(200, b"ok")

    def download(self):
        size = self.rng.choice((1, 1000, 65536, 300_000))
        self.client.send("GET", f"/api/bytes/{size}", [("Origin", ALLOWED)])
        if hashlib.sha256(self.expect(200, None).body).hexdigest().encode() != checksum(size):
            raise Wrong(f"another sum of {size} bytes down")

    def up(self):
        size = self.rng.choice((1, 1000, 65536, 300_000))
        upload(self.client, "POST", "/api/sum", PIECE[:size], self.rng)
        self.expect(200, checksum(size), method="POST")

    def preflight(self):
        self.client.send("OPTIONS", "/api/x", [("Origin", ALLOWED), ("Access-Control-Request-Method", "PUT")])
        self.expect(204, b"", method="OPTIONS")

    def refused(self):
        self.client.send("GET", "/api/x", [("Origin", EVIL)])
        self.expect(403, None, None)

    def close(self):
        if self.client:
            self.client.close()
            self.client = None


class Bad:
    """Random traffic to upstreams that go wrong, by clients that do. `stop` (an Event) cuts short what waits."""

    def __init__(self, port, rng, stop):
        self.port, self.rng, self.stop = port, rng, stop
        self.kinds = [(self.way, 50), (self.hostile, 25), (self.dead, 3), (self.hole, 1), (self.leaves_upload, 4),
                      (self.leaves_download, 4), (self.half_closes, 3), (self.trickles_head, 1), (self.stalls_body, 1),
                      (self.says_nothing, 1), (self.reads_nothing, 2), (self.tunnel, 4), (self.expects, 3), (self.connects, 2)]

    def turn(self):
        """One of them; its name and how it ended."""
        kind, = self.rng.choices([kind for kind, _ in self.kinds], [weight for _, weight in self.kinds])
        return kind.__name__, kind()

    def target(self, name):
        return f"/way/{name.replace(' ', '%20')}/{self.rng.getrandbits(40)}"

    def judged(self, name, path, got, method):
        allowed = WAYS[name][1]
        if allowed is None:
            return
        # A kept connection may run out under a POST, which is not sent twice.
        late = TIMED_OUT | ({REFUSED} if method == "POST" else set())
        if got not in allowed | late:
            raise Wrong(f"{method} {path}: {got}, not one of {sorted(allowed, key=str)}")

    def way(self):
        name = self.rng.choice([name for name in WAYS if name != "expectation failed"])
        path, method = self.target(name), self.rng.choice(("GET", "GET", "POST"))
        body = PIECE[:self.rng.choice((1, 5000, 300_000))] if method == "POST" else b""
        with Client(self.port, HURT) as client:
            got, answer = self.send(client, method, path, body)
            self.judged(name, path, got, method)
            if name == "sum" and got == (200, True) and answer.body != hashlib.sha256(body).hexdigest().encode():
                raise Wrong(f"{method} {path}: another sum of the body")
            if got[1] and answer.headers.get("Connection") != "close":
                self.marker(client)
        return name

    def send(self, client, method, path, body):
        try:
            if body:
                upload(client, method, path, body, self.rng)
            else:
                client.raw(client.head(method, path, [("Origin", ALLOWED)]))
        except ConnectionError:
            pass  # answered before the body was sent
        return outcome(client, method)

    def marker(self, client):
        """Whatever was before on this connection: the next request gets its own answer."""
        path = self.target("plain")
        client.send("GET", path)
        got, answer = outcome(client)
        if got == (200, True) and answer.body != path.encode():
            raise Wrong(f"the answer to {path} is {answer.body[:200]!r}")

    def hostile(self):
        name, raw = self.rng.choice(HOSTILE)
        with Client(self.port) as client:
            data, ended = b"", False
            client.sock.settimeout(5)
            try:
                for piece in pieces_of(raw, self.rng):
                    client.raw(piece)
                client.sock.settimeout(0.1)
                while piece := client.sock.recv(65536):
                    data += piece
                ended = True
            except TimeoutError:
                pass
            except OSError:
                ended = True
            if self.rng.random() < 0.3:
                client.reset()
        if data and not data.startswith(b"HTTP/1."):
            raise Wrong(f"{name}: {data[:100]!r}")
        first = messages.read_responses(data, [raw.split(b" ", 1)[0].decode("latin-1")], ended)[:1]
        faults = [fault for response in first for fault in response.faults if "no response" not in fault]
        if faults:
            raise Wrong(f"{name}: {faults}")
        return first[0].status if first else "no answer"

    def refusal(self, host, allowed):
        with Client(self.port, host) as client:
            client.send(*self.rng.choice((("GET", "/x"), ("POST", "/x", [], b"abc"))))
            got, _ = outcome(client)
        if got not in allowed:
            raise Wrong(f"{host}: {got}, not one of {allowed}")
        return got[0]

    def dead(self):
        return self.refusal(DEAD, {REFUSED, LATE})

    def hole(self):
        return self.refusal(HOLE, {LATE})

    def leaves_upload(self):
        client = Client(self.port, HURT)
        framing = self.rng.choice((("Content-Length", "1000000"), ("Transfer-Encoding", "chunked")))
        client.raw(client.head("POST", self.target("sum"), [framing]) + b"1000\r\n" + b"x" * self.rng.randint(0, 3000))
        return self.goes(client)

    def leaves_download(self):
        client = Client(self.port, HURT)
        client.send("GET", self.target("much"))
        if self.rng.random() < 0.8:
            client.sock.recv(self.rng.randint(1, 100_000))
        return self.goes(client)

    def goes(self, client):
        if self.rng.random() < 0.5:
            client.reset()
            return "reset"
        client.close()
        return "closed"

    def half_closes(self):
        path = self.target("plain")
        with Client(self.port, HURT) as client:
            client.send("GET", path)
            client.sock.shutdown(socket.SHUT_WR)
            got, answer = outcome(client)
        if got not in {(200, True)} | TIMED_OUT or got[0] == 200 and answer.body != path.encode():
            raise Wrong(f"{path}, half closed: {got}")
        return got[0]

    def trickles(self, client, byte):
        """Until an answer comes."""
        while not select.select([client.sock], [], [], 0.05)[0] and not self.stop.is_set():
            try:
                client.raw(byte)
            except ConnectionError:
                break

    def trickles_head(self):
        with Client(self.port, HURT) as client:
            client.raw(b"GET /x HTTP/1.1\r\nX-Long: ")
            self.trickles(client, b"x")
            got = GONE if self.stop.is_set() else outcome(client)[0]
        if got not in {(408, True), GONE}:
            raise Wrong(f"a head that never ends: {got}")
        return got[0]

    def stalls_body(self):
        with Client(self.port, HURT) as client:
            client.raw(client.head("POST", self.target("sum"), [("Content-Length", "100")]) + b"part")
            got, _ = outcome(client, "POST")
        if got not in {(408, True), GONE}:
            raise Wrong(f"a body that never ends: {got}")
        return got[0]

    def says_nothing(self):
        with Client(self.port, HURT) as client:
            if not client.closed():
                raise Wrong("an answer that nobody asked for")
        return "closed"

    def reads_nothing(self):
        client = Client(self.port, HURT)
        client.send("GET", self.target("much"))
        self.stop.wait(self.rng.choice((0.1, 1, 7)))
        return self.goes(client)

    def tunnel(self):
        with Client(self.port, HURT) as client:
            client.raw(client.head("GET", self.target("echoes"), OFFER))
            got, _ = outcome(client)
            if got[0] != 101:
                if got not in TIMED_OUT:
                    raise Wrong(f"no tunnel, but {got}")
                return got[0]
            try:
                for _ in range(self.rng.randint(0, 50)):
                    word = PIECE[:self.rng.choice((1, 100, 10_000))]
                    client.raw(word)
                    back = []
                    if not client.reader.exactly(len(word), back.append):
                        return "ended"
                    if b"".join(back) != word:
                        raise Wrong("a tunnel changed its bytes")
            except ConnectionError:
                return "reset"
            return self.goes(client)

    def expects(self):
        name = self.rng.choice(("sum", "expectation failed", "says nothing", "fin"))
        path = self.target(name)
        with Client(self.port, HURT) as client:
            client.raw(client.head("POST", path, [("Content-Length", "5"), ("Expect", "100-continue")]))
            if select.select([client.sock], [], [], 1)[0]:
                try:
                    first = client.head_of_response()
                except ConnectionError:
                    return "closed"
                if first.status != 100:
                    if (first.status, True) not in WAYS[name][1] | {REFUSED} | TIMED_OUT:
                        raise Wrong(f"{path}: {first.status}")
                    return first.status
            client.raw(b"hello")
            got, answer = outcome(client, "POST")
            self.judged(name, path, got, "POST")
        return got[0]

    def connects(self):
        """A crowd at once, and gone again."""
        crowd = []
        for _ in range(self.rng.randint(1, 100)):
            sock = socket.socket()
            sock.setblocking(False)
            sock.connect_ex(("127.0.0.1", self.port))
            crowd.append(sock)
        begun = time.monotonic()
        for sock in crowd:
            if self.rng.random() < 0.5:
                select.select([], [sock], [], max(0, 0.1 - (time.monotonic() - begun)))
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            sock.close()
        return "gone"


def random_of(seed, name):
    return random.Random(f"{seed}/{name}")
