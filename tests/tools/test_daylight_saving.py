"""Free times on and around every change of the clocks of the coming five years, and at any time at all.

`expected` says what must be free by looking at wall clocks only; it shares no arithmetic with
`tools/slots.py`.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tools.clocks import BEGIN, CHANGING, END, ZONES, changes, wall
from tests.tools.shop import ALWAYS, CUT, local, shop, wish
from tools.business import Business, Stretch
from tools.slots import FreeTime, Period, Wish, free_times, kept_until, nearest, pick, search_period

FIVE = timedelta(minutes=5)
SHIFTS = [timedelta(minutes=by) for by in (-60, -30, 30, 60)]  # by which clocks change in these years


def expected(business: Business, asked: Wish, busy: list[Period], now: datetime) -> set[datetime]:
    """UTC starts on calendar "a" that must be offered, found minute by minute on wall clocks."""
    provider = business.calendar("a")
    ours, theirs = ZoneInfo(business.zone), ZoneInfo(provider.zone)
    length = timedelta(minutes=asked.service.minutes)
    kept = length + timedelta(minutes=asked.service.buffer_minutes)

    def shown_once(at: datetime, tz: ZoneInfo) -> bool:
        return not any(wall(at + by, tz) == wall(at, tz) for by in SHIFTS)

    def inside(at: datetime, day: date, stretch: Stretch) -> bool:
        there = wall(at, theirs)
        return there.date() == day and stretch.opens <= there.hour * 60 + there.minute < stretch.closes

    def in_hours(at: datetime) -> bool:
        """At a step of the hours, and the clock never leaves them before the appointment is over."""
        there = wall(at, theirs)
        minute = there.hour * 60 + there.minute
        return any(
            (minute - stretch.opens) % business.slot_step_minutes == 0
            and all(inside(at + number * FIVE, there.date(), stretch) for number in range(length // FIVE))
            for stretch in provider.hours[there.weekday()]
        )

    def is_start(at: datetime) -> bool:
        here = wall(at, ours)
        return (
            in_hours(at)
            and asked.has(here.date())
            and asked.part_of_day.has(here.hour * 60 + here.minute)
            and here.date() <= wall(now, ours).date() + timedelta(days=business.horizon_days)
            and business.closed(here.date()) is None
            and at >= now + timedelta(minutes=business.notice_minutes)
            and not any(one.start < at + kept and one.end > at for one in busy)
            and shown_once(at, ours)
            and shown_once(at, theirs)
        )

    at = datetime.combine(asked.from_date, time(), UTC) - timedelta(hours=15)
    end = datetime.combine(asked.to_date, time(), UTC) + timedelta(hours=39)
    found = set()
    while at < end:
        if is_start(at):
            found.add(at)
        at += FIVE
    return found


def instants(times: list[FreeTime]) -> set[datetime]:
    return {free.start.astimezone(UTC) for free in times}


# --- every change -----------------------------------------------------------------

# Open all day; over the hours in which clocks change; closing in the middle of them; a break there.
HOURS = {
    "always": ALWAYS,
    "night": ((Stretch(22 * 60, 24 * 60), Stretch(0, 4 * 60)),) * 7,
    "until half past two": ((Stretch(0, 150),),) * 7,
    "from half past one": ((Stretch(90, 5 * 60),),) * 7,
    "a break at two": ((Stretch(30, 120), Stretch(150, 6 * 60)),) * 7,
}


@pytest.mark.parametrize("zone", CHANGING)
def test_every_change_of_five_years(zone: str) -> None:
    """On the days around a change exactly those times are offered that a wall clock shows once."""
    tz = ZoneInfo(zone)
    for change in changes(zone):
        day = wall(change.at, tz).date()
        now = datetime.combine(day, time(), UTC) - timedelta(days=3)
        for minutes in (30, 75):
            service = msgspec.structs.replace(CUT, minutes=minutes)
            asked = wish(day - timedelta(days=1), day + timedelta(days=1), service=service)
            for name, hours in HOURS.items():
                business = shop(service=service, hours=hours, zone=zone)
                found = free_times(business, asked, {"a": []}, now)
                assert instants(found) == expected(business, asked, [], now), (str(change), name, minutes)


@pytest.mark.parametrize(
    ("zone", "provider"),
    [
        ("America/New_York", "America/Los_Angeles"),  # changes three hours later
        ("America/New_York", "Europe/London"),  # weeks apart
        ("Europe/London", "Europe/Berlin"),  # the same instant
        ("Europe/Berlin", "Africa/Casablanca"),
        ("Australia/Sydney", "Pacific/Auckland"),
        ("Australia/Lord_Howe", "Asia/Kathmandu"),
        ("Asia/Kathmandu", "America/St_Johns"),  # only the provider's clocks change
        ("America/New_York", "Pacific/Chatham"),  # nearly a day apart
    ],
)
def test_every_change_with_a_provider_elsewhere(zone: str, provider: str) -> None:
    """Whichever of the two clocks changes, what is offered names one instant on both."""
    for change in (*changes(zone), *changes(provider)):
        day = wall(change.at, ZoneInfo(zone)).date()
        now = datetime.combine(day, time(), UTC) - timedelta(days=3)
        business = shop(hours=HOURS["a break at two"], zone=zone, zones={"a": provider})
        asked = wish(day, day)
        found = free_times(business, asked, {"a": []}, now)
        assert instants(found) == expected(business, asked, [], now), str(change)


@pytest.mark.parametrize(
    ("zone", "provider"),
    [
        ("Pacific/Kiritimati", "Pacific/Pago_Pago"),  # the ends of the earth: 25 hours apart
        ("Pacific/Pago_Pago", "Pacific/Kiritimati"),
        ("Asia/Kathmandu", "America/Los_Angeles"),
        ("America/Los_Angeles", "Asia/Kathmandu"),
    ],
)
def test_one_day_here_is_all_of_it_elsewhere(zone: str, provider: str) -> None:
    """With a provider who always works our whole day is free, whatever days it is for them."""
    business = shop(hours=ALWAYS, zone=zone, zones={"a": provider})
    day = date(2026, 11, 25)
    found = free_times(business, wish(day), {"a": []}, BEGIN)
    assert instants(found) == expected(business, wish(day), [], BEGIN)
    assert len(found) in (47, 48)  # no appointment passes the provider's midnight


# --- by hand ----------------------------------------------------------------------

SPRING = date(2027, 3, 14)  # New York: 02:00 becomes 03:00
AUTUMN = date(2026, 11, 1)  # New York: 02:00 becomes 01:00


@pytest.mark.parametrize(
    ("zone", "day", "missing"),
    [
        ("America/New_York", SPRING, {"02:00", "02:30"}),
        ("America/New_York", AUTUMN, {"01:00", "01:30"}),
        ("Europe/Berlin", date(2027, 3, 28), {"02:00", "02:30"}),
        ("Europe/Berlin", date(2026, 10, 25), {"02:00", "02:30"}),
        ("Australia/Lord_Howe", date(2026, 10, 4), {"02:00"}),  # half an hour only
        ("Australia/Lord_Howe", date(2027, 4, 4), {"01:30"}),
        ("America/Santiago", date(2026, 9, 6), {"00:00", "00:30"}),  # midnight itself
        ("America/Santiago", date(2026, 9, 5), set()),  # the day that midnight would end
        ("Asia/Tokyo", SPRING, set()),
    ],
)
def test_starts_on_a_day_of_change(zone: str, day: date, missing: set[str]) -> None:
    """Open all day, every half hour is offered but those skipped or repeated; nothing ends after midnight."""
    now = datetime.combine(day, time(), tzinfo=UTC) - timedelta(days=3)
    times = free_times(shop(hours=ALWAYS, zone=zone), wish(day), {"a": []}, now)
    every = {f"{hour:02}:{minute:02}" for hour in range(24) for minute in (0, 30)}
    assert set(local(times)) == every - missing
    assert len(times) == 48 - len(missing)


@pytest.mark.parametrize(("day", "end"), [(SPRING, "03:30"), (AUTUMN, "01:30")])
def test_a_length_is_real_time_over_a_change(day: date, end: str) -> None:
    """An hour that begins before the change lasts an hour, not what the wall clock says."""
    hour = msgspec.structs.replace(CUT, minutes=60 if day == SPRING else 120)
    start = "01:30" if day == SPRING else "00:30"
    now = datetime.combine(day, time(), tzinfo=UTC) - timedelta(days=3)
    times = free_times(shop(service=hour, hours=ALWAYS), wish(day, service=hour), {"a": []}, now)
    free = next(free for free in times if f"{free.start:%H:%M}" == start)
    assert f"{free.end:%H:%M}" == end
    assert free.end.astimezone(UTC) - free.start.astimezone(UTC) == timedelta(minutes=hour.minutes)


def test_busy_times_over_a_change_are_compared_as_instants() -> None:
    """A busy hour given in UTC blocks the right local hour after the change."""
    busy = {"a": [Period(datetime(2027, 3, 14, 7, tzinfo=UTC), datetime(2027, 3, 14, 8, tzinfo=UTC))]}
    now = datetime(2027, 3, 10, tzinfo=UTC)
    times = local(free_times(shop(hours=ALWAYS), wish(SPRING), busy, now))
    assert "01:30" in times
    assert "03:00" not in times
    assert "04:00" in times


# --- anything at all --------------------------------------------------------------

PARTS = st.sampled_from(["any", "morning", "afternoon", "evening"])
SOME_HOURS = ((Stretch(0, 4 * 60), Stretch(9 * 60, 12 * 60)), (), *((Stretch(60, 20 * 60),),) * 5)


@st.composite
def days_near_a_change(draw: st.DrawFn, zone: str) -> date:
    """Any day of the five years, half of the time one on which this zone's clocks change."""
    near = draw(st.booleans())
    if near and changes(zone):
        change = draw(st.sampled_from(changes(zone)))
        return wall(change.at, ZoneInfo(zone)).date()
    return draw(st.dates(BEGIN.date(), END.date()))


