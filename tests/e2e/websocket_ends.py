"""WebSocket ends of python3-websockets (Debian), for tests that are written without asyncio."""

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
        self.seen.append(socket.request_headers)
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


class WebSocket:
    """A client's end. Raises websockets.InvalidStatusCode for an answer that is no 101."""

    def __init__(self, loop, port, origin=None, path="/api/chat", **options):
        async def connect():
            return await websockets.connect(f"ws://127.0.0.1:{port}{path}", origin=origin, max_size=None, **options)
        self.loop = loop
        self.socket = loop.run(connect())

    def send(self, message):
        self.loop.run(self.socket.send(message))

    def receive(self):
        return self.loop.run(self.socket.recv())

    def close(self):
        self.loop.run(self.socket.close())
        return self.socket.close_code
