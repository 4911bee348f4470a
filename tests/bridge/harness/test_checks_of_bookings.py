"""The rules about bookings, on a call in which one was cancelled: each sees what it is there for."""

from collections.abc import Callable
from datetime import datetime

import msgspec
import pytest

from bridge.harness.checks_of_bookings import GREETED_WITH, SAID_OF
from bridge.harness.evidence import Evidence
from bridge.harness.recording_file import load_recording
from bridge.harness.run import run_recording
from bridge.harness.virtual_time import run_fast
from tests.bridge.harness.test_checker import RECORDINGS, put, rows, with_entry, without, wrong
from tools import spoken, spoken_changes, spoken_identity
from tools.store import ReservationState

I1, I2, I3 = "no double booking (I1)", "rows and events agree (I2)", "said implies done (I3)"
GATE = "booked only after a yes"


@pytest.fixture(scope="module")
def cancelled() -> Evidence:
    """A real run: a booking is found, proposed to be cancelled, and cancelled after the yes."""
    return run_fast(run_recording(load_recording(RECORDINGS / "cancels")))


@pytest.fixture(scope="module")
def moved() -> Evidence:
    """A real run in which a booking is moved within its calendar."""
    return run_fast(run_recording(load_recording(RECORDINGS / "reschedules")))


def with_row_state(evidence: Evidence, old: ReservationState, new: ReservationState) -> Evidence:
    changed = [
        msgspec.structs.replace(row, state=new) if row.state is old else row
        for row in evidence.rows.reservations
    ]
    return rows(evidence, reservations=changed)


def with_events(evidence: Evidence, change: Callable[[dict[str, object]], dict[str, object]]) -> Evidence:
    """Every event of ours changed."""
    events = {
        calendar: {
            event_id: change(event) if "extendedProperties" in event else event
            for event_id, event in kept.items()
        }
        for calendar, kept in evidence.calendar_events.items()
    }
    return put(evidence, calendar_events=events)


def test_good_runs_pass(cancelled: Evidence, moved: Evidence) -> None:
    """Nothing is wrong with a cancellation and a move."""
    assert wrong(cancelled) == {}
    assert wrong(moved) == {}


def test_an_event_that_outlives_its_cancellation_is_seen(cancelled: Evidence) -> None:
    """What is cancelled in our rows may not stand in the calendar, and not be told of as cancelled."""
    assert I2 in wrong(with_events(cancelled, lambda event: {**event, "status": "confirmed"}))


def test_a_booked_row_without_its_event_is_seen(cancelled: Evidence) -> None:
    """The other way round: the event is gone, and the row still says booked."""
    assert I2 in wrong(with_row_state(cancelled, ReservationState.CANCELLED, ReservationState.BOOKED))


def test_a_row_that_is_leaving_may_have_its_event_or_not(cancelled: Evidence) -> None:
    """Google could not be asked: it will be gone in the end."""
    leaving = with_row_state(cancelled, ReservationState.CANCELLED, ReservationState.LEAVING)
    assert I2 not in wrong(leaving)
    assert I2 not in wrong(with_events(leaving, lambda event: {**event, "status": "confirmed"}))


def test_an_event_that_names_another_row_is_seen(moved: Evidence) -> None:
    """After a move the event belongs to the new row."""
    other = {"private": {"callbridge_reservation": "other"}}
    assert I2 in wrong(with_events(moved, lambda event: {**event, "extendedProperties": other}))


def test_a_move_that_left_the_event_where_it_was_is_seen(moved: Evidence) -> None:
    """Row and event begin at the same time."""
    (row,) = [row for row in moved.rows.reservations if row.state is ReservationState.MOVED]
    start = {"dateTime": row.start.isoformat()}
    assert I2 in wrong(with_events(moved, lambda event: {**event, "start": start}))


def test_the_words_are_the_tools() -> None:
    """A tool's sentence that is worded anew may not slip out of the rules."""
    start = datetime(2026, 12, 1, 9)  # noqa: DTZ001 - wall clock
    sentences = {
        "You're booked": spoken.booked("filling", start),
        "It's moved": spoken_changes.moved("filling", start),
        "It's cancelled": spoken_changes.cancelled("filling", start),
        "I've sent you a text": spoken_identity.code_sent() + spoken.text_sent(),
        "I'm connecting you now": spoken.connecting(),
    }
    assert sentences.keys() == SAID_OF.keys()
    assert [words for words, sentence in sentences.items() if words not in sentence] == []
    assert GREETED_WITH in spoken_identity.next_appointment("filling", start)


@pytest.mark.parametrize("kind", ["deleted", "patched"])
def test_words_of_a_change_need_the_change(kind: str, cancelled: Evidence, moved: Evidence) -> None:
    """`It's cancelled` and `It's moved` are untrue where the calendar was told nothing."""
    evidence = cancelled if kind == "deleted" else moved
    assert I3 in wrong(put(evidence, calendar=without(evidence.calendar, kind)))


def test_a_stranger_who_is_told_or_served_is_seen(cancelled: Evidence) -> None:
    """The same call from a number that nobody vouches for: greeted, shown and cancelled without proof."""
    stranger = msgspec.structs.replace(cancelled.recording, attestation="TN-Validation-Passed-B")
    assert wrong(put(cancelled, recording=stranger)) == {
        "bookings are told only to their owner": [
            "bookings were shown before it was proved who is calling",
            "a caller nobody vouches for was greeted with an appointment",
            "an event was deleted before it was proved who is calling",
        ]
    }


def test_a_change_without_a_proposal_is_seen(cancelled: Evidence) -> None:
    """The tool did it in the first call: its only answer comes after the write."""
    (first, _) = [e for e in cancelled.model.of("tool_answered") if e.data["name"] == "cancel_event"]
    model = without(cancelled.model, "tool_answered")
    for entry in cancelled.model.of("tool_answered"):
        if entry is not first:
            model = with_entry(model, entry.kind, entry.at, **entry.data)
    assert wrong(put(cancelled, model=model))[GATE] == ["an event was deleted without a proposal"]


def test_a_change_without_an_answer_is_seen(cancelled: Evidence, moved: Evidence) -> None:
    """Nobody said anything between read-back and write."""
    for evidence in (cancelled, moved):
        assert GATE in wrong(put(evidence, telephone=without(evidence.telephone, "line_began")))


def test_a_change_without_its_read_back_is_seen(cancelled: Evidence) -> None:
    """Something was said and answered, but it named neither day nor time."""
    model = without(cancelled.model, "said")
    for entry in cancelled.model.of("said"):
        model = with_entry(model, "said", entry.at, **{**entry.data, "text": "One moment, please."})
    found = wrong(put(cancelled, model=model))[GATE]
    assert found == ["an event was deleted, and no read-back of it was heard"]
