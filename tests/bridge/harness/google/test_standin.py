"""The calendar stand-in against Google's documented behaviour, by plain requests."""

from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import aiohttp
import pytest

from bridge.harness.google.standin import CalendarStandin
from bridge.harness.ledger import Ledger
from tests.bridge.harness.google_support import (
    CHAIR_1,
    HOUR,
    NOW,
    TWO_PM,
    ZONE,
    BareClient,
    bare_client,
    standin,
    timed,
)

EVENTS = f"calendars/{CHAIR_1}/events"


@pytest.fixture
async def google() -> AsyncIterator[CalendarStandin]:
    async with standin() as running:
        yield running


@pytest.fixture
async def ask(google: CalendarStandin) -> AsyncIterator[BareClient]:
    async with bare_client(google) as client:
        yield client


def reason(answer: Any) -> str:
    return str(answer["error"]["errors"][0]["reason"])


async def test_answers_an_insert_with_the_whole_event(google: CalendarStandin, ask: BareClient) -> None:
    """An insert is answered with Google's read-only fields, and times in the calendar's zone."""
    status, event = await ask("POST", EVENTS, timed(TWO_PM, TWO_PM + HOUR, id="abc00", summary="Cleaning"))
    assert status == 200
    assert event["status"] == "confirmed"
    assert event["created"] == "2026-11-23T14:05:00.000Z"
    assert event["start"] == {"dateTime": "2026-11-26T14:00:00-05:00", "timeZone": "America/New_York"}
    assert google.events[CHAIR_1]["abc00"]["etag"] == event["etag"]
    assert [entry.data["summary"] for entry in google.ledger.of("inserted")] == ["Cleaning"]


async def test_an_event_of_ours_from_an_earlier_day(google: CalendarStandin, ask: BareClient) -> None:
    """It is read like any other, with its private properties, and no write of this call."""
    google.we_booked(
        CHAIR_1, "abc00", TWO_PM, TWO_PM + HOUR, "Cleaning: Dana", {"callbridge_reservation": "r1"}
    )
    status, event = await ask("GET", f"{EVENTS}/abc00")
    assert (status, event["summary"]) == (200, "Cleaning: Dana")
    assert event["extendedProperties"]["private"] == {"callbridge_reservation": "r1"}
    assert list(google.ledger.of("inserted")) == []


async def test_a_calendar_that_is_down(google: CalendarStandin, ask: BareClient) -> None:
    """Everything is 503, for good; nothing of it is a breach of ours."""
    google.be_down()
    for _ in range(3):
        assert (await ask("GET", EVENTS))[0] == 503
    assert (await ask("POST", EVENTS, timed(TWO_PM, TWO_PM + HOUR, id="abc00")))[0] == 503
    assert google.events[CHAIR_1] == {}
    assert google.ledger.breaches() == []


async def test_an_id_is_used_once_even_after_a_delete(ask: BareClient) -> None:
    """A second insert under an id is 409, also when the first event was deleted."""
    body = timed(TWO_PM, TWO_PM + HOUR, id="abc00")
    await ask("POST", EVENTS, body)
    assert (await ask("POST", EVENTS, body))[0] == 409
    assert (await ask("DELETE", f"{EVENTS}/abc00"))[0] == 204
    status, answer = await ask("POST", EVENTS, body)
    assert (status, reason(answer)) == (409, "duplicate")


async def test_a_deleted_event_stays_as_cancelled(ask: BareClient) -> None:
    """A deleted event can be read, is hidden from lists, and deleting it again is 410."""
    await ask("POST", EVENTS, timed(TWO_PM, TWO_PM + HOUR, id="abc00"))
    await ask("DELETE", f"{EVENTS}/abc00")
    assert (await ask("GET", f"{EVENTS}/abc00"))[1]["status"] == "cancelled"
    assert (await ask("GET", EVENTS))[1]["items"] == []
    assert len((await ask("GET", EVENTS, showDeleted="true"))[1]["items"]) == 1
    status, answer = await ask("DELETE", f"{EVENTS}/abc00")
    assert (status, reason(answer)) == (410, "deleted")
    assert (await ask("PATCH", f"{EVENTS}/abc00", {"summary": "back"}))[0] == 403


