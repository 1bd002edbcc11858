"""WebSockets and other tunnels through the real program: real ends, much, many, and how they end."""

import asyncio
import hashlib
import os
import pathlib
import resource
import socket
import threading
import time
import unittest

from support import ALLOWED, EVIL, SANITIZED, Client, Corsd, TestCase, Upstream, wait_until
from websocket_ends import EchoServer, Loop, NotSwitched, WebSocket

ALL = os.environ.get("CORSD_ALL") == "1"
OFFER = [("Connection", "Upgrade"), ("Upgrade", "raw"), ("Origin", ALLOWED)]
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: raw\r\n\r\n"
MiB = 1 << 20


def resident(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmRSS")


class RealEnds(TestCase):
    def setUp(self):
        self.echo = self.start(EchoServer())
        self.server = self.start(Corsd(self.echo.port, f"\n  /api/*: {{origins: [{ALLOWED}]}}\n  /open/*: {{origins: \"*\"}}\n"
                                                       "  /known/*: {websocket_origin_required: true}\n"))
        self.loop = Loop()
        self.addCleanup(self.loop.stop)

    def open(self, origin=None, path="/api/chat", **options):
        return WebSocket(self.loop, self.server.port, origin, path, **options)

    def refused(self, origin, path="/api/chat"):
        with self.assertRaises(NotSwitched) as raised:
            self.open(origin, path)
        self.assertEqual(raised.exception.status, 403)
        self.assertEqual(self.echo.handshakes(), 0)
        return self.server.wait_access(1)[-1]

    def test_the_own_origin_an_allowed_one_and_none_get_through(self):
        for origin in (self.server.own_origin, ALLOWED, None):
            client = self.open(origin, subprotocols=None)
            client.send("hello")
            self.assertEqual(client.receive(), "echo hello")
            client.send(bytes(range(256)) * 4096)
            self.assertEqual(client.receive(), bytes(range(256)) * 4096)
            self.assertEqual(client.close(), 1000)
            self.assertEqual(self.echo.seen[-1].get("Origin"), origin)
        self.assertEqual(self.echo.handshakes(), 3)

    def test_one_access_line_at_the_end_with_the_bytes_of_both_ways(self):
        client = self.open(ALLOWED, compression=None)
        client.send(b"x" * 1000)
        client.receive()
        self.assertEqual(self.server.access(), [])
        client.close()
        entry, = self.server.wait_access(1)
        self.assertEqual((entry["status"], entry["upstream_status"], entry["decision"], entry["origin"], entry["target"]),
                         (101, 101, "forward", ALLOWED, "/api/chat"))
        self.assertNotIn("reason", entry)
        # A frame of 1000 bytes (8 of head from the client, 4 from the server), and the closing ones (8 and 4).
        self.assertEqual((entry["bytes_in"], entry["bytes_out"]), (1016, 1008))

    def test_a_foreign_origin_is_refused_before_the_upstream_sees_it(self):
        entry = self.refused(EVIL)
        self.assertEqual((entry["reason"], entry["decision"], entry["status"]), ("websocket_origin", "refuse", 403))

    def test_null_is_refused(self):
        self.assertEqual(self.refused("null")["reason"], "websocket_origin")

    def test_any_origin_may_read_but_none_may_open(self):
        self.assertEqual(self.refused(ALLOWED, "/open/chat")["reason"], "websocket_origin")

    def test_no_origin_where_it_is_required(self):
        self.assertEqual(self.refused(None, "/known/chat")["reason"], "origin_missing")


class Tunnel(TestCase):
    """Raw ends: what the upstream does with the tunnel is `talk(connection)`."""

    def tunnel(self, talk, extra=""):
        def respond(_request, connection):
            connection.send(SWITCH)
            connection.close()
            talk(connection)

        upstream, server = self.pair(respond, extra=extra)
        client = self.start(server.client())
        client.send("GET", "/api/raw", OFFER)
        self.assertEqual(client.head_of_response().status, 101)
        return upstream, server, client

    def test_much_through_a_tunnel_in_constant_memory(self):
        size = 1024 * MiB if ALL else 96 * MiB
        block = os.urandom(MiB)
        received = {}

        def pump(sock):
            for _ in range(size // len(block)):
                sock.sendall(block)
            sock.shutdown(socket.SHUT_WR)

        def take(reader, name):
            digest, count = hashlib.blake2b(), 0
            while reader.buffer or reader.more():
                digest.update(reader.buffer)
                count += len(reader.buffer)
                reader.buffer = b""
            received[name] = (count, digest.hexdigest())

        def talk(connection):
            sender = threading.Thread(target=pump, args=(connection.sock,))
            sender.start()
            take(connection.reader, "up")
            sender.join()

        _, server, client = self.tunnel(talk)
        before = resident(server.pid)
        sender = threading.Thread(target=pump, args=(client.sock,))
        sender.start()
        take(client.reader, "down")
        sender.join()
        entry, = server.wait_access(1)
        digest = hashlib.blake2b()
        for _ in range(size // len(block)):
            digest.update(block)
        self.assertEqual(received, {"up": (size, digest.hexdigest()), "down": (size, digest.hexdigest())})
        self.assertEqual((entry["bytes_in"], entry["bytes_out"]), (size, size))
        if not SANITIZED:
            self.assertLess(server.memory_peak() - before, 4 * MiB)

    def test_the_bytes_glued_behind_the_heads(self):
        def respond(_request, connection):
            connection.send(SWITCH + b"first")
            connection.close()
            while len(connection.reader.buffer) < 5:
                connection.reader.more()
            connection.send(connection.reader.buffer)

        _, server = self.pair(respond)
        client = self.start(server.client())
        client.raw(client.head("GET", "/api/raw", OFFER) + b"early")
        self.assertEqual(client.head_of_response().status, 101)
        self.assertEqual(client.reader.until(b"firstearly"), b"")
        self.assertTrue(client.closed())

    def test_timeouts_stream_ends_a_silent_tunnel(self):
        ended = threading.Event()

        def talk(connection):
            connection.reader.more()
            ended.set()

        _, server, client = self.tunnel(talk, extra="timeouts: {stream: 500ms}")
        begin = time.monotonic()
        self.assertTrue(client.closed())
        self.assertGreaterEqual(time.monotonic() - begin, 0.4)
        self.assertTrue(ended.wait(30))
        entry, = server.wait_access(1)
        self.assertEqual((entry["status"], entry["detail"]), (101, "nothing came through the tunnel for timeouts.stream"))

    def test_a_tunnel_lives_on_while_draining_and_ends_with_timeouts_drain(self):
        def talk(connection):
            while connection.reader.more():
                connection.send(connection.reader.buffer)
                connection.reader.buffer = b""

        _, server, client = self.tunnel(talk, extra="timeouts: {drain: 1s}")
        server.terminate()
        for _ in range(3):
            client.raw(b"still there?")
            self.assertEqual(client.reader.until(b"?"), b"still there")
        self.assertEqual(client.sock.recv(1), b"")  # an end, not a reset
        self.assertEqual(server.exit_code(), 0, server.stderr())
        self.assertEqual([(entry["status"], entry["bytes_in"]) for entry in server.access()], [(101, 36)])

    def test_many_idle_tunnels_cost_little(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        count = min(6000 if ALL else 1000, (hard - 200) // 2)
        loop = Loop()
        self.addCleanup(loop.stop)

        async def serve(reader, writer):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(SWITCH)
            try:
                while data := await reader.read(100):
                    writer.write(data)
            except ConnectionError:
                pass
            writer.close()

        async def start():
            return await asyncio.start_server(serve, "127.0.0.1", 0, backlog=1000)

        async def stop():
            upstream.close()

        upstream = loop.run(start())
        self.addCleanup(lambda: loop.run(stop()))
        server = self.start(Corsd(upstream.sockets[0].getsockname()[1], extra="limits: {max_connections: 20000}"))
        clients = []
        self.addCleanup(lambda: [client.close() for client in clients])

        def open_some(number):
            for _ in range(number):
                client = Client(server.port)
                clients.append(client)
                client.send("GET", "/api/raw", OFFER)
                self.assertEqual(client.head_of_response().status, 101)

        open_some(100)  # what the program needs once
        before = resident(server.pid)
        open_some(count - 100)
        each = (resident(server.pid) - before) / (count - 100)
        print(f"{count} idle tunnels, {each:.0f} bytes each", flush=True)
        if not SANITIZED:
            self.assertLess(each, 12 * 1024)
        for client in clients[:: count // 50]:  # they are all there
            client.raw(b"ping")
            self.assertEqual(client.sock.recv(4, socket.MSG_WAITALL), b"ping")


if __name__ == "__main__":
    unittest.main()
