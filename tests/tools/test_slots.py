"""Free times: hours, closures, notice, buffers, and the days on which the clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.business import Business, Calendar, Closure, Service, Stretch, Wording
from tools.slots import (
    FreeTime,
    Period,
    Wish,
    free_times,
    instant,
    kept_until,
    pick,
    search_period,
)

NEW_YORK = ZoneInfo("America/New_York")
MONDAY = date(2026, 11, 23)
EARLY = datetime(2026, 11, 20, 12, tzinfo=UTC)
OFFICE = ((Stretch(9 * 60, 12 * 60), Stretch(13 * 60, 17 * 60)),) * 5 + ((), ())
ALWAYS = ((Stretch(0, 24 * 60),),) * 7
CUT = Service(key="cut", name="haircut", minutes=30, buffer_minutes=0, price=None, calendars=("a",))


def shop(
    *,
    service: Service = CUT,
    hours: tuple[tuple[Stretch, ...], ...] = OFFICE,
    zone: str = "America/New_York",
    notice: int = 0,
    step: int = 30,
    closures: tuple[Closure, ...] = (),
    calendars: tuple[str, ...] = ("a", "b"),
) -> Business:
    said = Wording(**dict.fromkeys(Wording.__struct_fields__, ""))
    return Business(
        name="Shop",
        agent="Robin",
        zone=zone,
        address="1 Street",
        directions="",
        handoff_number=None,
        notice_minutes=notice,
        horizon_days=30,
        slot_step_minutes=step,
        hold_minutes=5,
        hours=hours,
        closures=closures,
        calendars=tuple(Calendar(id=id_, name=id_, hours=hours) for id_ in calendars),
        services=(service,),
        questions=(),
        wording=said,
    )


def wish(first: date = MONDAY, last: date | None = None, **more: object) -> Wish:
    fields: dict[str, object] = {"service": CUT, "from_date": first, "to_date": last or first, **more}
    return msgspec.convert(fields, Wish)


def local(times: list[FreeTime]) -> list[str]:
    return [f"{free.start:%H:%M}" for free in times]


def period(day: date, start: str, end: str, zone: ZoneInfo = NEW_YORK) -> Period:
    at = [datetime.combine(day, time.fromisoformat(text), tzinfo=zone) for text in (start, end)]
    return Period(*at)


# --- the business's rules ---------------------------------------------------------


def test_every_step_of_the_hours_is_free_when_nothing_is_taken() -> None:
    """Starts run from opening to the last one that ends by closing, around the break."""
    times = free_times(shop(), wish(), {"a": []}, EARLY)
    assert local(times)[:6] == ["09:00", "09:30", "10:00", "10:30", "11:00", "11:30"]
    assert local(times)[6:] == ["13:00", "13:30", "14:00", "14:30", "15:00", "15:30", "16:00", "16:30"]
    assert all(free.start.tzinfo == NEW_YORK for free in times)


def test_busy_times_are_left_out_and_touching_is_no_overlap() -> None:
    """An appointment may begin when another ends, and end when another begins."""
    busy = {"a": [period(MONDAY, "09:30", "10:00"), period(MONDAY, "10:30", "16:30")]}
    assert local(free_times(shop(), wish(), busy, EARLY)) == ["09:00", "10:00", "16:30"]


def test_busy_times_may_overlap_each_other_and_come_in_any_order() -> None:
    """A short period inside a long one does not hide the long one's end."""
    busy = {"a": [period(MONDAY, "10:00", "10:15"), period(MONDAY, "09:00", "16:00")]}
    assert local(free_times(shop(), wish(), busy, EARLY)) == ["16:00", "16:30"]


def test_the_buffer_is_kept_free_afterwards_but_may_run_past_closing() -> None:
    """What follows must leave the buffer alone; the break and the evening are the business's own."""
    service = msgspec.structs.replace(CUT, buffer_minutes=30)
    busy = {"a": [period(MONDAY, "10:00", "16:00")]}
    times = free_times(shop(service=service), wish(service=service), busy, EARLY)
    assert local(times) == ["09:00", "16:00", "16:30"]


