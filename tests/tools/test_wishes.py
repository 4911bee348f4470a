"""What the model says the caller wants: dates checked against the calendar on the wall."""

from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest

from tests.tools.shop import CUT, OFFICE, shop
from tools.arguments import CheckAvailability
from tools.business import Business
from tools.errors import BadArguments, Declined
from tools.slots import Wish
from tools.wishes import wish_of

NOW = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)  # Monday, nine in the morning in New York
SHOP = shop(service=msgspec.structs.replace(CUT, calendars=("a", "b")), horizon=60)


def ask(business: Business = SHOP, now: datetime = NOW, **arguments: Any) -> Wish:
    given = {"service": "cut", "to_date": arguments.get("from_date"), **arguments}
    return wish_of(business, msgspec.convert(given, CheckAvailability), now)


def test_a_plain_wish() -> None:
    """What the model gave, with the service's facts."""
    wish = ask(from_date="2026-11-26", part_of_day="afternoon", weekday="thursday")
    assert wish == Wish(
        service=SHOP.services[0],
        from_date=date(2026, 11, 26),
        to_date=date(2026, 11, 26),
        part_of_day=wish.part_of_day,
        weekday=3,
        provider=None,
    )
    assert wish.calendars == ("a", "b")


@pytest.mark.parametrize("name", ["B", "b", " b "])
def test_a_provider_by_name(name: str) -> None:
    """However it is written, the name leads to one calendar."""
    assert ask(from_date="2026-11-26", provider=name).calendars == ("b",)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (
            {"from_date": "2026-11-25", "weekday": "thursday"},
            "weekday: 2026-11-25 is a Wednesday, not a Thursday; the nearest Thursdays are 2026-11-26 and "
            "2026-12-03. Ask the caller which is meant",
        ),
        (
            {"from_date": "2026-12-30", "weekday": "friday"},
            "weekday: 2026-12-30 is a Wednesday, not a Friday; the nearest Fridays are 2026-12-25 and "
            "2027-01-01. Ask the caller which is meant",
        ),
        (
            {"from_date": "2026-11-27", "to_date": "2026-11-29", "weekday": "monday"},
            "weekday: there is no Monday from Friday, 2026-11-27 to Sunday, 2026-11-29; the nearest Mondays "
            "are 2026-11-23 and 2026-11-30. Ask the caller which is meant",
        ),
        ({"from_date": "2026-11-22"}, "from_date, to_date: in the past; today is Monday, 2026-11-23"),
        ({"from_date": "2026-11-26", "to_date": "2026-11-25"}, "to_date: is before from_date"),
        (
            {"from_date": "2026-11-24", "to_date": "2026-12-25"},
            "to_date: at most 31 days may be asked for at once, here until 2026-12-24; ask the caller for a "
            "nearer time if none of them is free",
        ),
        (
            {"from_date": "2026-11-24", "service": "shave"},
            "service: unknown; expected one of cut; if the caller wants none of these, say so and offer a "
            "person (transfer_to_human, unsupported_request) or a message",
        ),
        (
            {"from_date": "2026-11-24", "provider": "Dr. Who"},
            "provider: nobody of that name does cut; expected one of A, B",
        ),
    ],
)
def test_a_mistake_is_told_with_what_is_right(arguments: dict[str, Any], problem: str) -> None:
    """The model can put each mistake right from the text alone."""
    with pytest.raises(BadArguments) as caught:
        ask(**arguments)
    assert caught.value.problem == problem


@pytest.mark.parametrize(
    "arguments",
    [
        {"from_date": "2026-11-23"},  # today
        {"from_date": "2026-11-16", "to_date": "2026-11-27"},  # "this week" on a later day of it
        {"from_date": "2026-11-24", "to_date": "2026-12-24"},  # exactly 31 days
        {"from_date": "2026-11-24", "to_date": "2026-11-30", "weekday": "monday"},  # the last of them
        {"from_date": "2027-01-22"},  # the last day there is
        {"from_date": "2027-01-20", "to_date": "2027-02-10"},  # beyond it only in part
    ],
)
def test_what_makes_sense_is_a_wish(arguments: dict[str, Any]) -> None:
    """The edges of every rule belong to what is allowed."""
    wish = ask(**arguments)
    assert wish.from_date.isoformat() == arguments["from_date"]


def test_too_far_ahead_is_told_to_the_caller() -> None:
    """That is no mistake of the model's: the caller hears how far ahead can be booked."""
    with pytest.raises(Declined) as caught:
        ask(from_date="2027-01-23")
    assert caught.value.say.startswith("I'm sorry, I can only book until Friday, January twenty-second.")
    assert caught.value.problem == "from_date: nothing can be booked after Friday, 2027-01-22"


def test_today_is_the_businesss() -> None:
    """Late in the evening of New York, UTC is a day ahead; a wish for today is not in the past."""
    late = datetime(2026, 11, 24, 3, tzinfo=UTC)
    assert ask(now=late, from_date="2026-11-23").from_date == date(2026, 11, 23)
    ahead = shop(zone="Pacific/Auckland", hours=OFFICE)
    with pytest.raises(BadArguments, match="bad_arguments"):
        ask(ahead, now=late, from_date="2026-11-23")
