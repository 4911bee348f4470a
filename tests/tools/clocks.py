"""Every change of the clocks in the coming years, found in the machine's zone data, and an oracle.

The oracle knows no offsets and no folds: it looks every five minutes at what a wall clock shows.
"""

import functools
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
END = datetime(2031, 11, 2, tzinfo=UTC)
STEP_MINUTES = 5  # every offset and every change of these years is a multiple of it
LOOK = timedelta(hours=6)

# Both halves of the earth, half an hour, midnight, changes around Ramadan, and clocks that stand still.
CHANGING = (
    *("America/New_York", "America/Los_Angeles", "America/St_Johns", "America/Santiago", "Europe/London"),
    *("Europe/Berlin", "Africa/Casablanca", "Africa/Cairo", "Asia/Beirut", "Australia/Sydney"),
    *("Australia/Lord_Howe", "Pacific/Auckland", "Pacific/Chatham"),
)
STILL = ("America/Sao_Paulo", "Asia/Kathmandu", "Asia/Tokyo", "America/Phoenix", "UTC")
ZONES = CHANGING + STILL


class Change(msgspec.Struct, frozen=True):
    """One change of a zone's clocks."""

    zone: str
    at: datetime  # UTC, the first moment of the new offset
    by: timedelta  # forward when positive: local times are skipped

    def __str__(self) -> str:
        return f"{self.zone} {self.at:%Y-%m-%d %H:%M}Z {self.by.total_seconds() / 60:+.0f} min"


@functools.cache
def changes(zone: str) -> tuple[Change, ...]:
    """All of one zone from BEGIN to END, in order."""
    tz = ZoneInfo(zone)
    found = []
    begin = BEGIN
    while begin < END:
        before, after = _offset(begin, tz), _offset(begin + LOOK, tz)
        if before != after:
            at = next(moment for moment in _steps(begin, begin + LOOK) if _offset(moment, tz) == after)
            found.append(Change(zone, at, after - before))
        begin += LOOK
    return tuple(found)


def wall(at: datetime, tz: ZoneInfo) -> datetime:
    """What a clock on the wall shows: a naive local time."""
    return at.astimezone(tz).replace(tzinfo=None)


def shown_at(first: date, last: date, tz: ZoneInfo) -> dict[datetime, list[datetime]]:
    """For every five minutes that a wall clock shows on some days, the UTC instants at which it does."""
    begin = datetime(first.year, first.month, first.day, tzinfo=UTC) - timedelta(hours=27)
    end = datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(hours=51)
    seen: dict[datetime, list[datetime]] = {}
    for at in _steps(begin, end):
        shown = wall(at, tz)
        if first <= shown.date() <= last:
            seen.setdefault(shown, []).append(at)
    return seen


def _offset(at: datetime, tz: ZoneInfo) -> timedelta:
    offset = at.astimezone(tz).utcoffset()
    assert offset is not None
    return offset


def _steps(begin: datetime, end: datetime) -> Iterator[datetime]:
    step = timedelta(minutes=STEP_MINUTES)
    for number in range((end - begin) // step + 1):
        yield begin + number * step
