"""The caller's socket as a leg sees it. Which streams are refused is in tests/test_stream_refused.py."""

import asyncio
import contextlib
import socket as sockets
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType, web

from bridge.call.leg import SocketClosed
from bridge.harness.telephone.stream_messages import Writer
from bridge.twilio import codec
from bridge.twilio.stream import (
    GONE_S,
    MESSAGE_LIMIT,
    StreamRefused,
    TwilioSocket,
    new_websocket,
    receive_start,
    watch_peer,
)
from tests.server import ACCOUNT, in_no_time

CALL = "CA" + "1" * 32
STREAM = "MZ" + "1" * 32
Serve = Callable[[TwilioSocket], Awaitable[None]]


@contextlib.asynccontextmanager
async def connected(serve: Serve, *, autoclose: bool = True) -> AsyncIterator[ClientWebSocketResponse]:
    """A client of a server that does this with its socket; raises what that raised."""
    failed: list[BaseException] = []
    done = asyncio.Event()

    async def handle(request: web.Request) -> web.WebSocketResponse:
        websocket = new_websocket()
        await websocket.prepare(request)
        try:
            await serve(TwilioSocket(websocket, request))
        except Exception as error:
            failed.append(error)
        finally:
            done.set()
        return websocket

    app = web.Application()
    app.add_routes([web.get("/", handle)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        async with (
            ClientSession() as session,
            session.ws_connect(
                f"http://127.0.0.1:{runner.addresses[0][1]}/", max_msg_size=0, autoclose=autoclose
            ) as socket,
        ):
            yield socket
            async with asyncio.timeout(30):
                await done.wait()
    finally:
        await runner.cleanup()
    if failed:
        raise failed[0]


@in_no_time
async def test_texts_and_bytes_come_as_they_are() -> None:
    """Text as text, bytes as bytes, so that the codec can refuse the latter."""
    heard: list[str | bytes] = []

    async def serve(socket: TwilioSocket) -> None:
        heard.extend([await socket.receive() for _ in range(3)])

    async with connected(serve) as client:
        await client.send_str("one")
        await client.send_bytes(b"\x00")
        await client.ping()  # answered by aiohttp, and no message
        await client.send_str("x" * (MESSAGE_LIMIT - 1))
    assert heard == ["one", b"\x00", "x" * (MESSAGE_LIMIT - 1)]


@in_no_time
async def test_a_close_has_a_code() -> None:
    """Reading ends with SocketClosed and the peer's code."""

    async def serve(socket: TwilioSocket) -> None:
        with pytest.raises(SocketClosed) as closed:
            await socket.receive()
        assert closed.value.code == 4321
        with pytest.raises(SocketClosed):
            await socket.receive()  # and again
        with pytest.raises(SocketClosed):
            await socket.send("too late")
        await socket.close(1000, "")  # harmless

    async with connected(serve) as client:
        await client.close(code=4321)


@in_no_time
async def test_closing_says_why() -> None:
    """Our own close carries code and reason, and ends reading."""

    async def serve(socket: TwilioSocket) -> None:
        await socket.send("hello")
        await socket.close(1008, "refused")
        with pytest.raises(SocketClosed):
            await socket.send("too late")

    async with connected(serve, autoclose=False) as client:
        assert (await client.receive()).data == "hello"
        message = await client.receive()
        assert (message.type, message.data, message.extra) == (WSMsgType.CLOSE, 1008, "refused")


@in_no_time
async def test_closing_a_peer_that_does_not_answer() -> None:
    """A peer that ignores our close is not waited for longer than a moment."""

    async def serve(socket: TwilioSocket) -> None:
        async with asyncio.timeout(5):
            await socket.close(1000, "")

    async with connected(serve):
        await asyncio.sleep(6)  # the loop's time: nothing is read meanwhile


@in_no_time
async def test_closing_a_peer_that_reads_nothing() -> None:
    """Nor one whose buffers are full: its connection is cut."""

    async def serve(socket: TwilioSocket) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                while True:
                    await socket.send("x" * 100_000)
        async with asyncio.timeout(5):
            await socket.close(1000, "")

    async with connected(serve):
        await asyncio.sleep(10)


@in_no_time
async def test_start() -> None:
    """The first `start` is handed over, whatever stands before it."""
    writer = Writer(ACCOUNT, CALL, STREAM)
    starts: list[codec.Start] = []

    async def serve(socket: TwilioSocket) -> None:
        starts.append(await receive_start(socket))

    async with connected(serve) as client:
        await client.send_str(writer.connected())
        await client.send_str("{")
        await client.send_str(writer.start({"token": "t"}))
    (start,) = starts
    assert (start.account_sid, start.call_sid, start.stream_sid) == (ACCOUNT, CALL, STREAM)
    assert start.parameters == {"token": "t"}


@in_no_time
async def test_no_start() -> None:
    """A socket that closes first, or a minute of other messages, is refused with its reason."""

    async def serve(socket: TwilioSocket) -> None:
        with pytest.raises(StreamRefused) as refused:
            await receive_start(socket)
        reasons.append(refused.value.reason)

    reasons: list[str] = []
    async with connected(serve) as client:
        await client.close()
    async with connected(serve) as client:
        for _ in range(60):
            await asyncio.sleep(1)
            with contextlib.suppress(ConnectionError):
                await client.send_str('{"event": "connected"}')
    assert reasons == ["closed before start", "no start in time"]


@pytest.mark.skipif(not hasattr(sockets, "TCP_USER_TIMEOUT"), reason="this system has no such option")
async def test_the_kernel_finds_out_that_a_peer_is_gone() -> None:
    """Within a quarter of a minute, whether or not anything is being sent to it."""
    kept: list[int] = []

    async def handle(request: web.Request) -> web.Response:
        watch_peer(request)
        assert request.transport is not None
        peer = request.transport.get_extra_info("socket")
        for option in (
            sockets.TCP_KEEPIDLE,
            sockets.TCP_KEEPINTVL,
            sockets.TCP_KEEPCNT,
            sockets.TCP_USER_TIMEOUT,
        ):
            kept.append(peer.getsockopt(sockets.IPPROTO_TCP, option))
        return web.Response()

    app = web.Application()
    app.add_routes([web.get("/", handle)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with ClientSession() as session, session.get(f"http://127.0.0.1:{runner.addresses[0][1]}/"):
        await runner.cleanup()
    idle, interval, count, unanswered_ms = kept
    assert idle + interval * count <= GONE_S
    assert unanswered_ms <= GONE_S * 1000
