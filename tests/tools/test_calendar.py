"""The calendar client against the stand-in, over real sockets, with the real Google client.

What it does when Google fails or is slow is in `test_google_client.py`.
"""

import base64
import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bridge.harness.calendar import CalendarStandin
from tests.bridge.harness.google_support import CHAIR_1, CHAIR_2, HOUR, NOW, TWO_PM, ZONE
from tests.tools.google_calendars import MakeCalendar, book, calendars, judged_standin
from tools.calendar import Calendar
from tools.google_events import OURS
from tools.ports import Busy, CalendarAmbiguous, CalendarPort, CalendarUnavailable


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


# --- insert -----------------------------------------------------------------------------


async def test_insert_writes_what_was_asked(google: CalendarStandin, calendar: Calendar) -> None:
    """The event is opaque, in the business's zone, with our property and without attendees."""
    event = await book(calendar, start=TWO_PM.astimezone(UTC))
    assert (event.id, event.start, event.end) == ("abc00", TWO_PM, TWO_PM + HOUR)
    assert event.ours
    assert event.created == NOW
    (sent,) = google.exchanges
    assert sent.query == [("sendUpdates", "none"), ("alt", "json")]
    assert sent.body == {
        "id": "abc00",
        "start": {"dateTime": "2026-11-26T14:00:00-05:00", "timeZone": "America/New_York"},
        "end": {"dateTime": "2026-11-26T15:00:00-05:00", "timeZone": "America/New_York"},
        "summary": "Cleaning",
        "description": "Booked by phone",
        "transparency": "opaque",
        "extendedProperties": {"private": {OURS: "r1"}},
    }


async def test_repeating_an_insert_adopts_the_first(google: CalendarStandin, calendar: Calendar) -> None:
    """The same insert again gives the same event back."""
    assert await book(calendar) == await book(calendar)
    assert len(google.events[CHAIR_1]) == 1


async def test_a_lost_answer_does_not_lose_the_booking(google: CalendarStandin, calendar: Calendar) -> None:
    """Insert done, answer lost: the second attempt finds the first."""
    google.lose_answer_next("insert")
    event = await book(calendar)
    assert event.id == "abc00"
    assert [each.status for each in google.exchanges] == [200, 409, 200]


async def test_a_lie_of_a_500_does_not_write_twice(google: CalendarStandin, calendar: Calendar) -> None:
    """A 500 that hides a success is followed by adopting what stands there."""
    google.faults.fail_next("insert", 500, "backendError", after=True)
    assert (await book(calendar)).id == "abc00"
    assert len(list(google.ledger.of("inserted"))) == 1


async def test_another_event_under_our_id_is_not_adopted(google: CalendarStandin, calendar: Calendar) -> None:
    """Adopted is only the event that carries exactly our properties."""
    await book(calendar, reservation="somebody else's")
    with pytest.raises(CalendarUnavailable) as failure:
        await book(calendar)
    assert failure.value.code == "event_id_taken"


async def test_a_tombstone_is_not_adopted(google: CalendarStandin, calendar: Calendar) -> None:
    """An id that was inserted and deleted can never be booked again: that is how a late insert is stopped."""
    await book(calendar)
    await calendar.delete(CHAIR_1, "abc00")
    with pytest.raises(CalendarUnavailable) as failure:
        await book(calendar)
    assert failure.value.code == "event_deleted"


async def test_a_refused_insert_certainly_wrote_nothing(google: CalendarStandin, calendar: Calendar) -> None:
    """A 403 is CalendarUnavailable with Google's word as its code."""
    google.fail_next("insert", 403, "forbidden")
    with pytest.raises(CalendarUnavailable) as failure:
        await book(calendar)
    assert failure.value.code == "forbidden"
    assert len(google.exchanges) == 1


# --- delete -----------------------------------------------------------------------------


async def test_deleting_twice_is_harmless(google: CalendarStandin, calendar: Calendar) -> None:
    """Gone, deleted before, or never there: all the same."""
    await book(calendar)
    await calendar.delete(CHAIR_1, "abc00")
    await calendar.delete(CHAIR_1, "abc00")
    await calendar.delete(CHAIR_1, "never00")
    assert google.events[CHAIR_1]["abc00"]["status"] == "cancelled"


async def test_a_delete_that_stays_unanswered_is_ambiguous(
    google: CalendarStandin, calendar: Calendar
) -> None:
    """Without an answer nobody knows whether the event stands."""
    await book(calendar)
    google.fail_next("delete", 503, "backendError", times=2)
    with pytest.raises(CalendarAmbiguous):
        await calendar.delete(CHAIR_1, "abc00")
    google.fail_next("delete", 403, "forbidden")
    with pytest.raises(CalendarUnavailable):
        await calendar.delete(CHAIR_1, "abc00")
    google.lose_answer_next("delete")
    await calendar.delete(CHAIR_1, "abc00")


# --- construction -----------------------------------------------------------------------


@pytest.mark.parametrize("bad", ["primary", ""])
async def test_the_service_accounts_own_calendar_is_refused(calendar: Calendar, bad: str) -> None:
    """`primary` would be a calendar that nobody ever sees."""
    with pytest.raises(ValueError, match="primary"):
        await calendar.free_busy([bad], TWO_PM, TWO_PM + HOUR)


async def test_our_own_misuse_is_a_value_error(calendar: Calendar) -> None:
    """A naive or empty window, an id Google does not take, a missing property: our fault, not Google's."""
    with pytest.raises(ValueError, match="window"):
        await calendar.free_busy([CHAIR_1], TWO_PM, TWO_PM)
    with pytest.raises(ValueError, match="window"):
        await calendar.events_between(CHAIR_1, TWO_PM.replace(tzinfo=None), TWO_PM)
    with pytest.raises(ValueError, match="base32hex"):
        await book(calendar, event_id="XYZ")


@pytest.mark.parametrize("form", ["json", "base64", "file", "dict"])
async def test_the_key_is_taken_in_every_form(
    google: CalendarStandin, make: MakeCalendar, tmp_path: Path, form: str
) -> None:
    """JSON, base64 of it, a file's path and its contents all work."""
    text = json.dumps(google.service_account)
    file = tmp_path / "key.json"
    file.write_text(text)
    forms = {
        "json": text,
        "base64": base64.encodebytes(text.encode()).decode(),
        "file": str(file),
        "dict": google.service_account,
    }
    assert await make(service_account=forms[form]).get(CHAIR_1, "abc00") is None


async def test_it_has_the_shape_the_tools_ask_for(calendar: Calendar) -> None:
    """Calendar is a CalendarPort."""
    port: CalendarPort = calendar
    assert port is calendar
