"""Who is called back, and what is known by then."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from bridge.call.called_back import callback_of, reason_to_call_back
from bridge.call.phases import EndReason
from tests.server import BUSINESS, CALLER, NUMBER
from tools.business_file import load_business
from tools.facts import CallFacts, Done
from tools.result import Claim
from tools.slots import Slot
from tools.store import Lead

TWO_PM = datetime(2026, 11, 25, 14, tzinfo=ZoneInfo("America/New_York"))
BOOKED = {"booking_1": Done(claim=Claim.BOOKED, service="cleaning", start=TWO_PM)}
TOLD = Lead(name="Dana Reed", reason="a broken tooth", callback_number="+12025550199")


def facts(**given: Any) -> CallFacts:
    return CallFacts(call_sid="CA1", caller_number=CALLER, our_number=NUMBER, **given)


@pytest.mark.parametrize(
    ("known", "end", "why"),
    [
        ({}, EndReason.SAID_GOODBYE, None),
        ({}, EndReason.CALLER_SILENT, None),
        ({"lead": TOLD}, EndReason.SAID_GOODBYE, None),
        ({"lead": TOLD}, EndReason.CALLER_SILENT, "caller_silent"),
        ({"held_slot_id": "slot_1"}, EndReason.CALLER_SILENT, "caller_silent"),
        ({"nobody_came": True}, EndReason.CALLER_HUNG_UP, "nobody_answered"),
        ({"nobody_came": True}, EndReason.MODEL_LOST, "nobody_answered"),
        ({"nobody_there": True}, EndReason.SAID_GOODBYE, "out_of_hours"),
        ({"nobody_there": True}, EndReason.CALLER_HUNG_UP, "out_of_hours"),
        ({"nobody_there": True}, EndReason.STREAM_LOST, None),
        ({"transfer_reason": "dispute"}, EndReason.CALLER_HUNG_UP, "gave_up_waiting"),
        ({"transfer_reason": "dispute"}, EndReason.TRANSFER, None),
        ({"nobody_there": True, "message_taken": True}, EndReason.SAID_GOODBYE, None),
        ({"nobody_there": True, "done": BOOKED}, EndReason.SAID_GOODBYE, None),
    ],
)
def test_who_waits_for_a_call(known: dict[str, Any], end: EndReason, why: str | None) -> None:
    """Whoever was let down and neither left a message nor got what they wanted; nobody else."""
    assert reason_to_call_back(facts(**known), end) == why
    withheld = msgspec.structs.replace(facts(**known), caller_number=None)
    told = withheld.lead.callback_number is not None
    assert reason_to_call_back(withheld, end) == (why if told else None)


def test_what_whoever_calls_back_is_told() -> None:
    """What was done, what was about to be booked, what was told, how urgent it is and when to call."""
    slot = Slot(id="slot_1", calendar_id="a", service="filling", start=TWO_PM, end=TWO_PM)
    lead = Lead(name="Dana Reed", reason="a broken tooth", urgency="urgent", best_time="after five")
    known = facts(lead=lead, offered={"slot_1": slot}, held_slot_id="slot_1", held_name="Di")
    task = callback_of(load_business(BUSINESS), known, "stream_lost", "Cancelled: cleaning.")
    assert task.message.splitlines() == [
        "Cancelled: cleaning.",
        "Wanted, and not booked: filling, Wednesday 25 November 2026 at 14:00.",
        "Reason: a broken tooth",
        "Urgency: urgent",
    ]
    assert (task.name, task.number, task.urgency, task.best_time) == (
        "Dana Reed",
        CALLER,
        "urgent",
        "after five",
    )
    assert callback_of(load_business(BUSINESS), facts(), "stream_lost").message == ""
