"""The hours in which nobody is reminded."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tools.shop import NEW_YORK, shop
from tools.business import Business, Reminders
from tools.quiet import MARGIN, after_quiet, before_quiet, is_quiet

minutes = st.integers(0, 24 * 60 - 1)


def quiet_from(begins: int, ends: int) -> Business:
    return msgspec.structs.replace(shop(), reminders=Reminders(quiet=(begins, ends)))


NIGHT = quiet_from(21 * 60, 8 * 60)


def at(text: str, zone: ZoneInfo = NEW_YORK) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("when", "sent"),
    [
        ("2026-11-24 08:00", "2026-11-24 08:00"),
        ("2026-11-24 20:59", "2026-11-24 20:59"),
        ("2026-11-24 21:00", "2026-11-24 20:45"),
        ("2026-11-24 23:30", "2026-11-24 20:45"),
        ("2026-11-25 00:00", "2026-11-24 20:45"),
        ("2026-11-25 07:59", "2026-11-24 20:45"),
        ("2026-11-01 07:00", "2026-10-31 20:45"),  # the night in which clocks go back
        ("2026-03-08 07:00", "2026-03-07 20:45"),  # and forward
    ],
)
def test_a_night(when: str, sent: str) -> None:
    """What would fall into it comes before it."""
    assert before_quiet(NIGHT, at(when)) == at(sent)


def test_hours_within_a_day() -> None:
    """A siesta."""
    siesta = quiet_from(13 * 60, 15 * 60)
    assert before_quiet(siesta, at("2026-11-24 14:00")) == at("2026-11-24 12:45")
    assert before_quiet(siesta, at("2026-11-24 15:00")) == at("2026-11-24 15:00")


def test_no_quiet_hours() -> None:
    """Begin and end the same: never."""
    never = quiet_from(0, 0)
    assert not any(is_quiet(never, at("2026-11-24 00:00") + timedelta(hours=hour)) for hour in range(24))


@given(minutes, minutes, minutes)
def test_before_quiet_is_before_it(begins: int, ends: int, minute: int) -> None:
    """Never later than wished, never within; a margin in front of hours that nearly fill the day is all."""
    business = quiet_from(begins, ends)
    wished = at("2026-11-24 00:00") + timedelta(minutes=minute)
    sent = before_quiet(business, wished)
    assert sent <= wished
    assert wished - sent <= timedelta(days=1) + MARGIN
    if (begins - ends) % (24 * 60) >= MARGIN.total_seconds() / 60:
        assert not is_quiet(business, sent)


@pytest.mark.parametrize(
    ("when", "ended"),
    [
        ("2026-11-24 20:59", "2026-11-24 20:59"),
        ("2026-11-24 21:00", "2026-11-25 08:00"),
        ("2026-11-25 07:59", "2026-11-25 08:00"),
        ("2026-11-25 08:00", "2026-11-25 08:00"),
    ],
)
def test_what_was_missed_waits_for_the_morning(when: str, ended: str) -> None:
    """The end of the quiet hours."""
    assert after_quiet(NIGHT, at(when)) == at(ended)


@given(minutes, minutes, minutes)
def test_after_quiet_is_after_it(begins: int, ends: int, minute: int) -> None:
    """Never earlier, never within, a day later at most."""
    business = quiet_from(begins, ends)
    wished = at("2026-11-24 00:00") + timedelta(minutes=minute)
    ended = after_quiet(business, wished)
    assert wished <= ended <= wished + timedelta(days=1)
    assert not is_quiet(business, ended)
