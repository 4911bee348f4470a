"""How, when and whom the server may ring, as the owner wants it, checked.

Used by `business_file.py`; `business.py` answers who is there at a given time.
"""

import phonenumbers

from tools.business import HandoffRules
from tools.business_hours import week
from tools.business_tables import HandoffTable


def e164(where: str, number: str | None, problems: list[str]) -> str | None:
    """`number` when it is one in E.164, else None; None stays None. Appends a sentence for a mistake."""
    if number is None:
        return None
    try:
        parsed = phonenumbers.parse(number, None)
        formatted = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
        valid = phonenumbers.is_valid_number(parsed) and formatted == number
    except phonenumbers.NumberParseException:
        valid = False
    if not valid:
        problems.append(f'{where}: "{number}" is not E.164; expected e.g. +12025550180')
        return None
    return number


def handoff_rules(table: HandoffTable, person: str | None, problems: list[str]) -> HandoffRules:
    """`person`: the handoff_number. Appends a sentence for each mistake."""
    given = [e164("handoff.numbers", number, problems) for number in table.numbers or []]
    numbers = tuple(dict.fromkeys(number for number in given if number is not None))
    if table.numbers is not None and person is not None and person not in numbers:
        problems.append("handoff.numbers: handoff_number is not among them, so nobody could be rung")
    return HandoffRules(
        mode=table.mode,
        hours=None if table.hours is None else week("handoff.hours", table.hours, problems),
        numbers=numbers,
    )
