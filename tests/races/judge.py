"""What must be true after a race: from the journals, the database and the stand-ins alone.

Pure. A time is *certainly owned* from the moment a process was told so until the moment
anybody began to do something that may end it. Two that certainly own the same quarter of an
hour at the same moment were both sold it, whatever the database looks like in the end.
"""

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from tests.races.journal import DIED, Op
from tools.store import LIVE, Reservation, ReservationState, Text, TextState

FOR_EVER = float("inf")
HOLD_KINDS = ("hold", "hold to move")


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A live event in the stand-in's calendar."""

    id: str
    calendar: str
    start: datetime
    end: datetime
    created: datetime
    updated: datetime
    ours: str | None  # id of our row; None: a person's


class Evidence(msgspec.Struct, kw_only=True):
    """Everything that is left after a race."""

    ops: list[Op]
    rows: list[Reservation]
    texts: list[Text]
    told: set[str]  # calls about which a person was asked
    events: list[Event] = []
    deleted_by_people: set[str] = set()  # ids of events of ours
    edited_by_people: set[str] = set()  # since when it cannot be told when they were moved
    messages: list[tuple[str, str]] = []  # number and body of each that Twilio accepted
    uses_calendar: bool = False


class Findings(msgspec.Struct, kw_only=True):
    """What was found. `wrong` is what the exit status depends on."""

    double_bookings: int
    lost: int
    texts_doubled: int
    holds_leaked: int
    left_open: int
    orphans: int  # events of ours without a booking
    clashes: int  # with a person who was there first, each found and taken back
    clashes_missed: int
    untold: int  # of the ones taken back
    clashes_later: int  # a person wrote over a booking that stood before: it stands, the owner decides
    deleted_by_people: int

    @property
    def wrong(self) -> list[str]:
        names = ("double_bookings", "lost", "texts_doubled", "holds_leaked", "left_open", "orphans")
        return [name for name in (*names, "clashes_missed", "untold") if getattr(self, name)]


def judge(evidence: Evidence) -> Findings:
    rows = {row.id: row for row in evidence.rows}
    withdrawn = [row for row in evidence.rows if row.state is ReservationState.WITHDRAWN]
    missed, later = _clashes(evidence, rows)
    return Findings(
        double_bookings=_sold_twice(evidence.ops, rows) + _overlaps(evidence.rows),
        lost=sum(1 for _ in _lost(evidence, rows)),
        texts_doubled=_texts_doubled(evidence),
        holds_leaked=sum(row.state is ReservationState.HELD for row in evidence.rows),
        left_open=sum(
            row.state in (ReservationState.BOOKING, ReservationState.LEAVING) for row in evidence.rows
        ),
        orphans=sum(1 for _ in _orphans(evidence, rows)),
        clashes=len(withdrawn),
        clashes_missed=missed,
        untold=sum(1 for _ in _untold(evidence, withdrawn)),
        clashes_later=later,
        deleted_by_people=len(evidence.deleted_by_people),
    )


# --- who owned what, and when ---------------------------------------------------------


class Span(msgspec.Struct, frozen=True):
    """A stretch of wall-clock seconds in which a row certainly owned its time."""

    begin: float
    end: float
    row: str


def _sold_twice(ops: list[Op], rows: dict[str, Reservation]) -> int:
    """How often two rows certainly owned the same quarter of an hour at the same moment."""
    owned: defaultdict[tuple[str, int], list[Span]] = defaultdict(list)
    for op, span in owned_spans(ops, rows):
        for quarter in op.quarters:
            owned[op.calendar, quarter].append(span)
    twice = set()
    for spans in owned.values():
        spans.sort(key=lambda span: span.begin)
        for at, span in enumerate(spans):
            for other in itertools.islice(spans, at + 1, None):
                if other.begin >= span.end:
                    break
                if other.row != span.row and not _one_moves_the_other(rows, span.row, other.row):
                    twice.add(frozenset((span.row, other.row)))
    return len(twice)


def owned_spans(ops: list[Op], rows: dict[str, Reservation]) -> Iterator[tuple[Op, Span]]:
    """What each successful hold, booking and move certainly owned, and when."""
    # When somebody began to end it, by row: a hold, a booking.
    ends: tuple[defaultdict[str, list[float]], ...] = (defaultdict(list), defaultdict(list))
    used, left = ends
    holding: defaultdict[str, list[Op]] = defaultdict(list)  # by caller and by call
    for op in ops:
        if op.hold:
            used[op.hold].append(op.began)
        if op.kind in ("move", "cancel"):
            left[op.about].append(op.began)
        if op.kind in HOLD_KINDS:
            for who in {op.caller, op.call} - {""}:
                holding[who].append(op)
    for op in ops:
        if op.result != "ok" or not op.row:
            continue
        if op.kind in HOLD_KINDS:
            end = min([op.until, *used[op.row]])
            for who in {op.caller, op.call} - {""}:
                # A caller's next hold ends this one; one at the same moment may have.
                later = (other.began for other in holding[who] if other is not op and other.ended_after(op))
                end = min([end, *later])
        elif op.kind in ("book", "move"):
            row = rows.get(op.row)
            stands = row is not None and row.state is ReservationState.BOOKED
            # Who is booked no more although nobody asked for that was taken back by recovery, some time.
            end = min(left[op.row], default=FOR_EVER if stands else op.ended)
        else:
            continue
        if end > op.ended:
            yield op, Span(op.ended, end, op.row)