def test_weekends_and_closures_offer_nothing() -> None:
    """A closed day is closed, whoever is free."""
    closed = Closure(first=MONDAY, last=MONDAY + timedelta(days=1), reason="Painters")
    week = wish(MONDAY - timedelta(days=2), MONDAY + timedelta(days=2))
    times = free_times(shop(closures=(closed,)), week, {"a": []}, EARLY)
    assert {free.start.date() for free in times} == {date(2026, 11, 25)}


def test_notice_is_kept_to_the_minute() -> None:
    """Nothing begins sooner than the notice; exactly on it is soon enough."""
    now = datetime(2026, 11, 23, 9, 0, tzinfo=NEW_YORK)
    times = free_times(shop(notice=120), wish(), {"a": []}, now)
    assert local(times)[0] == "11:00"
    later = free_times(shop(notice=120), wish(), {"a": []}, now + timedelta(seconds=1))
    assert local(later)[0] == "11:30"


def test_the_horizon_and_the_past_offer_nothing() -> None:
    """Days before today and past the horizon are not searched."""
    assert search_period(shop(), wish(date(2026, 11, 1)), EARLY) is None
    assert search_period(shop(), wish(date(2027, 1, 1)), EARLY) is None
    assert free_times(shop(), wish(date(2027, 1, 1)), {"a": []}, EARLY) == []


def test_a_long_wish_is_cut_to_what_may_be_asked() -> None:
    """The search never spans more than 31 days, whatever the model asks for."""
    found = search_period(shop(), wish(MONDAY, date(2030, 1, 1)), EARLY)
    assert found is not None
    assert found.end - found.start <= timedelta(days=31)


@pytest.mark.parametrize(
    ("part", "first", "last"),
    [("morning", "09:00", "11:30"), ("afternoon", "13:00", "16:30"), ("any", "09:00", "16:30")],
)
def test_parts_of_the_day(part: str, first: str, last: str) -> None:
    """A part of the day is judged by the local start."""
    times = free_times(shop(), wish(part_of_day=part), {"a": []}, EARLY)
    assert (local(times)[0], local(times)[-1]) == (first, last)


def test_evening_begins_at_five() -> None:
    """Five o'clock is evening and no longer afternoon."""
    evening = free_times(shop(hours=ALWAYS), wish(part_of_day="evening"), {"a": []}, EARLY)
    afternoon = free_times(shop(hours=ALWAYS), wish(part_of_day="afternoon"), {"a": []}, EARLY)
    assert local(evening)[0] == "17:00"
    assert local(afternoon)[-1] == "16:30"


def test_only_the_weekday_asked_for() -> None:
    """A weekday within a range of days leaves the others out."""
    times = free_times(shop(), wish(MONDAY, MONDAY + timedelta(days=13), weekday=3), {"a": []}, EARLY)
    assert {free.start.date() for free in times} == {date(2026, 11, 26), date(2026, 12, 3)}


def test_any_calendar_of_the_service_will_do() -> None:
    """A start is offered once, on the first calendar that is free then."""
    both = msgspec.structs.replace(CUT, calendars=("a", "b"))
    busy = {"a": [period(MONDAY, "09:00", "10:00")], "b": [period(MONDAY, "09:30", "17:00")]}
    times = free_times(shop(service=both), wish(service=both), busy, EARLY)
    assert [(f"{free.start:%H:%M}", free.calendar_id) for free in times[:2]] == [
        ("09:00", "b"),
        ("10:00", "a"),
    ]


def test_a_calendar_nobody_asked_about_is_not_free() -> None:
    """Missing busy times are an error, never an empty day."""
    with pytest.raises(KeyError):
        free_times(shop(), wish(), {}, EARLY)


# --- clocks that change -----------------------------------------------------------

SPRING = date(2027, 3, 14)  # New York: 02:00 becomes 03:00
AUTUMN = date(2026, 11, 1)  # New York: 02:00 becomes 01:00


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
def test_an_instant_is_named_by_one_local_time_only(day: date, at: str, utc: str | None) -> None:
    """Local times that the clocks skip or repeat name no instant."""
    clock = time.fromisoformat(at)
    found = instant(day, clock.hour * 60 + clock.minute, NEW_YORK)
    assert (found and f"{found:%H:%M}") == utc


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


