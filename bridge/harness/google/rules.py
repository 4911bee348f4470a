"""What Google Calendar accepts: query parameters, bodies, scopes. And how it says no.

Pure. Written by hand from Google's reference, not read from its discovery document: that
document is the tests' oracle for this file and for our client alike.
A refusal that our client must never provoke carries `breach`, which fails the run.
Read next: `google/times.py`, `google/events_kept.py`, `calendar.py`.
"""

import re
from collections.abc import Mapping
from typing import Any

from bridge.harness.google.times import is_date, is_time, is_zone

Check = str | tuple[str, ...] | dict[str, Any] | list[Any]
_AUTH = "https://www.googleapis.com/auth/"


class GoogleError(Exception):
    """An error answer."""

    def __init__(self, status: int, reason: str, message: str, *, breach: bool = False) -> None:
        super().__init__(f"{status} {reason}: {message}")
        self.status = status
        self.reason = reason
        self.message = message
        self.breach = breach

    def body(self) -> dict[str, Any]:
        """As Google words it."""
        entry = {"domain": "global", "reason": self.reason, "message": self.message}
        if self.status == 401:
            entry |= {"locationType": "header", "location": "Authorization"}
        return {"error": {"errors": [entry], "code": self.status, "message": self.message}}


def invalid(message: str) -> GoogleError:
    """400 for something our client should never send."""
    return GoogleError(400, "invalid", message, breach=True)


# --- scopes: any one of these allows the operation --------------------------------------

_EVENTS_WRITE = frozenset({_AUTH + "calendar", _AUTH + "calendar.events"})
_EVENTS_READ = _EVENTS_WRITE | {_AUTH + "calendar.readonly", _AUTH + "calendar.events.readonly"}
SCOPES = {
    "freebusy": frozenset(
        _AUTH + name
        for name in ("calendar", "calendar.readonly", "calendar.freebusy", "calendar.events.freebusy")
    ),
    "list": _EVENTS_READ,
    "get": _EVENTS_READ,
    "insert": _EVENTS_WRITE,
    "patch": _EVENTS_WRITE,
    "update": _EVENTS_WRITE,
    "delete": _EVENTS_WRITE,
}

# --- query parameters: name -> kind, or a tuple of the words allowed ---------------------

_COMMON: dict[str, Check] = {"alt": ("json",), "prettyPrint": "boolean", "quotaUser": "string"}
_NOTIFY: dict[str, Check] = {"sendUpdates": ("all", "externalOnly", "none")}
PARAMETERS: dict[str, dict[str, Check]] = {
    "freebusy": _COMMON,
    "get": _COMMON,
    "insert": _COMMON | _NOTIFY,
    "patch": _COMMON | _NOTIFY,
    "update": _COMMON | _NOTIFY,
    "delete": _COMMON | _NOTIFY,
    "list": _COMMON
    | {
        "timeMin": "time",
        "timeMax": "time",
        "updatedMin": "time",
        "singleEvents": "boolean",
        "showDeleted": "boolean",
        "orderBy": ("startTime", "updated"),
        "maxResults": "count",
        "pageToken": "string",
        "syncToken": "string",
        "iCalUID": "string",
        "privateExtendedProperty": "property",
    },
}
# Google has these too, but the stand-in does not play them: better red than a wrong answer.
NOT_PLAYED = frozenset(
    {
        *("fields", "key", "timeZone", "maxAttendees", "alwaysIncludeEmail", "sendNotifications", "q"),
        *("supportsAttachments", "conferenceDataVersion", "eventLabelVersion", "eventTypes"),
        *("sharedExtendedProperty", "showHiddenInvitations"),
    }
)
_REPEATED = ("privateExtendedProperty",)


def check_parameters(operation: str, pairs: list[tuple[str, str]]) -> None:
    """Raises GoogleError unless every parameter is known, well formed and given once."""
    known = PARAMETERS[operation]
    names = [name for name, _ in pairs]
    for name, value in pairs:
        if name in NOT_PLAYED:
            raise GoogleError(501, "notPlayed", f"The stand-in does not play {name}.", breach=True)
        if name not in known:
            raise GoogleError(400, "badRequest", f"Unknown parameter {name}.", breach=True)
        if names.count(name) > 1 and name not in _REPEATED:
            raise invalid(f"{name} is given more than once.")
        if not _parameter_fits(known[name], value):
            raise invalid(f"Invalid value for {name}.")


