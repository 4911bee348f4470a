"""Telephone numbers: what is accepted, and that the groups read back are the number."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.phone_numbers import LONGEST_GROUP, BadNumber, country_of, e164, groups, is_country

COUNTRIES = sorted(phonenumbers.SUPPORTED_REGIONS)
KINDS = (phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.MOBILE)
EXAMPLES = {
    phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    for country in COUNTRIES
    for kind in KINDS
    if (number := phonenumbers.example_number_for_type(country, kind)) is not None
}
ABROAD = ["+12025550143", "+442079460018", "+5491123456789"]


@pytest.mark.parametrize(
    ("said", "country", "number"),
    [
        ("2025550143", "US", "+12025550143"),
        ("(202) 555-0143", "US", "+12025550143"),
        ("1 202 555 0143", "US", "+12025550143"),
        ("+1 202 555 0143", "GB", "+12025550143"),
        ("011 44 20 7946 0018", "US", "+442079460018"),
        ("020 7946 0018", "GB", "+442079460018"),
        ("030 901820", "DE", "+4930901820"),
    ],
)
def test_a_number_has_one_form(said: str, country: str, number: str) -> None:
    """However it is said, and with the country's own code where none is said."""
    assert e164(said, country) == number


@pytest.mark.parametrize("said", ["", "5550143", "911", "202555014", "20255501431234567", "+", "9005550123"])
def test_what_cannot_be_called_back_is_refused(said: str) -> None:
    """Too short, too long, an emergency number, or one that costs whoever rings it."""
    with pytest.raises(BadNumber):
        e164(said, "US")


def test_groups_are_those_people_use() -> None:
    """At home without the country's code, abroad with it, and never more digits than can be kept."""
    assert groups("+12025550143", "US") == ["202", "555", "0143"]
    assert groups("+442079460018", "US") == ["+44", "20", "7946", "0018"]
    assert groups("+442079460018", "GB") == ["020", "7946", "0018"]
    assert groups("+4930901820", "DE") == ["030", "901", "820"]


@pytest.mark.parametrize("country", COUNTRIES)
def test_groups_read_back_are_the_number(country: str) -> None:
    """Whoever dials what was read back, in the country it was read back in, reaches the number."""
    own = f"+{phonenumbers.country_code_for_region(country)}"
    for number in ABROAD + [example for example in EXAMPLES if example.startswith(own)]:
        said = groups(number, country)
        assert e164("".join(said), country) == number
        assert all(len(group) <= LONGEST_GROUP for group in said)


@given(area=st.integers(200, 999), rest=st.integers(2_000_000, 9_999_999))
def test_any_american_number_comes_back(area: int, rest: int) -> None:
    """Not only examples: every valid number is read back as three, three and four digits."""
    try:
        number = e164(f"{area}{rest}", "US")
    except BadNumber:
        return
    said = groups(number, "US")
    assert [len(group) for group in said] == [3, 3, 4]
    assert f"+1{''.join(said)}" == number


def test_countries() -> None:
    """A number says which country it is of; some are of none."""
    assert country_of("+12025550180") == "US"
    assert country_of("+442079460018") == "GB"
    assert country_of("+80012345678") is None
    assert is_country("DE")
    assert not is_country("001")
    assert not is_country("Germany")