async def test_if_match_guards_an_event(ask: BareClient) -> None:
    """A write with an outdated etag is 412; with the present one it goes through."""
    _, event = await ask("POST", EVENTS, timed(TWO_PM, TWO_PM + HOUR, id="abc00"))
    stale = {"If-Match": '"1"'}
    for method, body in (
        ("PATCH", {"summary": "x"}),
        ("PUT", timed(TWO_PM, TWO_PM + HOUR)),
        ("DELETE", None),
    ):
        status, answer = await ask(method, f"{EVENTS}/abc00", body, stale)
        assert (status, reason(answer)) == (412, "conditionNotMet")
    status, patched = await ask("PATCH", f"{EVENTS}/abc00", {"summary": "x"}, {"If-Match": event["etag"]})
    assert status == 200
    assert patched["etag"] != event["etag"]


async def test_patch_merges_and_update_replaces(ask: BareClient) -> None:
    """PATCH keeps what it does not name and null removes a property; PUT drops what is not sent."""
    body = timed(TWO_PM, TWO_PM + HOUR, id="abc00", summary="A", description="B")
    await ask("POST", EVENTS, body | {"extendedProperties": {"private": {"one": "1", "two": "2"}}})
    change = {"summary": "C", "extendedProperties": {"private": {"one": None, "three": "3"}}}
    _, patched = await ask("PATCH", f"{EVENTS}/abc00", change)
    assert (patched["summary"], patched["description"]) == ("C", "B")
    assert patched["extendedProperties"]["private"] == {"two": "2", "three": "3"}
    _, replaced = await ask("PUT", f"{EVENTS}/abc00", timed(TWO_PM + HOUR, TWO_PM + 2 * HOUR))
    assert "summary" not in replaced
    assert replaced["sequence"] == 2
    assert replaced["start"]["dateTime"] == "2026-11-26T15:00:00-05:00"


async def test_a_list_window_is_half_open(google: CalendarStandin, ask: BareClient) -> None:
    """timeMin bounds the end and timeMax the start, both exclusively: what only touches is left out."""
    for offset in (-1, 0, 1):
        google.human_books(CHAIR_1, TWO_PM + offset * HOUR, TWO_PM + (offset + 1) * HOUR, f"at {offset}")
    window = {"timeMin": TWO_PM.isoformat(), "timeMax": (TWO_PM + HOUR).isoformat()}
    _, page = await ask("GET", EVENTS, **window, singleEvents="true", orderBy="startTime")
    assert [event["summary"] for event in page["items"]] == ["at 0"]
    assert page["timeZone"] == "America/New_York"


async def test_pages_are_followed_by_their_token_only(google: CalendarStandin, ask: BareClient) -> None:
    """A page token leads to the next page of the same query and of no other."""
    for hour in range(5):
        google.human_books(CHAIR_1, TWO_PM + hour * HOUR, TWO_PM + (hour + 1) * HOUR, str(hour))
    query = {"singleEvents": "true", "orderBy": "startTime", "maxResults": "2"}
    seen: list[str] = []
    token: dict[str, str] = {}
    for _ in range(3):
        _, page = await ask("GET", EVENTS, **query, **token)
        seen += [event["summary"] for event in page["items"]]
        token = {"pageToken": page["nextPageToken"]} if "nextPageToken" in page else {}
    assert seen == ["0", "1", "2", "3", "4"]
    assert not token
    _, page = await ask("GET", EVENTS, **query)
    assert (await ask("GET", EVENTS, maxResults="2", pageToken=page["nextPageToken"]))[0] == 400


async def test_events_are_found_by_private_property(ask: BareClient) -> None:
    """privateExtendedProperty finds the events that carry exactly that pair."""
    for number in ("1", "2"):
        properties = {"extendedProperties": {"private": {"number": number}}}
        await ask("POST", EVENTS, timed(TWO_PM, TWO_PM + HOUR, id=f"abc0{number}") | properties)
    _, page = await ask("GET", EVENTS, privateExtendedProperty="number=2")
    assert [event["id"] for event in page["items"]] == ["abc02"]


