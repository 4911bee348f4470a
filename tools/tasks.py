"""Tasks for a person: what the owner must know about a booking, or must tell its caller.

One per booking and reason, however often it is found out. Read `recovery.py` for most of them.
"""

import enum

from tools.callbacks import Callback, urgency_of
from tools.kit import Kit
from tools.owner import ask
from tools.store import Reservation


class Reason(enum.StrEnum):
    """Why a person is asked."""

    CLASH = "clash"  # a person's event lies over a booking, which stands
    WITHDRAWN = "withdrawn"  # booked, then taken back: a person's event had been there before
    EVENT_DELETED = "event_deleted"  # a person deleted a booking's event just after it was made
    EVENT_MISSING = "event_missing"  # booked, and the calendar does not show it
    FINISHED_LATE = "finished_late"  # booked or moved after all; the caller was not told
    NOT_FINISHED = "not_finished"  # not booked or not moved; the caller was not told


async def add_task(kit: Kit, row: Reservation, reason: Reason, what: str) -> None:
    """Write a task about a booking. `what`: a sentence without its full stop. Raises StoreError."""
    start = row.start.astimezone(kit.business.tz)
    task = Callback(
        call_sid=row.call_sid,
        key=row.id,
        number=row.caller_number,
        name=row.customer_name,
        message=f"{what}: {row.service}, {start:%Y-%m-%d %H:%M}.",
        reason=reason.value,
        urgency=urgency_of(reason.value),
    )
    await ask(kit.store, kit.business, task, now=kit.clock.now())
