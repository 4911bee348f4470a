"""A leg: what goes out in which order, what a full outbox loses, and how reading and writing end."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from bridge.call.leg import LAST_WORDS_S, OUTBOX_LIMIT, Leg, SocketClosed, run_leg
from bridge.call.messages import CodecError
from tests.server import in_no_time

GONE = SocketClosed(1006, "")


class Pipe:
    """A socket whose other end is the test: what it says, and when it takes what is sent."""

    def __init__(self) -> None:
        self.incoming: asyncio.Queue[str | bytes | Exception] = asyncio.Queue()
        self.sent: list[str] = []
        self.takes = asyncio.Event()
        self.takes.set()
        self.broken: Exception | None = None
        self.at_once = False  # it takes messages without being awaited

    async def receive(self) -> str | bytes:
        message = await self.incoming.get()
        if isinstance(message, Exception):
            raise message
        return message

    async def send(self, text: str) -> None:
        await self.takes.wait()
        if self.broken is not None:
            raise self.broken
        self.sent.append(text)

    def send_now(self, text: str) -> bool:
        if not self.at_once:
            return False
        self.sent.append(text)
        return True

    async def close(self, code: int, reason: str) -> None:
        self.incoming.put_nowait(SocketClosed(code, reason))


@contextlib.asynccontextmanager
async def running(leg: Leg) -> AsyncIterator[None]:
    """The leg's writer."""
    writer = asyncio.create_task(leg.write())
    yield
    writer.cancel()
    await asyncio.wait({writer})


def put_audio(leg: Leg, number: int) -> None:
    """A piece of audio, `number` bytes more than a frame."""
    leg.put(f"audio {number}", item_id="item", audio_bytes=160 + number, purgeable=True)


class Told(list[int]):
    """What the ledger is told of, as numbers of pieces."""

    def sent(self, item_id: str, audio_bytes: int) -> None:
        assert item_id == "item"
        self.append(audio_bytes - 160)


def ignore(message: str | bytes) -> None:
    """A receiver with nothing to say."""


async def settle() -> None:
    """Let every task run until it waits for something."""
    for _ in range(10):
        await asyncio.sleep(0)


# --- out --------------------------------------------------------------------------


@in_no_time
async def test_messages_leave_in_order() -> None:
    """Whatever is put, before and after the writer began, is sent once and in order."""
    pipe = Pipe()
    leg = Leg(pipe)
    leg.put("one")
    put_audio(leg, 2)
    async with running(leg):
        await settle()
        leg.put("three")
        await settle()
    assert pipe.sent == ["one", "audio 2", "three"]
    assert leg.dropped == 0


@in_no_time
async def test_what_needs_no_waiting_is_sent_at_once() -> None:
    """No task is woken for it, and audio is counted as it leaves."""
    pipe, told = Pipe(), Told()
    pipe.at_once = True
    leg = Leg(pipe, sent=told.sent)
    put_audio(leg, 1)
    leg.put("mark")
    assert pipe.sent == ["audio 1", "mark"]
    assert told == [1]


@in_no_time
async def test_nothing_overtakes_what_waits() -> None:
    """While a message waits in the outbox, or has left it and is not sent, the next ones wait too."""
    pipe = Pipe()
    leg = Leg(pipe)
    async with running(leg):
        pipe.takes.clear()
        leg.put("one")
        leg.put("two")
        await settle()  # "one" left the outbox
        pipe.at_once = True
        leg.put("three")
        assert pipe.sent == []
        pipe.takes.set()
        await settle()
        leg.put("four")
        assert pipe.sent == ["one", "two", "three", "four"]


@in_no_time
async def test_audio_is_told_once_it_was_handed_over() -> None:
    """The ledger hears of each piece of audio after the socket took it, and of nothing else."""
    pipe = Pipe()
    told = Told()
    leg = Leg(pipe, sent=told.sent)
    pipe.takes.clear()
    async with running(leg):
        put_audio(leg, 1)
        leg.put("mark", purgeable=True)
        put_audio(leg, 2)
        await settle()
        assert told == []
        pipe.takes.set()
        await settle()
    assert told == [1, 2]
    assert pipe.sent == ["audio 1", "mark", "audio 2"]


@in_no_time
async def test_purge_drops_what_was_not_sent() -> None:
    """After a barge-in no queued audio or mark leaves any more; `clear` does, and next."""
    pipe = Pipe()
    told = Told()
    leg = Leg(pipe, sent=told.sent)
    pipe.takes.clear()
    async with running(leg):
        for number in range(5):
            put_audio(leg, number)
            leg.put(f"mark {number}", purgeable=True)
        leg.put("other")
        await settle()
        leg.purge()
        leg.put("clear")
        put_audio(leg, 9)
        pipe.takes.set()
        await settle()
    # The first piece was on its way into the socket already.
    assert pipe.sent == ["audio 0", "other", "clear", "audio 9"]
    assert told == [0, 9]


