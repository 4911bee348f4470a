"""Who takes a connection, of those that listen on one port."""

import asyncio
import contextlib
import socket
from collections import Counter
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession, TCPConnector, web

from bridge.accepting import SharedSite
from bridge.call.places import Places


@contextlib.asynccontextmanager
async def worker(name: str, listening: socket.socket, places: Places) -> AsyncIterator[None]:
    """A server that answers with its name."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(text=name)

    app = web.Application()
    app.router.add_get("/", answer)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    # As in a process of its own, which has its own descriptor of the socket.
    with listening.dup() as own:
        await SharedSite(runner, own, places).start()
        yield
        await runner.cleanup()


@pytest.fixture
async def port() -> AsyncIterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield listening


async def asked(listening: socket.socket, times: int) -> Counter[str]:
    """Who answers, and how often, on a new connection each time."""
    async with ClientSession(connector=TCPConnector(force_close=True)) as session:
        names = Counter[str]()
        for _ in range(times):
            async with session.get(f"http://127.0.0.1:{listening.getsockname()[1]}/") as answer:
                names[await answer.text()] += 1
        return names


async def test_the_one_with_fewer_calls_answers(port: socket.socket) -> None:
    """Whichever it is: the other leaves it to that one, and nobody waits. Who comes in at the very moment
    when the other looks again is taken by that one.
    """
    first = Places(10, workers=2)
    second = first.of(1)
    async with worker("first", port, first), worker("second", port, second):
        first.hold(3)
        second.hold(2)
        assert (await asked(port, 20))["second"] > 10
        second.hold(4)
        assert (await asked(port, 20))["first"] > 10


async def test_one_that_does_not_answer_keeps_nobody_waiting(port: socket.socket) -> None:
    """It is halted, or gone a moment ago: the busier one takes who comes in."""
    first = Places(10, workers=2)
    first.hold(3)
    async with worker("first", port, first):
        async with asyncio.timeout(5):
            assert set(await asked(port, 20)) == {"first"}


async def test_it_stops_listening(port: socket.socket) -> None:
    """Then the port is left to the others, and nothing of it is left."""
    first = Places(10, workers=2)
    async with worker("second", port, first.of(1)):
        async with worker("first", port, first):
            pass
        assert set(await asked(port, 5)) == {"second"}
