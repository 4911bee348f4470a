"""Opening the model's socket, and how it fails."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from bridge.call.leg import SocketClosed
from bridge.realtime.connection import UNSENT_LIMIT, ModelUnreachable, client_tls, connect, realtime_url
from tests.bench.certificate import make_certificate

Handler = Callable[[ServerConnection], Awaitable[None]]


async def idle(websocket: ServerConnection) -> None:
    await websocket.wait_closed()


@asynccontextmanager
async def service(
    handler: Handler = idle,
    answer: Callable[[ServerConnection, Request], Response | None] | None = None,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[str]:
    """A websocket server; its address with a query."""
    async with serve(handler, "127.0.0.1", 0, process_request=answer, ssl=tls) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield f"{'ws' if tls is None else 'wss'}://127.0.0.1:{port}/v1/realtime?intent=realtime"


async def request_of(**how: str) -> Request:
    """The upgrade request that `connect` sends."""
    seen: list[Request] = []

    async def keep(websocket: ServerConnection) -> None:
        assert websocket.request is not None
        seen.append(websocket.request)

    async with service(keep) as url:
        socket = await connect(url, "gpt-realtime-2.1", "sk-key", **how)  # type: ignore[arg-type]
        with pytest.raises(SocketClosed):
            await socket.receive()
    return seen[0]


async def test_what_the_upgrade_says() -> None:
    """The key as Bearer, the model in the query beside what stands there, and nothing of the beta."""
    request = await request_of()
    assert request.path == "/v1/realtime?intent=realtime&model=gpt-realtime-2.1"
    assert request.headers["Authorization"] == "Bearer sk-key"
    for absent in ("api-key", "OpenAI-Beta", "OpenAI-Safety-Identifier", "Sec-WebSocket-Extensions"):
        assert absent not in request.headers


async def test_azure_key() -> None:
    """Azure takes its keys in a header of their own."""
    headers = (await request_of(auth_header="api-key")).headers
    assert headers["api-key"] == "sk-key"
    assert "Authorization" not in headers


async def test_the_caller_is_told_only_as_a_keyed_hash() -> None:
    """The number itself never leaves, the same caller has the same mark, others another."""
    one, same, other = [
        (await request_of(caller=number)).headers["OpenAI-Safety-Identifier"]
        for number in ("+12025550143", "+12025550143", "+12025550144")
    ]
    assert one == same != other
    assert len(one) == 64
    assert "2025550143" not in one


async def test_messages_both_ways() -> None:
    """Text goes out as text frames and comes in as the bytes the codec reads."""

    async def echo(websocket: ServerConnection) -> None:
        message = await websocket.recv()
        assert isinstance(message, str)
        await websocket.send(message)
        await websocket.wait_closed()

    async with service(echo) as url:
        socket = await connect(url, "m", "k")
        await socket.send('{"type":"Zoë"}')
        assert await socket.receive() == '{"type":"Zoë"}'.encode()
        await socket.close(1000, "done")
        await socket.close(1000, "twice is harmless")


async def test_a_large_message_is_taken() -> None:
    """A delta or an item of a megabyte is nothing unusual."""

    async def large(websocket: ServerConnection) -> None:
        await websocket.send("x" * 2_000_000)
        await websocket.wait_closed()

    async with service(large) as url:
        socket = await connect(url, "m", "k")
        assert len(await socket.receive()) == 2_000_000
        await socket.close()


async def test_a_close_says_code_and_reason() -> None:
    """How the service hung up is told to reader and writer alike."""

    async def refuse(websocket: ServerConnection) -> None:
        await websocket.close(4000, "invalid_request_error.invalid_model")

    async with service(refuse) as url:
        socket = await connect(url, "m", "k")
        for use in (socket.receive, lambda: socket.send("{}")):
            with pytest.raises(SocketClosed) as closed:
                await use()
            assert (closed.value.code, closed.value.reason) == (4000, "invalid_request_error.invalid_model")


@pytest.mark.parametrize("status", [401, 404, 429, 503, 302])
async def test_a_refused_upgrade(status: int) -> None:
    """The HTTP status is told; a redirect is not followed, since it would carry the key along."""

    def answer(connection: ServerConnection, _: Request) -> Response:
        response = connection.respond(HTTPStatus(status), "")
        response.headers["Location"] = "ws://127.0.0.1:1/elsewhere"
        return response

    async with service(answer=answer) as url:
        with pytest.raises(ModelUnreachable) as refused:
            await connect(url, "m", "sk-key")
        assert (refused.value.status, refused.value.code) == (status, None)
        assert "sk-key" not in str(refused.value)


async def test_nobody_there() -> None:
    """A closed port is unreachable, without a status."""
    async with service() as url:
        pass
    with pytest.raises(ModelUnreachable) as refused:
        await connect(url, "m", "k")
    assert refused.value.status is None


async def test_a_peer_that_is_no_websocket_server() -> None:
    """Whatever else answers on the port is unreachable too."""

    async def nonsense(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example.com ready\r\n")
        writer.close()

    async with await asyncio.start_server(nonsense, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ModelUnreachable):
            await connect(f"ws://127.0.0.1:{port}/v1/realtime", "m", "k")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("wss://api.openai.com/v1/realtime", "wss://api.openai.com/v1/realtime?model=m"),
        ("wss://h.example/openai/v1/realtime?a=b", "wss://h.example/openai/v1/realtime?a=b&model=m"),
        ("wss://h.example/v1/realtime?model=old", "wss://h.example/v1/realtime?model=m"),
        ("ws://localhost:9/v1/realtime", "ws://localhost:9/v1/realtime?model=m"),
        ("ws://[::1]:9/v1/realtime", "ws://[::1]:9/v1/realtime?model=m"),
    ],
)
def test_realtime_url(url: str, expected: str) -> None:
    """The model joins the query that is there."""
    assert realtime_url(url, "m") == expected


@pytest.mark.parametrize(
    "url",
    [
        "ws://api.openai.com/v1/realtime",
        "ws://10.0.0.5/v1/realtime",
        "ws://localhost.example.com/v1/realtime",
        "https://api.openai.com/v1/realtime",
        "wss:///v1/realtime",
    ],
)
def test_addresses_that_are_refused(url: str) -> None:
    """Unencrypted beyond this machine, or no websocket address at all."""
    with pytest.raises(ValueError, match=r"websocket address|unencrypted"):
        realtime_url(url, "m")


async def test_whom_we_trust_is_read_once(tmp_path: Path) -> None:
    """One context opens any number of encrypted sockets, and who is not in it is not spoken to."""
    server, trusted = make_certificate(tmp_path)
    ours = ssl.create_default_context(cafile=trusted)
    async with service(tls=server) as url:
        sockets = [await connect(url, "gpt-realtime-2.1", "sk-key", tls=ours) for _ in range(2)]
        for socket in sockets:
            await socket.close()
        with pytest.raises(ModelUnreachable):
            await connect(url, "gpt-realtime-2.1", "sk-key", tls=client_tls(url))


def test_nothing_is_trusted_where_nothing_is_encrypted() -> None:
    """A stand-in on this machine needs no certificates; the service's must be checked."""
    assert client_tls("ws://127.0.0.1:5/v1/realtime") is None
    context = client_tls("wss://api.openai.com/v1/realtime")
    assert context is not None
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


async def test_what_needs_no_waiting_is_sent_at_once() -> None:
    """Until the socket is closed: then nothing is taken, and whoever sends hears of it."""
    heard: list[str | bytes] = []

    async def listen(websocket: ServerConnection) -> None:
        heard.append(await websocket.recv())

    async with service(listen) as url:
        socket = await connect(url, "gpt-realtime-2.1", "sk-key")
        assert socket.send_now("one")
        with pytest.raises(SocketClosed):
            await socket.receive()
        assert heard == ["one"]
        assert not socket.send_now("two")


async def test_a_service_that_does_not_keep_up() -> None:
    """What it does not take stays with us: no more is handed over than the limit and one message."""
    async with service() as url:
        socket = await connect(url, "gpt-realtime-2.1", "sk-key")
        message, sent = "x" * 10_000, 0
        while socket.send_now(message):  # the loop does not run meanwhile, so nobody reads
            sent += len(message)
            assert sent < 100 * UNSENT_LIMIT + 16 * 1024 * 1024
        assert sent > UNSENT_LIMIT
        await socket.close()
