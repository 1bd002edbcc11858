"""WebSocket ends of python3-websockets, for tests that are written without asyncio.

Debian 12 and Ubuntu 24.04 have version 10, Debian 13 has 15, whose ends have other names for what a handshake held.
"""

import asyncio
import threading

import websockets


class Loop:
    """An event loop on a thread of its own."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def run(self, coroutine, timeout=30):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(timeout)

    def stop(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


class EchoServer:
    """Echoes text with "echo " before it and bytes as they are; counts the handshakes that it saw."""

    def __init__(self):
        self.loop = Loop()
        self.seen = []  # request headers of each handshake
        self.server = self.loop.run(self._start())
        self.port = self.server.sockets[0].getsockname()[1]

    async def _start(self):
        return await websockets.serve(self._echo, "127.0.0.1", 0, max_size=None)

    async def _echo(self, socket):
        self.seen.append(socket.request_headers if hasattr(socket, "request_headers") else socket.request.headers)
        try:
            async for message in socket:
                await socket.send(message if isinstance(message, bytes) else "echo " + message)
        except websockets.ConnectionClosed:
            pass  # in the middle, or with a code that tells nothing

    def handshakes(self):
        return len(self.seen)

    def close(self):
        async def close():
            self.server.close()
            await self.server.wait_closed()
        self.loop.run(close())
        self.loop.stop()


class NotSwitched(Exception):
    """The answer to a handshake was no 101, but `status`."""

    def __init__(self, refusal):
        self.status = refusal.status_code if hasattr(refusal, "status_code") else refusal.response.status_code
        super().__init__(self.status)


class WebSocket:
    """A client's end. Raises NotSwitched."""

    def __init__(self, loop, port, origin=None, path="/api/chat", **options):
        async def connect():
            return await websockets.connect(f"ws://127.0.0.1:{port}{path}", origin=origin, max_size=None, **options)
        self.loop = loop
        try:
            self.socket = loop.run(connect())
        except websockets.InvalidHandshake as refusal:
            raise NotSwitched(refusal) from refusal

    def send(self, message):
        self.loop.run(self.socket.send(message))

    def receive(self):
        return self.loop.run(self.socket.recv())

    def close(self):
        self.loop.run(self.socket.close())
        return self.socket.close_code
