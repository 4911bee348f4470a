"""Local times as instants, around the days on which clocks change.

Pure. Twice a year most places skip an hour and repeat another; a few change at other times, by
half an hour, or at midnight. `zoneinfo` never refuses a local time that was skipped or that
names two instants, so it is asked here for both readings (PEP 495). Read `slots.py` next.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tools.business import MINUTES_PER_DAY


def instant(day: date, minute: int, tz: ZoneInfo) -> datetime | None:
    """The UTC instant of a local time, or None when the clocks skip or repeat it.

    `minute`: minutes since local midnight on the wall clock, 0-1440.
    """
    first, second = _both(day, minute, tz)
    if first != second:
        return None  # repeated when the offsets differ one way, skipped when the other
    return first


def reached(day: date, minute: int, tz: ZoneInfo) -> datetime:
    """The first UTC instant at which the clocks show a local time or a later one.

    Of a time that comes twice the first; where it is skipped, the moment that skips it. So
    closing is never late.
    """
    first, second = _both(day, minute, tz)
    if first <= second:
        return first
    # Skipped: the second reading lies before the change, the first after it.
    at, offset = second, second.astimezone(tz).utcoffset()
    while at.astimezone(tz).utcoffset() == offset:
        at += timedelta(minutes=1)
    return at


def is_clear(at: datetime, tz: ZoneInfo) -> bool:
    """Whether the local time of an instant names that instant only."""
    local = at.astimezone(tz)
    return local.replace(fold=0).utcoffset() == local.replace(fold=1).utcoffset()


def _both(day: date, minute: int, tz: ZoneInfo) -> tuple[datetime, datetime]:
    """Both readings of a local time in UTC; they differ only around a change of the clocks."""
    if minute == MINUTES_PER_DAY:
        day, minute = day + timedelta(days=1), 0
    local = datetime.combine(day, time(minute // 60, minute % 60), tzinfo=tz)
    return local.replace(fold=0).astimezone(UTC), local.replace(fold=1).astimezone(UTC)