@in_no_time
async def test_the_outbox_is_bounded() -> None:
    """A peer that takes nothing costs a bounded amount of memory; what is lost is counted."""
    pipe = Pipe()
    leg = Leg(pipe)
    pipe.takes.clear()
    async with running(leg):
        for number in range(OUTBOX_LIMIT + 50):
            put_audio(leg, number)
        await settle()
        put_audio(leg, -1)  # one is with the socket, so there is room for one
        assert leg.dropped == 50
        pipe.takes.set()
        for _ in range(OUTBOX_LIMIT):
            await settle()
    assert len(pipe.sent) == OUTBOX_LIMIT + 1
    assert pipe.sent[-1] == "audio -1"


@in_no_time
async def test_a_full_outbox_can_still_be_cleared() -> None:
    """`clear` finds room even where audio did not."""
    pipe = Pipe()
    leg = Leg(pipe)
    for number in range(OUTBOX_LIMIT + 1):
        put_audio(leg, number)
    leg.purge()
    leg.put("clear")
    async with running(leg):
        await settle()
    assert pipe.sent == ["clear"]


def test_a_minute_fits() -> None:
    """The model generates faster than speech: a minute of audio waits, even frame by frame."""
    assert OUTBOX_LIMIT >= 60 * 50


# --- in, and both together --------------------------------------------------------


@in_no_time
async def test_what_does_not_fit_is_counted() -> None:
    """A message the codec refuses is counted, and reading goes on to the close."""
    pipe = Pipe()
    leg = Leg(pipe)
    taken: list[str | bytes] = []

    def receive(message: str | bytes) -> None:
        if isinstance(message, bytes):
            raise CodecError("binary")
        taken.append(message)

    for message in ("one", b"\x00", "two", b"\x01", SocketClosed(1000, "bye")):
        pipe.incoming.put_nowait(message)
    closed = await run_leg(leg, receive)
    assert (closed.code, closed.reason) == (1000, "bye")
    assert taken == ["one", "two"]
    assert leg.ignored == 2


@in_no_time
async def test_run_writes_while_it_reads() -> None:
    """Both directions at once, until the peer closes; no task is left."""
    pipe = Pipe()
    leg = Leg(pipe)

    def echo(message: str | bytes) -> None:
        leg.put(f"heard {message!r}")

    run = asyncio.create_task(run_leg(leg, echo))
    pipe.incoming.put_nowait("one")
    await settle()
    pipe.incoming.put_nowait("two")
    await settle()
    assert pipe.sent == ["heard 'one'", "heard 'two'"]
    pipe.incoming.put_nowait(GONE)
    assert await run is GONE
    assert asyncio.all_tasks() == {asyncio.current_task()}


@in_no_time
async def test_last_words_are_read() -> None:
    """When sending fails first, what the peer said before it closed still counts."""
    pipe = Pipe()
    pipe.broken = GONE
    taken: list[str | bytes] = []
    leg = Leg(pipe)
    put_audio(leg, 1)
    run = asyncio.create_task(run_leg(leg, taken.append))
    await settle()
    pipe.incoming.put_nowait("stop")
    pipe.incoming.put_nowait(SocketClosed(1000, "bye"))
    assert (await run).reason == "bye"
    assert taken == ["stop"]


@in_no_time
async def test_last_words_are_not_waited_for_long() -> None:
    """A socket that fails to send and then says nothing is over all the same."""
    pipe = Pipe()
    pipe.broken = GONE
    leg = Leg(pipe)
    put_audio(leg, 1)
    began = asyncio.get_running_loop().time()
    assert await run_leg(leg, ignore) is GONE
    assert LAST_WORDS_S <= asyncio.get_running_loop().time() - began < LAST_WORDS_S + 1


@in_no_time
async def test_our_own_mistakes_are_raised() -> None:
    """A bug while reading, or in what hears of sent audio, ends the leg with that very error."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    pipe = Pipe()
    pipe.incoming.put_nowait("one")
    with pytest.raises(ZeroDivisionError):
        await run_leg(Leg(pipe), broken)
    leg = Leg(Pipe(), sent=broken)
    put_audio(leg, 1)
    with pytest.raises(ZeroDivisionError):
        await run_leg(leg, ignore)
    assert asyncio.all_tasks() == {asyncio.current_task()}


@in_no_time
async def test_a_cancelled_leg_leaves_nothing() -> None:
    """Cancelling a leg ends both of its tasks."""
    run = asyncio.create_task(run_leg(Leg(Pipe()), ignore))
    await settle()
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert asyncio.all_tasks() == {asyncio.current_task()}


def test_closed_says_how() -> None:
    """The text of the error is for our own log."""
    assert str(SocketClosed(1011, "trouble")) == "closed 1011 trouble"
    assert str(SocketClosed(1000, "")) == "closed 1000"


def test_what_was_lost_is_counted_on_in_the_next_leg() -> None:
    """A leg that takes another one's place: the call's figures are of both."""
    old = Leg(Pipe())
    old.dropped, old.ignored = 3, 4
    new = Leg(Pipe(), before=old)
    assert (new.dropped, new.ignored) == (3, 4)
