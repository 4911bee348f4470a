"""The checker: a good run passes every rule, and each rule sees what it is there for."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bridge.harness.checker import RULES, check
from bridge.harness.evidence import Evidence
from bridge.harness.ledger import Entry, Ledger
from bridge.harness.mail.messages import ReceivedMail
from bridge.harness.recording_file import load_recording
from bridge.harness.run import run_recording
from bridge.harness.virtual_time import run_fast
from tools.store import ReservationState, TextState

RECORDINGS = Path(__file__).parents[3] / "recordings"
STRAY = ReceivedMail(message_id="0", sender="a@b.example", to="c@d.example", subject="", body="", invite=None)
Doctor = Callable[[Evidence], Evidence]


@pytest.fixture(scope="module")
def good() -> Evidence:
    """A real run with a barge-in, a booking and a text."""
    return run_fast(run_recording(load_recording(RECORDINGS / "interrupts-the-offer")))


def with_entry(ledger: Ledger, kind: str, at: float = 0.0, **data: Any) -> Ledger:
    changed = Ledger(ledger.party, lambda: 0.0)
    changed.entries = [*ledger.entries, Entry(at, kind, data)]
    return changed


def without(ledger: Ledger, *kinds: str) -> Ledger:
    changed = Ledger(ledger.party, lambda: 0.0)
    changed.entries = [entry for entry in ledger.entries if entry.kind not in kinds]
    return changed


def put(evidence: Evidence, **changes: Any) -> Evidence:
    return msgspec.structs.replace(evidence, **changes)


def rows(evidence: Evidence, **changes: Any) -> Evidence:
    return put(evidence, rows=msgspec.structs.replace(evidence.rows, **changes))


def first(items: list[Any], **changes: Any) -> list[Any]:
    return [msgspec.structs.replace(items[0], **changes), *items[1:]]


def cut_wrong(evidence: Evidence) -> Evidence:
    model = without(evidence.model, "truncated")
    (told,) = evidence.model.of("truncated")
    return put(evidence, model=with_entry(model, "truncated", told.at, **{**told.data, "audio_end_ms": 4000}))


def human_event(evidence: Evidence) -> Evidence:
    """A person's event over ours, in the calendar only."""
    events = {calendar: dict(kept) for calendar, kept in evidence.calendar_events.items()}
    for kept in events.values():
        for event in list(kept.values()):
            kept["other"] = {**event, "id": "other", "extendedProperties": {}}
    return put(evidence, calendar_events=events)


def no_events(evidence: Evidence) -> Evidence:
    return put(evidence, calendar_events={calendar: {} for calendar in evidence.calendar_events})


DOCTORED: dict[str, Doctor] = {
    "nobody broke the protocol": lambda e: put(
        e, telephone=with_entry(e.telephone, "breach", what="31951", detail="")
    ),
    "the caller's audio arrives whole (I8)": lambda e: put(
        e, received_audio=e.received_audio[:8000] + e.received_audio[8160:]
    ),
    "the model knows what was heard": cut_wrong,
    "an interrupted agent falls silent": lambda e: put(e, telephone=without(e.telephone, "agent_ended")),
    "the model session ends with the call (I7)": lambda e: put(e, model_open_after_s=None),
    "nothing is asked of the model before the stream": lambda e: put(
        e, model=with_entry(e.model, "turn_started", -1.0, turn_id="resp_0")
    ),
    "no leg is left behind": lambda e: put(
        e, telephone=with_entry(e.telephone, "orphan", leg="CA2", status="in-progress")
    ),
    "nothing is left behind": lambda e: put(e, leftovers=["task forgotten"]),
    "no double booking (I1)": human_event,
    "rows and events agree (I2)": no_events,
    "said implies done (I3)": lambda e: rows(
        e,
        reservations=[msgspec.structs.replace(r, state=ReservationState.FAILED) for r in e.rows.reservations],
    ),
    "booked only after a yes": lambda e: put(e, telephone=without(e.telephone, "line_began")),
    "bookings are told only to their owner": lambda e: put(
        e, model=with_entry(e.model, "tool_answered", name="find_bookings", output={"ok": True, "say": ""})
    ),
    "holds are bounded (I5)": lambda e: rows(
        e,
        reservations=first(
            e.rows.reservations, state=ReservationState.HELD, expires_at=e.rows.at + timedelta(hours=1)
        ),
    ),
    "texts at most once, to the caller only (I4)": lambda e: put(e, messages=[*e.messages, *e.messages]),
    "mails at most once, true to their booking": lambda e: put(e, mails=[*e.mails, STRAY]),
    "notices follow the booking": lambda e: rows(
        e,
        reservations=[msgspec.structs.replace(r, state=ReservationState.MOVED) for r in e.rows.reservations],
    ),
    "the call has an end (I6)": lambda e: rows(e, calls=first(e.rows.calls, outcome=None)),
    "the log tells nothing personal (I9)": lambda e: put(e, log_lines=[f"to {e.recording.caller}"]),
    "the recording's own expectations": lambda e: put(e, messages=[]),
}


