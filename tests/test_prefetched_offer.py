"""Free/busy in a whole call: known before it is needed, asked again while the call lasts, then no more."""

from itertools import pairwise
from pathlib import Path

import pytest

from bridge.harness.checker import check
from bridge.harness.evidence import Evidence
from bridge.harness.recording_file import load_recording
from bridge.harness.run import Parties, run_recording
from bridge.harness.virtual_time import run_fast
from tools.prefetch import AGAIN_S, OLDEST_S

RECORDINGS = Path(__file__).parent.parent / "recordings"


@pytest.fixture(scope="module")
def booking() -> Evidence:
    """The plain call: a wish, an offer, a booking."""
    return run_fast(run_recording(load_recording(RECORDINGS / "book-a-cleaning")))


def test_an_offer_is_made_without_a_question_to_google(booking: Evidence) -> None:
    """Between the model's question and the tool's answer the calendar is asked nothing."""
    (asked,) = [e.at for e in booking.model.of("tool_asked") if e.data["name"] == "check_availability"]
    (answered,) = [e.at for e in booking.model.of("tool_answered") if e.data["name"] == "check_availability"]
    questions = [entry.at for entry in booking.calendar.of("freebusy")]
    assert questions
    assert questions[0] < asked
    assert not [at for at in questions if asked <= at <= answered]


def test_it_is_asked_again_only_while_the_call_lasts(booking: Evidence) -> None:
    """One question every twenty seconds of the call, for all calendars; none before or after it."""
    (begin,) = [entry.at for entry in booking.telephone.of("stream_opened")]
    (end,) = [entry.at for entry in booking.telephone.of("stream_ended")]
    questions = [entry.at for entry in booking.calendar.of("freebusy")]
    assert all(begin <= at <= end for at in questions)
    assert all(AGAIN_S <= later - sooner < OLDEST_S for sooner, later in pairwise(questions))
    for entry in booking.calendar.of("freebusy"):
        assert entry.data["ids"] == ["chair-1@maplestreet.example", "chair-2@maplestreet.example"]


def test_the_hold_and_the_booking_look_for_themselves(booking: Evidence) -> None:
    """Prefetched free/busy decides nothing: the events of the time itself are listed before it is written."""
    (held,) = [e.at for e in booking.model.of("tool_answered") if e.data["name"] == "hold_slot"]
    listed = [entry.at for entry in booking.calendar.of("listed")]
    assert any(at < held for at in listed)
    (inserted,) = [entry.at for entry in booking.calendar.of("inserted")]
    assert any(held < at <= inserted for at in listed)  # time that jumps may stand still in between


def test_a_call_goes_on_when_the_prefetch_fails() -> None:
    """Google refuses the question that nobody waits for; the tool asks and the call ends as it must."""

    def refuse_the_first(parties: Parties) -> None:
        parties.calendar.fail_next("freebusy", 503, "backendError", times=2)  # and its second attempt

    evidence = run_fast(
        run_recording(load_recording(RECORDINGS / "book-a-cleaning"), arrange=refuse_the_first)
    )
    assert {verdict.rule: verdict.wrong for verdict in check(evidence) if verdict.wrong} == {}
