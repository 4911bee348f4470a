"""The rules about texts and the log, on a call in which a code was sent: each sees what it is there for."""

import re

import msgspec
import pytest

from bridge.harness.evidence import Evidence
from bridge.harness.recording_file import load_recording
from bridge.harness.run import run_recording
from bridge.harness.virtual_time import run_fast
from bridge.store.report import CallbackRow
from tests.bridge.harness.test_checker import RECORDINGS, put, rows, wrong
from tools.store import Text, TextState

I4, I9 = "texts at most once, to the caller only (I4)", "the log tells nothing personal (I9)"
NOTICES = "notices follow the booking"


@pytest.fixture(scope="module")
def proved() -> Evidence:
    """A real run: the caller proves who they are by a code, and cancels; a reminder was waiting."""
    return run_fast(run_recording(load_recording(RECORDINGS / "spoofed-caller")))


def code_of(evidence: Evidence) -> str:
    (code,) = [
        found for message in evidence.messages if (found := re.search(r"(?<!\d)\d{6}(?!\d)", message["body"]))
    ]
    return code.group()


def with_texts(evidence: Evidence, kind: str, **changes: object) -> Evidence:
    texts = [
        msgspec.structs.replace(text, **changes) if text.kind == kind else text
        for text in evidence.rows.texts
    ]
    return rows(evidence, texts=texts)


def test_a_good_run_passes(proved: Evidence) -> None:
    """A code is a text like any other, though the outbox does not hold it."""
    assert wrong(proved) == {}


def test_a_code_in_the_database_is_seen(proved: Evidence) -> None:
    """Whoever reads the database could otherwise prove to be anybody."""
    body = proved.messages[0]["body"]
    assert wrong(with_texts(proved, "code", body=body)) == {I4: ["a code stands in the database"]}


def test_a_code_in_the_log_is_seen(proved: Evidence) -> None:
    """Alone or in a sentence; a time of day with the same figures is no code."""
    code = code_of(proved)
    assert I9 in wrong(put(proved, log_lines=[f'{{"event": "checked", "code": "{code}"}}']))
    assert wrong(put(proved, log_lines=[f'{{"timestamp": "2026-11-23T14:05:00.{code}Z"}}'])) == {}


def test_a_customer_in_the_log_is_seen(proved: Evidence) -> None:
    """Also of a booking that stood before the call."""
    assert I9 in wrong(put(proved, log_lines=["found Paula Quinn"]))


def test_two_texts_of_a_kind_are_seen(proved: Evidence) -> None:
    """Of codes there may be several, of everything about a booking one."""
    (reminder,) = [text for text in proved.rows.texts if text.kind == "reminder_24"]
    (code,) = [text for text in proved.rows.texts if text.kind == "code"]
    assert I4 in wrong(rows(proved, texts=[*proved.rows.texts, reminder]))
    again = msgspec.structs.replace(code, state=TextState.FAILED)
    assert wrong(rows(proved, texts=[*proved.rows.texts, again])) == {}


def test_a_reminder_of_what_is_cancelled_is_seen(proved: Evidence) -> None:
    """It was cancelled with the booking; one that still waits would be sent."""
    waiting = with_texts(proved, "reminder_24", state=TextState.PENDING)
    assert wrong(waiting) == {NOTICES: ["a reminder waits for what is cancelled"]}


def test_a_reminder_that_waits_is_no_text_yet(proved: Evidence) -> None:
    """The outbox may hold more than Twilio has, as long as it does not say that it was sent."""
    assert I4 not in wrong(with_texts(proved, "reminder_24", state=TextState.PENDING))
    assert I4 in wrong(with_texts(proved, "reminder_24", state=TextState.SENT))


# --- what the owner is told ----------------------------------------------------------

OWNER = "+12025550181"


def told(evidence: Evidence, *more: str, to: str = OWNER, of: str = "task") -> Evidence:
    """The same call, after which the owner was told of a task, and of `more`."""
    task = CallbackRow(
        id="task",
        call_sid="CA1",
        number=None,
        name=None,
        message="",
        reason="message",
        urgency="normal",
        best_time=None,
        created_at=evidence.rows.at,
    )
    text = Text(
        id="t",
        reservation_id=None,
        kind="callback",
        to=to,
        body="Call.",
        state=TextState.SENT,
        callback_id=of,
    )
    again = [msgspec.structs.replace(text, id=body, body=body) for body in more]
    sent = [{"to": each.to, "body": each.body} for each in (text, *again)]
    seen = rows(evidence, texts=[*evidence.rows.texts, text, *again], callbacks=[task])
    owned = put(seen, owner_sms=OWNER, messages=[*evidence.messages, *sent])
    expect = msgspec.structs.replace(
        owned.recording.expect, end="message", callbacks=("message",), owner_texts=1 + len(more)
    )
    return put(owned, recording=msgspec.structs.replace(owned.recording, expect=expect))


def test_the_owner_is_told_once_and_alone(proved: Evidence) -> None:
    """One text for a task to the owner's number passes; a second one, or another number, does not."""
    assert wrong(told(proved)) == {}
    assert wrong(told(proved, "Call!")) == {I4: ["2 callback texts by sms for one task"]}
    elsewhere = ["a text for the owner went to a number that is not the owner's"]
    assert wrong(told(proved, to="+12025550182"))[I4] == elsewhere
    assert wrong(told(proved, to=proved.recording.caller))[I4] == elsewhere


def test_the_owner_is_told_of_what_there_is(proved: Evidence) -> None:
    """A text without its task would send somebody after nothing."""
    assert wrong(told(proved, of="gone"))[I4] == ["the owner was told of a task that does not exist"]
