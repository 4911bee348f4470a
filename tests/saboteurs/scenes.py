"""The calls that show what a saboteur has done: the recordings, and fault cells made of them.

A cell is a recording in which something goes wrong that the untouched build takes in its stride: its
lines or expectations may differ a little, and the parties are told what to do.
"""

import asyncio
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import msgspec

from bridge.harness.checker import check
from bridge.harness.evidence import Evidence
from bridge.harness.ledger import Entry
from bridge.harness.recording import Recording
from bridge.harness.recording_file import load_recording
from bridge.harness.run import Parties, run_recording
from bridge.harness.virtual_time import run_fast
from bridge.store.store import Store
from tests.resuming import once
from tools.business_file import load_business

RECORDINGS = Path(__file__).parents[2] / "recordings"
NAMES = sorted(path.parent.name for path in RECORDINGS.glob("*/recording.toml"))
SLOW_S = 2.6  # a calendar that answers at last
FILLER_MS = 300  # of a filler are heard, and the caller talks into it
RIVAL = "CA" + "9" * 32  # another call, which the harness does not hold
CALLED_AT = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)  # when every recording begins
RIVALS_NUMBER = "+12025550190"

Arrange = Callable[[Parties], None]


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """A recording with something going wrong in it."""

    recording: str
    what: str  # goes wrong
    arrange: Callable[[Path], Arrange]  # given the folder of the database
    change: Callable[[Recording], Recording] = lambda recording: recording


def run_scene(name: str) -> Evidence:
    """One call, waiting left out. `name`: of a recording, or of a cell below."""
    with tempfile.TemporaryDirectory(prefix="callbridge-") as temporary:
        folder, cell = Path(temporary), CELLS.get(name)
        if cell is None:
            return run_fast(run_recording(load_recording(RECORDINGS / name), folder=folder))
        recording = cell.change(load_recording(RECORDINGS / cell.recording))
        return run_fast(run_recording(recording, folder=folder, arrange=cell.arrange(folder)))


def red(name: str) -> set[str]:
    """The rules that this call breaks."""
    return {verdict.rule for verdict in check(run_scene(name)) if verdict.wrong}


# --- cells ------------------------------------------------------------------------


def _answer_of_a_text_lost(_: Path) -> Arrange:
    return lambda parties: parties.rest.lose_answer_next("create")


def _leg_lost_after_the_yes(_: Path) -> Arrange:
    """While the caller goes on talking, and the first new leg is refused."""

    def arrange(parties: Parties) -> None:
        def lose() -> None:
            parties.model.faults.refuse_next(429)
            parties.model.faults.close(1011, "server error")

        once(parties.model.ledger, lose, 0.0, kind="tool_answered", name="check_availability")

    return arrange


def _slow_calendar(_: Path) -> Arrange:
    """At its first answer while it is being booked."""

    def arrange(parties: Parties) -> None:
        for after_s, slow_s in ((0.0, SLOW_S), (SLOW_S / 2, 0.0)):
            act = partial(parties.calendar.delay, "list", slow_s)
            once(parties.model.ledger, act, after_s, kind="tool_asked", name="create_event")

    return arrange


def _talks_into_the_filler(recording: Recording) -> Recording:
    """While it is being booked the caller says yes once more, into what bridges the silence."""
    *before, yes, goodbye = recording.lines
    again = msgspec.structs.replace(yes, after_quiet_ms=None, into_sentence_ms=FILLER_MS)
    expect = msgspec.structs.replace(recording.expect, interruptions=1)
    return msgspec.structs.replace(recording, lines=(*before, yes, again, goodbye), expect=expect)


def _another_call_is_first(folder: Path) -> Arrange:
    """A call of another process of ours holds the first time that is offered."""

    def arrange(parties: Parties) -> None:
        loop, tasks = asyncio.get_running_loop(), list[asyncio.Task[None]]()

        def see(_: str, entry: Entry) -> None:
            if entry.kind == "tool_answered" and entry.data["name"] == "check_availability" and not tasks:
                start = datetime.fromisoformat(entry.data["output"]["slots"][0]["start"])
                tasks.append(loop.create_task(_hold(folder, start, CALLED_AT)))

        parties.model.ledger.watch(see)

    return arrange


async def _hold(folder: Path, start: datetime, now: datetime) -> None:
    business = load_business(RECORDINGS / "business.toml")
    store = await Store.open(f"sqlite:///{folder / 'call.db'}")
    try:
        await store.bookings.hold(
            calendar_id=business.calendars[0].id,
            service="cleaning",
            start=start.astimezone(UTC),
            end=start.astimezone(UTC) + timedelta(minutes=30),
            call_sid=RIVAL,
            caller_number=RIVALS_NUMBER,
            now=now,
            keep_for=timedelta(minutes=business.hold_minutes),
        )
    finally:
        await store.close()


def _taken_by_a_hold(recording: Recording) -> Recording:
    expect = msgspec.structs.replace(recording.expect, holds_left=1)
    return msgspec.structs.replace(recording, someone_else=(), expect=expect)


CELLS = {
    "a text's answer is lost": Cell(
        recording="book-a-cleaning",
        what="Twilio takes the text, and its answer never comes",
        arrange=_answer_of_a_text_lost,
    ),
    "the leg is lost": Cell(
        recording="book-a-cleaning",
        what="the model's leg breaks after the offer, and the first new one is refused",
        arrange=_leg_lost_after_the_yes,
    ),
    "a slow calendar": Cell(
        recording="book-a-cleaning",
        what="the calendar takes its time, and the caller talks into the filler",
        arrange=_slow_calendar,
        change=_talks_into_the_filler,
    ),
    "another call is first": Cell(
        recording="slot-just-taken",
        what="another call of ours holds the time between the offer and the choice",
        arrange=_another_call_is_first,
        change=_taken_by_a_hold,
    ),
}
