"""Google Calendar, as the tools use it: what is read (`calendar_reading.py`), and insert, move, delete.

Every failure says what is certain. A write is CalendarUnavailable when nothing was done,
CalendarAmbiguous when that is not known; then the same event id asks again what became of it.
Conforms to `ports.CalendarPort`. Read next: `google_events.py`, `google_client.py`.
"""

from datetime import datetime
from functools import partial
from typing import Any

from googleapiclient.http import HttpRequest

from tools.calendar_reading import CalendarReading, check_ids, check_window
from tools.google_client import RequestFailed
from tools.google_events import (
    EVENT_ID,
    OURS,
    BadAnswer,
    burial_body,
    event_body,
    moved_body,
    one_event,
    private_properties,
)
from tools.ports import CalendarAmbiguous, CalendarChanged, CalendarEvent, CalendarUnavailable


class Calendar(CalendarReading):
    """The calendars one service account can reach. Build one per process, `close` it at the end."""

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
        check_window(start, end)
        check_ids(calendar_id)
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

    async def move(
        self,
        calendar_id: str,
        event: CalendarEvent,
        *,
        start: datetime,
        end: datetime,
        private: dict[str, str],
    ) -> CalendarEvent:
        """Patch times and private properties under `If-Match`; the event as it is then.

        Raises CalendarChanged (412: somebody has written it since it was read; 404, 410 or the
        403 for a deleted one: it is gone), CalendarUnavailable, CalendarAmbiguous.
        """
        check_window(start, end)
        check_ids(calendar_id, event.id)
        if not event.etag:
            raise ValueError("without its etag an event is never moved")
        body = moved_body(start=start, end=end, zone=self._zone, private=private)

        def patch() -> HttpRequest:
            request = self._client.events.patch(
                calendarId=calendar_id, eventId=event.id, body=body, sendUpdates="none"
            )
            request.headers = {**(request.headers or {}), "If-Match": event.etag}
            return request

        try:
            answer = await self._client.write(patch, self._ends_at())
        except RequestFailed as failure:
            # Google forbids to write into what was deleted. And after an attempt without an answer even
            # a clear 412 may mean that our own was written.
            gone = failure.status == 403 and failure.reason == "forbidden"
            if failure.certain and (gone or failure.status in (404, 410, 412)):
                raise CalendarChanged(failure.reason) from None
            raise _write_error(failure) from None
        try:
            moved = one_event(answer, self._zone)
        except BadAnswer:
            moved = None
        if moved is None or moved.id != event.id:
            raise CalendarAmbiguous("bad_answer")
        return moved

    async def bury(
        self, calendar_id: str, *, event_id: str, start: datetime, end: datetime
    ) -> CalendarEvent | None:
        """Insert an event under this id and delete it; or the event that stands under it already.

        What the insert says is the truth: reads may lag behind writes, the check of the id
        does not. Raises CalendarUnavailable, CalendarAmbiguous.
        """
        check_window(start, end)
        check_ids(calendar_id)
        body = burial_body(event_id=event_id, start=start, end=end, zone=self._zone)
        make = partial(self._client.events.insert, calendarId=calendar_id, body=body, sendUpdates="none")
        try:
            await self._client.write(make, self._ends_at())
        except RequestFailed as failure:
            if failure.status != 409:
                raise _write_error(failure) from None
            standing = await self.get(calendar_id, event_id)
            if standing is not None and not standing.burying:
                return standing
            if standing is None:
                if not await self.was_deleted(calendar_id, event_id):
                    raise CalendarAmbiguous("not_seen_yet") from None
                return None
        await self.delete(calendar_id, event_id)
        return None

    async def delete(self, calendar_id: str, event_id: str) -> None:
        """Delete; an event already gone is no error. Raises CalendarUnavailable, CalendarAmbiguous."""
        check_ids(calendar_id, event_id)
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


def _write_error(failure: RequestFailed) -> CalendarUnavailable | CalendarAmbiguous:
    return (CalendarUnavailable if failure.certain else CalendarAmbiguous)(failure.reason)
