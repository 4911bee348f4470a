"""Calendar and Twilio failing in the middle of a real recording: what is said stays true.

Each row is one fault, the sentence the agent must say, and what must stand in calendar, store and
Twilio afterwards. The checker's rules hold in all of them.
"""

from collections.abc import Callable

import msgspec
import pytest

from bridge.harness.checker import check
from bridge.harness.recording import Expect
from bridge.harness.recording_file import load_recording
from bridge.harness.run import Parties, run_recording
from bridge.harness.virtual_time import run_fast
from tests.server import BUSINESS
from tools import spoken

BOOKING = load_recording(BUSINESS.parent / "book-a-cleaning")
WISH, CHOICE, NAME, YES, GOODBYE = range(5)  # the recording's lines
CHAIR = "chair-1@maplestreet.example"
(SLOT,) = BOOKING.expect.events
BROKEN = 9  # times: longer than anybody goes on trying
SUCCESS = "You're booked: cleaning on Wednesday, November twenty-fifth at two PM."
PATIENCE_MS = 5000
TIMES_OUT_S = 4.0  # the calendar is given up after three
WITHOUT_TIMES = Expect(outcome="ended", end="hang_up", tools=("check_availability", "end_call"))
WITHOUT_HOLD = Expect(outcome="ended", end="hang_up", tools=("check_availability", "hold_slot", "end_call"))
WITHOUT_BOOKING = Expect(outcome="ended", end="hang_up", tools=("hold_slot", "create_event", "end_call"))
UNKNOWN = msgspec.structs.replace(  # a person is asked to settle it
    WITHOUT_BOOKING, end="message", callbacks=("booking_unknown",)
)
BOOKED_AND_TEXTED = BOOKING.expect
BOOKED_ONLY = msgspec.structs.replace(BOOKING.expect, texts=0)


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A fault and what must come of it."""

    arrange: Callable[[Parties], None]
    expect: Expect
    says: str
    lines: tuple[int, ...] = (WISH, CHOICE, NAME, YES, GOODBYE)
    rows: tuple[str, ...] = ("booked",)  # states of the reservations
    texts: tuple[str, ...] = ()  # states of the outbox
    summary: str = "The call ended without a booking."


def not_shared(parties: Parties) -> None:
    """The owner forgot to share a calendar: an error inside a 200."""
    parties.calendar._calendars.zones.pop(CHAIR)


def insert_lost_for_good(parties: Parties) -> None:
    """The event is written, but neither its answers nor a look at it come through."""
    parties.calendar.lose_answer_next("insert", BROKEN)
    parties.calendar.fail_next("get", 503, "backendError", BROKEN)


FAULTS = {
    "calendar not shared": Case(
        arrange=not_shared,
        lines=(WISH, GOODBYE),
        expect=WITHOUT_TIMES,
        says=spoken.calendar_unseen(),
        rows=(),
    ),
    "free/busy refused": Case(
        arrange=lambda parties: parties.calendar.fail_next("freebusy", 403, "quotaExceeded", BROKEN),
        lines=(WISH, GOODBYE),
        expect=WITHOUT_TIMES,
        says=spoken.calendar_unseen(),
        rows=(),
    ),
    "free/busy broken": Case(
        arrange=lambda parties: parties.calendar.fail_next("freebusy", 503, "backendError", BROKEN),
        lines=(WISH, GOODBYE),
        expect=WITHOUT_TIMES,
        says=spoken.calendar_unseen(),
        rows=(),
    ),
    "free/busy broken, and again": Case(  # the second time code fetches a person
        arrange=lambda parties: parties.calendar.fail_next("freebusy", 503, "backendError", BROKEN),
        lines=(WISH, WISH),
        expect=Expect(
            outcome="transferred",
            end="person",
            dialled="+12025550180",
            tools=("check_availability", "check_availability"),
        ),
        says=spoken.calendar_unseen(),
        rows=(),
        summary="Put through to a person (calendar failing).",
    ),
    "no look before the hold": Case(
        arrange=lambda parties: parties.calendar.fail_next("list", 503, "backendError", BROKEN),
        lines=(WISH, CHOICE, NAME, GOODBYE),
        expect=WITHOUT_HOLD,
        says=spoken.calendar_unseen(),
        rows=(),
    ),
    "the look before the hold times out": Case(
        arrange=lambda parties: parties.calendar.delay("list", TIMES_OUT_S),
        lines=(WISH, CHOICE, NAME, GOODBYE),
        expect=WITHOUT_HOLD,
        says=spoken.calendar_unseen(),
        rows=(),
    ),
    "insert refused": Case(
        arrange=lambda parties: parties.calendar.fail_next("insert", 403, "forbidden", BROKEN),
        expect=WITHOUT_BOOKING,
        says=spoken.not_booked(),
        rows=("failed",),
    ),
    "insert broken": Case(
        arrange=lambda parties: parties.calendar.fail_next("insert", 503, "backendError", BROKEN),
        expect=UNKNOWN,
        says=spoken.booking_unknown(promised=True),
        rows=("booking",),
        summary="Whether a booking was made is not known; please look in the calendar.",
    ),
    "insert's answer lost once": Case(
        arrange=lambda parties: parties.calendar.lose_answer_next("insert"),
        expect=BOOKED_AND_TEXTED,
        says=SUCCESS,
        texts=("sent",),
        summary="The confirmation text was sent.",
    ),
    "insert's answers lost for good": Case(
        arrange=insert_lost_for_good,
        # The event is there, and nobody may claim it.
        expect=msgspec.structs.replace(UNKNOWN, events=(SLOT,)),
        says=spoken.booking_unknown(promised=True),
        rows=("booking",),
        summary="Whether a booking was made is not known; please look in the calendar.",
    ),
    "text to a number that said STOP": Case(
        arrange=lambda parties: parties.rest.refuse_number(BOOKING.caller, 21610),
        expect=BOOKED_ONLY,
        says=spoken.text_blocked(),
        texts=("failed",),
        summary="The confirmation text is not known to have been sent.",
    ),
    "too many texts, once": Case(
        arrange=lambda parties: parties.rest.fail_next("create", 429, 20429),
        expect=BOOKED_AND_TEXTED,
        says=spoken.text_sent(),
        texts=("sent",),
        summary="The confirmation text was sent.",
    ),
    "too many texts": Case(
        arrange=lambda parties: parties.rest.fail_next("create", 429, 20429, BROKEN),
        expect=BOOKED_ONLY,
        says=spoken.text_failed(),
        texts=("failed",),
        summary="The confirmation text is not known to have been sent.",
    ),
    "texts broken": Case(
        arrange=lambda parties: parties.rest.fail_next("create", 500, 20500),
        expect=BOOKED_ONLY,
        says=spoken.text_unknown(),
        texts=("unknown",),
        summary="The confirmation text is not known to have been sent.",
    ),
    "text sent, answer lost": Case(
        arrange=lambda parties: parties.rest.lose_answer_next("create"),
        expect=BOOKED_AND_TEXTED,
        says=spoken.text_unknown(),
        texts=("unknown",),
        summary="The confirmation text is not known to have been sent.",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_is_said_stays_true(name: str) -> None:
    """The agent says what is certain; calendar, store and Twilio agree with it; no text is doubled."""
    case = FAULTS[name]
    lines = [BOOKING.lines[number] for number in case.lines]
    # The caller says goodbye only when even a slow answer has come.
    lines[-1] = msgspec.structs.replace(lines[-1], after_quiet_ms=PATIENCE_MS)
    recording = msgspec.structs.replace(BOOKING, lines=tuple(lines), expect=case.expect)
    evidence = run_fast(run_recording(recording, arrange=case.arrange))
    assert {verdict.rule: verdict.wrong for verdict in check(evidence) if verdict.wrong} == {}
    said = [entry.data["text"] for entry in evidence.model.of("said")]
    assert case.says in said
    assert any(SUCCESS in sentence for sentence in said) == (case.rows == ("booked",))
    assert tuple(row.state.value for row in evidence.rows.reservations) == case.rows
    confirmations = [text for text in evidence.rows.texts if text.kind == "confirmation"]
    assert tuple(text.state.value for text in confirmations) == case.texts
    assert {task.number for task in evidence.rows.callbacks} <= {recording.caller}
    (row,) = evidence.rows.calls
    assert case.summary in (row.summary or "")
