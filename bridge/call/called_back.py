"""Which callers wait for a call although theirs has ended, and what whoever calls them is told.

Pure. Read `record.py` for the calls that end before our eyes, `bridge/twilio/calling_back.py` for all others.
"""

from bridge.call.phases import CALLERS_CHOICE, EndReason
from tools.business import Business
from tools.callbacks import (
    FELL_SILENT,
    GAVE_UP_WAITING,
    LEAD,
    NOBODY_CAME,
    OUT_OF_HOURS,
    Callback,
    urgency_of,
)
from tools.facts import CallFacts
from tools.lead import callback_note
from tools.store import Lead


def reason_to_call_back(facts: CallFacts, reason: str, *, lead_taken: bool = False) -> str | None:
    """Why this caller waits for a call, their stream having ended for `reason`; None when they do not.

    What broke on our side is not among it: `/twilio/next` sees to those, and `call_over.py` if it is never
    asked. `lead_taken`: the caller told something where nothing is booked.
    """
    if facts.message_taken:
        return None
    if lead_taken:
        return LEAD
    if facts.caller_number is None and facts.lead.callback_number is None:
        return None
    if facts.nobody_came:
        return NOBODY_CAME
    if facts.done or reason not in CALLERS_CHOICE:
        return None
    if facts.nobody_there:
        return OUT_OF_HOURS
    if facts.transfer_reason is not None and reason == EndReason.CALLER_HUNG_UP:
        return GAVE_UP_WAITING
    wanted = facts.lead != Lead() or facts.held_slot_id is not None
    return FELL_SILENT if wanted and reason == EndReason.CALLER_SILENT else None


def callback_of(business: Business, facts: CallFacts, reason: str, done: str = "") -> Callback:
    """The task to call this caller back, one per call and reason: `done` in the call, wanted, and told."""
    slot = facts.offered.get(facts.held_slot_id or "")
    wanted = "" if slot is None else f"{slot.service}, {slot.start:%A %d %B %Y at %H:%M}"
    lines = [
        done,
        f"Wanted, and not booked: {wanted}." if wanted else "",
        callback_note(facts.lead, facts.caller_number, business.fields),
    ]
    return Callback(
        call_sid=facts.call_sid,
        key=facts.call_sid,
        number=facts.caller_number,
        name=facts.lead.name or facts.held_name,
        message="\n".join(line for line in lines if line),
        reason=reason,
        urgency=urgency_of(reason, facts.lead, facts.transfer_reason),
        best_time=facts.lead.best_time,
    )
