"""Free times: hours, closures, notice, buffers, providers, and what is offered of them."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from tests.tools.shop import ALWAYS, CUT, EARLY, MONDAY, NEW_YORK, local, period, shop, wish
from tools.business import Closure, Stretch
from tools.slots import FreeTime, free_times, is_closed, last_day, nearest, pick, search_period

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


def test_the_last_day_is_counted_on_the_shops_clock() -> None:
    """Late in the evening of New York it is tomorrow elsewhere; the horizon counts from today here."""
    now = datetime(2026, 11, 24, 3, tzinfo=UTC)
    assert last_day(shop(horizon=7), now) == date(2026, 11, 30)
    times = free_times(shop(horizon=7), wish(MONDAY, date(2026, 12, 10)), {"a": []}, now)
    assert {times[0].start.date(), times[-1].start.date()} == {date(2026, 11, 24), date(2026, 11, 30)}


def test_what_is_past_is_not_searched() -> None:
    """The search begins now and ends with the last day, appointment and buffer included."""
    service = msgspec.structs.replace(CUT, minutes=60, buffer_minutes=30)
    now = datetime(2026, 11, 23, 10, 17, tzinfo=NEW_YORK)
    found = search_period(shop(service=service), wish(service=service), now)
    assert found is not None
    assert found.start == now
    assert found.end == datetime(2026, 11, 24, 1, 30, tzinfo=NEW_YORK)


def test_public_holidays_offer_nothing() -> None:
    """A holiday closes the shop as a closure of its own does."""
    business = shop(holidays={date(2026, 11, 26): "Thanksgiving Day"})
    times = free_times(business, wish(MONDAY, MONDAY + timedelta(days=6)), {"a": []}, EARLY)
    assert sorted({free.start.day for free in times}) == [23, 24, 25, 27]


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


def free(*starts: str) -> list[FreeTime]:
    """Free half hours, given as "day-of-November hour:minute"."""
    found = []
    for start in starts:
        day, _, at = start.partition(" ")
        one = period(date(2026, 11, int(day)), at, "23:59")
        found.append(FreeTime("a", one.start, one.start + timedelta(minutes=30)))
    return found


@pytest.mark.parametrize(
    ("asked", "there_is", "offered"),
    [
        # a day before is as near as a day after; of two for one place the sooner
        (
            "afternoon",
            ["23 09:00", "23 12:00", "24 14:00", "26 13:00", "27 12:00"],
            ["23 12:00", "24 14:00", "26 13:00"],
        ),
        # the day itself is nearest; of its mornings the last comes closest to an afternoon
        ("afternoon", ["25 09:00", "25 11:00", "25 18:00", "26 13:00"], ["25 11:00", "26 13:00"]),
        ("afternoon", ["25 18:00", "25 19:00", "26 13:00"], ["25 18:00", "26 13:00"]),
        ("morning", ["25 12:00", "25 18:00", "30 09:00"], ["25 12:00", "30 09:00"]),
        ("evening", ["25 09:00", "25 16:00", "24 17:00", "24 16:00"], ["24 17:00", "25 16:00"]),
        (
            "any",
            ["2 09:00", "12 09:00", "24 09:00", "24 10:00", "30 11:00"],
            ["12 09:00", "24 09:00", "30 11:00"],
        ),
        # one day only: as much choice as it has
        ("any", ["30 09:00", "30 10:00", "30 11:00", "30 12:00"], ["30 09:00", "30 11:00"]),
        ("any", ["30 09:00"], ["30 09:00"]),
        ("any", [], []),
    ],
)
def test_the_nearest_times(asked: str, there_is: list[str], offered: list[str]) -> None:
    """Nearest by day first, then by part of the day; never more than three, always in order."""
    times = sorted(free(*there_is), key=lambda one: one.start)
    found = nearest(times, wish(date(2026, 11, 25), part_of_day=asked))
    assert [f"{one.start.day} {one.start:%H:%M}" for one in found] == offered


def test_three_days_are_enough() -> None:
    """Of many days the three nearest are offered, whichever side they lie on."""
    times = free(*(f"{day} 10:00" for day in range(10, 30) if day not in (18, 19)))
    found = nearest(times, wish(date(2026, 11, 18), date(2026, 11, 19)))
    assert [one.start.day for one in found] == [16, 17, 20]


def test_closed_is_told_from_taken() -> None:
    """A day nobody works on is closed; one that is only full is not."""
    business = shop(closures=(Closure(first=MONDAY, last=MONDAY, reason="Painters"),))
    sunday, tuesday = MONDAY - timedelta(days=1), MONDAY + timedelta(days=1)
    assert is_closed(business, wish(MONDAY))
    assert is_closed(business, wish(sunday, MONDAY))
    assert not is_closed(business, wish(sunday, tuesday))
    assert is_closed(business, wish(MONDAY, MONDAY + timedelta(days=6), weekday=0))


# --- weeks and years --------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "last", "weekday", "days"),
    [
        ("2026-11-27", "2026-11-30", None, ["2026-11-27", "2026-11-30"]),  # over a weekend
        ("2026-11-29", "2026-12-05", 0, ["2026-11-30"]),  # a week that begins on Sunday
        ("2026-11-30", "2026-12-06", 0, ["2026-11-30"]),  # one that begins on Monday
        ("2026-11-29", "2026-12-05", 6, []),  # its Sunday is closed
        ("2026-12-30", "2027-01-04", None, ["2026-12-30", "2026-12-31", "2027-01-04"]),  # New Year
        ("2026-12-28", "2027-01-10", 3, ["2026-12-31", "2027-01-07"]),
        ("2028-02-28", "2028-03-01", None, ["2028-02-28", "2028-02-29", "2028-03-01"]),  # a leap day
        ("2027-02-26", "2027-03-01", None, ["2027-02-26", "2027-03-01"]),
    ],
)
def test_weeks_and_years_turn(first: str, last: str, weekday: int | None, days: list[str]) -> None:
    """Ranges run over the ends of weeks, months and years; weekdays are counted from Monday."""
    begin = date.fromisoformat(first)
    business = shop(holidays={date(2027, 1, 1): "New Year's Day"})
    now = datetime(begin.year, begin.month, begin.day, 5, tzinfo=UTC) - timedelta(days=2)
    times = free_times(business, wish(begin, date.fromisoformat(last), weekday=weekday), {"a": []}, now)
    assert sorted({one.start.date().isoformat() for one in times}) == days


# --- providers --------------------------------------------------------------------


def test_only_the_provider_asked_for() -> None:
    """A wish for somebody leaves the others out, and needs nobody else's busy times."""
    both = msgspec.structs.replace(CUT, calendars=("a", "b"))
    busy = {"b": [period(MONDAY, "09:00", "16:30")]}
    times = free_times(shop(service=both), wish(service=both, provider="b"), busy, EARLY)
    assert [(one.calendar_id, f"{one.start:%H:%M}") for one in times] == [("b", "16:30")]


