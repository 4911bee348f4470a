"""kill -9 at every step between hold and text, of a move and of a cancellation; then a restart.

Each point is a process of its own that is really killed there, with the real tools, database
and clients; stand-ins are reached by sockets. After it new processes run the sweeper, side by
side. Then: booked exactly once or not at all, texted at most once, and the record says which.
"""

import asyncio
import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from tests.crashes.nursery import Nursery
from tests.crashes.nursery import nursery as open_nursery
from tests.crashes.ports import Point
from tests.crashes.scene import CrashScene, Record, crash_scene, wrong
from tools.store import TextState

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOW = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)
MINUTE = timedelta(seconds=65)
KILLED = -signal.SIGKILL
UNTOUCHED = ("before", "after")

# Steps in order, with what must have come of it: booked?, messages, what the record says of the text.
NOT_BOOKED = (False, 0, None)
UNSURE = (True, 0, TextState.UNKNOWN)  # claimed and perhaps sent: nobody can tell any more
TEXTED = (True, 1, TextState.SENT)
BOOKING_POINTS = {
    Point("calendar", "events_between", "before"): NOT_BOOKED,
    Point("calendar", "events_between", "after"): NOT_BOOKED,
    Point("store", "hold", "before"): NOT_BOOKED,
    Point("store", "hold", "after"): NOT_BOOKED,
    Point("store", "begin_booking", "before"): NOT_BOOKED,
    Point("store", "begin_booking", "after"): NOT_BOOKED,
    Point("calendar", "events_between", "before", 2): NOT_BOOKED,
    Point("calendar", "events_between", "after", 2): NOT_BOOKED,
    Point("calendar", "insert", "before"): NOT_BOOKED,
    # From here on it is booked, and whoever books it has its text queued in the same transaction.
    Point("calendar", "insert", "during"): TEXTED,
    Point("calendar", "insert", "after"): TEXTED,
    Point("calendar", "events_between", "before", 3): TEXTED,
    Point("calendar", "events_between", "after", 3): TEXTED,
    Point("store", "finish_booking", "before"): TEXTED,
    Point("store", "finish_booking", "after"): TEXTED,
    Point("store", "claim_text", "before"): TEXTED,
    Point("store", "claim_text", "after"): UNSURE,
    Point("store", "caller", "after"): UNSURE,
    Point("sms", "send", "before"): UNSURE,
    Point("sms", "send", "during"): TEXTED,
    Point("sms", "send", "after"): TEXTED,
    Point("store", "settle_text", "before"): TEXTED,
    Point("store", "settle_text", "after"): TEXTED,
}
AFTER_THE_INSERT = list(BOOKING_POINTS)[10:]

