"""The calendar of a business that books nothing and has none: whatever is asked of it is unavailable.

Conforms to `ports.CalendarPort`. No tool of such a business asks; `recovery.py` may, when the owner
booked before and stopped, and then nothing is changed.
"""

from datetime import datetime

from tools.ports import Busy, CalendarEvent, CalendarUnavailable


class NoCalendar:
    """Every method raises CalendarUnavailable."""

    async def free_busy(
        self, calendar_ids: list[str], start: datetime, end: datetime
    ) -> dict[str, list[Busy]]:
        raise _none()

    async def events_between(self, calendar_id: str, start: datetime, end: datetime) -> list[CalendarEvent]:
        raise _none()

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
        raise _none()

    async def get(self, calendar_id: str, event_id: str) -> CalendarEvent | None:
        raise _none()

    async def was_deleted(self, calendar_id: str, event_id: str) -> bool:
        raise _none()

    async def move(
        self,
        calendar_id: str,
        event: CalendarEvent,
        *,
        start: datetime,
        end: datetime,
        private: dict[str, str],
    ) -> CalendarEvent:
        raise _none()

    async def delete(self, calendar_id: str, event_id: str) -> None:
        raise _none()

    async def bury(
        self, calendar_id: str, *, event_id: str, start: datetime, end: datetime
    ) -> CalendarEvent | None:
        raise _none()

    async def close(self) -> None:
        """Nothing is open."""


def _none() -> CalendarUnavailable:
    return CalendarUnavailable("no_calendar")
