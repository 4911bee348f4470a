"""Google Calendar's shapes, and what they mean: busy stretches, events that block time.

Pure. Vendor field names stop here. Anything that does not have the expected shape raises
BadAnswer: an answer that was not understood must never read as "free".
Source: Google Calendar API v3 (freebusy.query, events). Read next: `calendar.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated, Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from tools.ports import Busy, CalendarEvent

if TYPE_CHECKING:  # the stub package is not there at run time
    from googleapiclient._apis.calendar.v3.schemas import Event, EventDateTime, FreeBusyRequest

OURS = "callbridge_reservation"  # private property on every event we write; its value is the row's id
BURYING = "callbridge_burying"  # private property of an event that is written to be deleted at once
LONGEST_QUERY = timedelta(days=60)  # Google refuses free/busy somewhere above 90 days
MOST_CALENDARS = 50  # calendars per free/busy query (calendarExpansionMax)
EVENT_ID = re.compile(r"[a-v0-9]{5,1024}")  # base32hex, lower case

T = TypeVar("T")
AwareTime = Annotated[datetime, msgspec.Meta(tz=True)]


class BadAnswer(ValueError):
    """Google's answer does not have the shape its documents promise."""


# --- wire shapes: only the fields we use ------------------------------------------------


class _WirePeriod(msgspec.Struct, frozen=True):
    start: AwareTime
    end: AwareTime


class _WireError(msgspec.Struct, frozen=True):
    reason: str = "unknown"


class _WireCalendar(msgspec.Struct, frozen=True):
    busy: list[_WirePeriod] | None = None
    errors: list[_WireError] = []


class _WireFreeBusy(msgspec.Struct, frozen=True):
    calendars: dict[str, _WireCalendar]


class _WireTime(msgspec.Struct, frozen=True, rename="camel"):
    date: date | None = None  # all-day: midnight in the calendar's zone
    date_time: AwareTime | None = None


class _WireAttendee(msgspec.Struct, frozen=True, rename="camel"):
    is_self: bool = msgspec.field(name="self", default=False)
    response_status: str = "needsAction"


class _WireProperties(msgspec.Struct, frozen=True):
    private: dict[str, str] = {}


