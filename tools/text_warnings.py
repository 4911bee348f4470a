"""What an owner should know of their wording of texts: what it costs, and what carriers make of it.

Pure. Nothing here is refused, as it may be meant; `bridge check` prints it.
"""

import re
from datetime import UTC, datetime, timedelta

from tools.business import Business
from tools.business_wording import SENT, TEXT_PLACEHOLDERS
from tools.gsm7 import fits, outside, plain, segments
from tools.store import Reservation, ReservationState
from tools.written import about

MOST_SEGMENTS = 2
# Twilio takes these as STOP and START wherever they come alone: whoever answers so is unsubscribed,
# or has confirmed nothing. C and RESCHEDULE are ours.
_ASKS_FOR = re.compile(
    r"\b(?:reply|text|send|answer|write)\s+(?:us\s+|back\s+|with\s+)*[\"'“‘]?(cancel|end|quit|revoke|yes)\b",
    re.I,
)
_START = datetime(2026, 9, 30, 16, 30, tzinfo=UTC)  # a Wednesday in September is as long as a date gets
_NAME = "Christopher Montgomery"
_NUMBER = "+12025550100"
_OTHERS = {
    "number": _NUMBER,
    "code": "123456",
    "name": _NAME,
    "reason": "asked for a person out of hours",
    "urgency": "not urgent",
    "best_time": "tomorrow morning",
    "message": "Please call me about the bill.",
}


def text_warnings(business: Business) -> list[str]:
    """A sentence for each, naming the key in business.toml."""
    found = []
    for key in SENT:
        if key.endswith("_text"):
            wording = getattr(business.wording, key)
            found += [f"wording.{key}: {problem}" for problem in _problems(business, key, wording)]
    return found


def _problems(business: Business, key: str, wording: str) -> list[str]:
    text = plain(_filled(business, key, wording))
    parts, found = segments(text), []
    if not fits(text):
        found.append(
            f"{outside(text)!r} is not in the telephones' alphabet, so a text holds 70 letters, not 160"
        )
    if parts > MOST_SEGMENTS:
        found.append(f"about {len(text)} letters; it is sent, and paid for, as {parts} texts")
    if asked := _ASKS_FOR.search(text):
        found.append(
            f"asks for the answer {asked[1].upper()}, which the network itself takes as stopping or starting "
            "all texts; ask for C, for RESCHEDULE, or for a call"
        )
    return found


def _filled(business: Business, key: str, wording: str) -> str:
    """The wording with values as long as they usually get."""
    if SENT[key] == TEXT_PLACEHOLDERS:
        return about(business, _longest(business), wording)
    return wording.format_map({"business": business.name, **_OTHERS})


def _longest(business: Business) -> Reservation:
    longest = max(business.services, key=lambda service: len(service.name), default=None)
    return Reservation(
        id="",
        calendar_id="",
        service="appointment" if longest is None else longest.key,
        start=_START,
        end=_START + timedelta(minutes=30),
        state=ReservationState.BOOKED,
        call_sid="",
        caller_number=_NUMBER,
        expires_at=None,
        customer_name=_NAME,
    )