def _parameter_fits(check: Check, value: str) -> bool:
    if isinstance(check, tuple):
        return value in check
    match check:
        case "boolean":
            return value in ("true", "false")
        case "count":
            return value.isascii() and value.isdigit() and int(value) >= 1
        case "time":
            return is_time(value)
        case "property":
            return "=" in value
        case _:
            return True


# --- bodies ------------------------------------------------------------------------------

FREE_BUSY: Check = {
    "timeMin": "time",
    "timeMax": "time",
    "timeZone": "zone",
    "groupExpansionMax": "integer",
    "calendarExpansionMax": "integer",
    "items": [{"id": "string"}],
}
_WHEN: Check = {"date": "date", "dateTime": "local time", "timeZone": "zone"}
_PERSON: Check = {"email": "string", "displayName": "string", "id": "string", "self": "boolean"}
EVENT: dict[str, Any] = {
    "id": "event id",
    "summary": "string",
    "description": "string",
    "location": "string",
    "colorId": "string",
    "start": _WHEN,
    "end": _WHEN,
    "status": ("confirmed", "tentative", "cancelled"),
    "transparency": ("opaque", "transparent"),
    "visibility": ("default", "public", "private", "confidential"),
    "eventType": ("default",),
    "extendedProperties": {"private": "map", "shared": "map"},
    "reminders": {
        "useDefault": "boolean",
        "overrides": [{"method": ("email", "popup"), "minutes": "integer"}],
    },
    "source": {"title": "string", "url": "string"},
    "guestsCanInviteOthers": "boolean",
    "guestsCanModify": "boolean",
    "guestsCanSeeOtherGuests": "boolean",
    "attendees": [
        {"email": "string", "displayName": "string", "responseStatus": "string", "self": "boolean"}
    ],
    # What a read gave and an update sends back; Google takes no notice of it.
    "kind": ("calendar#event",),
    "etag": "string",
    "created": "time",
    "updated": "time",
    "htmlLink": "string",
    "iCalUID": "string",
    "sequence": "integer",
    "creator": _PERSON,
    "organizer": _PERSON,
}
_EVENT_ID = re.compile(r"[a-v0-9]{5,1024}")


def check_event(body: Any, *, patch: bool = False) -> dict[str, Any]:
    """An event's body, checked in itself. `patch`: null takes a field away. Raises GoogleError."""
    if not isinstance(body, dict):
        raise GoogleError(400, "parseError", "Parse Error", breach=True)
    check_body(EVENT, body, "", nulls=patch)
    if body.get("attendees"):
        raise GoogleError(
            403,
            "forbiddenForServiceAccounts",
            "Service accounts cannot invite attendees without Domain-Wide Delegation of Authority.",
            breach=True,
        )
    return body


def check_body(check: Check, value: Any, path: str, *, nulls: bool = False) -> None:
    """Raises GoogleError unless `value` has the shape, with no field that is not in it."""
    if value is None and nulls and path:
        return
    if isinstance(check, dict):
        if not isinstance(value, dict):
            raise invalid(f"Invalid value for {path or 'body'}.")
        for name, inner in value.items():
            if name not in check:
                raise GoogleError(400, "badRequest", f"Unknown name {path}{name}.", breach=True)
            check_body(check[name], inner, f"{path}{name}.", nulls=nulls)
    elif isinstance(check, list):
        if not isinstance(value, list):
            raise invalid(f"Invalid value for {path}")
        for inner in value:
            check_body(check[0], inner, path, nulls=False)
    elif not _value_fits(check, value, nulls):
        raise invalid(f"Invalid value for {path}")


def _value_fits(check: str | tuple[str, ...], value: Any, nulls: bool) -> bool:
    if isinstance(check, tuple):
        return value in check
    match check:
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "map":
            return isinstance(value, Mapping) and all(
                isinstance(key, str)
                and len(key) <= 44
                and ((isinstance(inner, str) and len(inner) <= 1024) or (nulls and inner is None))
                for key, inner in value.items()
            )
    if not isinstance(value, str):
        return False
    match check:
        case "time":
            return is_time(value)
        case "local time":
            return is_time(value, offset_needed=False)
        case "date":
            return is_date(value)
        case "zone":
            return is_zone(value)
        case "event id":
            return _EVENT_ID.fullmatch(value) is not None
        case _:
            return True
