"""Free times: what of the business's open hours nobody has taken.

Pure. Opening hours are local, durations are real: local times are turned into UTC first
and all arithmetic happens there. A start that the clocks skip or repeat is never offered,
because "two thirty" would not name one instant. Read `availability.py` for where busy
times come from.

The buffer after a service is kept free of other appointments, but may run past closing or
into a break: it is the business's own time.
"""

import enum
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from tools.business import MINUTES_PER_DAY, Business, Service, Stretch

LONGEST_SEARCH_DAYS = 31  # one wish; Google refuses free/busy over much more (google-calendar.md, 1)


class PartOfDay(enum.StrEnum):
    """When of the day, by the local start."""

    ANY = "any"
    MORNING = "morning"  # before noon
    AFTERNOON = "afternoon"  # noon to five
    EVENING = "evening"  # from five


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What the caller asked for."""

    service: Service
    from_date: date  # local
    to_date: date  # local, inclusive
    part_of_day: PartOfDay = PartOfDay.ANY
    weekday: int | None = None  # 0 Monday - 6 Sunday: only these days


class Period(msgspec.Struct, frozen=True):
    """A stretch of real time."""

    start: datetime  # aware
    end: datetime  # aware, exclusive


class FreeTime(msgspec.Struct, frozen=True):
    """A time that could be offered."""

    calendar_id: str
    start: datetime  # aware, in the business's zone
    end: datetime  # of the appointment, buffer not included


class Slot(msgspec.Struct, frozen=True, kw_only=True):
    """A free time that was offered in a call."""

    id: str  # short, unique in its call, e.g. "slot_1"
    calendar_id: str
    service: str  # key
    start: datetime  # aware, in the business's zone
    end: datetime


def search_days(business: Business, wish: Wish, now: datetime) -> tuple[date, date] | None:
    """First and last local day worth searching, or None when the wish lies outside notice and horizon."""
    today = now.astimezone(business.tz).date()
    first = max(wish.from_date, today)
    last = min(
        wish.to_date,
        today + timedelta(days=business.horizon_days),
        first + timedelta(days=LONGEST_SEARCH_DAYS - 1),
    )
    return (first, last) if first <= last else None


def search_period(business: Business, wish: Wish, now: datetime) -> Period | None:
    """The real time in which busy times matter for this wish; None when there is nothing to search."""
    days = search_days(business, wish, now)
    if days is None:
        return None
    start = _earliest(days[0], 0, business.tz)
    end = _earliest(days[1] + timedelta(days=1), 0, business.tz)
    return Period(start, end + timedelta(minutes=wish.service.buffer_minutes))


def free_times(
    business: Business, wish: Wish, busy: Mapping[str, Iterable[Period]], now: datetime
) -> list[FreeTime]:
    """Every free time that fits the wish, earliest first, one per start.

    `busy` must have an entry for each calendar of the service: a calendar nobody asked
    about is unknown, not free (KeyError). `now` is an aware instant.
    """
    days = search_days(business, wish, now)
    if days is None:
        return []
    soonest = now + timedelta(minutes=business.notice_minutes)
    length = timedelta(minutes=wish.service.minutes)
    kept = length + timedelta(minutes=wish.service.buffer_minutes)
    found: dict[datetime, FreeTime] = {}
    for calendar_id in wish.service.calendars:
        taken = _merged(busy[calendar_id])
        begins = [period.start for period in taken]
        for start in _starts(business, wish, calendar_id, days):
            if start < soonest or start in found:
                continue
            before = bisect_left(begins, start + kept)  # taken[:before] begin before we would end
            if before == 0 or taken[before - 1].end <= start:
                local = start.astimezone(business.tz)
                found[start] = FreeTime(calendar_id, local, (start + length).astimezone(business.tz))
    return [found[start] for start in sorted(found)]


def pick(times: Sequence[FreeTime]) -> list[FreeTime]:
    """Two or three options, spread over what is free: two within half a day, else three."""
    if not times:
        return []
    half_a_day = times[-1].start - times[0].start < timedelta(hours=5)
    count = min(2 if half_a_day else 3, len(times))
    return [times[number * len(times) // count] for number in range(count)]


def kept_until(service: Service, end: datetime) -> datetime:
    """When the calendar is free again after an appointment that ends at `end`."""
    return end.astimezone(UTC) + timedelta(minutes=service.buffer_minutes)


def instant(day: date, minute: int, tz: ZoneInfo) -> datetime | None:
    """The UTC instant of a local time, or None when the clocks skip or repeat it.

    `minute`: minutes since local midnight on the wall clock, 0-1440.
    """
    first, second = _both(day, minute, tz)
    if first != second:
        return None  # repeated when the offsets differ one way, skipped when the other
    return first


def _starts(business: Business, wish: Wish, calendar_id: str, days: tuple[date, date]) -> Iterator[datetime]:
    """Every UTC start within the hours of one calendar, whoever may have taken it."""
    hours = business.calendar(calendar_id).hours
    day = days[0]
    while day <= days[1]:
        if wish.weekday in (None, day.weekday()) and not any(c.covers(day) for c in business.closures):
            for stretch in hours[day.weekday()]:
                yield from _starts_within(business, wish, day, stretch)
        day += timedelta(days=1)


def _starts_within(business: Business, wish: Wish, day: date, stretch: Stretch) -> Iterator[datetime]:
    closes = _earliest(day, stretch.closes, business.tz)
    length = timedelta(minutes=wish.service.minutes)
    for minute in range(stretch.opens, stretch.closes, business.slot_step_minutes):
        if not _in_part(minute, wish.part_of_day):
            continue
        start = instant(day, minute, business.tz)
        if start is not None and start + length <= closes:
            yield start


def _in_part(minute: int, part: PartOfDay) -> bool:
    match part:
        case PartOfDay.MORNING:
            return minute < 12 * 60
        case PartOfDay.AFTERNOON:
            return 12 * 60 <= minute < 17 * 60
        case PartOfDay.EVENING:
            return minute >= 17 * 60
        case PartOfDay.ANY:
            return True


def _both(day: date, minute: int, tz: ZoneInfo) -> tuple[datetime, datetime]:
    """Both readings of a local time in UTC; they differ only around a change of the clocks."""
    if minute == MINUTES_PER_DAY:
        day, minute = day + timedelta(days=1), 0
    local = datetime.combine(day, time(minute // 60, minute % 60), tzinfo=tz)
    return local.replace(fold=0).astimezone(UTC), local.replace(fold=1).astimezone(UTC)


def _earliest(day: date, minute: int, tz: ZoneInfo) -> datetime:
    """The UTC instant of a local time; of two readings the earlier, so that closing is never late."""
    return min(_both(day, minute, tz))


def _merged(periods: Iterable[Period]) -> list[Period]:
    """The same time in as few periods as possible, in order."""
    merged: list[Period] = []
    for period in sorted(periods, key=lambda period: period.start):
        if period.end <= period.start:
            continue
        if merged and period.start <= merged[-1].end:
            if period.end > merged[-1].end:
                merged[-1] = Period(merged[-1].start, period.end)
        else:
            merged.append(period)
    return merged
