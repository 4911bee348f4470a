"""How a call begins: the agent's first words, by what is known of the caller.

Pure. A number that the network vouches for is greeted with its next appointment; everybody else hears
the same neutral words. Read `returning.py` for how that becomes known, `instructions.py` for where the
words go.
"""

import msgspec

from tools import spoken as spoken_words
from tools import spoken_identity as spoken
from tools.business import Business
from tools.facts import CallFacts
from tools.result import Claim, Receipt, ToolResult

NOBODY_CAME = (
    "The caller wanted a person and has waited for one, but nobody could come to the phone. They were told "
    "that it is so. Take a message with take_message, with what it is about and when to call back; do not "
    "offer a person again in this call."
)


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """How one call begins."""

    words: str  # the agent's first, word for word
    caller: str = "Who is calling is not proved."  # what the model is told of them
    known: ToolResult | None = None  # what is true from the first word on, and may be said


def opening_of(business: Business, facts: CallFacts) -> Opening:
    """The first words of a call, and what follows from them."""
    if facts.nobody_came:
        return Opening(words=spoken_words.may_i_take_a_message(), caller=NOBODY_CAME)
    row = facts.next_booking
    service = None if row is None else business.service(row.service)
    if row is None or service is None or not business.takes_bookings:
        return Opening(words=business.wording.opening)
    start = row.start.astimezone(business.tz)
    seen = spoken.next_appointment(service.name, start)
    caller = (
        f"The caller's next appointment is {facts.show(row)}: {service.key}, {start:%A}, "
        f"{start:%Y-%m-%d %H:%M}. It may be moved or cancelled by this id without looking it up, unless the "
        "caller says that it is not theirs."
    )
    return Opening(
        words=" ".join((business.wording.greeting, seen, spoken.move_or_another())),
        caller=caller,
        known=ToolResult(output={"ok": True, "say": seen}, receipts=(Receipt(Claim.BOOKED, row.id),)),
    )
