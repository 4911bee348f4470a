"""Times as Google Calendar reads and writes them.

Pure. RFC 3339 on the way in, strictly; the calendar's own zone on the way out.
"""

import re
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?(?P<offset>[Zz]|[+-]\d\d:\d\d)?")


def is_time(text: str, *, offset_needed: bool = True) -> bool:
    """RFC 3339 date-time; the offset may be left out only where a zone can stand beside it."""
    match = _TIME.fullmatch(text)
    if match is None or (offset_needed and match["offset"] is None):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def is_zone(name: str) -> bool:
    """An IANA name."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return False
    return True


def instant(text: str) -> datetime:
    """A checked RFC 3339 time with offset; fractions of a second are dropped, as Google does."""
    return datetime.fromisoformat(text).replace(microsecond=0)


def starts_or_ends(when: dict[str, Any], zone: ZoneInfo) -> datetime:
    """The instant of an event's `start` or `end`; all-day ones turn at midnight in the calendar's zone."""
    if when.get("date") is not None:
        return datetime.combine(date.fromisoformat(when["date"]), time(), zone).astimezone(UTC)
    local = datetime.fromisoformat(when["dateTime"])
    if local.tzinfo is None:
        local = local.replace(tzinfo=ZoneInfo(when["timeZone"]))
    return local.astimezone(UTC)


def as_kept(when: dict[str, Any], zone: ZoneInfo) -> dict[str, str]:
    """`start` or `end` as Google gives it back: in the calendar's zone, labelled as it was."""
    if when.get("date") is not None:
        return {"date": when["date"]}
    local = starts_or_ends(when, zone).astimezone(zone)
    return {"dateTime": with_seconds(local), "timeZone": when.get("timeZone") or zone.key}


def with_seconds(when: datetime) -> str:
    """2026-11-26T14:00:00-05:00, or Z for UTC."""
    text = when.isoformat(timespec="seconds")
    return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text


def with_millis(when: datetime) -> str:
    """2026-11-26T19:00:00.000Z"""
    return when.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