async def test_free_busy_merges_and_leaves_out_what_is_free(google: CalendarStandin, ask: BareClient) -> None:
    """Free/busy is clipped and merged; transparent, declined and deleted events do not count."""
    google.human_books(CHAIR_1, TWO_PM, TWO_PM + HOUR, "a")
    google.human_books(CHAIR_1, TWO_PM + HOUR, TWO_PM + 2 * HOUR, "b", status="tentative")
    google.human_books(CHAIR_1, TWO_PM - HOUR, TWO_PM, "free", transparency="transparent")
    declined = [{"email": CHAIR_1, "self": True, "responseStatus": "declined"}]
    google.human_books(CHAIR_1, TWO_PM - HOUR, TWO_PM, "declined", attendees=declined)
    gone = google.human_books(CHAIR_1, TWO_PM - HOUR, TWO_PM, "gone")
    google.human_deletes(CHAIR_1, gone["id"])
    window = {"timeMin": (TWO_PM - HOUR).isoformat(), "timeMax": (TWO_PM + 1.5 * HOUR).isoformat()}
    _, answer = await ask("POST", "freeBusy", window | {"items": [{"id": CHAIR_1}]})
    assert answer["calendars"][CHAIR_1]["busy"] == [
        {"start": "2026-11-26T19:00:00Z", "end": "2026-11-26T20:30:00Z"}
    ]


async def test_an_all_day_event_lasts_as_long_as_the_local_day(
    google: CalendarStandin, ask: BareClient
) -> None:
    """All-day is midnight to midnight in the calendar's zone: 25 hours when the clocks go back."""
    google.human_books(CHAIR_1, date(2026, 11, 1), date(2026, 11, 2), "closed")
    body = {
        "timeMin": "2026-10-31T00:00:00Z",
        "timeMax": "2026-11-03T00:00:00Z",
        "items": [{"id": CHAIR_1}],
    }
    _, answer = await ask("POST", "freeBusy", body)
    assert answer["calendars"][CHAIR_1]["busy"] == [
        {"start": "2026-11-01T04:00:00Z", "end": "2026-11-02T05:00:00Z"}
    ]


async def test_an_unknown_calendar_is_an_error_inside_a_200(google: CalendarStandin, ask: BareClient) -> None:
    """Free/busy of a calendar that is not shared answers 200 with an error and an empty list."""
    window = {"timeMin": TWO_PM.isoformat(), "timeMax": (TWO_PM + HOUR).isoformat()}
    status, answer = await ask("POST", "freeBusy", window | {"items": [{"id": "nobody@example.com"}]})
    assert status == 200
    assert answer["calendars"]["nobody@example.com"] == {
        "errors": [{"domain": "global", "reason": "notFound"}],
        "busy": [],
    }
    assert google.ledger.breaches() == []


GOOD_WINDOW = {"timeMin": TWO_PM.isoformat(), "timeMax": (TWO_PM + HOUR).isoformat()}
GOOD_EVENT = timed(TWO_PM, TWO_PM + HOUR)


