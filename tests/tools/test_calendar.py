"""The calendar client against the stand-in, over real sockets, with the real Google client."""

import asyncio
import base64
import gc
import json
import socket
import threading
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bridge.harness.calendar import CalendarStandin
from tests.bridge.harness.google_support import CHAIR_1, CHAIR_2, HOUR, NOW, TWO_PM, ZONE, standin
from tests.oracles.discovery import misfits
from tools.calendar import Calendar
from tools.google_events import OURS
from tools.ports import Busy, CalendarAmbiguous, CalendarEvent, CalendarPort, CalendarUnavailable

MakeCalendar = Callable[..., Calendar]


@pytest.fixture
async def google() -> AsyncIterator[CalendarStandin]:
    """A stand-in; after every test, all that went over the wire must fit Google's own document."""
    async with standin() as running:
        yield running
        assert [misfits(exchange) for exchange in running.exchanges] == [[]] * len(running.exchanges)
        assert running.ledger.breaches() == []


@pytest.fixture
async def make(google: CalendarStandin) -> AsyncIterator[MakeCalendar]:
    """Makes calendar clients and closes them."""
    made: list[Calendar] = []

    def one(**changed: object) -> Calendar:
        given = {"api_url": google.url, "service_account": google.service_account, "zone": ZONE.key}
        made.append(Calendar(**{**given, "timeout_s": 2.0, "deadline_s": 5.0, **changed}))  # type: ignore[arg-type]
        return made[-1]

    yield one
    for calendar in made:
        await calendar.close()


@pytest.fixture
def calendar(make: MakeCalendar) -> Calendar:
    return make()


async def book(
    calendar: Calendar, event_id: str = "abc00", start: datetime = TWO_PM, reservation: str = "r1"
) -> CalendarEvent:
    return await calendar.insert(
        CHAIR_1,
        event_id=event_id,
        start=start,
        end=start + HOUR,
        summary="Cleaning",
        description="Booked by phone",
        private={OURS: reservation},
    )


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


@pytest.mark.parametrize(
    ("status", "reason"), [(500, "backendError"), (429, "rateLimitExceeded"), (403, "userRateLimitExceeded")]
)
async def test_a_read_is_tried_twice(
    google: CalendarStandin, calendar: Calendar, status: int, reason: str
) -> None:
    """One passing failure is not seen; two are CalendarUnavailable."""
    google.fail_next("freebusy", status, reason)
    assert await calendar.free_busy([CHAIR_1], TWO_PM, TWO_PM + HOUR) == {CHAIR_1: []}
    google.fail_next("freebusy", status, reason, times=2)
    with pytest.raises(CalendarUnavailable) as failure:
        await calendar.free_busy([CHAIR_1], TWO_PM, TWO_PM + HOUR)
    assert failure.value.code == reason
    assert len(google.exchanges) == 4


async def test_a_used_up_quota_is_not_asked_again(google: CalendarStandin, calendar: Calendar) -> None:
    """403 quotaExceeded lasts for hours, so there is no second attempt."""
    google.fail_next("list", 403, "quotaExceeded")
    with pytest.raises(CalendarUnavailable) as failure:
        await calendar.events_between(CHAIR_1, TWO_PM, TWO_PM + HOUR)
    assert failure.value.code == "quotaExceeded"
    assert len(google.exchanges) == 1


async def test_a_refused_token_is_renewed_once(google: CalendarStandin, calendar: Calendar) -> None:
    """401 leads to a new token and one more attempt, for reads and writes."""
    assert await calendar.get(CHAIR_1, "abc00") is None
    google.revoke_tokens()
    assert await calendar.get(CHAIR_1, "abc00") is None
    google.revoke_tokens()
    await book(calendar)
    assert len([each for each in google.exchanges if each.status == 401]) == 2


async def test_no_token_means_nothing_was_written(google: CalendarStandin, calendar: Calendar) -> None:
    """A token endpoint that refuses makes a write unavailable, not ambiguous."""
    google.fail_next("token", 400, "invalid_grant")
    with pytest.raises(CalendarUnavailable) as failure:
        await book(calendar)
    assert failure.value.code == "token_refused"
    assert google.events[CHAIR_1] == {}


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


@pytest.mark.parametrize("fault", ["lost", "500"])
async def test_an_insert_that_stays_unanswered_is_ambiguous(
    google: CalendarStandin, calendar: Calendar, fault: str
) -> None:
    """Two attempts without a clear answer: nobody may say that it is or is not booked."""
    if fault == "lost":
        google.lose_answer_next("insert", times=2)
    else:
        google.fail_next("insert", 500, "backendError", times=2)
    with pytest.raises(CalendarAmbiguous):
        await book(calendar)