def test_closing_time_on_a_day_of_change_is_never_late() -> None:
    """Hours that end inside a skipped or repeated hour end at its earlier reading."""
    until_half_two = ((Stretch(0, 90),),) * 7
    now = datetime(2026, 10, 30, tzinfo=UTC)
    times = free_times(shop(hours=until_half_two), wish(AUTUMN), {"a": []}, now)
    assert local(times) == ["00:00", "00:30"]


# --- choosing ---------------------------------------------------------------------


def test_two_options_of_one_half_day() -> None:
    """Of an afternoon the first and the middle one are offered."""
    times = free_times(shop(), wish(part_of_day="afternoon"), {"a": []}, EARLY)
    assert local(pick(times)) == ["13:00", "15:00"]


def test_three_options_of_more_than_half_a_day() -> None:
    """A wider choice is spread over the whole."""
    times = free_times(shop(), wish(MONDAY, MONDAY + timedelta(days=4)), {"a": []}, EARLY)
    assert [f"{free.start:%a %H:%M}" for free in pick(times)] == ["Mon 09:00", "Tue 14:30", "Thu 11:00"]


def test_few_times_are_all_offered() -> None:
    """What there is is offered, and nothing twice."""
    times = free_times(shop(), wish(), {"a": [period(MONDAY, "09:30", "16:30")]}, EARLY)
    assert local(pick(times)) == ["09:00", "16:30"]
    assert local(pick(times[:1])) == ["09:00"]
    assert pick([]) == []


# --- anything at all --------------------------------------------------------------

ZONES = ("America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns", "UTC")
DAYS = st.dates(date(2026, 1, 1), date(2028, 12, 31))


@given(
    zone=st.sampled_from(ZONES),
    day=DAYS,
    days=st.integers(0, 4),
    minutes=st.integers(5, 180),
    buffer=st.integers(0, 60),
    step=st.sampled_from([5, 15, 30, 45]),
    notice=st.integers(0, 2000),
    busy=st.lists(st.tuples(st.integers(0, 6 * 1440), st.integers(1, 600)), max_size=8),
)
def test_every_free_time_keeps_every_rule(
    zone: str,
    day: date,
    days: int,
    minutes: int,
    buffer: int,
    step: int,
    notice: int,
    busy: list[tuple[int, int]],
) -> None:
    """Never over a busy time, never outside the hours, never too soon, never at a doubtful local time."""
    tz = ZoneInfo(zone)
    hours = ((Stretch(0, 4 * 60), Stretch(9 * 60, 12 * 60)),) * 6 + ((),)
    service = msgspec.structs.replace(CUT, minutes=minutes, buffer_minutes=buffer)
    business = shop(service=service, hours=hours, zone=zone, notice=notice, step=step)
    midnight = datetime.combine(day, time(), tzinfo=UTC)
    now = midnight - timedelta(hours=20)
    taken = [
        Period(midnight + timedelta(minutes=start), midnight + timedelta(minutes=start + length))
        for start, length in busy
    ]
    asked = wish(day, day + timedelta(days=days), service=service)
    times = free_times(business, asked, {"a": taken}, now)
    assert len({free.start for free in times}) == len(times)
    searched = search_period(business, asked, now)
    for free in times:
        start, end = free.start.astimezone(UTC), free.end.astimezone(UTC)
        assert end - start == timedelta(minutes=minutes)
        assert not any(one.start < kept_until(service, end) and one.end > start for one in taken)
        assert start >= now + timedelta(minutes=notice)
        wall = free.start.replace(tzinfo=None)
        assert start.astimezone(tz).replace(tzinfo=None) == wall
        assert free.start.utcoffset() == free.start.replace(fold=1).utcoffset()
        assert free.start.weekday() != 6
        opening = 0 if free.start.hour < 4 else 9 * 60
        assert (wall.hour * 60 + wall.minute - opening) % step == 0
        closes = time(4) if opening == 0 else time(12)
        assert free.end.date() == free.start.date()
        assert free.end.time() <= closes
        assert searched is not None
        assert searched.start <= start
        assert kept_until(service, end) <= searched.end
    assert all(free in times for free in pick(times))
