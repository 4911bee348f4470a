"""Questions to the calendar stand-in's calendars: free/busy, and events in a window.

Pure. Source: Calendar API v3, freebusy.query and events.list.
"""

import base64
import hashlib
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bridge.harness.google.events_kept import Event, KeptCalendars
from bridge.harness.google.rules import FREE_BUSY, GoogleError, check_body, invalid
from bridge.harness.google.times import instant, starts_or_ends, with_millis, with_seconds

LONGEST_WINDOW = timedelta(days=90)
MOST_CALENDARS = 50
DEFAULT_PAGE, LARGEST_PAGE = 250, 2500
_NOT_WITH_SYNC_TOKEN = (
    "iCalUID",
    "orderBy",
    "privateExtendedProperty",
    "timeMin",
    "timeMax",
    "updatedMin",
)


def free_busy(calendars: KeptCalendars, body: Any) -> dict[str, Any]:
    """Busy stretches per calendar. An unknown id is an error inside the answer. Raises GoogleError."""
    if not isinstance(body, dict):
        raise GoogleError(400, "parseError", "Parse Error", breach=True)
    check_body(FREE_BUSY, body, "")
    for name in ("timeMin", "timeMax", "items"):
        if name not in body:
            raise GoogleError(400, "required", f"Missing {name}.", breach=True)
    if not 1 <= body.get("calendarExpansionMax", MOST_CALENDARS) <= MOST_CALENDARS:
        raise invalid("Invalid value for calendarExpansionMax.")
    start, end = instant(body["timeMin"]), instant(body["timeMax"])
    _check_window(start, end)
    if end - start > LONGEST_WINDOW:
        raise GoogleError(400, "timeRangeTooLong", "The requested time range is too long.", breach=True)
    most = body.get("calendarExpansionMax", MOST_CALENDARS)
    answers: dict[str, Any] = {}
    for item in body["items"]:
        calendar_id = item.get("id", "")
        if len(body["items"]) > most:
            answers[calendar_id] = _calendar_error("tooManyCalendarsRequested")
        elif calendar_id not in calendars.zones:
            answers[calendar_id] = _calendar_error("notFound")
        else:
            zone = ZoneInfo(body.get("timeZone", "UTC"))
            answers[calendar_id] = {"busy": _busy(calendars, calendar_id, start, end, zone)}
    return {
        "kind": "calendar#freeBusy",
        "timeMin": with_millis(start),
        "timeMax": with_millis(end),
        "calendars": answers,
    }


def list_events(
    calendars: KeptCalendars, calendar_id: str, pairs: list[tuple[str, str]], page_cap: int
) -> dict[str, Any]:
    """One page of events. `page_cap`: pages are never longer than this. Raises GoogleError."""
    zone = calendars.zone_of(calendar_id)
    asked = dict(pairs)
    if "syncToken" in asked:
        if any(name in asked for name in _NOT_WITH_SYNC_TOKEN):
            raise invalid("A sync token cannot go with these parameters.")
        raise GoogleError(410, "fullSyncRequired", "Sync token is no longer valid, a full sync is required.")
    low = instant(asked["timeMin"]) if "timeMin" in asked else None
    high = instant(asked["timeMax"]) if "timeMax" in asked else None
    if low is not None and high is not None:
        _check_window(low, high)
    single = asked.get("singleEvents") == "true"
    if asked.get("orderBy") == "startTime" and not single:
        raise GoogleError(
            400,
            "badRequest",
            "The requested ordering is not available for the particular query.",
            breach=True,
        )
    wanted = [value.split("=", 1) for name, value in pairs if name == "privateExtendedProperty"]
    changed_since = instant(asked["updatedMin"]) if "updatedMin" in asked else None

    def matches(event: Event) -> bool:
        if changed_since is not None and datetime.fromisoformat(event["updated"]) < changed_since:
            return False
        deleted_too = asked.get("showDeleted") == "true" or changed_since is not None
        if event["status"] == "cancelled" and not deleted_too:
            return False
        if low is not None and starts_or_ends(event["end"], zone) <= low:
            return False
        if high is not None and starts_or_ends(event["start"], zone) >= high:
            return False
        if asked.get("iCalUID") not in (None, event["iCalUID"]):
            return False
        private = event.get("extendedProperties", {}).get("private", {})
        return all(private.get(name) == value for name, value in wanted)

    found = [event for event in calendars.events[calendar_id].values() if matches(event)]
    if asked.get("orderBy") == "startTime":
        found.sort(key=lambda event: starts_or_ends(event["start"], zone))
    elif asked.get("orderBy") == "updated":
        found.sort(key=lambda event: str(event["updated"]))
    size = min(int(asked.get("maxResults", DEFAULT_PAGE)), LARGEST_PAGE, page_cap)
    begin = _page_begin(asked, pairs)
    page: dict[str, Any] = {
        "kind": "calendar#events",
        "etag": '"p'
        + hashlib.sha256(repr([event["etag"] for event in found]).encode()).hexdigest()[:16]
        + '"',
        "summary": calendar_id,
        "timeZone": zone.key,
        "accessRole": "writer",
        "defaultReminders": [],
        "items": found[begin : begin + size],
    }
    if found:
        page["updated"] = max(str(event["updated"]) for event in found)
    if begin + size < len(found):
        page["nextPageToken"] = _page_token(begin + size, pairs)
    return page


def _busy(
    calendars: KeptCalendars, calendar_id: str, start: datetime, end: datetime, zone: ZoneInfo
) -> list[dict[str, str]]:
    """Clipped to the window; stretches that touch are one."""
    own = calendars.zones[calendar_id]
    stretches: list[list[datetime]] = []
    events = [event for event in calendars.events[calendar_id].values() if _blocks(event)]
    for event in sorted(events, key=lambda each: starts_or_ends(each["start"], own)):
        begin, finish = starts_or_ends(event["start"], own), starts_or_ends(event["end"], own)
        begin, finish = max(begin, start), min(finish, end)
        if begin >= finish:
            continue
        if stretches and begin <= stretches[-1][1]:
            stretches[-1][1] = max(stretches[-1][1], finish)
        else:
            stretches.append([begin, finish])
    return [
        {"start": with_seconds(begin.astimezone(zone)), "end": with_seconds(finish.astimezone(zone))}
        for begin, finish in stretches
    ]


def _blocks(event: Event) -> bool:
    declined = any(
        each.get("self") and each.get("responseStatus") == "declined" for each in event.get("attendees", [])
    )
    return event["status"] != "cancelled" and event.get("transparency") != "transparent" and not declined


def _check_window(start: datetime, end: datetime) -> None:
    if start >= end:
        raise GoogleError(400, "timeRangeEmpty", "The specified time range is empty.", breach=True)


def _calendar_error(reason: str) -> dict[str, Any]:
    return {"errors": [{"domain": "global", "reason": reason}], "busy": []}


def _page_begin(asked: dict[str, str], pairs: list[tuple[str, str]]) -> int:
    """Where a page begins. A token belongs to the query that it was given for."""
    token = asked.get("pageToken")
    if token is None:
        return 0
    try:
        begin = int(base64.urlsafe_b64decode(token).split(b" ")[0])
    except ValueError:
        begin = -1
    if begin < 0 or token != _page_token(begin, pairs):
        raise invalid("Invalid page token value.")
    return begin


def _page_token(begin: int, pairs: list[tuple[str, str]]) -> str:
    query = repr(sorted(pair for pair in pairs if pair[0] != "pageToken"))
    digest = hashlib.sha256(query.encode()).hexdigest()[:12]
    return base64.urlsafe_b64encode(f"{begin} {digest}".encode()).decode()
