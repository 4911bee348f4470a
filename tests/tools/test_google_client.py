"""What a caller of Google can be sure of when an answer fails, is lost or is late."""

import asyncio
import gc
import socket
import threading
from collections.abc import AsyncIterator

import pytest

from bridge.harness.google.standin import CalendarStandin
from tests.bridge.harness.google_support import CHAIR_1, HOUR, TWO_PM
from tests.tools.google_calendars import MakeCalendar, book, calendars, judged_standin
from tools.calendar import Calendar
from tools.ports import CalendarAmbiguous, CalendarError, CalendarUnavailable


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


# Google's word, how often it is asked, and what is certain after a write. Reads are never ambiguous.
RULES = [
    (400, "badRequest", 1, CalendarUnavailable),
    (403, "forbidden", 1, CalendarUnavailable),
    (403, "quotaExceeded", 1, CalendarUnavailable),
    (403, "rateLimitExceeded", 2, CalendarUnavailable),
    (404, "notFound", 1, CalendarUnavailable),
    (410, "deleted", 1, CalendarUnavailable),
    (412, "conditionNotMet", 1, CalendarUnavailable),
    (429, "rateLimitExceeded", 2, CalendarUnavailable),
    (500, "backendError", 2, CalendarAmbiguous),
    (502, "backendError", 2, CalendarAmbiguous),
    (503, "backendError", 2, CalendarAmbiguous),
]


@pytest.mark.parametrize(("status", "reason", "asked", "certain"), RULES)
async def test_each_refusal_has_its_rule(
    google: CalendarStandin,
    calendar: Calendar,
    status: int,
    reason: str,
    asked: int,
    certain: type[CalendarError],
) -> None:
    """Whether it is worth a second attempt, and whether anything can have been written."""
    event = await book(calendar, "abc01")
    google.exchanges.clear()
    for operation, request, error in (
        ("list", lambda: calendar.events_between(CHAIR_1, TWO_PM, TWO_PM + HOUR), CalendarUnavailable),
        ("insert", lambda: book(calendar), certain),
        ("patch", lambda: calendar.move(CHAIR_1, event, start=TWO_PM, end=event.end, private={}), certain),
    ):
        google.fail_next(operation, status, reason, times=2)
        with pytest.raises(error) as failure:
            await request()
        assert failure.value.code == reason
        assert len(google.exchanges) == asked
        google.exchanges.clear()
        google.faults.take_failure(operation)  # the second one, if nobody asked for it
    assert list(google.events[CHAIR_1]) == ["abc01"]


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
    # google-auth, left to itself, would start a thread that asks the internet for allowed locations.
    assert {thread.name.split("_")[0] for thread in set(threading.enumerate()) - before} == {"calendar"}
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
