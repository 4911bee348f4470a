"""Writing into the calendar stand-in, over real sockets, with the real Google client.

What it does when Google fails or is slow is in `test_google_client.py`.
"""

import base64
import json
from collections.abc import AsyncIterator
from datetime import UTC
from pathlib import Path

import pytest

from bridge.harness.google.standin import CalendarStandin
from tests.bridge.harness.google_support import CHAIR_1, HOUR, NOW, TWO_PM
from tests.tools.google_calendars import MakeCalendar, book, calendars, judged_standin
from tools.calendar import Calendar
from tools.google_events import OURS
from tools.ports import (
    CalendarAmbiguous,
    CalendarChanged,
    CalendarEvent,
    CalendarPort,
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


# --- move -------------------------------------------------------------------------------


async def move(calendar: Calendar, event: CalendarEvent, reservation: str = "r2") -> CalendarEvent:
    """Move an event by half an hour, for another reservation."""
    half = HOUR / 2
    return await calendar.move(
        CHAIR_1, event, start=event.start + half, end=event.end + half, private={OURS: reservation}
    )


async def test_a_moved_event_keeps_what_a_person_wrote_into_it(
    google: CalendarStandin, calendar: Calendar
) -> None:
    """Times and our property change; id, words and everything else stay."""
    event = await book(calendar)
    moved = await move(calendar, event)
    assert (moved.id, moved.start, moved.end) == (event.id, TWO_PM + HOUR / 2, TWO_PM + 3 * HOUR / 2)
    assert (moved.summary, moved.reservation_id, moved.created) == (event.summary, "r2", event.created)
    assert moved.etag != event.etag
    assert await calendar.get(CHAIR_1, event.id) == moved


async def test_what_a_person_changed_since_is_not_moved(google: CalendarStandin, calendar: Calendar) -> None:
    """412: the event is no longer the one that was read, and nothing was written."""
    event = await book(calendar)
    await move(calendar, event, "r3")
    with pytest.raises(CalendarChanged) as failure:
        await move(calendar, event)
    assert failure.value.code == "conditionNotMet"
    found = await calendar.get(CHAIR_1, event.id)
    assert found is not None
    assert found.reservation_id == "r3"


@pytest.mark.parametrize("deleted", [True, False])
async def test_what_is_gone_is_not_moved(google: CalendarStandin, calendar: Calendar, deleted: bool) -> None:
    """Deleted (Google says 403) or never there (404): certainly nothing was written."""
    event = await book(calendar)
    if deleted:
        google.human_deletes(CHAIR_1, event.id)
    else:
        del google.events[CHAIR_1][event.id]
    with pytest.raises(CalendarChanged):
        await move(calendar, event)


async def test_a_moved_event_whose_answer_was_lost_is_not_called_changed(
    google: CalendarStandin, calendar: Calendar
) -> None:
    """The second attempt meets the first one's etag: a 412 of our own making is ambiguous."""
    event = await book(calendar)
    google.lose_answer_next("patch")
    with pytest.raises(CalendarAmbiguous):
        await move(calendar, event)
    found = await calendar.get(CHAIR_1, event.id)
    assert found is not None
    assert found.reservation_id == "r2"


@pytest.mark.parametrize(
    ("status", "reason", "error"),
    [
        (403, "quotaExceeded", CalendarUnavailable),
        (429, "rateLimitExceeded", CalendarUnavailable),
        (503, "backendError", CalendarAmbiguous),
    ],
)
async def test_a_move_that_is_refused(
    google: CalendarStandin, calendar: Calendar, status: int, reason: str, error: type[Exception]
) -> None:
    """A quota is a clear no; a server's error says nothing about what was written."""
    event = await book(calendar)
    google.fail_next("patch", status, reason, times=2)
    with pytest.raises(error):
        await move(calendar, event)


# --- bury -------------------------------------------------------------------------------


async def bury(calendar: Calendar) -> CalendarEvent | None:
    return await calendar.bury(CHAIR_1, event_id="abc00", start=TWO_PM, end=TWO_PM + HOUR)


async def test_a_buried_id_can_never_be_booked(google: CalendarStandin, calendar: Calendar) -> None:
    """Inserted and deleted: whatever arrives late meets the tombstone. Twice is harmless."""
    assert await bury(calendar) is None
    assert await bury(calendar) is None
    with pytest.raises(CalendarUnavailable):
        await book(calendar)
    assert await calendar.events_between(CHAIR_1, TWO_PM, TWO_PM + HOUR) == []


async def test_an_event_that_stands_is_not_buried(google: CalendarStandin, calendar: Calendar) -> None:
    """What an earlier attempt wrote after all comes back as it is."""
    event = await book(calendar)
    assert await bury(calendar) == event


async def test_a_burial_that_broke_off_is_ended_by_the_next(
    google: CalendarStandin, calendar: Calendar
) -> None:
    """In between the event is in nobody's way, cannot be adopted, and is known for what it is."""
    google.fail_next("delete", 503, "backendError", times=2)
    with pytest.raises(CalendarAmbiguous):
        await bury(calendar)
    assert await calendar.events_between(CHAIR_1, TWO_PM, TWO_PM + HOUR) == []
    with pytest.raises(CalendarUnavailable) as failure:
        await book(calendar)
    assert failure.value.code == "event_id_taken"
    assert await bury(calendar) is None
    assert google.events[CHAIR_1]["abc00"]["status"] == "cancelled"


@pytest.mark.parametrize("times", [1, 2])
async def test_a_burial_without_an_answer(google: CalendarStandin, calendar: Calendar, times: int) -> None:
    """Whether the first insert was lost or its answer, the end is the same or is to be repeated."""
    google.lose_answer_next("insert", times=times)
    if times == 2:
        with pytest.raises(CalendarAmbiguous):
            await bury(calendar)
    assert await bury(calendar) is None
    assert google.events[CHAIR_1]["abc00"]["status"] == "cancelled"


async def test_a_tombstone_is_told_from_an_event_that_is_not_seen(
    google: CalendarStandin, calendar: Calendar
) -> None:
    """Only what was certainly deleted counts as deleted."""
    assert not await calendar.was_deleted(CHAIR_1, "abc00")
    await book(calendar)
    assert not await calendar.was_deleted(CHAIR_1, "abc00")
    await calendar.delete(CHAIR_1, "abc00")
    assert await calendar.was_deleted(CHAIR_1, "abc00")
    google.fail_next("get", 403, "forbidden")
    with pytest.raises(CalendarUnavailable):
        await calendar.was_deleted(CHAIR_1, "abc00")


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