def wrong(evidence: Evidence) -> dict[str, list[str]]:
    return {verdict.rule: verdict.wrong for verdict in check(evidence) if verdict.wrong}


def test_a_good_run_passes(good: Evidence) -> None:
    """No rule finds anything in a run in which nothing is wrong."""
    assert wrong(good) == {}


@pytest.mark.parametrize("rule", [name for name, _ in RULES])
def test_each_rule_sees_its_fault(rule: str, good: Evidence) -> None:
    """The same run with one thing wrong: the rule that is there for it says so."""
    assert rule in wrong(DOCTORED[rule](good))


def test_a_session_too_many_is_seen(good: Evidence) -> None:
    """One that waited in vain is explained by the log, and counts for none."""
    two = put(good, model_connections=good.model_connections + 1)
    assert wrong(two) == {"the model session ends with the call (I7)": ["2 model sessions for 1 streams"]}
    waited = '{"why": "no stream came", "event": "waiting_leg_closed"}'
    assert wrong(put(two, log_lines=[*good.log_lines, waited])) == {}


def test_a_text_to_a_stranger_is_seen(good: Evidence) -> None:
    """Texts go to the number that called, and nowhere else."""
    stranger = [{**good.messages[0], "to": "+12025550199"}]
    assert wrong(put(good, messages=stranger)) == {
        "texts at most once, to the caller only (I4)": ["a text went to a number that is not the caller's"]
    }


def test_an_outbox_that_disagrees_with_twilio_is_seen(good: Evidence) -> None:
    """What the outbox says was sent must be what Twilio has."""
    texts = [msgspec.structs.replace(text, state=TextState.FAILED) for text in good.rows.texts]
    assert "texts at most once, to the caller only (I4)" in wrong(rows(good, texts=texts))


def test_a_lost_tail_is_seen(good: Evidence) -> None:
    """The end of the caller's audio may not be missing for longer than a message is under way."""
    cut = good.received_audio[:-16000]
    assert "the caller's audio arrives whole (I8)" in wrong(put(good, received_audio=cut))


def test_an_item_cut_short_without_a_word_to_the_model_is_seen(good: Evidence) -> None:
    """The telephone threw the rest of it away; a model that is not told believes that all was heard."""
    untold = put(good, model=without(good.model, "truncated"))
    assert wrong(untold) == {
        "the model knows what was heard": ["an item was cut short, and the model was not told"]
    }


def test_a_clear_that_comes_late_is_seen(good: Evidence) -> None:
    """The model has heard the caller, and the agent goes on for a while."""
    cleared = next(good.telephone.of("cleared"))
    ended = next(e for e in good.telephone.of("agent_ended") if e.at > cleared.at)
    telephone = put(good, telephone=without(good.telephone, "agent_ended")).telephone
    telephone.entries += [Entry(ended.at + 0.3, "agent_ended", ended.data)]
    found = wrong(put(good, telephone=telephone))["an interrupted agent falls silent"]
    assert "after the model had heard the caller" in found[0]


def test_two_reservations_of_one_time_are_seen(good: Evidence) -> None:
    """Rows that overlap are a double booking even when the calendar shows one event."""
    again = msgspec.structs.replace(good.rows.reservations[-1], id="again")
    booked = [row for row in good.rows.reservations if row.state is ReservationState.BOOKED]
    again = msgspec.structs.replace(booked[0], id="again")
    doctored = rows(good, reservations=[*good.rows.reservations, again])
    assert "no double booking (I1)" in wrong(doctored)


def test_a_booking_told_of_twice_is_one_booking(good: Evidence) -> None:
    """A model that asks again for what is booked is told again; that claims no second booking."""
    names = {"create_event"}
    (asked,) = (e for e in good.model.of("tool_asked") if e.data["name"] in names)
    (told,) = (e for e in good.model.of("tool_answered") if e.data["name"] in names)
    model = with_entry(good.model, "tool_asked", asked.at, **{**asked.data, "call_id": "again"})
    model = with_entry(model, "tool_answered", told.at, **{**told.data, "call_id": "again"})
    assert wrong(put(good, model=model)) == {}
    other = {**asked.data, "call_id": "other", "arguments": {**asked.data["arguments"], "hold_id": "other"}}
    model = with_entry(good.model, "tool_asked", asked.at, **other)
    model = with_entry(model, "tool_answered", told.at, **{**told.data, "call_id": "other"})
    assert "said implies done (I3)" in wrong(put(good, model=model))


def test_words_said_twice_prove_nothing_about_a_cut(good: Evidence) -> None:
    """Where two items hold the same sound, it cannot be told which of them was heard."""
    doctored = cut_wrong(good)
    (cut,) = good.model.of("truncated")
    assert "the model knows what was heard" in wrong(doctored)
    said = good.spoken[cut.data["item_id"]]
    for twin in (said, b"said before" + said):  # also in the middle of a longer sentence
        spoken = {**good.spoken, "twin": twin}
        assert "the model knows what was heard" not in wrong(put(doctored, spoken=spoken))
