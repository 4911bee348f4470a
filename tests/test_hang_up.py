"""A hang-up ends the legs, not a booking in flight."""

from pathlib import Path

import msgspec

from bridge.harness.checker import check
from bridge.harness.recording import CallerLine, Recording
from bridge.harness.recording_file import load_recording
from bridge.harness.run import Parties, run_recording
from bridge.harness.virtual_time import run_fast
from bridge.store.calls import Outcome
from tools.store import ReservationState

RECORDINGS = Path(__file__).parent.parent / "recordings"
SLOW_S = 1.5  # the calendar takes so long to write; the caller has gone by then


def hangs_up_after_yes() -> Recording:
    """The happy path, but the caller is gone while the event is being written."""
    recording = load_recording(RECORDINGS / "book-a-cleaning")
    yes = next(number for number, line in enumerate(recording.lines) if line.clip == "yes_book_it")
    lines = (*recording.lines[: yes + 1], CallerLine(hang_up=True, if_silent_ms=1200))
    return msgspec.structs.replace(recording, lines=lines)


def slow_insert(parties: Parties) -> None:
    parties.calendar.delay("insert", SLOW_S)


def test_a_booking_in_flight_is_finished() -> None:
    """The caller said yes and hung up: the event is written, the row says so, the call counts as booked."""
    evidence = run_fast(run_recording(hangs_up_after_yes(), arrange=slow_insert))
    (hung_up,) = evidence.telephone.of("hung_up")
    (inserted,) = evidence.calendar.of("inserted")
    assert hung_up.data["by"] == "caller"
    assert inserted.at > hung_up.at
    assert [row.state for row in evidence.rows.reservations] == [ReservationState.BOOKED]
    assert [row.outcome for row in evidence.rows.calls] == [Outcome.BOOKED]
    expected = "the recording's own expectations"
    assert {verdict.rule for verdict in check(evidence) if verdict.wrong} <= {expected}
