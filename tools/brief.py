"""What the person who is rung hears before taking a call: who it is, why, and what was collected.

Pure. Made from facts and from what the caller told, in few words, as somebody waits meanwhile. It is
spoken into the person's leg alone, and only to somebody whom Twilio takes for a human.
"""

from tools import spoken
from tools.business import Business
from tools.facts import CallFacts
from tools.result import Claim

LONGEST = 400  # characters: about half a minute
_WHY = {
    "asks_for_a_person": "They ask for a person.",
    "emergency": "It is an emergency.",
    "dispute": "They dispute something.",
    "upset_or_confused": "They are upset or confused.",
    "regulated_advice": "They want advice that only a professional may give.",
    "change_a_booking": "They want to change a booking.",
    "unsupported_request": "They want something that I cannot do.",
    "not_understood": "I did not understand them.",
    "calendar_failing": "The calendar cannot be reached.",
}
_PRESSED_ZERO = "They pressed zero."
_DONE = {Claim.BOOKED: "was booked", Claim.MOVED: "was moved", Claim.CANCELLED: "was cancelled"}


def brief(business: Business, facts: CallFacts, reason: str = "") -> str:
    """Some sentences; nothing in them that was not told or done in this call.

    `reason`: why the stream ended, for whom no tool has fetched.
    """
    lead = facts.lead
    name = lead.name or facts.held_name
    parts = [
        f"A call for {business.name}.",
        f"{name} is on the line." if name else "The caller gave no name.",
    ]
    parts.append(_WHY.get(facts.transfer_reason or reason, _PRESSED_ZERO))
    if lead.reason:
        parts.append(f"It is about: {lead.reason.rstrip('.')}.")
    if lead.urgency in ("urgent", "emergency") and facts.transfer_reason != "emergency":
        parts.append("They say it is urgent.")
    for one in facts.done.values():
        service = business.service(one.service)
        what = service.name if service is not None else one.service
        parts.append(f"In this call a {what} {_DONE[one.claim]}: {spoken.spoken_start(one.start)}.")
    return _cut(" ".join(parts))


def _cut(text: str) -> str:
    """At the end of a word."""
    return text if len(text) <= LONGEST else text[:LONGEST].rpartition(" ")[0] + " and so on."
