"""The cells that run for real: one of two server processes is killed, or told to stop, in mid-call.

Real processes on one database, in real time; the model's mind is `Booker`. Twilio asks what comes next, or
does not. Read first: tests/resuming.py; next: programme.py.
"""

import asyncio
import contextlib
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from bridge.harness.ledger import Entry, Ledger
from bridge.harness.telephone.twiml_runner import WORD_S
from bridge.store.report import Report
from tests.bridge.harness.model_fakes import Beeper
from tests.crashes.process import Plan, carry_out
from tests.faults.cells import BOOKED, CALL_BACK, PERSON, WAITS, Result
from tests.faults.judge import GAVE_UP, NOWHERE, late
from tests.processes import kill, process_of
from tests.resuming import Booker, Rung, once, ring, telephone_for
from tests.server import AUTH_TOKEN, Server, rows_in, stand_of

SOON = timedelta(days=4)
LATER = timedelta(seconds=65)  # recovery takes up what was left
QUICK_LETTER = 120  # bytes of sound: real time is dear
AT_ONCE = 4  # cells; each has two servers
NO_ANSWER = "11205"  # Twilio's code
IN_HAND_S = 1.0
TASKS_S = 8.0  # a task for a person is written soon after the call


class KillCell(msgspec.Struct, frozen=True, kw_only=True):
    """A process that goes at one moment."""

    fault: str
    moment: str
    kind: str  # of the model's entry
    after_s: float = 0.0
    such: dict[str, Any] = {}
    stops: bool = False  # SIGTERM; else SIGKILL
    moves_on: bool = False  # the address leads to the other process at once, as a platform has it
    asks: bool = True  # Twilio asks what comes next
    slow_insert: str = ""  # the event is written slowly: "before" it is there, or "after"
    ends: tuple[str, ...] = (BOOKED,)

    @property
    def name(self) -> str:
        return f"{self.fault}, {self.moment}"


def _cells(fault: str, *, moments: tuple[str, ...], **how: Any) -> list[KillCell]:
    return [KillCell(fault=fault, moment=moment, **{**MOMENTS[moment], **how}) for moment in moments]


MOMENTS: dict[str, dict[str, Any]] = {
    "in the greeting": {"kind": "turn_started", "after_s": 0.4},
    "in the offer": {"kind": "tool_answered", "after_s": 0.5, "such": {"name": "check_availability"}},
    "in the read-back": {"kind": "tool_answered", "after_s": 0.5, "such": {"name": "hold_slot"}},
    "after the read-back": {"kind": "tool_answered", "after_s": 2.4, "such": {"name": "hold_slot"}},
    "before the event is written": {
        "kind": "tool_asked",
        "after_s": 0.3,
        "such": {"name": "create_event"},
        "slow_insert": "before",
    },
    "after the event is written": {
        "kind": "tool_asked",
        "after_s": 0.7,
        "such": {"name": "create_event"},
        "slow_insert": "after",
    },
    "after it is booked": {"kind": "tool_answered", "after_s": 0.3, "such": {"name": "create_event"}},
}
ALL = tuple(MOMENTS)
UNSURE = ("before the event is written", "after the event is written")
KILLS: tuple[KillCell, ...] = (
    *_cells("process killed", moments=tuple(each for each in ALL if each not in UNSURE)),
    *_cells("process killed", moments=UNSURE, ends=(BOOKED, GAVE_UP)),  # the agent can't tell, and says so
    *_cells(
        "killed, call gone",
        moments=("in the greeting", "in the offer", "after the read-back", *UNSURE),
        asks=False,
        ends=(CALL_BACK,),
    ),
    *_cells(
        "process stopped",
        moments=("in the greeting", "in the offer", "after the read-back", "before the event is written"),
        stops=True,
        moves_on=True,
    ),
    *_cells("stopped, no other", moments=("in the offer",), stops=True, ends=(PERSON,)),
)


# --- two servers ------------------------------------------------------------------


@contextlib.asynccontextmanager
async def two_servers(
    folder: Path, mind: Booker, **how: Any
) -> AsyncIterator[tuple[Server, Rung, Callable[[], None], Callable[[], None]]]:
    """The second server, a telephone that rings the first, and what kills or stops the first."""
    async with (
        stand_of() as stand,
        process_of(stand, folder) as (first, child),
        process_of(stand, folder) as (second, _),
    ):
        rung = telephone_for(first, mind, other_url=second.url, **how)
        yield second, rung, lambda: kill(child), child.terminate


async def swept(server: Server) -> None:
    """A process runs the sweeper, as if a minute had passed."""
    stand = server.stand
    plan = Plan(
        script="sweep",
        database_url=server.database_url,
        calendar_url=stand.calendar.url,
        service_account=stand.calendar.service_account,
        sms_url=stand.rest.url,
        auth_token=AUTH_TOKEN,
        now=datetime.now(UTC) + LATER,
    )
    await carry_out(plan)


def live_events(server: Server) -> list[dict[str, Any]]:
    calendars = server.stand.calendar.events.values()
    return [event for events in calendars for event in events.values() if event["status"] != "cancelled"]


def booker() -> Booker:
    return Booker(day=(datetime.now(UTC) + SOON).date().isoformat())


# --- a cell -----------------------------------------------------------------------