async def test_a_clear_no_after_an_unclear_answer_is_still_ambiguous(
    google: CalendarStandin, calendar: Calendar
) -> None:
    """A refusal of the second attempt says nothing about the first."""
    google.fail_next("insert", 500, "backendError")
    google.fail_next("insert", 403, "quotaExceeded")
    with pytest.raises(CalendarAmbiguous):
        await book(calendar)


async def test_a_refused_insert_certainly_wrote_nothing(google: CalendarStandin, calendar: Calendar) -> None:
    """A 403 is CalendarUnavailable with Google's word as its code."""
    google.fail_next("insert", 403, "forbidden")
    with pytest.raises(CalendarUnavailable) as failure:
        await book(calendar)
    assert failure.value.code == "forbidden"
    assert len(google.exchanges) == 1


async def test_a_write_is_sent_once_per_attempt(google: CalendarStandin, calendar: Calendar) -> None:
    """The transport under Google's client sends a request again by itself; not for writes."""
    google.lose_answer_next("insert", times=9)
    with pytest.raises(CalendarAmbiguous):
        await book(calendar)
    assert len(google.exchanges) == 2


async def test_a_calendar_that_cannot_be_reached_wrote_nothing(make: MakeCalendar) -> None:
    """No connection at all is certain: CalendarUnavailable, for reads and writes."""
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    calendar = make(api_url=f"http://127.0.0.1:{port}/calendar/v3/")
    with pytest.raises(CalendarUnavailable):
        await book(calendar)
    with pytest.raises(CalendarUnavailable):
        await calendar.free_busy([CHAIR_1], TWO_PM, TWO_PM + HOUR)


async def test_a_slow_insert_is_ambiguous(google: CalendarStandin, make: MakeCalendar) -> None:
    """A time-out of a write that was sent leaves its outcome open, and it is not sent again."""
    google.delay("insert", 30)
    with pytest.raises(CalendarAmbiguous) as failure:
        await book(make(timeout_s=0.1))
    assert failure.value.code == "timeout"


async def test_a_deadline_ends_the_waiting(google: CalendarStandin, make: MakeCalendar) -> None:
    """The caller waits for the deadline and no longer, whatever the thread still does."""
    google.delay("freebusy", 30)
    calendar = make(timeout_s=0.3, deadline_s=0.05)
    with pytest.raises(CalendarUnavailable) as failure:
        await calendar.free_busy([CHAIR_1], TWO_PM, TWO_PM + HOUR)
    assert failure.value.code == "deadline"


async def test_a_write_that_never_got_a_thread_never_happens(
    google: CalendarStandin, make: MakeCalendar
) -> None:
    """Queued behind a slow call past its deadline, a write is certain not to have been and not to come."""
    google.delay("freebusy", 30)
    calendar = make(timeout_s=0.3, deadline_s=0.1, threads=1)
    slow = asyncio.create_task(calendar.free_busy([CHAIR_1], TWO_PM, TWO_PM + HOUR))
    queued = asyncio.create_task(book(calendar))
    results = await asyncio.gather(slow, queued, return_exceptions=True)
    assert [type(result) for result in results] == [CalendarUnavailable, CalendarUnavailable]
    await calendar.close()
    assert google.events[CHAIR_1] == {}


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


# --- construction and the end -------------------------------------------------------------


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


async def test_construction_opens_nothing(google: CalendarStandin, make: MakeCalendar) -> None:
    """No thread and no request before the first call."""
    before = threading.active_count()
    make()
    assert threading.active_count() == before
    assert google.exchanges == []


async def test_nothing_is_left_after_close(google: CalendarStandin, make: MakeCalendar) -> None:
    """No thread, no socket and no task; a closed calendar answers CalendarUnavailable; twice is harmless."""
    before = set(threading.enumerate())
    calendar = make()
    await asyncio.gather(*(calendar.free_busy([CHAIR_1], TWO_PM, TWO_PM + HOUR) for _ in range(20)))
    await book(calendar)
    assert set(threading.enumerate()) > before
    await calendar.close()
    await calendar.close()
    assert set(threading.enumerate()) == before
    assert _connections_to(google) == []
    with pytest.raises(CalendarUnavailable):
        await calendar.get(CHAIR_1, "abc00")
    await google.stop()
    assert asyncio.all_tasks() == {asyncio.current_task()}


def _connections_to(google: CalendarStandin) -> list[socket.socket]:
    """Open sockets of our client's side."""
    port = int(google.url.split(":")[2].split("/")[0])
    found = []
    for each in gc.get_objects():
        if isinstance(each, socket.socket) and each.fileno() >= 0:
            try:
                peer = each.getpeername()
            except OSError:  # not connected
                continue
            if peer[1:2] == (port,):
                found.append(each)
    return found
