"""Twilio's end of one stream, spoken by hand: for tests that say what the telephone never would.

Reads a message only when it is asked to. Read next: bridge/harness/telephone/stream_messages.py.
"""

import asyncio
import json
from typing import Any

from aiohttp import ClientWebSocketResponse, WSMsgType

from bridge.harness.telephone.stream_messages import Writer

WAIT_S = 30.0  # of the loop's time; a test that waits longer waits for something that never comes


class Line:
    """Twilio's end of one stream, by hand."""

    def __init__(self, socket: ClientWebSocketResponse, writer: Writer) -> None:
        self.socket = socket
        self.writer = writer
        self.heard: list[dict[str, Any]] = []

    async def send(self, message: str | bytes) -> None:
        if isinstance(message, bytes):
            await self.socket.send_bytes(message)
        else:
            await self.socket.send_str(message)

    async def start(self, token: str | None = None, **more: str) -> None:
        """`connected` and `start`, with this token if any."""
        parameters = more if token is None else {"token": token, **more}
        await self.send(self.writer.connected())
        await self.send(self.writer.start(parameters))

    async def silence(self, frames: int = 1) -> None:
        """Frames of nothing."""
        for number in range(frames):
            await self.send(self.writer.media(b"\xff" * 160, 20 * number))

    async def until(self, event: str) -> dict[str, Any]:
        """The server's next message of this kind; those before it are kept."""
        while (message := await self._next()) is not None:
            if message["event"] == event:
                return message
        raise AssertionError(f"the server closed with {self.socket.close_code} before {event}")

    async def closed(self, *, returning_marks: bool = False) -> int | None:
        """The code with which the server closes; what it says before is kept.

        `returning_marks`: as if everything were played at once.
        """
        for message in self.heard[:] if returning_marks else ():
            await self._return(message)
        while (heard := await self._next()) is not None:
            if returning_marks:
                await self._return(heard)
        return self.socket.close_code

    async def hang_up(self) -> int | None:
        """`stop` and the close of the socket, as when the caller hangs up; harmless when it is closed."""
        if not self.socket.closed:
            await self.send(self.writer.stop())
        return await self.closed()

    def abort(self) -> None:
        """The network is gone: no `stop`, no close frame, a reset connection."""
        connection = self.socket._response.connection  # aiohttp has no public way to be this rude
        assert connection is not None
        assert connection.transport is not None
        connection.transport.abort()

    async def _return(self, message: dict[str, Any]) -> None:
        if message["event"] == "mark" and not self.socket.closed:
            await self.send(self.writer.mark(message["mark"]["name"]))

    async def _next(self) -> dict[str, Any] | None:
        async with asyncio.timeout(WAIT_S):
            message = await self.socket.receive()
        if message.type is not WSMsgType.TEXT:
            return None
        heard: dict[str, Any] = json.loads(message.data)
        self.heard.append(heard)
        return heard
