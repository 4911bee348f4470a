"""Public holidays by region, asked of the `holidays` package in a process of its own."""

import subprocess
import sys
from datetime import date

import pytest

from tools.public_holidays import YEARS, HolidaysError, days_off, public_holidays


def test_holidays_of_a_country_and_of_a_part_of_it() -> None:
    """A state has its own beside the country's; moved ones are found by their rule, for years ahead."""
    country, state = public_holidays("US"), public_holidays("US-NY")
    assert country[date(2026, 11, 26)] == "Thanksgiving Day"
    assert country[date(2027, 11, 25)] == "Thanksgiving Day"
    assert date(2026, 2, 12) not in country
    assert state[date(2026, 2, 12)] == "Lincoln's Birthday"
    assert public_holidays("DE-BY")[date(2027, 1, 6)] == "Epiphany"
    assert {day.year for day in country} >= set(YEARS)


def test_names_do_not_depend_on_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The owner's file names holidays, so they are called the same under any locale."""
    monkeypatch.setenv("LANGUAGE", "de")
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    assert public_holidays("AT")[date(2026, 12, 25)] == "Christmas Day"


def test_a_day_that_stands_in_for_a_holiday_is_one() -> None:
    """New Year 2028 falls on a Saturday, so the Friday before is off, though in another year."""
    assert public_holidays("US")[date(2027, 12, 31)] == "New Year's Day (observed)"


def test_days_on_which_the_owner_opens() -> None:
    """No days off in any year, nor the days that stand in for them; of two on one day both count."""
    off = days_off("US", ["Columbus Day", "Veterans Day"])
    assert not {date(2026, 10, 12), date(2026, 11, 11), date(2028, 11, 10)} & off.keys()
    assert date(2026, 11, 26) in off
    shared = date(2027, 2, 15)  # Susan B. Anthony Day and Washington's Birthday
    assert shared in days_off("US-NY", ["Susan B. Anthony Day"])
    assert shared not in days_off("US-NY", ["Susan B. Anthony Day", "Washington's Birthday"])


@pytest.mark.parametrize("region", ["XX", "US-QQ", "USA", "us", "", "US-NY; rm", "--help"])
def test_an_unknown_region_is_named(region: str) -> None:
    """A misspelt code is refused with what is expected."""
    with pytest.raises(HolidaysError) as caught:
        public_holidays(region)
    assert str(caught.value) == (
        f'holidays: unknown region "{region}"; expected an ISO 3166 code such as DE or US-NY'
    )


@pytest.mark.parametrize(
    ("name", "hint"),
    [("Colombus Day", 'did you mean "Columbus Day"?'), ("Oktoberfest", "expected one of Christmas Day, ")],
)
def test_an_unknown_holiday_is_named(name: str, hint: str) -> None:
    """A misspelt name would silently close the business on that day."""
    with pytest.raises(HolidaysError) as caught:
        days_off("US", ["Christmas Day", name])
    assert str(caught.value).startswith(f'open_holidays: "{name}" is no holiday of US; {hint}')


def test_the_package_is_not_loaded_here() -> None:
    """The server asks for holidays and does not pay for the package with its own memory."""
    program = (
        "import sys; from tools.public_holidays import public_holidays\n"
        "assert public_holidays('US'); print('holidays' in sys.modules)"
    )
    asked = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603
    assert asked.stdout == "False\n"
