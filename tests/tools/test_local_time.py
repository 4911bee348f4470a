"""Local times as instants: every change of the clocks of the coming five years, against a wall clock."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.tools.clocks import CHANGING, END, STEP_MINUTES, STILL, ZONES, changes, shown_at, wall
from tools.local_time import instant, is_clear, reached

NEW_YORK = ZoneInfo("America/New_York")
SPRING = date(2027, 3, 14)  # New York: 02:00 becomes 03:00
AUTUMN = date(2026, 11, 1)  # New York: 02:00 becomes 01:00


def test_there_are_changes_to_test() -> None:
    """Every zone with changing clocks has its ten or so in five years; the others have none."""
    counts = {zone: len(changes(zone)) for zone in ZONES}
    print(counts)  # noqa: T201 - how much is covered, for the reader
    assert all(counts[zone] >= 10 for zone in CHANGING), counts
    assert not any(counts[zone] for zone in STILL), counts


@pytest.mark.parametrize("zone", CHANGING)
def test_every_five_minutes_around_every_change(zone: str) -> None:
    """A local time is an instant exactly when the wall clock shows it once."""
    tz = ZoneInfo(zone)
    for change in changes(zone):
        day = wall(change.at, tz).date()
        first, last = day - timedelta(days=1), day + timedelta(days=1)
        shown = shown_at(first, last, tz)
        for number in range((last - first).days + 1):
            for minute in range(0, 1440, STEP_MINUTES):
                on = first + timedelta(days=number)
                at = datetime.combine(on, time(minute // 60, minute % 60))
                instants = shown.get(at, [])
                only = instants[0] if len(instants) == 1 else None
                assert instant(on, minute, tz) == only, (str(change), at)
                assert all(is_clear(one, tz) is (only is not None) for one in instants), (str(change), at)


@pytest.mark.parametrize("zone", CHANGING)
def test_a_time_is_reached_when_the_clock_first_shows_it_or_a_later_one(zone: str) -> None:
    """Of a time that comes twice it is the first, of a skipped one the moment that skips it."""
    tz = ZoneInfo(zone)
    for change in changes(zone):
        day = wall(change.at, tz).date()
        shown = sorted(shown_at(day - timedelta(days=1), day + timedelta(days=1), tz).items())
        first = END
        for minute in range(1440, -1, -STEP_MINUTES):
            asked = datetime.combine(day, time()) + timedelta(minutes=minute)
            while shown[-1][0] >= asked:
                first = min(first, *shown.pop()[1])
            assert reached(day, minute, tz) == first, (str(change), asked)


@pytest.mark.parametrize(
    ("day", "at", "utc"),
    [
        (SPRING, "01:30", "06:30"),
        (SPRING, "02:00", None),
        (SPRING, "02:30", None),
        (SPRING, "03:00", "07:00"),
        (AUTUMN, "00:30", "04:30"),
        (AUTUMN, "01:00", None),
        (AUTUMN, "01:30", None),
        (AUTUMN, "02:00", "07:00"),
    ],
)
def test_new_york_by_hand(day: date, at: str, utc: str | None) -> None:
    """The same, written down without any oracle."""
    clock = time.fromisoformat(at)
    found = instant(day, clock.hour * 60 + clock.minute, NEW_YORK)
    assert (found and f"{found:%H:%M}") == utc


def test_the_end_of_a_day_is_midnight() -> None:
    """Minute 1440 is the beginning of the next day, also across a month and a year."""
    assert instant(date(2026, 12, 31), 1440, NEW_YORK) == datetime(2027, 1, 1, 5, tzinfo=UTC)
