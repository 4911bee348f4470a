"""What the owner wants to know of callers, checked: built-in details, own fields, the country.

Used by `business_file.py`; `details.py` is what asks for it in a call.
"""

import keyword

from tools.arguments import ASKABLE, SaveDetails
from tools.business import Field
from tools.business_tables import CaptureTable, FieldTable
from tools.phone_numbers import country_of, is_country

DEFAULT_COUNTRY = "US"


def asked_for(table: CaptureTable, problems: list[str]) -> tuple[str, ...]:
    """The built-in details to ask for, in the owner's order. Appends a sentence for each mistake."""
    for key in table.ask:
        if key not in ASKABLE:
            problems.append(f'capture.ask: unknown "{key}"; expected {", ".join(ASKABLE)}')
    return tuple(dict.fromkeys(table.ask))


def own_fields(tables: list[FieldTable], problems: list[str]) -> tuple[Field, ...]:
    """The owner's own details. Appends a sentence for each mistake."""
    for table in tables:
        if table.key in SaveDetails.__struct_fields__ or keyword.iskeyword(table.key):
            problems.append(f'field: key "{table.key}" is taken; expected a name of its own')
    return tuple(
        Field(key=table.key, question=table.question, choices=tuple(table.choices), required=table.required)
        for table in tables
    )


def country(given: str | None, handoff_number: str | None, problems: list[str]) -> str:
    """Whose telephone numbers are told without a country code: as given, else the business's own.

    `handoff_number`: E.164, or None where it is missing or wrong.
    """
    if given is None:
        return (country_of(handoff_number) if handoff_number else None) or DEFAULT_COUNTRY
    if not is_country(given):
        problems.append(f'country: unknown "{given}"; expected an ISO 3166 code such as "US"')
    return given
