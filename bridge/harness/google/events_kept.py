"""The calendars of the calendar stand-in: events, tombstones and etags, as Google keeps them.

Pure; the clock is asked through `now`. Single events only: the stand-in has no recurrence.
Source: Calendar API v3, Events and the version-resources guide. Read next: `google/queries.py`.
"""

import hashlib
from collections import deque
from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from bridge.harness.google.rules import GoogleError, check_event, invalid
from bridge.harness.google.times import as_kept, starts_or_ends, with_millis

Event = dict[str, Any]
_FIRST_VERSION = 3_400_000_000_000_000  # Google's etags are numbers of about this size
_READ_ONLY = ("kind", "etag", "created", "updated", "htmlLink", "iCalUID", "sequence", "creator", "organizer")


class Change(msgspec.Struct, frozen=True):
    """An event was written: what stood there before."""

    at: datetime
    calendar_id: str
    event_id: str
    before: Event | None


class KeptCalendars:
    """All calendars, each with its events by id. Deleted ones stay, as `cancelled`."""

    def __init__(self, now: Callable[[], datetime], our_email: str) -> None:
        self.zones: dict[str, ZoneInfo] = {}
        self.events: dict[str, dict[str, Event]] = {}
        self.changes: deque[Change] | None = None  # the latest ones, oldest first; None: not kept
        self._now = now
        self._our_email = our_email
        self._version = _FIRST_VERSION
        self._people_wrote = 0

    def add_calendar(self, calendar_id: str, zone: str) -> None:
        """A calendar that the service account may write to."""
        self.zones[calendar_id] = ZoneInfo(zone)
        self.events[calendar_id] = {}

    def zone_of(self, calendar_id: str) -> ZoneInfo:
        """Raises GoogleError: unknown, not shared, or the service account's own."""
        if calendar_id == "primary":
            # Google would take it: the account has a calendar of its own that nobody sees.
            raise GoogleError(404, "notFound", "Not Found", breach=True)
        if calendar_id not in self.zones:
            raise GoogleError(404, "notFound", "Not Found")
        return self.zones[calendar_id]

    def human_books(
        self,
        calendar_id: str,
        start: datetime | date,
        end: datetime | date,
        summary: str,
        created: datetime | None = None,
        **fields: Any,
    ) -> Event:
        """A person writes an event by hand. Dates make it all-day; `fields` are Google's own."""
        self._people_wrote += 1
        body = {
            "id": hashlib.sha256(f"person {self._people_wrote}".encode()).hexdigest()[:26],
            "summary": summary,
            "start": _written(start),
            "end": _written(end),
            **fields,
        }
        event = self._kept(calendar_id, body, creator=f"person@{calendar_id.rpartition('@')[2]}")
        if created is not None:
            event["created"] = with_millis(created)
        self._keep(calendar_id, event)
        return event

    def insert(self, calendar_id: str, body: Any) -> Event:
        self.zone_of(calendar_id)
        wanted = check_event(body)
        event_id = wanted.get("id") or hashlib.sha256(str(self._version).encode()).hexdigest()[:26]
        if event_id in self.events[calendar_id]:  # also under a tombstone
            raise GoogleError(409, "duplicate", "The requested identifier already exists.")
        event = self._kept(calendar_id, {**wanted, "id": event_id}, creator=self._our_email)
        self._keep(calendar_id, event)
        return event

    def get(self, calendar_id: str, event_id: str) -> Event:
        """Deleted ones too: their status says so."""
        self.zone_of(calendar_id)
        event = self.events[calendar_id].get(event_id)
        if event is None:
            raise GoogleError(404, "notFound", "Not Found")
        return event

    def patch(self, calendar_id: str, event_id: str, body: Any, if_match: str | None) -> Event:
        """Merges: named fields replace, null removes, extended properties merge key by key."""
        event = self._writable(calendar_id, event_id, if_match)
        change = check_event(body, patch=True)
        wanted = {name: value for name, value in event.items() if name not in _READ_ONLY}
        for name, value in change.items():
            if value is None:
                wanted.pop(name, None)
            elif name == "extendedProperties":
                wanted[name] = _merged_properties(wanted.get(name, {}), value)
            else:
                wanted[name] = value
        return self._replaced(calendar_id, event, wanted)

    def update(self, calendar_id: str, event_id: str, body: Any, if_match: str | None) -> Event:
        """Replaces: what is not sent is gone."""
        event = self._writable(calendar_id, event_id, if_match)
        wanted = check_event(body)
        if wanted.get("id", event_id) != event_id:
            raise invalid("Invalid value for id.")
        return self._replaced(calendar_id, event, wanted)

    def delete(self, calendar_id: str, event_id: str, if_match: str | None) -> None:
        event = self.get(calendar_id, event_id)
        if event["status"] == "cancelled":
            raise GoogleError(410, "deleted", "Resource has been deleted")
        _check_match(event, if_match)
        changed = {"status": "cancelled", "etag": self._next_etag(), "updated": with_millis(self._now())}
        self._keep(calendar_id, event | changed)

    def _writable(self, calendar_id: str, event_id: str, if_match: str | None) -> Event:
        event = self.get(calendar_id, event_id)
        if event["status"] == "cancelled":
            raise GoogleError(403, "forbidden", "Forbidden")
        _check_match(event, if_match)
        return event

    def _replaced(self, calendar_id: str, event: Event, wanted: Event) -> Event:
        new = self._kept(calendar_id, {**wanted, "id": event["id"]}, creator=event["creator"]["email"])
        new |= {"created": event["created"], "sequence": event["sequence"] + 1}
        self._keep(calendar_id, new)
        return new

    def as_of(self, at: datetime) -> "KeptCalendars":
        """These calendars as they were, to be read only. Goes back as far as `changes` does."""
        past = KeptCalendars(self._now, self._our_email)
        past.zones = self.zones
        past.events = {calendar_id: dict(events) for calendar_id, events in self.events.items()}
        for change in reversed(self.changes or ()):
            if change.at <= at:
                break
            if change.before is None:
                past.events[change.calendar_id].pop(change.event_id, None)
            else:
                past.events[change.calendar_id][change.event_id] = change.before
        return past

    def _keep(self, calendar_id: str, event: Event) -> None:
        if self.changes is not None:
            before = self.events[calendar_id].get(event["id"])
            self.changes.append(Change(self._now(), calendar_id, event["id"], before))
        self.events[calendar_id][event["id"]] = event

    def _kept(self, calendar_id: str, wanted: Event, *, creator: str) -> Event:
        """The whole resource, as every later answer shows it. Raises GoogleError."""
        zone = self.zones[calendar_id]
        for name in ("start", "end"):
            if name not in wanted:
                raise GoogleError(400, "required", f"Missing {name} time.", breach=True)
            _check_when(wanted[name], name)
        start, end = (starts_or_ends(wanted[name], zone) for name in ("start", "end"))
        if "date" in wanted["start"] and "date" not in wanted["end"]:
            raise invalid("Start and end times must either both be date or both be dateTime.")
        if start >= end:
            raise GoogleError(400, "timeRangeEmpty", "The specified time range is empty.", breach=True)
        at = with_millis(self._now())
        event: Event = {
            "kind": "calendar#event",
            "etag": self._next_etag(),
            "id": wanted["id"],
            "status": wanted.get("status", "confirmed"),
            "htmlLink": f"https://www.google.com/calendar/event?eid={wanted['id']}",
            "created": at,
            "updated": at,
            "creator": {"email": creator},
            "organizer": {"email": calendar_id, "displayName": calendar_id, "self": True},
            "start": as_kept(wanted["start"], zone),
            "end": as_kept(wanted["end"], zone),
            "iCalUID": f"{wanted['id']}@google.com",
            "sequence": 0,
            "reminders": {"useDefault": True},
            "eventType": "default",
        }
        given = {
            name: value for name, value in wanted.items() if name not in event and name not in _READ_ONLY
        }
        if given.get("transparency") == "opaque":
            del given["transparency"]  # Google leaves defaults out
        return event | given | ({"reminders": wanted["reminders"]} if "reminders" in wanted else {})

    def _next_etag(self) -> str:
        self._version += 2000
        return f'"{self._version}"'


def _check_when(when: dict[str, Any], name: str) -> None:
    given = [key for key in ("date", "dateTime") if when.get(key) is not None]
    if len(given) != 1:
        raise invalid(f"Invalid {name} time.")
    local = given == ["dateTime"] and datetime.fromisoformat(when["dateTime"]).tzinfo is None
    if local and not when.get("timeZone"):
        raise GoogleError(400, "required", f"Missing time zone definition for {name} time.", breach=True)


def _check_match(event: Event, if_match: str | None) -> None:
    if if_match is not None and if_match not in ("*", event["etag"]):
        raise GoogleError(412, "conditionNotMet", "Precondition Failed")


def _merged_properties(old: Event, change: Event) -> Event:
    merged: Event = {}
    for kind in ("private", "shared"):
        values = {**old.get(kind, {}), **(change.get(kind) or {})}
        kept = {key: value for key, value in values.items() if value is not None}
        if kept:
            merged[kind] = kept
    return merged


def _written(when: datetime | date) -> dict[str, str]:
    return {"dateTime" if isinstance(when, datetime) else "date": when.isoformat()}
