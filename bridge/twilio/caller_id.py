"""Who is calling, as far as the network says so: the number, and whether it vouches for it.

Pure. Read `routes.py` next.
"""

import re
from collections.abc import Sequence

E164 = re.compile(r"\+[1-9]\d{6,14}")
# What Twilio puts for restricted, blocked, unknown and anonymous callers (the words on a keypad).
WITHHELD = frozenset({"+7378742833", "+2562533", "+8566696", "+266696687"})
# The one value that counts: the caller's own carrier knows the customer and their right to the number.
# B and C say less. "-Diverted" and "-Passthrough" are of a call that somebody forwarded: what was
# vouched for is that call, and not who is on the line. Source: Twilio, Trusted Calling with SHAKEN/STIR.
VOUCHED_FOR = "TN-Validation-Passed-A"


def phone_number(given: str) -> str | None:
    """The caller's E.164 number, or None where the network gave none (or a stand-in for none)."""
    return given if E164.fullmatch(given) and given not in WITHHELD else None


def is_attested(number: str | None, verdicts: Sequence[str]) -> bool:
    """Whether the network vouches for this number. `verdicts`: every StirVerstat of the webhook's form."""
    return number is not None and list(verdicts) == [VOUCHED_FOR]