class _WireEvent(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    status: str = "confirmed"
    transparency: str = "opaque"  # left out by Google when it is opaque
    summary: str = ""
    etag: str = ""
    created: AwareTime | None = None
    updated: AwareTime | None = None
    start: _WireTime | None = None  # left out of some cancelled events
    end: _WireTime | None = None
    attendees: list[_WireAttendee] = []
    extended_properties: _WireProperties = _WireProperties()


class _WirePage(msgspec.Struct, frozen=True, rename="camel"):
    items: list[_WireEvent] = []
    time_zone: str = "UTC"
    next_page_token: str | None = None


# --- free/busy -------------------------------------------------------------------------


def query_windows(start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """[start, end) in pieces that Google answers in one query each."""
    while start < end:
        piece_end = min(end, start + LONGEST_QUERY)
        yield start, piece_end
        start = piece_end


def free_busy_body(calendar_ids: list[str], start: datetime, end: datetime) -> FreeBusyRequest:
    """Body of freebusy.query."""
    return {
        "timeMin": rfc3339(start),
        "timeMax": rfc3339(end),
        "calendarExpansionMax": MOST_CALENDARS,
        "items": [{"id": calendar_id} for calendar_id in calendar_ids],
    }


def busy_of(answer: dict[str, Any], calendar_ids: list[str]) -> dict[str, list[Busy]]:
    """Busy stretches by calendar, as Google gave them. Raises BadAnswer.

    A calendar with an error usually has an empty `busy`, with status 200; an id can also be
    missing. Neither means free.
    """
    calendars = _convert(answer, _WireFreeBusy).calendars
    found: dict[str, list[Busy]] = {}
    for calendar_id in calendar_ids:
        calendar = calendars.get(calendar_id)
        if calendar is None:
            raise BadAnswer("calendar_missing")
        if calendar.errors:
            raise BadAnswer(f"calendar_{calendar.errors[0].reason}")
        if calendar.busy is None:
            raise BadAnswer("calendar_without_busy")
        found[calendar_id] = [Busy(period.start, period.end) for period in calendar.busy]
    return found


def merged(stretches: list[Busy], start: datetime, end: datetime) -> list[Busy]:
    """The stretches within [start, end), in order, those that touch or overlap made one."""
    result: list[Busy] = []
    for stretch in sorted(stretches, key=lambda each: each.start):
        begin, finish = max(stretch.start, start), min(stretch.end, end)
        if begin >= finish:
            continue
        if result and begin <= result[-1].end:
            result[-1] = Busy(result[-1].start, max(result[-1].end, finish))
        else:
            result.append(Busy(begin, finish))
    return result


# --- events ----------------------------------------------------------------------------


def event_body(
    *,
    event_id: str,
    start: datetime,
    end: datetime,
    zone: ZoneInfo | None,
    summary: str,
    description: str,
    private: dict[str, str],
) -> Event:
    """Body of events.insert: opaque, no attendees (a service account may not invite any)."""
    return {
        "id": event_id,
        "start": _written(start, zone),
        "end": _written(end, zone),
        "summary": summary,
        "description": description,
        "transparency": "opaque",
        "extendedProperties": {"private": private},
    }


def moved_body(*, start: datetime, end: datetime, zone: ZoneInfo | None, private: dict[str, str]) -> Event:
    """Body of events.patch: new times; what else a person wrote into the event stays."""
    return {
        "start": _written(start, zone),
        "end": _written(end, zone),
        "extendedProperties": {"private": private},  # merged by key
    }


def burial_body(*, event_id: str, start: datetime, end: datetime, zone: ZoneInfo | None) -> Event:
    """Body of events.insert for an event that is there for a moment: it is in nobody's way."""
    return {
        "id": event_id,
        "start": _written(start, zone),
        "end": _written(end, zone),
        "transparency": "transparent",
        "extendedProperties": {"private": {BURYING: "1"}},
    }


def blocking_events(
    answer: dict[str, Any], start: datetime, end: datetime
) -> tuple[list[CalendarEvent], str | None]:
    """Events of one page that block time in [start, end), and the next page's token. Raises BadAnswer.

    Left out: cancelled, shown as free, and declined by the calendar's own attendee.
    """
    page = _convert(answer, _WirePage)
    blocking = []
    for wire in page.items:
        declined = any(each.is_self and each.response_status == "declined" for each in wire.attendees)
        if wire.status == "cancelled" or wire.transparency == "transparent" or declined:
            continue
        event = _event(wire, page.time_zone)
        if event.start < end and event.end > start:
            blocking.append(event)
    return blocking, page.next_page_token


def one_event(answer: dict[str, Any], zone: ZoneInfo | None) -> CalendarEvent | None:
    """The event, or None when it is cancelled: Google keeps deleted events. Raises BadAnswer.

    `zone`: when an all-day event begins, as this answer does not name the calendar's; None for UTC.
    """
    wire = _convert(answer, _WireEvent)
    return None if wire.status == "cancelled" else _event(wire, zone.key if zone is not None else "UTC")


def private_properties(answer: dict[str, Any]) -> dict[str, str]:
    """The private extended properties of an event. Raises BadAnswer."""
    return _convert(answer, _WireEvent).extended_properties.private


def rfc3339(instant: datetime) -> str:
    """With an offset and whole seconds, as Google wants it. `instant` is aware."""
    return instant.isoformat(timespec="seconds")


def _written(instant: datetime, zone: ZoneInfo | None) -> EventDateTime:
    if zone is None:
        return {"dateTime": rfc3339(instant)}
    return {"dateTime": rfc3339(instant.astimezone(zone)), "timeZone": zone.key}


def _event(wire: _WireEvent, zone_name: str) -> CalendarEvent:
    if wire.start is None or wire.end is None:
        raise BadAnswer("event_without_times")
    return CalendarEvent(
        id=wire.id,
        start=_instant(wire.start, zone_name),
        end=_instant(wire.end, zone_name),
        summary=wire.summary,
        ours=OURS in wire.extended_properties.private,
        etag=wire.etag,
        created=wire.created,
        updated=wire.updated,
        reservation_id=wire.extended_properties.private.get(OURS),
        burying=BURYING in wire.extended_properties.private,
    )


def _instant(wire: _WireTime, zone_name: str) -> datetime:
    if wire.date_time is not None:
        return wire.date_time.astimezone(UTC)
    if wire.date is None:
        raise BadAnswer("event_without_times")
    try:
        zone = ZoneInfo(zone_name)
    except (ValueError, OSError, LookupError):
        raise BadAnswer("unknown_time_zone") from None
    return datetime.combine(wire.date, time(), zone).astimezone(UTC)


def _convert(answer: dict[str, Any], shape: type[T]) -> T:
    try:
        return msgspec.convert(answer, shape)
    except msgspec.ValidationError:
        raise BadAnswer("bad_answer") from None