@pytest.mark.parametrize(
    ("method", "path", "body", "query", "expected"),
    [
        ("POST", EVENTS, GOOD_EVENT | {"colour": "red"}, {}, (400, "badRequest")),
        ("POST", EVENTS, GOOD_EVENT | {"summary": 7}, {}, (400, "invalid")),
        ("POST", EVENTS, GOOD_EVENT | {"id": "WXYZ-1"}, {}, (400, "invalid")),
        ("POST", EVENTS, GOOD_EVENT | {"id": "abc"}, {}, (400, "invalid")),
        ("POST", EVENTS, GOOD_EVENT | {"extendedProperties": {"private": {"n": 1}}}, {}, (400, "invalid")),
        ("POST", EVENTS, {"start": GOOD_EVENT["start"]}, {}, (400, "required")),
        ("POST", EVENTS, timed(TWO_PM, TWO_PM), {}, (400, "timeRangeEmpty")),
        ("POST", EVENTS, GOOD_EVENT | {"start": {"dateTime": "2026-11-26T14:00:00"}}, {}, (400, "required")),
        (
            "POST",
            EVENTS,
            GOOD_EVENT | {"start": {"dateTime": TWO_PM.isoformat(), "timeZone": "Mars/Base"}},
            {},
            (400, "invalid"),
        ),
        ("POST", EVENTS, GOOD_EVENT | {"start": {"date": "2026-11-26"}}, {}, (400, "invalid")),
        ("POST", EVENTS, GOOD_EVENT | {"recurrence": ["RRULE:FREQ=DAILY"]}, {}, (400, "badRequest")),
        (
            "POST",
            EVENTS,
            GOOD_EVENT | {"attendees": [{"email": "caller@example.com"}]},
            {},
            (403, "forbiddenForServiceAccounts"),
        ),
        ("POST", EVENTS, GOOD_EVENT, {"sendUpdates": "maybe"}, (400, "invalid")),
        ("POST", EVENTS, GOOD_EVENT, {"notify": "none"}, (400, "badRequest")),
        ("POST", EVENTS, None, {}, (400, "parseError")),
        ("POST", "calendars/primary/events", GOOD_EVENT, {}, (404, "notFound")),
        ("GET", EVENTS, None, {"timeMin": "2026-11-26T14:00:00"}, (400, "invalid")),
        ("GET", EVENTS, None, {"singleEvents": "yes"}, (400, "invalid")),
        ("GET", EVENTS, None, {"orderBy": "startTime"}, (400, "badRequest")),
        (
            "GET",
            EVENTS,
            None,
            {"timeMin": TWO_PM.isoformat(), "timeMax": TWO_PM.isoformat()},
            (400, "timeRangeEmpty"),
        ),
        ("GET", EVENTS, None, {"q": "Dana"}, (501, "notPlayed")),
        ("POST", "freeBusy", {"timeMin": "tomorrow", "timeMax": "later", "items": []}, {}, (400, "invalid")),
        ("POST", "freeBusy", GOOD_WINDOW, {}, (400, "required")),
        ("POST", "freeBusy", GOOD_WINDOW | {"items": [], "calendarExpansionMax": 51}, {}, (400, "invalid")),
        (
            "POST",
            "freeBusy",
            {"timeMin": TWO_PM.isoformat(), "timeMax": TWO_PM.isoformat(), "items": []},
            {},
            (400, "timeRangeEmpty"),
        ),
        (
            "POST",
            "freeBusy",
            {
                "timeMin": TWO_PM.isoformat(),
                "timeMax": (TWO_PM + timedelta(days=91)).isoformat(),
                "items": [],
            },
            {},
            (400, "timeRangeTooLong"),
        ),
        ("GET", "users/me/calendarList", None, {}, (404, "notFound")),
    ],
)
async def test_what_our_client_must_not_send_is_refused_and_a_breach(
    google: CalendarStandin,
    ask: BareClient,
    method: str,
    path: str,
    body: Any,
    query: dict[str, str],
    expected: tuple[int, str],
) -> None:
    """A request outside Google's rules gets Google's error and fails the run."""
    status, answer = await ask(method, path, body, **query)
    assert (status, reason(answer)) == expected
    assert len(google.ledger.breaches()) == 1
    assert google.events[CHAIR_1] == {}


async def test_faults_are_played_once_each(google: CalendarStandin, ask: BareClient) -> None:
    """A failure comes as often as asked for, without doing anything; a lost answer comes after doing it."""
    google.fail_next("insert", 503, "backendError")
    status, answer = await ask("POST", EVENTS, timed(TWO_PM, TWO_PM + HOUR, id="abc00"))
    assert (status, reason(answer)) == (503, "backendError")
    assert google.events[CHAIR_1] == {}
    google.lose_answer_next("insert")
    with pytest.raises(aiohttp.ClientError):
        await ask("POST", EVENTS, timed(TWO_PM, TWO_PM + HOUR, id="abc00"))
    assert list(google.events[CHAIR_1]) == ["abc00"]
    assert (await ask("GET", f"{EVENTS}/abc00"))[0] == 200


