"""Whether anything in the calendar is in the way of a time, and who was there first.

Between our own rows the store is the lock, whatever the calendar shows: its answers may lag
by seconds, and then show an event that we have just moved or deleted. What people write can
only be seen. Used by `holds.py`, `appointments.py` and `recovery.py`.
"""

from datetime import datetime

from tools.kit import Kit
from tools.ports import CalendarEvent
from tools.store import LIVE, UNFINISHED_AFTER, Reservation


async def in_the_way(
    kit: Kit, calendar_id: str, start: datetime, end: datetime, own_event_id: str | None = None
) -> list[CalendarEvent]:
    """Events in [start, end) that are not ours to judge by our own rows. Raises CalendarError, StoreError."""
    events = await kit.calendar.events_between(calendar_id, start, end)
    return await others(kit, events, own_event_id)


async def others(kit: Kit, events: list[CalendarEvent], own_event_id: str | None) -> list[CalendarEvent]:
    """`events` without the one asked for and without those that our rows account for. Raises StoreError."""
    return [event for event in events if event.id != own_event_id and not await _is_accounted_for(kit, event)]


def was_first(event: CalendarEvent, row: Reservation, ours: CalendarEvent) -> bool:
    """Whether a person's event was there before ours came to its time; when that cannot be told, it was."""
    came = came_at(row, ours)
    return event.created is None or came is None or event.created <= came


def came_at(row: Reservation, ours: CalendarEvent) -> datetime | None:
    """When the event of a row came to its time, by the calendar's clock: it was made, or moved there.

    Whatever a person writes into an event counts as an update too, so of one that was moved
    this is the latest moment it can have been.
    """
    return ours.created if row.moves_id is None else ours.updated or ours.created


async def _is_accounted_for(kit: Kit, event: CalendarEvent) -> bool:
    """Whether the event is where a row of ours has it, so that the store already judged it.

    One that a person has dragged to another time is not, nor one of another installation.
    Neither is one whose row ended a while ago: a person has taken it out of the bin.
    """
    if event.reservation_id is None:
        return False
    row = await kit.store.reservation(event.reservation_id)
    if row is None or row.event_id != event.id or row.start != event.start or event.end > row.end:
        return False
    just_ended = row.changed_at is not None and kit.clock.now() < row.changed_at + UNFINISHED_AFTER
    return row.state in LIVE or just_ended
