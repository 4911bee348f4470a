"""Telephone numbers as callers say them: checked, in one form, and in groups to be read back.

Uses the `phonenumbers` package; no I/O. A number without a country code is one of the
business's own country. Read `details.py` next.
"""

import re

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

LONGEST_GROUP = 4  # digits that a listener keeps without a pause


class BadNumber(Exception):
    """No telephone number that could be called back."""


def e164(said: str, country: str) -> str:
    """`said` in its one international form, "+12025550143". Raises BadNumber.

    `country`: ISO 3166, where a number is dialled that names none.
    """
    try:
        parsed = phonenumbers.parse(said, country)
    except phonenumbers.NumberParseException as error:
        raise BadNumber from error
    # Whoever has a number of the dear kind called back is paid for it.
    is_dear = phonenumbers.number_type(parsed) == PhoneNumberType.PREMIUM_RATE
    if not phonenumbers.is_valid_number(parsed) or is_dear:
        raise BadNumber
    return phonenumbers.format_number(parsed, PhoneNumberFormat.E164)


def groups(number: str, country: str) -> list[str]:
    """Digits of an E.164 number as people of `country` group them: ["202", "555", "0143"].

    One of another country begins with its code: ["+44", "20", "7946", "0018"].
    """
    parsed = phonenumbers.parse(number, None)
    is_home = parsed.country_code == phonenumbers.country_code_for_region(country)
    form = PhoneNumberFormat.NATIONAL if is_home else PhoneNumberFormat.INTERNATIONAL
    written = phonenumbers.format_number(parsed, form)
    return [piece for group in re.findall(r"\+?\d+", written) for piece in _pieces(group)]


def country_of(number: str) -> str | None:
    """The country of an E.164 number; None for one that belongs to none."""
    country = phonenumbers.region_code_for_number(phonenumbers.parse(number, None))
    return country if is_country(country or "") else None


def is_country(code: str) -> bool:
    """Whether `code` is a country (ISO 3166) with telephone numbers of its own."""
    return code in phonenumbers.SUPPORTED_REGIONS


def _pieces(group: str) -> list[str]:
    if len(group) <= LONGEST_GROUP:
        return [group]
    return [group[at : at + 3] for at in range(0, len(group), 3)]
