#!/usr/bin/python3
"""The troublemakers of `scripts/bench faults`: clients and an upstream that behave as badly as one kind of fault asks.

    trouble.py upstream PORT      /hang never answers, /large sends 100 MiB, /stall stops after half, /closed ends at once, else 1 KiB
    trouble.py KIND PORT COUNT    that many clients of one of KINDS against the proxy on PORT

Prints `ready` once the trouble is made, keeps it up until its standard input ends, then prints how many
connections the proxy still held, or how many exchanges there were."""
import asyncio
import socket
import struct
import sys

LARGE = 100 << 20
UPLOAD = b"POST /api/items HTTP/1.1\r\nHost: api.bench.example\r\nContent-Length: 1000000\r\n\r\n"
HEAD = b"GET /%s HTTP/1.1\r\nHost: api.bench.example\r\n"
LINGER_NONE = struct.pack("ii", 1, 0)


class Trouble:
    """What is open against one proxy, and what goes on in the background. Each kind returns once its trouble is made."""

    def __init__(self, port, count):
        self.port, self.count = port, count
        self.open, self.tasks, self.done = [], [], 0

    async def connect(self, receive_buffer=0):
        sock = socket.socket()
        self.open.append(sock)
        # As over a network: by segments of 64 KiB, which the loopback has, a buffer of the kernel's swallows 2.5 MiB before anybody reads.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1448)
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", self.port))
        return sock

    async def send(self, sock, data):
        try:
            await asyncio.get_running_loop().sock_sendall(sock, data)
        except OSError:
            pass  # the proxy had enough

    def seen(self, sock):
        """What of an answer has come so far; None: the connection is gone."""
        try:
            return sock.recv(12, socket.MSG_PEEK) or None
        except BlockingIOError:
            return b""
        except OSError:
            return None

    def held(self):
        """Connections that the proxy has neither closed nor given up."""
        return sum(1 for sock in self.open if self.seen(sock) in (b"", b"HTTP/1.1 200"))

    async def hold(self, request=b"", receive_buffer=0):
        for _ in range(self.count):
            await self.send(await self.connect(receive_buffer), request)

    async def not_read(self, request):
        """Everybody's answer has begun, and nobody reads it."""
        await self.hold(request, receive_buffer=4096)
        while any(self.seen(sock) == b"" for sock in self.open):
            await asyncio.sleep(0.05)

    async def drip(self, first, pause):
        """All send `first`, then each a byte every `pause` seconds."""
        await self.hold(first)

        async def go_on():
            batch = 50
            while True:
                for start in range(0, self.count, batch):
                    await asyncio.gather(*(self.send(sock, b"a") for sock in self.open[start:start + batch]))
                    await asyncio.sleep(pause * batch / self.count)

        self.tasks.append(asyncio.create_task(go_on()))

    async def again_and_again(self, request=b"", reset=False):
        """One exchange after the other, each on a connection of its own, `count` at once."""
        loop = asyncio.get_running_loop()

        async def exchange(sock):
            sock.setblocking(False)
            await loop.sock_connect(sock, ("127.0.0.1", self.port))
            if request:
                await loop.sock_sendall(sock, request)
            if reset:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NONE)
            elif request:
                await loop.sock_recv(sock, 65536)

        async def go_on():
            while True:
                with socket.socket() as sock:
                    try:
                        await exchange(sock)
                    except OSError:
                        pass
                self.done += 1

        self.tasks += [asyncio.create_task(go_on()) for _ in range(self.count)]
        while self.done < self.count:
            await asyncio.sleep(0.01)


END = b"Connection: close\r\n\r\n"
KINDS = {
    "slow-heads": lambda trouble: trouble.drip(HEAD % b"api/items" + b"X-Slow: ", 5),
    "slow-bodies": lambda trouble: trouble.drip(UPLOAD, 1),
    "silent": lambda trouble: trouble.hold(),
    "no-readers": lambda trouble: trouble.not_read(HEAD % b"trouble/large" + b"\r\n"),
    "waiting": lambda trouble: trouble.hold(HEAD % b"trouble/hang" + b"\r\n"),
    "connects": lambda trouble: trouble.again_and_again(),
    "garbage": lambda trouble: trouble.again_and_again(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"),
    "resets": lambda trouble: trouble.again_and_again(HEAD % b"api/64k" + b"\r\n", reset=True),
    "refused": lambda trouble: trouble.again_and_again(HEAD % b"api/items" + b"Origin: https://evil.example\r\n" + END),
    "broken-upstream": lambda trouble: trouble.again_and_again(HEAD % b"trouble/closed" + END),
}


async def until_told():
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()


async def make_trouble(kind, port, count):
    trouble = Trouble(port, count)
    await KINDS[kind](trouble)
    print("ready", flush=True)
    await until_told()
    for task in trouble.tasks:
        task.cancel()
    print(trouble.done or trouble.held(), flush=True)


async def serve(reader, writer):
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            path = head.split(b" ", 2)[1]
            if path.endswith(b"/hang"):
                await reader.read()
                return
            if path.endswith(b"/closed"):
                return
            size = LARGE if path.endswith((b"/large", b"/stall")) else 1024
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
            piece = bytes(min(size, 65536))
            for sent in range(0, size, len(piece)):
                if path.endswith(b"/stall") and sent >= size // 2:
                    await reader.read()
                    return
                writer.write(piece)
                await writer.drain()
    except (OSError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def run_upstream(port):
    server = await asyncio.start_server(serve, "127.0.0.1", port, backlog=4096, limit=65536)
    print("ready", flush=True)
    async with server:
        await until_told()


if __name__ == "__main__":
    if sys.argv[1] == "upstream":
        asyncio.run(run_upstream(int(sys.argv[2])))
    else:
        asyncio.run(make_trouble(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