@settings(max_examples=150)
@given(data=st.data(), zone=st.sampled_from(ZONES), provider=st.sampled_from([None, *ZONES]))
def test_every_free_time_keeps_every_rule_and_none_is_missing(
    data: st.DataObject, zone: str, provider: str | None
) -> None:
    """Never over a busy time, in a gap, ambiguous, outside the hours, too soon or too late; and complete."""
    day = data.draw(days_near_a_change(provider or zone))
    minutes, buffer = data.draw(st.integers(1, 36)) * 5, data.draw(st.integers(0, 12)) * 5
    service = msgspec.structs.replace(CUT, minutes=minutes, buffer_minutes=buffer)
    business = shop(
        service=service,
        hours=SOME_HOURS,
        zone=zone,
        zones={} if provider is None else {"a": provider},
        notice=data.draw(st.integers(0, 2000)),
        horizon=data.draw(st.integers(0, 5)),
        step=data.draw(st.sampled_from([5, 15, 30, 45])),
        holidays={day: "Holiday"} if data.draw(st.booleans()) and data.draw(st.booleans()) else {},
    )
    midnight = datetime.combine(day, time(), tzinfo=UTC)
    now = midnight - timedelta(minutes=data.draw(st.integers(-600, 2880)))
    begins = st.tuples(st.integers(-600, 3 * 1440), st.integers(1, 600))
    busy = [
        Period(midnight + timedelta(minutes=start), midnight + timedelta(minutes=start + length))
        for start, length in data.draw(st.lists(begins, max_size=6))
    ]
    asked = wish(
        day,
        day + timedelta(days=data.draw(st.integers(0, 2))),
        service=service,
        part_of_day=data.draw(PARTS),
    )
    times = free_times(business, asked, {"a": busy}, now)
    assert instants(times) == expected(business, asked, busy, now)
    assert len(instants(times)) == len(times)
    searched = search_period(business, asked, now)
    for free in times:
        start, end = free.start.astimezone(UTC), free.end.astimezone(UTC)
        assert end - start == timedelta(minutes=minutes)
        assert free.start.tzinfo == ZoneInfo(zone)
        assert searched is not None
        assert searched.start <= start
        assert kept_until(service, end) <= searched.end
    assert all(free in times for free in pick(times))
    assert all(free in times for free in nearest(times, asked))
    assert len(pick(times)) == min(len(times), 3) or len(pick(times)) == 2
