"""Google Calendar, as the tools read it: free/busy, events, get.

A read that failed is CalendarUnavailable and never means free. What reads say may lag behind
what was written by seconds. Read next: `calendar.py` for what is written, `google_events.py`
for the shapes, `google_client.py` for the requests.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from tools.google_client import GoogleClient, MakeRequest, RequestFailed
from tools.google_events import (
    MOST_CALENDARS,
    BadAnswer,
    blocking_events,
    busy_of,
    free_busy_body,
    merged,
    one_event,
    query_windows,
    rfc3339,
)
from tools.ports import Busy, CalendarEvent, CalendarUnavailable

TIMEOUT_S = 3.0  # per socket operation
DEADLINE_S = 7.0  # per call, all attempts together; a caller is waiting
# Calls to Google at once; the rest queue. More than half of the default of MAX_CALLS: when all of those ask
# at once, nobody waits for more than one other, and two of TIMEOUT_S each are within DEADLINE_S.
THREADS = 24
PAGE_SIZE = 250  # events; Google's default
MOST_PAGES = 40  # 10,000 events in one window: something is wrong

T = TypeVar("T")


class CalendarReading:
    """What can be asked of the calendars that one service account can reach."""

    def __init__(
        self,
        *,
        api_url: str,
        service_account: str | Mapping[str, Any],
        zone: str | None = None,
        timeout_s: float = TIMEOUT_S,
        deadline_s: float = DEADLINE_S,
        threads: int = THREADS,
    ) -> None:
        """Opens no socket and starts no thread. Raises tools.google_auth.GoogleKeyError.

        `service_account`: the key's JSON, base64 of it, a file's path, or its contents.
        `zone`: IANA name that labels the events we write; None leaves that to the calendar.
        """
        self._client = GoogleClient(
            api_url=api_url, service_account=service_account, timeout_s=timeout_s, threads=threads
        )
        self._zone = ZoneInfo(zone) if zone is not None else None
        self._deadline_s = deadline_s

    async def close(self) -> None:
        """Wait for calls in flight, end the threads, close the sockets."""
        await self._client.close()

    async def free_busy(
        self, calendar_ids: list[str], start: datetime, end: datetime
    ) -> dict[str, list[Busy]]:
        """Busy stretches of each calendar in [start, end), merged and clipped. Raises CalendarUnavailable.

        One calendar with an error or without an answer fails the whole.
        """
        check_window(start, end)
        check_ids(*calendar_ids)
        ends_at = self._ends_at()
        found: dict[str, list[Busy]] = {calendar_id: [] for calendar_id in calendar_ids}
        asked = list(found)
        for at in range(0, len(asked), MOST_CALENDARS):
            some = asked[at : at + MOST_CALENDARS]
            for window_start, window_end in query_windows(start, end):
                body = free_busy_body(some, window_start, window_end)
                answer = await self._read(partial(self._client.freebusy.query, body=body), ends_at)
                for calendar_id, stretches in _understood(busy_of, answer, some).items():
                    found[calendar_id] += stretches
        return {calendar_id: merged(stretches, start, end) for calendar_id, stretches in found.items()}

    async def events_between(self, calendar_id: str, start: datetime, end: datetime) -> list[CalendarEvent]:
        """Events that block time in [start, end), recurring ones expanded. Raises CalendarUnavailable."""
        check_window(start, end)
        check_ids(calendar_id)
        ends_at = self._ends_at()
        # Google ignores fractions of a second, so the window is widened to whole ones.
        time_min = rfc3339(start.replace(microsecond=0))
        time_max = rfc3339((end + timedelta(seconds=1, microseconds=-1)).replace(microsecond=0))
        found: list[CalendarEvent] = []
        token: str | None = None
        for _ in range(MOST_PAGES):
            make = partial(
                self._client.events.list,
                calendarId=calendar_id,
                timeMin=time_min,
                timeMax=time_max,
                singleEvents=True,
                orderBy="startTime",
                maxResults=PAGE_SIZE,
                pageToken=token,
            )
            answer = await self._read(make, ends_at)
            page, token = _understood(blocking_events, answer, start, end)
            found += page
            if token is None:
                return found
        raise CalendarUnavailable("too_many_pages")

    async def get(self, calendar_id: str, event_id: str) -> CalendarEvent | None:
        """The event, or None when it does not exist or is cancelled. Raises CalendarUnavailable."""
        check_ids(calendar_id, event_id)
        try:
            answer = await self._client.read(self._getting(calendar_id, event_id), self._ends_at())
        except RequestFailed as failure:
            if failure.status in (404, 410):
                return None
            raise CalendarUnavailable(failure.reason) from None
        return _understood(one_event, answer, self._zone)

    async def was_deleted(self, calendar_id: str, event_id: str) -> bool:
        """Whether Google shows the event's tombstone. Raises CalendarUnavailable."""
        check_ids(calendar_id, event_id)
        try:
            answer = await self._client.read(self._getting(calendar_id, event_id), self._ends_at())
        except RequestFailed as failure:
            if failure.status in (404, 410):
                return failure.status == 410
            raise CalendarUnavailable(failure.reason) from None
        return _understood(one_event, answer, self._zone) is None

    def _getting(self, calendar_id: str, event_id: str) -> MakeRequest:
        return partial(self._client.events.get, calendarId=calendar_id, eventId=event_id)

    async def _read(self, make: MakeRequest, ends_at: float) -> dict[str, Any]:
        try:
            return await self._client.read(make, ends_at)
        except RequestFailed as failure:
            raise CalendarUnavailable(failure.reason) from None

    def _ends_at(self) -> float:
        return asyncio.get_running_loop().time() + self._deadline_s


def _understood(convert: Callable[..., T], *arguments: Any) -> T:
    """What `convert` makes of an answer; one that makes no sense is CalendarUnavailable."""
    try:
        return convert(*arguments)
    except BadAnswer as bad:
        raise CalendarUnavailable(str(bad)) from None


def check_window(start: datetime, end: datetime) -> None:
    if start.tzinfo is None or end.tzinfo is None or start >= end:
        raise ValueError("a window is two aware instants, the first before the second")


def check_ids(*ids: str) -> None:
    """`primary` is the service account's own calendar, which nobody ever sees."""
    if any(each in ("", "primary") for each in ids):
        raise ValueError("a calendar is named by its own id, never `primary`")
