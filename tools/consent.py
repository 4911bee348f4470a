"""Whether a caller may be texted, must be asked first, or has said no.

A text needs a number that the network gave, in a country that this business texts to,
which has not said STOP, and the caller's agreement: given by the yes to a read-back that asks
for it, and kept with the number. Read `holds.py`, which asks, and `booking.py`, which keeps it.
"""

from tools.business import Business
from tools.countries import is_texted
from tools.facts import CallFacts


def can_be_texted(business: Business, facts: CallFacts) -> bool:
    """Whether this caller could get a text at all."""
    number = facts.caller_number
    return number is not None and not facts.opted_out and is_texted(business, number)


def must_be_asked(business: Business, facts: CallFacts) -> bool:
    """Whether the read-back has to ask for it: the number has not agreed in this call or before."""
    return can_be_texted(business, facts) and not facts.text_consent


def wants_text(business: Business, facts: CallFacts, text_me: bool) -> bool:
    """Whether the yes to the read-back was one to texts, too. `text_me`: false if the caller said not to."""
    return text_me and can_be_texted(business, facts) and (facts.text_consent or facts.text_asked)
