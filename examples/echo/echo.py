"""A WebSocket server that sends back what it gets. Who may open one is not its business: corsd in front of it decides.

    PORT=5001 python3 echo.py
"""

import asyncio
import os

import websockets


async def echo(socket):
    try:
        async for message in socket:
            await socket.send(message)
    except websockets.ConnectionClosed:
        pass  # with a code that tells nothing


async def serve():
    async with websockets.serve(echo, os.environ.get("ADDRESS", "127.0.0.1"), int(os.environ.get("PORT", "5001"))):
        await asyncio.Future()


if __name__ == "__main__":
    asyncio.run(serve())
