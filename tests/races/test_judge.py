"""The judge finds what is wrong: each fault, written into a journal and a database by hand."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from tests.races.journal import DIED, Op
from tests.races.judge import Event, Evidence, Findings, judge
from tools.store import Reservation, ReservationState, Text, TextState

START = datetime(2031, 3, 3, 14, 0, tzinfo=UTC)
FIRST = int(START.timestamp()) // 900
MINUTE = timedelta(minutes=1)
CHAIR = "chair"
BOOKED = ReservationState.BOOKED


def op(number: int, kind: str, began: float, ended: float, **fields: object) -> Op:
    """An operation of its own call, at the one time there is."""
    given = {
        "process": f"p{number}",
        "number": number,
        "kind": kind,
        "began": began,
        "ended": ended,
        "result": "ok",
        "call": f"CA{number}",
        "calendar": CHAIR,
        "first": FIRST,
        "last": FIRST + 2,
        **fields,
    }
    return msgspec.convert(given, type=Op)


def row(name: str, state: ReservationState = BOOKED, **fields: object) -> Reservation:
    given = {
        "id": name,
        "calendar_id": CHAIR,
        "service": "cleaning",
        "start": START,
        "end": START + 30 * MINUTE,
        "state": state,
        "call_sid": "CA1",
        "caller_number": None,
        "expires_at": None,
        "event_id": f"event of {name}",
        **fields,
    }
    return Reservation(**given)  # type: ignore[arg-type]


def event(ours: str | None, **fields: object) -> Event:
    given = {
        "id": f"event of {ours}",
        "calendar": CHAIR,
        "start": START,
        "end": START + 30 * MINUTE,
        "created": START,
        "updated": START,
        "ours": ours,
        **fields,
    }
    return Event(**given)  # type: ignore[arg-type]


def found(*, ops: list[Op] = [], rows: list[Reservation] = [], **fields: object) -> Findings:  # noqa: B006
    given = {"ops": ops, "rows": rows, "texts": [], "told": set(), **fields}
    return judge(Evidence(**given))  # type: ignore[arg-type]


HELD_BY_1 = op(1, "hold", 0, 1, row="a", until=100.0)
BOOKED_BY_1 = op(1, "book", 2, 3, row="a", hold="a")


def test_a_clean_race_has_nothing_wrong() -> None:
    """Held, booked, texted; the event stands."""
    findings = found(ops=[HELD_BY_1, BOOKED_BY_1], rows=[row("a")], events=[event("a")], uses_calendar=True)
    assert findings.wrong == []


@pytest.mark.parametrize(
    ("second", "twice"),
    [
        (op(2, "hold", 4, 5, row="b", until=9.0), 1),  # while it is booked
        (op(2, "hold", 0.5, 1.5, row="b", until=9.0), 1),  # while it is held
        (op(2, "hold", 4, 5, row="b", until=9.0, first=FIRST + 1, last=FIRST + 3), 1),  # half of it
        (op(2, "hold", 4, 5, row="b", until=9.0, first=FIRST + 2, last=FIRST + 4), 0),  # back to back
        (op(2, "hold", 4, 5, row="b", until=9.0, calendar="another"), 0),
        (op(2, "hold", 4, 5, result="taken"), 0),
        (op(2, "hold", 4, 0, result=DIED), 0),  # nobody was told that it has it
    ],
)
def test_a_time_that_two_were_told_they_have_is_sold_twice(second: Op, twice: int) -> None:
    """Whatever the database looks like at the end: here only the first one's row is left."""
    assert found(ops=[HELD_BY_1, BOOKED_BY_1, second], rows=[row("a")]).double_bookings == twice


@pytest.mark.parametrize(
    "end",
    [
        op(1, "release", 2, 3, hold="a"),
        op(1, "hold", 2, 3, row="c", calendar="another", until=9.0),  # the same call's next hold
        op(1, "book", 2, 3, hold="a", result="gone"),
    ],
)
def test_what_may_have_ended_a_hold_frees_its_time(end: Op) -> None:
    """From the moment somebody began to."""
    second = op(2, "hold", 2.5, 2.6, row="b", until=9.0)
    assert found(ops=[HELD_BY_1, second], rows=[]).double_bookings == 1
    assert found(ops=[HELD_BY_1, end, second], rows=[]).double_bookings == 0


def test_a_hold_that_ran_out_frees_its_time() -> None:
    """At the second at which it does."""
    short = op(1, "hold", 0, 1, row="a", until=3.0)
    assert found(ops=[short, op(2, "hold", 2.8, 2.9, row="b", until=9.0)]).double_bookings == 1
    assert found(ops=[short, op(2, "hold", 3.0, 3.1, row="b", until=9.0)]).double_bookings == 0


