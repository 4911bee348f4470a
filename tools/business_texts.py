"""Where texts go and when customers are reminded, as the owner wants it, checked.

Used by `business_file.py`; `countries.py`, `quiet.py` and `notices.py` go by it.
"""

from tools.business import Reminders, TextRules
from tools.business_hours import quiet
from tools.business_tables import RemindersTable, TextsTable
from tools.phone_numbers import is_country


def text_rules(table: TextsTable, home: str | None, problems: list[str]) -> TextRules:
    """`home`: the business's country, where its file tells. Appends a sentence for each mistake."""
    for country in table.countries:
        if not is_country(country):
            problems.append(f'texts.countries: unknown "{country}"; expected codes such as "US"')
    return TextRules(
        countries=tuple(table.countries or ([home] if home else [])),
        per_call=table.per_call,
        per_number=table.per_number,
        in_all=table.in_all,
    )


def reminders(table: RemindersTable, problems: list[str]) -> Reminders:
    """Appends a sentence for each mistake."""
    return Reminders(
        hours_before=tuple(sorted(set(table.hours_before))),
        quiet=quiet("reminders.quiet", table.quiet, problems),
    )
