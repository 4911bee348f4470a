"""Legs that wait for their call: adopted whole, or closed, and never in the call's way."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bridge.call.leg import Socket, SocketClosed
from bridge.call.waiting_legs import UNADOPTED_S, WaitingLegs
from bridge.realtime.connection import connect
from tests.bridge.harness.model_fakes import LISTENING, PCMU, Stage, stage_with
from tests.server import in_no_time, logs_kept, until

CALL = "CA" + "1" * 32


def update(voice: str) -> str:
    """A configuration."""
    audio: dict[str, Any] = {
        "input": {"format": PCMU, "turn_detection": LISTENING},
        "output": {"format": PCMU, "voice": voice},
    }
    session = {"type": "realtime", "audio": audio}
    return json.dumps({"type": "session.update", "event_id": "configure_1", "session": session})


FIRST = update("marin")


class Waiting:
    """Legs that wait, and the service they were opened at."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.legs = WaitingLegs()

    async def connect(self) -> Socket:
        return await connect(self.stage.standin.url, "gpt-realtime-2.1", "key")

    def open(self) -> None:
        async def configuration() -> str:
            return FIRST

        self.legs.open(CALL, self.connect, configuration)

    async def ready(self) -> None:
        self.open()
        await until(lambda: self.configured() == 1)

    def configured(self) -> int:
        return len(list(self.stage.ledger.of("configured")))


@contextlib.asynccontextmanager
async def waiting() -> AsyncIterator[Waiting]:
    async with stage_with() as stage:
        one = Waiting(stage)
        yield one
        await one.legs.close()
        await until(lambda: not stage.standin.open_connections)
        assert stage.breaches() == []
        assert not list(stage.ledger.of("turn_started"))


async def kinds(socket: Socket, count: int) -> list[str]:
    """Types of the next messages."""
    return [json.loads(await socket.receive())["type"] for _ in range(count)]


@in_no_time
async def test_a_call_adopts_what_has_arrived() -> None:
    """It reads the session from its beginning, and its configuration is not sent a second time."""
    async with waiting() as one:
        await one.ready()
        socket = await one.legs.take(CALL)
        assert socket is not None
        await socket.send(FIRST)
        assert await kinds(socket, 2) == ["session.created", "session.updated"]
        await socket.send(FIRST)  # only the very first message is the one that was sent
        assert await kinds(socket, 1) == ["session.updated"]
        assert one.configured() == 2
        assert await one.legs.take(CALL) is None
        await socket.close(1000, "")


@in_no_time
async def test_another_configuration_is_sent() -> None:
    """More is known of the caller than before: then the later one counts."""
    async with waiting() as one:
        await one.ready()
        socket = await one.legs.take(CALL)
        assert socket is not None
        await socket.send(update("cedar"))
        assert await kinds(socket, 3) == ["session.created", "session.updated", "session.updated"]
        voices = [
            entry.data["session"]["audio"]["output"]["voice"] for entry in one.stage.ledger.of("configured")
        ]
        assert voices == ["marin", "cedar"]
        await socket.close(1000, "")


@in_no_time
async def test_a_call_waits_for_a_leg_that_is_being_opened() -> None:
    """The stream came first: the opening goes on for it, and the call configures the session itself."""
    async with waiting() as one:
        one.open()
        socket = await one.legs.take(CALL)
        assert socket is not None
        await socket.send(FIRST)
        assert await kinds(socket, 2) == ["session.created", "session.updated"]
        assert one.stage.standin.connections == 1
        await socket.close(1000, "")


@in_no_time
async def test_a_leg_that_no_call_adopts_is_closed() -> None:
    """After fifteen seconds, and nothing was asked of it."""
    with logs_kept() as log:
        async with waiting() as one:
            await one.ready()
            one.open()  # a webhook that is repeated opens no second one
            await asyncio.sleep(UNADOPTED_S - 1)
            assert one.stage.standin.open_connections == 1
            await asyncio.sleep(1.5)
            assert one.stage.standin.open_connections == 0
            assert len(one.legs) == 0
            assert await one.legs.take(CALL) is None
            assert one.stage.standin.connections == 1
    assert "no stream came" in log.getvalue()


@in_no_time
async def test_a_leg_that_died_is_not_handed_over() -> None:
    """Nor one that was refused: the call opens its own."""
    with logs_kept():
        async with waiting() as one:
            await one.ready()
            one.stage.standin.faults.vanish()
            await until(lambda: not len(one.legs))
            assert await one.legs.take(CALL) is None
            one.stage.standin.faults.refuse_next(503)
            one.open()
            assert await one.legs.take(CALL) is None


@in_no_time
async def test_a_configuration_that_cannot_be_made() -> None:
    """A mistake of ours closes the leg; the call meets it itself and is sent on."""

    async def broken() -> str:
        raise RuntimeError("no template")

    with logs_kept() as log:
        async with waiting() as one:
            one.legs.open(CALL, one.connect, broken)
            await until(lambda: not len(one.legs))
            assert await one.legs.take(CALL) is None
    assert "waiting_leg_broke" in log.getvalue()


@pytest.mark.parametrize("is_open", [False, True])
@in_no_time
async def test_a_call_that_ends_while_it_takes_its_leg(is_open: bool) -> None:
    """Nobody else knows of that leg, so it is closed, whatever moment the call ends at."""
    with logs_kept():
        async with waiting() as one:
            for steps in range(1, 8):
                one.open()
                await until(lambda: not is_open or one.stage.standin.open_connections == 1)
                taking = asyncio.create_task(one.legs.take(CALL))
                for _ in range(steps):
                    await asyncio.sleep(0)
                taking.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    if (socket := await taking) is not None:
                        await socket.close(1000, "")
                await until(lambda: not one.stage.standin.open_connections, within_s=2)


@in_no_time
async def test_a_caller_who_hung_up_before_the_stream() -> None:
    """The leg is closed at once."""
    with logs_kept():
        async with waiting() as one:
            await one.ready()
            one.legs.drop(CALL)
            await until(lambda: not one.stage.standin.open_connections, within_s=1)


@in_no_time
async def test_whoever_talks_without_end_is_not_listened_to() -> None:
    """What a session says unasked is kept up to a bound."""
    with logs_kept() as log:
        async with waiting() as one:
            await one.ready()
            one.stage.standin.faults.babble(["{}"] * 100)
            await until(lambda: not len(one.legs))
    assert "talked too much" in log.getvalue()


@in_no_time
async def test_a_socket_that_closes_after_its_adoption() -> None:
    """The call is told as of any other leg, after what had arrived."""
    async with waiting() as one:
        await one.ready()
        socket = await one.legs.take(CALL)
        assert socket is not None
        one.stage.standin.faults.close(1011)
        assert await kinds(socket, 2) == ["session.created", "session.updated"]
        with pytest.raises(SocketClosed):
            await socket.receive()
