"""The caller's socket: from the upgrade request to an accepted stream.

`accept_stream` lets nothing through that does not carry a fresh token for the very call it
names; only then is a `Call` built. Read `routes.py` for who calls it.
"""

import asyncio

from aiohttp import WSMsgType, web

from bridge.call.leg import SocketClosed
from bridge.call.messages import CodecError
from bridge.twilio import codec

MESSAGE_LIMIT = 64 * 1024  # bytes; a media message of Twilio's is a few hundred
START_S = 5.0  # Twilio sends `start` right after the upgrade
HEARTBEAT_S = 20.0


class StreamRefused(Exception):
    """What opened the socket is not a stream of ours; `reason` is for the log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TwilioSocket:
    """aiohttp's server websocket as a leg's `Socket`."""

    def __init__(self, websocket: web.WebSocketResponse) -> None:
        self._websocket = websocket

    async def receive(self) -> str | bytes:
        message = await self._websocket.receive()
        if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
            data: str | bytes = message.data
            return data
        raise SocketClosed(self._websocket.close_code, "")

    async def send(self, text: str) -> None:
        try:
            await self._websocket.send_str(text)
        except (ConnectionError, RuntimeError) as error:  # closing under the writer
            raise SocketClosed(self._websocket.close_code, type(error).__name__) from error

    async def close(self, code: int, reason: str) -> None:
        await self._websocket.close(code=code, message=reason.encode())


def new_websocket() -> web.WebSocketResponse:
    """A server websocket with the limits a stream of Twilio's needs."""
    return web.WebSocketResponse(
        max_msg_size=MESSAGE_LIMIT, heartbeat=HEARTBEAT_S, compress=False, timeout=2.0, autoclose=True
    )


async def receive_start(socket: TwilioSocket) -> codec.Start:
    """The stream's `start` message. Raises StreamRefused when it is late or the socket closes."""
    try:
        async with asyncio.timeout(START_S):
            while True:
                try:
                    message = codec.decode(await socket.receive(), None)
                except CodecError:
                    continue
                if isinstance(message, codec.Start):
                    return message
    except TimeoutError:
        raise StreamRefused("no start in time") from None
    except SocketClosed:
        raise StreamRefused("closed before start") from None
