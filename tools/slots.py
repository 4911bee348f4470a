"""Free times: what of the business's open hours nobody has taken.

Pure. Opening hours are local, durations are real: local times are turned into UTC first
and all arithmetic happens there. A start that the clocks skip or repeat is never offered,
because "two thirty" would not name one instant. Each calendar's hours count in its own zone;
days, parts of the day and closures are those of the business, which is what a caller hears.
Read `availability.py` for where busy times come from, `local_time.py` for the clocks.

The buffer after a service is kept free of other appointments, but may run past closing or
into a break: it is the business's own time.
"""

import enum
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

import msgspec

from tools.business import Business, Calendar, Service, Stretch
from tools.local_time import instant, is_clear, reached

MOST_OPTIONS = 3  # a caller keeps no more in mind


class PartOfDay(enum.StrEnum):
    """When of the day, by the local start."""

    ANY = "any"
    MORNING = "morning"  # before noon
    AFTERNOON = "afternoon"  # noon to five
    EVENING = "evening"  # from five

    def has(self, minute: int) -> bool:
        """`minute`: minutes since local midnight."""
        match self:
            case PartOfDay.MORNING:
                return minute < 12 * 60
            case PartOfDay.AFTERNOON:
                return 12 * 60 <= minute < 17 * 60
            case PartOfDay.EVENING:
                return minute >= 17 * 60
            case PartOfDay.ANY:
                return True


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What the caller asked for."""

    service: Service
    from_date: date  # local
    to_date: date  # local, inclusive
    part_of_day: PartOfDay = PartOfDay.ANY
    weekday: int | None = None  # 0 Monday - 6 Sunday: only these days
    provider: str | None = None  # id of the one calendar that will do; None: any of the service's

    @property
    def calendars(self) -> tuple[str, ...]:
        """Ids; any of them will do."""
        return self.service.calendars if self.provider is None else (self.provider,)

    def has(self, day: date) -> bool:
        """Whether `day` is one of those asked for."""
        return self.from_date <= day <= self.to_date and self.weekday in (None, day.weekday())


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
    provider_wished: bool = False  # the caller asked for this calendar, no other will do


# --- where to look ----------------------------------------------------------------


def last_day(business: Business, now: datetime) -> date:
    """The last local day on which anything can be booked."""
    return now.astimezone(business.tz).date() + timedelta(days=business.horizon_days)


def search_days(business: Business, wish: Wish, now: datetime) -> tuple[date, date] | None:
    """First and last local day worth searching, or None when the wish lies outside notice and horizon."""
    first = max(wish.from_date, now.astimezone(business.tz).date())
    last = min(wish.to_date, last_day(business, now))
    return (first, last) if first <= last else None


def search_period(business: Business, wish: Wish, now: datetime) -> Period | None:
    """The real time in which busy times matter for this wish; None when there is nothing to search."""
    days = search_days(business, wish, now)
    if days is None:
        return None
    # A provider in another zone may begin late in our evening, so an appointment may pass our midnight.
    longest = timedelta(minutes=wish.service.minutes + wish.service.buffer_minutes)
    start = max(now, reached(days[0], 0, business.tz))
    return Period(start, reached(days[1] + timedelta(days=1), 0, business.tz) + longest)


def is_closed(business: Business, wish: Wish) -> bool:
    """Whether nobody works on any day of the wish, so that it is not for lack of free times."""
    calendars = [business.calendar(calendar_id) for calendar_id in wish.calendars]
    days = (wish.from_date + timedelta(days=n) for n in range((wish.to_date - wish.from_date).days + 1))
    return all(
        business.closed(day) is not None or not any(calendar.hours[day.weekday()] for calendar in calendars)
        for day in days
        if wish.has(day)
    )


# --- what is free -----------------------------------------------------------------


def free_times(
    business: Business, wish: Wish, busy: Mapping[str, Iterable[Period]], now: datetime
) -> list[FreeTime]:
    """Every free time that fits the wish, earliest first, one per start.

    `busy` must have an entry for each calendar of the wish: a calendar nobody asked
    about is unknown, not free (KeyError). `now` is an aware instant.
    """
    days = _open_days(business, wish, now)
    soonest = now + timedelta(minutes=business.notice_minutes)
    length = timedelta(minutes=wish.service.minutes)
    kept = length + timedelta(minutes=wish.service.buffer_minutes)
    found: dict[datetime, FreeTime] = {}
    for calendar_id in wish.calendars:
        taken = _merged(busy[calendar_id])
        begins = [period.start for period in taken]
        for start in _starts(business, wish, business.calendar(calendar_id), days):
            if start < soonest or start in found:
                continue
            before = bisect_left(begins, start + kept)  # taken[:before] begin before we would end
            if before == 0 or taken[before - 1].end <= start:
                local = start.astimezone(business.tz)
                found[start] = FreeTime(calendar_id, local, (start + length).astimezone(business.tz))
    return [found[start] for start in sorted(found)]


def kept_until(service: Service, end: datetime) -> datetime:
    """When the calendar is free again after an appointment that ends at `end`."""
    return end.astimezone(UTC) + timedelta(minutes=service.buffer_minutes)


# --- what to offer ----------------------------------------------------------------


def pick(times: Sequence[FreeTime]) -> list[FreeTime]:
    """Two or three options, spread over what is free: two within half a day, else three."""
    if not times:
        return []
    half_a_day = times[-1].start - times[0].start < timedelta(hours=5)
    count = min(2 if half_a_day else MOST_OPTIONS, len(times))
    return [times[number * len(times) // count] for number in range(count)]


def nearest(times: Sequence[FreeTime], wish: Wish) -> list[FreeTime]:
    """Of free times that do not fit the wish, those that come closest to it, in order.

    One on each of up to three days: those nearest to the days asked for, of two equally near ones
    the sooner, and not all of them earlier or all of them later where there is a choice. Within a
    day a time in the part of the day asked for, else the one next to it. With free times on a
    single day, two or three of that day.
    """
    by_day: dict[date, list[FreeTime]] = {}
    for free in times:
        by_day.setdefault(free.start.date(), []).append(free)
    ranked = sorted(by_day, key=lambda day: (abs(_days_off(day, wish)), day))
    days, others = ranked[:MOST_OPTIONS], ranked[MOST_OPTIONS:]
    if len(days) == 1:
        return pick(by_day[days[0]])
    for earlier_or_later in (-1, 1):
        if others and all(_days_off(day, wish) * earlier_or_later > 0 for day in days):
            other_side = (day for day in others if _days_off(day, wish) * earlier_or_later < 0)
            days[-1] = next(other_side, days[-1])
    return [_closest(by_day[day], wish.part_of_day) for day in sorted(days)]


def _days_off(day: date, wish: Wish) -> int:
    """How many days a day lies before (negative) or after those asked for; 0 when it is one of them."""
    if day < wish.from_date:
        return (day - wish.from_date).days
    return max((day - wish.to_date).days, 0)


def _closest(times: Sequence[FreeTime], part: PartOfDay) -> FreeTime:
    """The time of one day that comes closest to a part of the day. `times`: in order, at least one."""
    fitting = [free for free in times if part.has(_minute(free.start))]
    if fitting:
        return fitting[0]
    mornings = [free for free in times if free.start.hour < 12]
    if part is PartOfDay.AFTERNOON and mornings:
        return mornings[-1]
    return times[-1] if part is PartOfDay.EVENING else times[0]


# --- hours ------------------------------------------------------------------------


def _open_days(business: Business, wish: Wish, now: datetime) -> set[date]:
    """The business's days that fit the wish and are not closed."""
    days = search_days(business, wish, now)
    if days is None:
        return set()
    every = (days[0] + timedelta(days=number) for number in range((days[1] - days[0]).days + 1))
    return {day for day in every if wish.has(day) and business.closed(day) is None}


