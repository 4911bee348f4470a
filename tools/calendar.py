"""Google Calendar, as the tools use it: free/busy, events, insert, get, delete.

Every failure says what is certain. A read that failed is CalendarUnavailable and never
means free. A write is CalendarUnavailable when nothing was done, CalendarAmbiguous when
that is not known; then the same event id asks again what became of it.
Conforms to `ports.CalendarPort`. Read next: `google_events.py`, `google_client.py`.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from tools.google_client import GoogleClient, MakeRequest, RequestFailed
from tools.google_events import (
    EVENT_ID,
    MOST_CALENDARS,
    OURS,
    BadAnswer,
    blocking_events,
    busy_of,
    event_body,
    free_busy_body,
    merged,
    one_event,
    private_properties,
    query_windows,
    rfc3339,
)
from tools.ports import Busy, CalendarAmbiguous, CalendarEvent, CalendarUnavailable

TIMEOUT_S = 3.0  # per socket operation
DEADLINE_S = 7.0  # per call, all attempts together; a caller is waiting
THREADS = 8  # calls to Google at once; the rest queue
PAGE_SIZE = 250  # events; Google's default
MOST_PAGES = 40  # 10,000 events in one window: something is wrong

T = TypeVar("T")


class Calendar:
    """The calendars one service account can reach. Build one per process, `close` it at the end."""

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
        _check_window(start, end)
        _check_ids(*calendar_ids)
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
        _check_window(start, end)
        _check_ids(calendar_id)
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

    async def insert(
        self,
        calendar_id: str,
        *,
        event_id: str,
        start: datetime,
        end: datetime,
        summary: str,
        description: str,
        private: dict[str, str],
    ) -> CalendarEvent:
        """Write an event under our own id, or adopt the one an earlier attempt left under it.

        `event_id`: letters a-v and digits, e.g. uuid4().hex; minted anew per booking, since
        a deleted event keeps its id. `private` holds OURS. Adopted is only an event that is
        not cancelled and has exactly these private properties; a person may have moved it
        since, so the times returned count. Raises CalendarUnavailable (nothing was
        written), CalendarAmbiguous.
        """
        _check_window(start, end)
        _check_ids(calendar_id)
        if not EVENT_ID.fullmatch(event_id) or OURS not in private:
            raise ValueError(f"an event of ours needs a base32hex id and the property {OURS}")
        ends_at = self._ends_at()
        body = event_body(
            event_id=event_id,
            start=start,
            end=end,
            zone=self._zone,
            summary=summary,
            description=description,
            private=private,
        )
        try:
            answer = await self._client.write(
                partial(self._client.events.insert, calendarId=calendar_id, body=body, sendUpdates="none"),
                ends_at,
            )
        except RequestFailed as failure:
            if failure.status != 409:
                raise _write_error(failure) from None
            answer = await self._adopted(calendar_id, event_id, private, ends_at)
        try:
            event = one_event(answer, self._zone)
        except BadAnswer:
            event = None
        if event is None or event.id != event_id:
            raise CalendarAmbiguous("bad_answer")
        return event

    async def get(self, calendar_id: str, event_id: str) -> CalendarEvent | None:
        """The event, or None when it does not exist or is cancelled. Raises CalendarUnavailable."""
        _check_ids(calendar_id, event_id)
        try:
            answer = await self._client.read(self._getting(calendar_id, event_id), self._ends_at())
        except RequestFailed as failure:
            if failure.status in (404, 410):
                return None
            raise CalendarUnavailable(failure.reason) from None
        return _understood(one_event, answer, self._zone)

    async def delete(self, calendar_id: str, event_id: str) -> None:
        """Delete; an event already gone is no error. Raises CalendarUnavailable, CalendarAmbiguous."""
        _check_ids(calendar_id, event_id)
        try:
            make = partial(
                self._client.events.delete, calendarId=calendar_id, eventId=event_id, sendUpdates="none"
            )
            await self._client.write(make, self._ends_at())
        except RequestFailed as failure:
            if failure.status not in (404, 410):
                raise _write_error(failure) from None

    async def _adopted(
        self, calendar_id: str, event_id: str, private: dict[str, str], ends_at: float
    ) -> dict[str, Any]:
        """The event that already has our id, if it is the one we meant to write."""
        try:
            answer = await self._client.read(self._getting(calendar_id, event_id), ends_at)
            same = private_properties(answer) == private
            cancelled = one_event(answer, self._zone) is None
        except RequestFailed as failure:
            raise CalendarAmbiguous(failure.reason) from None
        except BadAnswer as bad:
            raise CalendarAmbiguous(str(bad)) from None
        if cancelled:
            raise CalendarUnavailable("event_deleted")
        if not same:
            raise CalendarUnavailable("event_id_taken")
        return answer

    def _getting(self, calendar_id: str, event_id: str) -> MakeRequest:
        return partial(self._client.events.get, calendarId=calendar_id, eventId=event_id)

    async def _read(self, make: MakeRequest, ends_at: float) -> dict[str, Any]:
        try:
            return await self._client.read(make, ends_at)
        except RequestFailed as failure:
            raise CalendarUnavailable(failure.reason) from None

    def _ends_at(self) -> float:
        return asyncio.get_running_loop().time() + self._deadline_s


def _write_error(failure: RequestFailed) -> CalendarUnavailable | CalendarAmbiguous:
    return (CalendarUnavailable if failure.certain else CalendarAmbiguous)(failure.reason)


def _understood(convert: Callable[..., T], *arguments: Any) -> T:
    """What `convert` makes of an answer; one that makes no sense is CalendarUnavailable."""
    try:
        return convert(*arguments)
    except BadAnswer as bad:
        raise CalendarUnavailable(str(bad)) from None


def _check_window(start: datetime, end: datetime) -> None:
    if start.tzinfo is None or end.tzinfo is None or start >= end:
        raise ValueError("a window is two aware instants, the first before the second")


def _check_ids(*ids: str) -> None:
    """`primary` is the service account's own calendar, which nobody ever sees."""
    if any(each in ("", "primary") for each in ids):
        raise ValueError("a calendar is named by its own id, never `primary`")