@pytest.mark.parametrize(
    ("zone", "first", "last"),
    [
        ("America/Los_Angeles", "12:00", "19:30"),  # nine to five three hours later
        ("America/St_Johns", "07:30", "15:00"),  # an hour and a half earlier
        ("Europe/London", "04:00", "11:30"),
        ("Asia/Kathmandu", "22:15", "05:45"),  # their Monday began on our Sunday
    ],
)
def test_a_provider_in_another_zone(zone: str, first: str, last: str) -> None:
    """Their hours count on their clock; the caller hears ours."""
    business = shop(zones={"a": zone})
    times = free_times(business, wish(MONDAY - timedelta(days=1), MONDAY), {"a": []}, EARLY)
    theirs = [one for one in times if one.start.astimezone(business.calendar("a").tz).date() == MONDAY]
    assert (local(theirs)[0], local(theirs)[-1]) == (first, last)
    assert all(one.start.tzinfo == NEW_YORK for one in times)


def test_days_of_a_wish_are_ours_when_the_provider_is_abroad() -> None:
    """Their Tuesday morning is our Monday evening, and is offered to whoever asks for Monday evening."""
    business = shop(zones={"a": "Asia/Tokyo"})
    times = free_times(business, wish(MONDAY, part_of_day="evening"), {"a": []}, EARLY)
    assert (local(times)[0], local(times)[-1]) == ("19:00", "23:30")
    assert {one.start.date() for one in times} == {MONDAY}
    closed = shop(zones={"a": "Asia/Tokyo"}, holidays={MONDAY: "Holiday"})
    assert free_times(closed, wish(MONDAY, part_of_day="evening"), {"a": []}, EARLY) == []


def test_an_appointment_abroad_may_pass_our_midnight() -> None:
    """What is busy after our midnight still counts, because the search reaches beyond it."""
    long = msgspec.structs.replace(CUT, minutes=120)
    business = shop(service=long, zones={"a": "Asia/Tokyo"})
    asked = wish(MONDAY, service=long)
    found = search_period(business, asked, EARLY)
    assert found is not None
    times = free_times(business, asked, {"a": []}, EARLY)
    assert local(times)[-1] == "23:30"
    assert found.end >= times[-1].end


def test_hours_of_a_night_end_with_the_day() -> None:
    """A stretch until 24:00 gives its last appointment up to midnight and not beyond."""
    times = free_times(shop(hours=ALWAYS), wish(), {"a": []}, EARLY)
    assert (local(times)[0], local(times)[-1], len(times)) == ("00:00", "23:30", 48)
    late = ((Stretch(23 * 60, 24 * 60),),) * 7
    assert local(free_times(shop(hours=late), wish(), {"a": []}, EARLY)) == ["23:00", "23:30"]