def test_a_move_may_lie_over_its_own_booking() -> None:
    """And over nobody else's."""
    hold = op(2, "hold to move", 4, 5, row="b", until=9.0, first=FIRST + 1, last=FIRST + 3)
    ops, old = [HELD_BY_1, BOOKED_BY_1, hold], row("a")
    released = ReservationState.RELEASED
    assert found(ops=ops, rows=[old, row("b", released, moves_id="a")]).double_bookings == 0
    assert found(ops=ops, rows=[old, row("b", released, moves_id="x")]).double_bookings == 1


def test_rows_that_overlap_in_the_end_are_found() -> None:
    """Although nobody was told."""
    assert found(rows=[row("a"), row("b", start=START + 15 * MINUTE)]).double_bookings == 1
    assert found(rows=[row("a"), row("b", ReservationState.CANCELLED)]).double_bookings == 0


@pytest.mark.parametrize(
    ("rows", "lost"),
    [
        ([row("a")], 0),
        ([], 1),
        ([row("a", ReservationState.CANCELLED)], 1),
        ([row("a", ReservationState.WITHDRAWN)], 0),  # that is a clash, and counted as one
    ],
)
def test_a_booking_that_somebody_was_told_of_must_stand(rows: list[Reservation], lost: int) -> None:
    """Unless its end was asked for."""
    assert found(ops=[BOOKED_BY_1], rows=rows).lost == lost
    assert found(ops=[BOOKED_BY_1, op(2, "cancel", 4, 5, about="a")], rows=rows).lost == 0


def test_a_booking_without_its_event_is_lost() -> None:
    """Unless a person deleted it."""
    evidence = {"ops": [BOOKED_BY_1], "rows": [row("a")], "uses_calendar": True}
    assert found(**evidence).lost == 1  # type: ignore[arg-type]
    assert found(**evidence, deleted_by_people={"event of a"}).lost == 0  # type: ignore[arg-type]


@pytest.mark.parametrize("rows", [[], [row("a", ReservationState.FAILED)], [row("a", start=START - MINUTE)]])
def test_an_event_without_its_booking_is_an_orphan(rows: list[Reservation]) -> None:
    """No row, one that failed, or one at another time."""
    assert found(rows=rows, events=[event("a")]).orphans == 1


def test_what_is_left_over_is_found() -> None:
    """Holds that did not run out, and what recovery did not bring to an end."""
    states = [ReservationState.HELD, ReservationState.BOOKING, ReservationState.LEAVING]
    findings = found(rows=[row(state.value, state) for state in states])
    assert (findings.holds_leaked, findings.left_open) == (1, 2)


def test_a_person_who_was_first_must_not_be_overlooked() -> None:
    """One who came later is the owner's to settle."""
    ops, rows = [BOOKED_BY_1], [row("a")]
    before, after = START - MINUTE, START + MINUTE
    first = found(ops=ops, rows=rows, events=[event("a"), event(None, created=before, updated=before)])
    later = found(ops=ops, rows=rows, events=[event("a"), event(None, created=before, updated=after)])
    assert (first.clashes_missed, first.clashes_later) == (1, 0)
    assert (later.clashes_missed, later.clashes_later) == (0, 1)


def test_whoever_loses_a_booking_to_a_person_must_be_told() -> None:
    """By the tool's answer, or by a task for a person."""
    rows = [row("a", ReservationState.WITHDRAWN)]
    assert found(ops=[BOOKED_BY_1], rows=rows).untold == 1
    assert found(ops=[op(1, "book", 2, 3, result="taken")], rows=rows).untold == 0
    assert found(ops=[BOOKED_BY_1], rows=rows, told={"CA1"}).untold == 0


def test_a_text_is_sent_once_and_the_record_says_so() -> None:
    """Twice in Twilio's list, or once and not in ours."""
    to, other = "+12025550143", "+12025550144"
    sent = Text(id="t", reservation_id="a", kind="confirmation", to=to, body="B", state=TextState.SENT)
    assert found(texts=[sent], messages=[(to, "B")], uses_calendar=True).texts_doubled == 0
    assert found(texts=[sent], messages=[(to, "B"), (to, "B")], uses_calendar=True).texts_doubled == 1
    assert found(texts=[sent], messages=[(other, "B")], uses_calendar=True).texts_doubled == 1
    assert found(messages=[(to, "B")], uses_calendar=True).texts_doubled == 1
    claims = [op(number, "text", 0, 1, row="a") for number in (1, 2)]
    assert found(ops=claims).texts_doubled == 1
