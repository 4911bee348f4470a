"""The caller's socket: from the upgrade request to an accepted stream.

`routes.py` lets nothing through whose `start` does not carry a fresh token for the very call
it names; only then is a `Call` built.
"""

import asyncio
import socket

from aiohttp import WSMsgType, web

from bridge.call.leg import SocketClosed
from bridge.call.messages import CodecError
from bridge.twilio import codec

PHONE_SOUND = ("audio/x-mulaw", 8000)  # Twilio's media format: encoding, samples per second
MESSAGE_LIMIT = 64 * 1024  # bytes; a media message of Twilio's is a few hundred
START_S = 2.0  # Twilio sends `start` right after the upgrade; until then nothing can be said to the caller
GONE_S = 15  # a peer whose kernel answers nothing for so long is gone
PROBE_S = 5  # it is asked that often
CLOSE_S = 2.0  # a peer that does not answer a close is not waited for longer
DRAIN_S = 1.0  # nor one that does not even take it in


class StreamRefused(Exception):
    """What opened the socket is not a stream of ours; `reason` is for the log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TwilioSocket:
    """aiohttp's server websocket as a leg's `Socket`."""

    def __init__(self, websocket: web.WebSocketResponse, request: web.Request) -> None:
        self._websocket = websocket
        self._request = request

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

    def send_now(self, text: str) -> bool:
        """Never: aiohttp sends by awaiting only."""
        return False

    async def close(self, code: int, reason: str) -> None:
        try:
            async with asyncio.timeout(CLOSE_S + DRAIN_S):
                await self._websocket.close(code=code, message=reason.encode())
        except TimeoutError:  # a peer that reads no more: its buffer would keep the close waiting for ever
            if self._request.transport is not None:
                self._request.transport.abort()


def new_websocket() -> web.WebSocketResponse:
    """A server websocket with the limits a stream of Twilio's needs."""
    return web.WebSocketResponse(max_msg_size=MESSAGE_LIMIT, compress=False, timeout=CLOSE_S, autoclose=True)


def watch_peer(request: web.Request) -> None:
    """Have the kernel notice a peer that vanished. A websocket ping would do it too, at the price of a
    timer that every frame sets anew; and what passes a proxy as a ping passes it as frames.
    """
    transport = request.transport
    peer = None if transport is None else transport.get_extra_info("socket")
    if peer is None:
        return
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (
        ("TCP_KEEPIDLE", PROBE_S),
        ("TCP_KEEPINTVL", PROBE_S),
        ("TCP_KEEPCNT", GONE_S // PROBE_S - 1),
        ("TCP_USER_TIMEOUT", GONE_S * 1000),  # what was sent and is not acknowledged
    ):
        if hasattr(socket, name):  # not every system has each
            peer.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


async def receive_start(twilio: TwilioSocket) -> codec.Start:
    """The stream's `start` message. Raises StreamRefused when it is late or the socket closes."""
    try:
        async with asyncio.timeout(START_S):
            while True:
                try:
                    message = codec.decode(await twilio.receive(), None)
                except CodecError:
                    continue
                if isinstance(message, codec.Start):
                    return message
    except TimeoutError:
        raise StreamRefused("no start in time") from None
    except SocketClosed:
        raise StreamRefused("closed before start") from None
