"""The oracle itself: it rejects what Google's document does not know, and accepts real exchanges."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bridge.harness.google.rules import EVENT, FREE_BUSY, NOT_PLAYED, PARAMETERS
from bridge.harness.google.standin import CalendarStandin, Exchange
from tests.bridge.harness.google_support import CHAIR_1, CHAIR_2, HOUR, TWO_PM, bare_client, standin, timed
from tests.oracles.discovery import document, method_of, methods, misfits, schema_misfits

PATH = f"/calendar/v3/calendars/{CHAIR_1}/events"
EVENT_BODY = timed(TWO_PM, TWO_PM + HOUR, id="abc00")
ERROR = {
    "error": {
        "errors": [{"domain": "global", "reason": "notFound", "message": "Not Found"}],
        "code": 404,
        "message": "Not Found",
    }
}


@pytest.fixture
async def google() -> AsyncIterator[CalendarStandin]:
    async with standin() as running:
        yield running


def exchange(**changed: Any) -> Exchange:
    """An insert that fits, with changes."""
    given: dict[str, Any] = {"method": "POST", "path": PATH, "query": [], "status": 200, "answer": {}}
    return Exchange(**(given | {"body": EVENT_BODY} | changed))


def test_a_plain_insert_fits() -> None:
    """What the document allows is not complained about."""
    assert misfits(exchange()) == []
    assert misfits(exchange(status=404, answer=ERROR)) == []


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"path": "/calendar/v3/nowhere"}, "no method"),
        ({"method": "PUT"}, "no method"),
        ({"query": [("notify", "none")]}, "no query parameter notify"),
        ({"query": [("calendarId", "x")]}, "no query parameter calendarId"),
        ({"query": [("sendUpdates", "maybe")]}, "is not one of"),
        ({"query": [("sendUpdates", "none"), ("sendUpdates", "none")]}, "is repeated"),
        ({"query": [("maxAttendees", "many")]}, "not an integer"),
        ({"query": [("maxAttendees", "0")]}, "out of range"),
        ({"query": [("prettyPrint", "yes")]}, "not a boolean"),
        ({"body": None}, "not an object"),
        ({"body": EVENT_BODY | {"colour": "red"}}, "unknown field colour"),
        (
            {"body": EVENT_BODY | {"start": {"dateTime": TWO_PM.isoformat(), "zone": "x"}}},
            "unknown field zone",
        ),
        ({"body": EVENT_BODY | {"start": {"dateTime": "2026-11-26T14:00:00"}}}, "not an RFC 3339 time"),
        ({"body": EVENT_BODY | {"start": {"dateTime": "2026-13-26T14:00:00Z"}}}, "not an RFC 3339 time"),
        ({"body": EVENT_BODY | {"start": {"date": "26.11.2026"}}}, "not a date"),
        ({"body": EVENT_BODY | {"sequence": "0"}}, "not an integer"),
        ({"body": EVENT_BODY | {"sequence": 2**31}}, "out of range"),
        ({"body": EVENT_BODY | {"transparency": "solid"}}, "is not one of"),
        ({"body": EVENT_BODY | {"locked": 1}}, "not a boolean"),
        ({"body": EVENT_BODY | {"summary": 7}}, "not a string"),
        ({"body": EVENT_BODY | {"attendees": {}}}, "not an array"),
        ({"body": EVENT_BODY | {"attendees": [{"mail": "x"}]}}, "unknown field mail"),
        ({"body": EVENT_BODY | {"extendedProperties": {"private": {"n": 1}}}}, "not a string"),
        ({"body": EVENT_BODY | {"extendedProperties": {"secret": {}}}}, "unknown field secret"),
        ({"body": EVENT_BODY | {"created": "2026-11-23T14:05:00Z"}}, "is read-only"),
        ({"body": {"start": EVENT_BODY["start"]}}, "end is required"),
        ({"answer": {"colour": "red"}}, "unknown field colour"),
        ({"answer": None}, "not an object"),
        ({"status": 201}, "answers 200"),
        ({"status": 404, "answer": {"error": "not found"}}, "not the shape of an error"),
        ({"status": 409, "answer": ERROR}, "not the shape of an error"),
        ({"method": "GET", "path": f"{PATH}/abc00"}, "takes no body"),
        ({"method": "DELETE", "path": f"{PATH}/abc00", "body": None}, "answers 204"),
    ],
)
def test_what_the_document_does_not_know_is_rejected(changed: dict[str, Any], complaint: str) -> None:
    """Each departure from the document is named."""
    assert any(complaint in misfit for misfit in misfits(exchange(**changed)))


def test_free_busy_answers_are_walked_to_the_bottom() -> None:
    """An unknown field deep inside a free/busy answer is found."""
    period = {"start": "2026-11-26T19:00:00Z", "end": "2026-11-26T20:00:00Z"}
    good = {"kind": "calendar#freeBusy", "calendars": {CHAIR_1: {"busy": [period]}}}
    assert schema_misfits("FreeBusyResponse", good) == []
    period["title"] = "x"
    assert schema_misfits("FreeBusyResponse", good) == [
        f"FreeBusyResponse.calendars.{CHAIR_1}.busy[0]: unknown field title"
    ]


async def test_every_method_of_the_standin_fits_the_document(google: CalendarStandin) -> None:
    """Requests and answers of all methods, good ones and refused ones, fit the document."""
    google.human_books(CHAIR_2, TWO_PM, TWO_PM + HOUR, "Walk-in", location="Chair 2", visibility="private")
    events = f"calendars/{CHAIR_1}/events"
    window = {"timeMin": TWO_PM.isoformat(), "timeMax": (TWO_PM + HOUR).isoformat()}
    async with bare_client(google) as ask:
        await ask(
            "POST", events, EVENT_BODY | {"extendedProperties": {"private": {"a": "b"}}}, sendUpdates="none"
        )
        await ask("POST", events, EVENT_BODY)
        await ask("GET", f"{events}/abc00")
        await ask("PATCH", f"{events}/abc00", {"summary": "x"})
        _, event = await ask("GET", f"{events}/abc00")
        await ask("PUT", f"{events}/abc00", event, {"If-Match": '"1"'})
        await ask("PUT", f"{events}/abc00", event)
        await ask("GET", events, **window, singleEvents="true", orderBy="startTime", maxResults="5")
        await ask("GET", f"calendars/{CHAIR_2}/events")
        await ask("POST", "freeBusy", window | {"items": [{"id": CHAIR_1}, {"id": "nobody@example.com"}]})
        await ask("DELETE", f"{events}/abc00")
        await ask("DELETE", f"{events}/abc00")
        await ask("GET", events, syncToken="x")
    assert [each.status for each in google.exchanges] == [
        *(200, 409, 200, 200, 200, 412, 200),
        *(200, 200, 200, 204, 410, 410),
    ]
    assert [misfits(each) for each in google.exchanges] == [[]] * len(google.exchanges)


def test_the_standin_knows_no_field_that_google_does_not() -> None:
    """The stand-in's own tables name only parameters and fields of the document."""
    schemas = document()["schemas"]
    assert set(EVENT) <= set(schemas["Event"]["properties"])
    assert isinstance(FREE_BUSY, dict)
    assert set(FREE_BUSY) == set(schemas["FreeBusyRequest"]["properties"])
    by_operation = {method.id.split(".")[-1]: method for method in methods() if ".events." in method.id}
    for operation, names in PARAMETERS.items():
        method = by_operation.get(operation)
        if method is not None:
            assert set(names) <= set(method.parameters)
    assert set(by_operation["list"].parameters) - {"calendarId", "oauth_token", "userIp"} == (
        set(PARAMETERS["list"]) | {name for name in NOT_PLAYED if name in by_operation["list"].parameters}
    )


def test_a_request_is_matched_by_method_and_path() -> None:
    """The oracle finds the method itself; it does not take the stand-in's word for it."""
    found = method_of(exchange(method="PATCH", path=f"{PATH}/abc00"))
    assert found is not None
    assert found.id == "calendar.events.patch"
