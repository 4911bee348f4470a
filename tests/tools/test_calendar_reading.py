"""Reading the calendar stand-in, over real sockets, with the real Google client.

What it does when Google fails or is slow is in `test_google_client.py`.
"""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

import pytest

from bridge.harness.google.standin import CalendarStandin
from bridge.settings import SETTINGS
from tests.bridge.harness.google_support import CHAIR_1, CHAIR_2, HOUR, NOW, TWO_PM, ZONE
from tests.tools.google_calendars import MakeCalendar, book, calendars, judged_standin
from tools.calendar import Calendar
from tools.calendar_reading import DEADLINE_S, THREADS, TIMEOUT_S
from tools.ports import (
    Busy,
    CalendarUnavailable,
)


@pytest.fixture
async def google() -> AsyncIterator[CalendarStandin]:
    async with judged_standin() as running:
        yield running


@pytest.fixture
async def make(google: CalendarStandin) -> AsyncIterator[MakeCalendar]:
    async with calendars(google) as maker:
        yield maker


@pytest.fixture
def calendar(make: MakeCalendar) -> Calendar:
    return make()


# --- free/busy --------------------------------------------------------------------------


async def test_free_busy_is_merged_and_clipped(google: CalendarStandin, calendar: Calendar) -> None:
    """Stretches that touch are one, and nothing lies outside the window."""
    google.human_books(CHAIR_1, TWO_PM - HOUR, TWO_PM + HOUR, "a")
    google.human_books(CHAIR_1, TWO_PM + HOUR, TWO_PM + 3 * HOUR, "b")
    busy = await calendar.free_busy([CHAIR_1, CHAIR_2], TWO_PM, TWO_PM + 2 * HOUR)
    assert busy == {CHAIR_1: [Busy(TWO_PM, TWO_PM + 2 * HOUR)], CHAIR_2: []}


async def test_a_long_window_is_asked_in_pieces(google: CalendarStandin, calendar: Calendar) -> None:
    """Windows that Google would refuse are split, and a stretch across the cut stays one."""
    cut = TWO_PM + timedelta(days=60)
    google.human_books(CHAIR_1, cut - HOUR, cut + HOUR, "across the cut")
    busy = await calendar.free_busy([CHAIR_1], TWO_PM, TWO_PM + timedelta(days=130))
    assert busy == {CHAIR_1: [Busy(cut - HOUR, cut + HOUR)]}
    assert len(list(google.ledger.of("freebusy"))) == 3


async def test_many_calendars_are_asked_in_batches(google: CalendarStandin, calendar: Calendar) -> None:
    """More calendars than one query may name are asked in several."""
    ids = [f"chair-{number}@maplestreet.example" for number in range(10, 70)]
    for each in ids:
        google.add_calendar(each, ZONE.key)
    assert await calendar.free_busy(ids, TWO_PM, TWO_PM + HOUR) == {each: [] for each in ids}
    assert [len(entry.data["ids"]) for entry in google.ledger.of("freebusy")] == [50, 10]


async def test_an_error_inside_a_200_is_not_free(calendar: Calendar) -> None:
    """A calendar that is not shared makes the whole answer unavailable."""
    with pytest.raises(CalendarUnavailable) as failure:
        await calendar.free_busy([CHAIR_1, "nobody@example.com"], TWO_PM, TWO_PM + HOUR)
    assert failure.value.code == "calendar_notFound"


# --- reads ------------------------------------------------------------------------------


async def test_events_that_block_time_are_found(google: CalendarStandin, calendar: Calendar) -> None:
    """Left out: what only touches the window, what is shown as free, declined or deleted."""
    declined = [{"email": CHAIR_1, "self": True, "responseStatus": "declined"}]
    google.human_books(CHAIR_1, TWO_PM - HOUR, TWO_PM, "before")
    google.human_books(CHAIR_1, TWO_PM + HOUR, TWO_PM + 2 * HOUR, "after")
    google.human_books(CHAIR_1, TWO_PM, TWO_PM + HOUR, "free", transparency="transparent")
    google.human_books(CHAIR_1, TWO_PM, TWO_PM + HOUR, "declined", attendees=declined)
    gone = google.human_books(CHAIR_1, TWO_PM, TWO_PM + HOUR, "gone")
    google.human_deletes(CHAIR_1, gone["id"])
    google.human_books(CHAIR_1, TWO_PM - HOUR / 2, TWO_PM + HOUR / 2, "Walk-in", NOW - HOUR)
    await book(calendar)
    found = await calendar.events_between(CHAIR_1, TWO_PM, TWO_PM + HOUR)
    assert [(event.summary, event.ours) for event in found] == [("Walk-in", False), ("Cleaning", True)]
    assert (found[0].start, found[0].end) == (TWO_PM - HOUR / 2, TWO_PM + HOUR / 2)
    assert found[0].created == NOW - HOUR


async def test_pages_are_followed_to_the_end(google: CalendarStandin, calendar: Calendar) -> None:
    """A page that is short does not end the list."""
    google.page_cap = 2
    for minutes in range(0, 50, 10):
        begin = TWO_PM + timedelta(minutes=minutes)
        google.human_books(CHAIR_1, begin, begin + timedelta(minutes=10), str(minutes))
    found = await calendar.events_between(CHAIR_1, TWO_PM, TWO_PM + HOUR)
    assert [event.summary for event in found] == ["0", "10", "20", "30", "40"]


async def test_an_all_day_event_is_the_calendars_own_day(google: CalendarStandin, calendar: Calendar) -> None:
    """A day begins at midnight where the calendar is, not in UTC."""
    google.human_books(CHAIR_1, date(2026, 11, 26), date(2026, 11, 27), "Thanksgiving")
    (event,) = await calendar.events_between(CHAIR_1, TWO_PM, TWO_PM + HOUR)
    assert (event.start, event.end) == (
        datetime(2026, 11, 26, 5, tzinfo=UTC),
        datetime(2026, 11, 27, 5, tzinfo=UTC),
    )
    before = datetime(2026, 11, 26, 3, tzinfo=UTC)
    assert await calendar.events_between(CHAIR_1, before, before + HOUR) == []


async def test_fractions_of_a_second_are_kept_although_google_drops_them(
    google: CalendarStandin, calendar: Calendar
) -> None:
    """A window that ends within a second still finds what begins in that second."""
    google.human_books(CHAIR_1, TWO_PM, TWO_PM + HOUR, "at two")
    half = timedelta(milliseconds=500)
    assert len(await calendar.events_between(CHAIR_1, TWO_PM - HOUR, TWO_PM + half)) == 1
    assert len(await calendar.events_between(CHAIR_1, TWO_PM + HOUR - half, TWO_PM + 2 * HOUR)) == 1
    assert await calendar.events_between(CHAIR_1, TWO_PM - HOUR, TWO_PM) == []


async def test_get_finds_what_stands(google: CalendarStandin, calendar: Calendar) -> None:
    """An unknown event and a deleted one are both None."""
    assert await calendar.get(CHAIR_1, "abc00") is None
    booked = await book(calendar)
    assert await calendar.get(CHAIR_1, "abc00") == booked
    google.human_deletes(CHAIR_1, "abc00")
    assert await calendar.get(CHAIR_1, "abc00") is None


def test_a_full_server_has_threads_enough() -> None:
    """When all calls ask at once and each answer takes as long as it may, nobody's time runs out waiting."""
    (most_calls,) = (int(setting.default or 0) for setting in SETTINGS if setting.name == "MAX_CALLS")
    turns = -(-most_calls // THREADS)
    assert turns * TIMEOUT_S <= DEADLINE_S
