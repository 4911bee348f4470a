"""Who may be shown the bookings of the calling number, and change them.

Only whom the network vouches for, or who read back a code texted to that number: a calling
number by itself can be forged. `identity.py` proves it; `lookup.py` and `changes.py` ask here.
"""

from tools import spoken_changes
from tools.errors import Declined
from tools.facts import CallFacts
from tools.kit import Kit


def must_be_proven(facts: CallFacts, kit: Kit) -> None:
    """Raises Declined unless it is: a code is offered where one can be sent, else a person or a message."""
    if facts.may_see_bookings:
        return
    if facts.caller_number is not None and not facts.opted_out:
        raise Declined(
            spoken_changes.shall_i_text_a_code(),
            code="not_proven",
            problem="it is not certain who is calling; if the caller agrees, call send_code",
        )
    raise Declined(spoken_changes.cannot_be_proven(kit.person_for(facts)), code="not_proven")