MOVE_POINTS = {
    Point("store", "hold", "after"): False,
    Point("store", "begin_booking", "after"): False,
    Point("calendar", "get", "after"): False,
    Point("calendar", "move", "before"): False,
    Point("calendar", "move", "during"): True,
    Point("calendar", "move", "after"): True,
    Point("store", "finish_booking", "before"): True,
    Point("store", "finish_booking", "after"): True,
}
MOVE_AWAY_POINTS = {
    Point("store", "begin_booking", "after"): False,
    Point("calendar", "insert", "during"): True,
    Point("store", "finish_booking", "before"): True,
    Point("store", "finish_booking", "after"): True,
    Point("calendar", "delete", "before"): True,
    Point("calendar", "delete", "during"): True,
    Point("store", "finish_leaving", "before"): True,
    Point("store", "finish_leaving", "after"): True,
}
CANCEL_POINTS = {
    Point("store", "begin_leaving", "before"): False,
    Point("store", "begin_leaving", "after"): True,
    Point("calendar", "delete", "during"): True,
    Point("store", "finish_leaving", "before"): True,
    Point("store", "finish_leaving", "after"): True,
}
# Where the sweeper itself dies, and after which death it had to come.
SWEEP_POINTS = [
    (Point("calendar", "insert", "before"), Point("store", "claim_due", "after")),
    (
        Point("calendar", "insert", "before"),
        Point("calendar", "insert", "during"),
    ),  # in the middle of a burial
    (Point("calendar", "insert", "before"), Point("calendar", "bury", "after")),
    (Point("calendar", "insert", "before"), Point("store", "add_callback", "after")),
    (Point("calendar", "insert", "before"), Point("store", "end_booking", "after")),
    (Point("calendar", "insert", "after"), Point("calendar", "bury", "after")),
    (Point("calendar", "insert", "after"), Point("store", "finish_booking", "before")),
    (Point("calendar", "insert", "after"), Point("store", "finish_booking", "after")),
    (Point("store", "finish_booking", "after"), Point("store", "claim_text", "after")),
    (Point("store", "finish_booking", "after"), Point("sms", "send", "during")),
    (Point("sms", "send", "during"), Point("sms", "find", "after")),
    (Point("sms", "send", "during"), Point("store", "settle_text", "after")),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def nursery() -> AsyncIterator[Nursery]:
    async with open_nursery() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def scene(url: str, nursery: Nursery) -> AsyncIterator[CrashScene]:
    async with crash_scene(url, NOW, nursery) as running:
        yield running


async def killed(scene: CrashScene, script: str, point: Point, *, now: datetime = NOW) -> None:
    assert await scene.run(script, point, now=now) == KILLED, "the point was never reached"


async def restarted(scene: CrashScene, *, now: datetime = NOW + MINUTE) -> Record:
    """What is there after two processes have run the sweeper for some minutes, and one for some more."""
    assert await asyncio.gather(*(scene.run("sweep", now=now) for _ in range(2))) == [0, 0]
    # The two jump through their minutes each for itself, so the last word is one's alone.
    assert await scene.run("sweep", now=now + 5 * MINUTE) == 0
    record = await scene.record()
    assert wrong(record) == []
    return record


def outcome(record: Record) -> tuple[bool, int, TextState | None]:
    """Booked?, messages, what the record says of the confirmation."""
    states = [text.state for text in record.texts if text.kind == "confirmation"]
    return bool(record.events), len(record.messages), states[0] if states else None


ON_SQLITE = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


@ON_SQLITE
@pytest.mark.parametrize("point", BOOKING_POINTS, ids=str)
async def test_a_booking_that_is_killed(scene: CrashScene, point: Point) -> None:
    """Between hold and text: what had been done is finished, what had not never will be."""
    await killed(scene, "book", point)
    assert outcome(await restarted(scene)) == BOOKING_POINTS[point]


@ON_SQLITE
@pytest.mark.parametrize("point", AFTER_THE_INSERT, ids=str)
async def test_a_booking_whose_insert_had_no_answer_is_killed(scene: CrashScene, point: Point) -> None:
    """The insert's first answer is lost: its repetition finds the event, and there is one in the end."""
    scene.google.lose_answer_next("insert")
    await killed(scene, "book", point)
    assert outcome(await restarted(scene)) == BOOKING_POINTS[point]


@ON_SQLITE
@pytest.mark.parametrize("point", [Point("store", "settle_text", when) for when in UNTOUCHED], ids=str)
async def test_a_booking_whose_text_had_no_answer_is_killed(scene: CrashScene, point: Point) -> None:
    """The text's answer is lost: it is looked up, found, and not sent again."""
    scene.twilio.lose_answer_next("create")
    await killed(scene, "book", point)
    assert outcome(await restarted(scene)) == TEXTED


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("point", list(BOOKING_POINTS)[5::4], ids=str)
async def test_on_postgresql_it_is_the_same(scene: CrashScene, point: Point) -> None:
    """Some of the points, on a real server, which sees its client vanish."""
    await killed(scene, "book", point)
    assert outcome(await restarted(scene)) == BOOKING_POINTS[point]


@ON_SQLITE
@pytest.mark.parametrize(("first", "second"), SWEEP_POINTS, ids=str)
async def test_a_sweeper_that_is_killed_too(scene: CrashScene, first: Point, second: Point) -> None:
    """Whoever comes after it does the rest; one that died twice is no worse than one that died once."""
    await killed(scene, "book", first)
    await killed(scene, "sweep", second, now=NOW + MINUTE)
    booked, messages, text = BOOKING_POINTS[first]
    if second == Point("store", "claim_text", "after"):
        messages, text = 0, TextState.UNKNOWN
    record = await restarted(scene, now=NOW + 2 * MINUTE)
    assert outcome(record) == (booked, messages, text)
    assert len(record.reasons) == len(set(record.reasons))


@ON_SQLITE
@pytest.mark.parametrize(
    ("script", "point", "done"),
    [
        *(("move", point, done) for point, done in MOVE_POINTS.items()),
        *(("move away", point, done) for point, done in MOVE_AWAY_POINTS.items()),
        *(("cancel", point, done) for point, done in CANCEL_POINTS.items()),
    ],
    ids=str,
)
async def test_a_change_that_is_killed(scene: CrashScene, script: str, point: Point, done: bool) -> None:
    """A booking is moved or it is not, cancelled or not; never twice in the calendar, never lost."""
    assert await scene.run("book") == 0
    before = await scene.record()
    await killed(scene, script, point)
    after = await restarted(scene)
    if script == "cancel":
        assert len(after.events) == (0 if done else 1)
        return
    [state] = {row.state for row in after.reservations if row.id == before.reservations[0].id}
    assert (len(after.events), state) == (1, "moved" if done else "booked")