def _starts(business: Business, wish: Wish, calendar: Calendar, days: set[date]) -> Iterator[datetime]:
    """Every UTC start within a calendar's hours on the business's `days`, whoever may have taken it."""
    abroad = calendar.zone != business.zone
    # The calendar's days that may overlap ours; between the ends of the earth lie 26 hours.
    theirs = {day + timedelta(days=by) for day in days for by in range(-2, 3)} if abroad else days
    for day in theirs:
        for stretch in calendar.hours[day.weekday()]:
            for start, minute in _starts_within(business, wish.service, calendar, day, stretch):
                our_day = day
                if abroad:
                    if not is_clear(start, business.tz):
                        continue
                    local = start.astimezone(business.tz)
                    our_day, minute = local.date(), _minute(local)
                if our_day in days and wish.part_of_day.has(minute):
                    yield start


def _starts_within(
    business: Business, service: Service, calendar: Calendar, day: date, stretch: Stretch
) -> Iterator[tuple[datetime, int]]:
    """UTC starts of one stretch, each with its minute since midnight on the calendar's own clock."""
    minutes = range(stretch.opens, stretch.closes - service.minutes + 1, business.slot_step_minutes)
    opens, closes = (instant(day, minute, calendar.tz) for minute in (stretch.opens, stretch.closes))
    still = timedelta(minutes=stretch.closes - stretch.opens)
    if opens is not None and closes is not None and closes - opens == still:
        # The clocks stand still in between (none changes twice within days): one sum for each start.
        for minute in minutes:
            yield opens + timedelta(minutes=minute - stretch.opens), minute
        return
    until = reached(day, stretch.closes, calendar.tz) - timedelta(minutes=service.minutes)
    for minute in range(stretch.opens, stretch.closes, business.slot_step_minutes):
        start = instant(day, minute, calendar.tz)
        if start is not None and start <= until:
            yield start, minute


def _minute(local: datetime) -> int:
    """Minutes since local midnight."""
    return local.hour * 60 + local.minute


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