def _one_moves_the_other(rows: dict[str, Reservation], one: str, other: str) -> bool:
    """A booking and the hold that is to move it may lie over each other."""
    return any(row is not None and row.moves_id in (one, other) for row in (rows.get(one), rows.get(other)))


def _overlaps(rows: list[Reservation]) -> int:
    """Live rows of one calendar that overlap in the end."""
    found = 0
    live = sorted((row for row in rows if row.state in LIVE), key=lambda row: (row.calendar_id, row.start))
    for earlier, row in itertools.pairwise(live):
        if earlier.calendar_id == row.calendar_id and row.start < earlier.end:
            found += earlier.id != row.moves_id and row.id != earlier.moves_id
    return found


# --- bookings -----------------------------------------------------------------------------


def _lost(evidence: Evidence, rows: dict[str, Reservation]) -> Iterator[str]:
    """Bookings that somebody was told of and that are no more, although nobody asked for that."""
    asked = {op.about for op in evidence.ops if op.kind in ("cancel", "move")}
    events = {event.id for event in evidence.events}
    gone = evidence.deleted_by_people
    for op in evidence.ops:
        if op.kind not in ("book", "move") or op.result != "ok" or op.row in asked:
            continue
        row = rows.get(op.row)
        if row is None:
            yield op.row
        elif row.state is ReservationState.BOOKED:
            if evidence.uses_calendar and row.event_id not in events | gone:
                yield op.row
        elif row.state is not ReservationState.WITHDRAWN and row.event_id not in gone:
            yield op.row


def _orphans(evidence: Evidence, rows: dict[str, Reservation]) -> Iterator[str]:
    """Events of ours that no booking has, or that stand at another time than their booking."""
    for event in evidence.events:
        if event.ours is None:
            continue
        row = rows.get(event.ours)
        if (
            row is None
            or row.state is not ReservationState.BOOKED
            or row.event_id != event.id
            or row.start != event.start
        ):
            yield event.id


def _clashes(evidence: Evidence, rows: dict[str, Reservation]) -> tuple[int, int]:
    """Events of ours that lie over a person's: (the person certainly was first, the person came later)."""
    by_calendar: defaultdict[str, list[Event]] = defaultdict(list)
    for event in evidence.events:
        by_calendar[event.calendar].append(event)
    edited = evidence.edited_by_people
    missed = later = 0
    for events in by_calendar.values():
        people = [event for event in events if event.ours is None]
        for ours in events:
            over = [
                event
                for event in people
                if ours.ours is not None and event.start < ours.end and ours.start < event.end
            ]
            came = _came_at(ours, rows)
            first = any(event.updated <= came for event in over)
            missed += first and ours.id not in edited
            later += bool(over) and not first
    return missed, later


def _came_at(ours: Event, rows: dict[str, Reservation]) -> datetime:
    """When an event of ours came to its time."""
    row = rows.get(ours.ours or "")
    return ours.updated if row is not None and row.moves_id is not None else ours.created


def _untold(evidence: Evidence, withdrawn: Iterable[Reservation]) -> Iterator[str]:
    """Bookings taken back of which neither the caller nor a person was told."""
    told = {op.call for op in evidence.ops if op.kind in ("book", "move") and op.result == "taken"}
    died = {op.call for op in evidence.ops if op.result == DIED}
    for row in withdrawn:
        # Whose process died at that very moment had hung up on its caller: nobody was told anything.
        if row.call_sid not in told | evidence.told | died:
            yield row.id


# --- texts --------------------------------------------------------------------------------


def _texts_doubled(evidence: Evidence) -> int:
    """Texts that went out twice, and texts of which the record does not say that they went out."""
    claimed = Counter(op.row for op in evidence.ops if op.kind == "text" and op.result == "ok" and op.row)
    doubled = sum(number - 1 for number in claimed.values())
    if evidence.uses_calendar:
        # Whoever moves away and back again is rightly told the same twice: two rows, two messages.
        sent = Counter((text.to, text.body) for text in evidence.texts if text.state is TextState.SENT)
        doubled += sum((Counter(evidence.messages) - sent).values())
    return doubled