async def play_all(cells: list[KillCell]) -> list[Result]:
    """All of them, a few at a time."""
    Beeper.letter_bytes = QUICK_LETTER
    places = asyncio.Semaphore(AT_ONCE)

    async def one(cell: KillCell) -> Result:
        async with places:
            return await play(cell)

    return await asyncio.gather(*(one(cell) for cell in cells))


async def play(cell: KillCell) -> Result:
    """What comes of it."""
    began = time.monotonic()
    at: list[float] = []
    with tempfile.TemporaryDirectory(prefix="fault-") as folder:
        async with two_servers(Path(folder), booker(), asks_after_loss=cell.asks) as (
            second,
            rung,
            die,
            stop,
        ):
            calendar = second.stand.calendar
            if cell.slow_insert:
                calendar.delay("insert", 2.0, after=cell.slow_insert == "after")

            def act() -> None:
                at.append(asyncio.get_running_loop().time())
                (stop if cell.stops else die)()
                if cell.moves_on:
                    rung.telephone.move_on()

            once(second.said, act, cell.after_s, kind=cell.kind, **cell.such)
            await ring(rung, utterances=8, patience_ms=6000)
            calendar.delay("insert", 0)
            await _settled(second, rung, cell)
            result = await _judged(cell, second, rung.ledger, at[0] if at else 0.0)
    return msgspec.structs.replace(result, took_s=time.monotonic() - began)


async def _settled(server: Server, rung: Rung, cell: KillCell) -> None:
    """Wait for the call's end to be written down, and for what a minute later is done."""
    await server.call(rung.telephone.call_sid or "")
    if not cell.asks:
        async with asyncio.timeout(TASKS_S):
            while not await rows_in(server.database_url, Report.callbacks):  # noqa: ASYNC110 - no event
                await asyncio.sleep(0.1)
    await swept(server)


async def _judged(cell: KillCell, server: Server, telephone: Ledger, when: float) -> Result:
    url = server.database_url
    rows = await rows_in(url, Report.reservations)
    tasks = await rows_in(url, Report.callbacks)
    outbox = await rows_in(url, Report.texts)
    (call,) = await rows_in(url, Report.calls)
    events, texts = live_events(server), server.stand.rest.messages
    bodies = [text["body"] for text in texts]
    went = _where(telephone, call.outcome, bool(tasks))
    sounds = [
        (entry.at - when, entry.data["text"] or "(rings a person)" if entry.kind == "verb" else "(the agent)")
        for entry in telephone.entries
        if entry.at > when
        and (entry.kind == "agent_began" or (entry.kind == "verb" and entry.data["name"] in ("Say", "Dial")))
    ]
    silence = _longest_gap(telephone, when)
    states = [row.state.value for row in rows]
    wrong = list(late(silence, 0.0))
    if went not in cell.ends:
        wrong.append(f"it went to: {went}; expected: {' or '.join(cell.ends)}")
    if len(events) != states.count("booked"):
        wrong.append(f"{len(events)} events, and bookings: {', '.join(states)}")
    if "booking" in states:
        wrong.append("a booking is not settled a minute later")
    doubled = max(0, len(events) - 1) + len(bodies) - len(set(bodies))
    if doubled:
        wrong.append("something was done twice")
    wrong += [f"breach: {entry.data['what']}" for entry in telephone.breaches() if not _in_hand(entry, when)]
    wrong += [f"breach: {what}" for what in server.stand.stage.breaches()]
    wrong += [f"breach: {entry.data['what']}" for entry in server.stand.rest.ledger.breaches()]
    lost = states.count("booked") - len(texts)
    if lost:
        wrong.append("a booking without its text")
    return Result(
        family="process",
        fault=cell.fault,
        moment=cell.moment,
        heard=tuple(sounds[:3]),
        silence_s=silence,
        went=went,
        resumes=call.resumes,
        events=len(events),
        lost=max(0, lost),
        doubled=doubled,
        rows=tuple(states),
        tasks=tuple(task.reason for task in tasks),
        texts=len(texts),
        waiting=sum(text.state in WAITS for text in outbox if text.kind == "confirmation"),
        wrong=tuple(wrong),
    )


def _in_hand(entry: Entry, when: float) -> bool:
    """A callback that the process was just answering when it went."""
    return entry.data["what"] == NO_ANSWER and when <= entry.at < when + IN_HAND_S


def _where(telephone: Ledger, outcome: str, tasks: bool) -> str:
    by = next((entry.data["by"] for entry in telephone.of("hung_up")), "")
    if any(telephone.of("dialled")):
        return PERSON
    if by == "caller":
        return GAVE_UP
    if by == "lost stream":
        return CALL_BACK if tasks else NOWHERE
    return BOOKED if outcome == "booked" else NOWHERE


def _longest_gap(telephone: Ledger, when: float) -> float:
    """The longest silence from the loss of the stream to the next one's first words; 0 when none was lost."""
    since, longest = None, 0.0
    for entry in telephone.entries:
        if entry.at < when:
            continue
        if entry.kind == "stream_ended" and entry.data["by"] != "caller":
            since = entry.at
        elif entry.kind in ("verb", "agent_began", "hung_up") and since is not None:
            if entry.kind == "verb" and entry.data["name"] not in ("Say", "Dial"):
                continue
            longest = max(longest, entry.at - since)
            since = None
            if entry.kind == "verb" and entry.data["name"] == "Say":
                since = entry.at + WORD_S * len(entry.data["text"].split())
    return longest
