"""Why somebody is called back, and how soon: the one table, against everything that names a reason."""

import pytest

from bridge.call.phases import EndReason
from tools.arguments import TransferReason, Urgency
from tools.booking import UNKNOWN_CODE as BOOKING_UNKNOWN
from tools.callbacks import REASONS, in_words, urgency_of
from tools.cancelling import UNKNOWN_CODE as CANCEL_UNKNOWN
from tools.rescheduling import UNKNOWN_CODE as MOVE_UNKNOWN
from tools.store import Lead
from tools.tasks import Reason

CALLERS_OWN = {EndReason.CALLER_HUNG_UP, EndReason.SAID_GOODBYE, EndReason.TRANSFER, EndReason.KEY_ZERO}


def test_every_reason_has_words() -> None:
    """Why a call broke off, what recovery finds out, what a call could not settle: nobody reads a code."""
    named = {reason.value for reason in EndReason if reason not in CALLERS_OWN}
    named |= {reason.value for reason in Reason} | {BOOKING_UNKNOWN, MOVE_UNKNOWN, CANCEL_UNKNOWN}
    assert named - REASONS.keys() == set()
    assert [words for words in REASONS.values() if "_" in words or words != words.strip()] == []


def test_a_reason_of_another_version_is_readable() -> None:
    """Whatever stands in the database is shown."""
    assert in_words("something_of_tomorrow") == "something of tomorrow"
    assert in_words("message") == "left a message"


@pytest.mark.parametrize(
    ("reason", "lead", "transfer", "urgency"),
    [
        ("message", None, None, Urgency.NORMAL),
        ("message", Lead(urgency="unknown"), None, Urgency.UNKNOWN),
        ("message", Lead(urgency="urgent"), None, Urgency.URGENT),
        ("end_unknown", Lead(urgency="emergency"), None, Urgency.EMERGENCY),
        ("nobody_answered", None, TransferReason.EMERGENCY.value, Urgency.EMERGENCY),
        ("message", Lead(handoff_reason="emergency"), None, Urgency.EMERGENCY),
        ("withdrawn", None, None, Urgency.URGENT),
        ("booking_unknown", Lead(urgency="normal"), None, Urgency.URGENT),
        ("finished_late", None, None, Urgency.NORMAL),
    ],
)
def test_how_urgent_it_is(reason: str, lead: Lead | None, transfer: str | None, urgency: Urgency) -> None:
    """What the caller said counts, and what the business has to put right is never left for days."""
    assert urgency_of(reason, lead, transfer) is urgency