async def test_a_person_books_with_a_date_of_their_own(google: CalendarStandin) -> None:
    """What a person writes has the creation time given, or now."""
    early = google.human_books(CHAIR_1, TWO_PM, TWO_PM + HOUR, "Walk-in", NOW - HOUR)
    late = google.human_books(CHAIR_1, TWO_PM, TWO_PM + HOUR, "Walk-in")
    assert (early["created"], late["created"]) == ("2026-11-23T13:05:00.000Z", "2026-11-23T14:05:00.000Z")
    assert len(list(google.ledger.of("human_inserted"))) == 2


async def test_a_person_may_write_into_any_event(google: CalendarStandin, ask: BareClient) -> None:
    """Also into ours: it has another etag then."""
    _, event = await ask("POST", EVENTS, timed(TWO_PM, TWO_PM + HOUR, id="abc00"))
    edited = google.human_edits(CHAIR_1, "abc00", description="Bring x-rays")
    assert (edited["description"], edited["start"]) == ("Bring x-rays", event["start"])
    assert edited["etag"] != event["etag"]


async def test_a_sync_token_is_always_too_old(ask: BareClient) -> None:
    """The stand-in keeps no sync tokens, which is an answer Google gives too."""
    status, answer = await ask("GET", EVENTS, syncToken="x")
    assert (status, reason(answer)) == (410, "fullSyncRequired")


class Most(Random):
    """Draws the largest number there is."""

    def random(self) -> float:
        return 1.0


async def test_reads_lag_behind_writes_and_what_a_write_checks_does_not() -> None:
    """Free/busy, list and get show the past; the id, the etag and the tombstone are of now."""
    now = [NOW]
    ledger = Ledger("calendar", lambda: 0.0)
    async with CalendarStandin(ledger, now=lambda: now[0]) as lagging, bare_client(lagging) as ask:
        lagging.add_calendar(CHAIR_1, ZONE.key)
        lagging.lag_reads(timedelta(seconds=5), Most())
        await ask("POST", EVENTS, timed(TWO_PM, TWO_PM + HOUR, id="abc00"))
        assert await seen(ask) == (404, [], [])
        assert (await ask("POST", EVENTS, timed(TWO_PM, TWO_PM + HOUR, id="abc00")))[0] == 409
        now[0] += timedelta(seconds=5)
        assert await seen(ask) == (200, ["abc00"], [TWO_PM])
        await ask("DELETE", EVENTS + "/abc00")
        assert await seen(ask) == (200, ["abc00"], [TWO_PM])
        assert (await ask("DELETE", EVENTS + "/abc00"))[0] == 410
        now[0] += timedelta(seconds=5)
        assert await seen(ask) == (200, [], [])


async def seen(ask: BareClient) -> tuple[int, list[str], list[datetime]]:
    """Status of a get, ids of a list, and starts of busy stretches."""
    window = {"timeMin": TWO_PM.isoformat(), "timeMax": (TWO_PM + HOUR).isoformat()}
    status, _ = await ask("GET", EVENTS + "/abc00")
    _, listed = await ask("GET", EVENTS, **window)
    _, busy = await ask("POST", "freeBusy", {**window, "items": [{"id": CHAIR_1}]})
    return (
        status,
        [event["id"] for event in listed["items"]],
        [datetime.fromisoformat(each["start"]) for each in busy["calendars"][CHAIR_1]["busy"]],
    )


async def test_requests_of_one_connection_are_told_apart(google: CalendarStandin, ask: BareClient) -> None:
    """A client that keeps its connection is seen to do so; another one has a number of its own."""
    await ask("GET", EVENTS)
    await ask("GET", EVENTS)
    async with bare_client(google) as another:
        await another("GET", EVENTS)
    await ask("GET", EVENTS)
    first, same, other, again = (exchange.connection for exchange in google.exchanges)
    assert first == same == again != other
