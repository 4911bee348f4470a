"""Words for dates and times, and the sentences made of them."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from tools import spoken

NEW_YORK = ZoneInfo("America/New_York")


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=NEW_YORK)


@pytest.mark.parametrize(
    ("hour", "minute", "words"),
    [
        (0, 0, "midnight"),
        (0, 30, "twelve thirty AM"),
        (9, 0, "nine AM"),
        (9, 5, "nine oh five AM"),
        (10, 15, "ten fifteen AM"),
        (12, 0, "noon"),
        (12, 20, "twelve twenty PM"),
        (14, 30, "two thirty PM"),
        (16, 45, "four forty-five PM"),
        (23, 59, "eleven fifty-nine PM"),
    ],
)
def test_times(hour: int, minute: int, words: str) -> None:
    """A time of day is said on a twelve-hour clock."""
    assert spoken.spoken_time(time(hour, minute)) == words


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 11, 26), "Thursday, November twenty-sixth"),
        (date(2026, 12, 1), "Tuesday, December first"),
        (date(2026, 12, 12), "Saturday, December twelfth"),
        (date(2026, 12, 20), "Sunday, December twentieth"),
        (date(2026, 12, 30), "Wednesday, December thirtieth"),
        (date(2026, 12, 31), "Thursday, December thirty-first"),
    ],
)
def test_dates(day: date, words: str) -> None:
    """A date is said as weekday, month and ordinal day."""
    assert spoken.spoken_date(day) == words


def test_no_date_or_time_has_a_digit() -> None:
    """No minute of a day and no day of a year is spoken with a digit, and none is spoken twice."""
    times = [spoken.spoken_time(time(m // 60, m % 60)) for m in range(1440)]
    dates = [spoken.spoken_date(date.fromordinal(date(2028, 1, 1).toordinal() + n)) for n in range(366)]
    assert len(set(times)) == 1440
    assert len(set(dates)) == 366
    assert not any(letter.isdigit() for words in times + dates for letter in words)


def test_offer_on_one_day_says_the_date_once() -> None:
    """Two times of one day share the date."""
    assert spoken.offer([at(26, 14), at(26, 15, 30)]) == (
        "I have Thursday, November twenty-sixth at two PM, or at three thirty PM."
    )


def test_offer_on_two_days_says_both_dates() -> None:
    """Each new day is named."""
    assert spoken.offer([at(26, 9), at(26, 16), at(27, 10)]) == (
        "I have Thursday, November twenty-sixth at nine AM, or at four PM, "
        "or Friday, November twenty-seventh at ten AM."
    )


def test_taken_offers_what_there_is() -> None:
    """An apology carries fresh times when there are any, a question when not."""
    assert spoken.just_taken([at(26, 9)]).endswith("I have Thursday, November twenty-sixth at nine AM.")
    assert spoken.just_taken([]).endswith("Would another day suit you?")


def test_a_wish_that_cannot_be_met_says_why_and_what_else() -> None:
    """Taken, closed, with somebody else, too far ahead, not at all: each with a way on."""
    offer = "I have Thursday, November twenty-sixth at nine AM."
    assert spoken.nothing_then([at(26, 9)]) == f"I'm sorry, I have nothing free then. {offer}"
    assert spoken.closed_then([at(26, 9)]) == f"I'm sorry, we are closed then. {offer}"
    assert spoken.somebody_else([at(26, 9)]).endswith(f"With somebody else, {offer}")
    assert spoken.too_far_ahead(date(2026, 11, 26)).endswith("Would an earlier day suit you?")
    assert spoken.nothing_at_all(person=False).endswith("Shall I take a message?")
    assert spoken.nothing_at_all(person=True).endswith("or would you rather speak to a person?")


def test_read_back_ends_in_a_question() -> None:
    """The read-back holds every fact and asks."""
    said = spoken.read_back("cleaning", "Dana Reed", at(26, 14))
    assert said == (
        "To confirm: cleaning for Dana Reed on Thursday, November twenty-sixth at two PM. Shall I book it?"
    )
    asked = spoken.read_back("cleaning", "Dana Reed", at(26, 14), ask_to_text=True)
    assert asked == f"{said.removesuffix('?')}, and text you the details?"


def test_an_unknown_booking_claims_nothing() -> None:
    """Neither wording of an unknown outcome says booked or not booked, and only one promises a call."""
    for promised in (True, False):
        said = spoken.booking_unknown(promised)
        assert "can't tell" in said
        assert ("call you back" in said) is promised
