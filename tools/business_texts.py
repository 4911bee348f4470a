"""Where texts go, when customers are reminded and how the owner is told, as the owner wants it, checked.

Used by `business_file.py`; `countries.py`, `quiet.py`, `notices.py` and `owner.py` go by it.
"""

from tools.business import Owner, Reminders, TextRules
from tools.business_handoff import e164
from tools.business_hours import quiet
from tools.business_tables import OwnerTable, RemindersTable, TextsTable
from tools.phone_numbers import is_country
from tools.smtp_url import is_address


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


def owner(table: OwnerTable, problems: list[str]) -> Owner:
    """Appends a sentence for each mistake."""
    if table.email is not None and not is_address(table.email):
        problems.append(f'owner.email: "{table.email}" is no address; expected e.g. hello@example.com')
    return Owner(
        sms=e164("owner.sms", table.sms, problems), email=table.email, texts_per_day=table.texts_per_day
    )


def reminders(table: RemindersTable, problems: list[str]) -> Reminders:
    """Appends a sentence for each mistake."""
    return Reminders(
        hours_before=tuple(sorted(set(table.hours_before))),
        quiet=quiet("reminders.quiet", table.quiet, problems),
    )
