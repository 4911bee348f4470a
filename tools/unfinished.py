"""What becomes of a reservation that its process left: the calendar is asked, then the row ends.

The row names the event that may or may not stand:

    booking  its event stands ──────> booked, or withdrawn if a person was first
             nothing stands ────────> failed, once its id is buried: a late insert meets the tombstone
    leaving  its event is deleted ──> what it was to end as
    booked   looked at once more, some seconds after it was made: Google's answers may lag

Whoever was on the line has not heard how it ended, so a person is asked to tell them: before
the row ends, as whoever dies in between is followed by one who writes the task again, once.
Used by `recovery.py`, for rows that it has claimed.
"""

from datetime import timedelta

from tools.appointments import (
    Outcome,
    delete_event,
    event_times,
    report_clash,
    stands_as_meant,
    take_back,
)
from tools.conflicts import came_at, others, was_first
from tools.kit import Kit
from tools.notices import booked_notices, cancelled_notices
from tools.ports import CalendarEvent
from tools.store import UNFINISHED_AFTER, Reservation, ReservationState
from tools.tasks import Reason, add_task

SETTLED = "callbridge_settled"  # private property: written only so that the event has a new etag
LOOK_EVERY = timedelta(seconds=30)  # at a booking whose event the calendar does not show yet
LOOK_FOR = timedelta(minutes=10)  # after which a person is asked


class StillOpen(Exception):
    """What became of it cannot be told yet."""


async def settle_reservation(kit: Kit, row: Reservation) -> None:
    """Bring a claimed row to its end. Raises StillOpen, CalendarError, StoreError: to be repeated."""
    match row.state:
        case ReservationState.BOOKING:
            await _settle_booking(kit, row)
        case ReservationState.LEAVING:
            await _settle_leaving(kit, row)
        case ReservationState.BOOKED:
            await _look_again(kit, row)


# --- booking ----------------------------------------------------------------------------


async def _settle_booking(kit: Kit, row: Reservation) -> None:
    moved = None if row.moves_id is None else await kit.store.reservation(row.moves_id)
    if moved is not None and moved.event_id == row.event_id:
        standing = await _moved_event(kit, row, moved)
    else:
        start, end = event_times(kit, row)
        standing = await kit.calendar.bury(row.calendar_id, event_id=_event_id(row), start=start, end=end)
    if standing is None:
        await _not_finished(kit, row, ReservationState.FAILED)
    elif await _person_was_first(kit, row, standing):
        await take_back(kit, row, moved, standing)
        await _not_finished(kit, row, ReservationState.WITHDRAWN)
    else:
        await add_task(kit, row, Reason.FINISHED_LATE, "Booked after all; tell the caller")
        await kit.store.finish_booking(
            reservation_id=row.id, now=kit.clock.now(), notices=booked_notices(kit, row)
        )


async def _moved_event(kit: Kit, row: Reservation, moved: Reservation) -> CalendarEvent | None:
    """The event, if it was moved; None once it is certain that it never will be.

    A patch that is still on its way names the etag that was read before it. So the event is
    given a new one: whatever arrives late is refused.
    """
    event = await kit.calendar.get(row.calendar_id, _event_id(row))
    if event is not None and stands_as_meant(kit, row, event):
        return event
    if event is None:
        if not await kit.calendar.was_deleted(row.calendar_id, _event_id(row)):
            raise StillOpen
        # A person has deleted it: then the old booking has no event, which its own look finds.
        await kit.store.set_due(reservation_id=moved.id, due_at=kit.clock.now())
        return None
    await kit.calendar.move(
        row.calendar_id, event, start=event.start, end=event.end, private={SETTLED: row.id}
    )
    return None


async def _person_was_first(kit: Kit, row: Reservation, ours: CalendarEvent) -> bool:
    around = await kit.calendar.events_between(row.calendar_id, row.start, row.end)
    return any(was_first(event, row, ours) for event in await others(kit, around, ours.id))


async def _not_finished(kit: Kit, row: Reservation, state: ReservationState) -> None:
    what = "moved" if row.moves_id is not None else "booked"
    await add_task(kit, row, Reason.NOT_FINISHED, f"Not {what} in the end; tell the caller")
    await kit.store.end_booking(reservation_id=row.id, state=state, now=kit.clock.now())


# --- leaving ----------------------------------------------------------------------------


async def _settle_leaving(kit: Kit, row: Reservation) -> None:
    if row.ends_as is ReservationState.WITHDRAWN:
        what = "Taken back, as another event was there before; tell the caller and offer another time"
        await add_task(kit, row, Reason.WITHDRAWN, what)
    if await delete_event(kit, row) is not Outcome.DONE:
        raise StillOpen


# --- booked -----------------------------------------------------------------------------


async def _look_again(kit: Kit, row: Reservation) -> None:
    """The third look: at what the calendar did not show yet when the booking was made."""
    around = await kit.calendar.events_between(row.calendar_id, row.start, row.end)
    ours = next((event for event in around if event.id == row.event_id), None)
    if ours is None:
        await _look_for_event(kit, row)
        return
    there = await others(kit, around, ours.id)
    if any(_stood_before(event, row, ours) for event in there):
        await _settle_leaving(kit, await _begin_leaving(kit, row, ReservationState.WITHDRAWN))
        return
    if there:
        await report_clash(kit, row)
    await kit.store.set_due(reservation_id=row.id, due_at=None)


async def _look_for_event(kit: Kit, row: Reservation) -> None:
    """It is not where the row has it: deleted or moved by a person, or not to be seen yet."""
    now = kit.clock.now()
    due_at = None
    if await kit.calendar.was_deleted(row.calendar_id, _event_id(row)):
        await add_task(kit, row, Reason.EVENT_DELETED, "Deleted in the calendar; tell the caller")
        await _begin_leaving(kit, row, ReservationState.CANCELLED)
        await kit.store.finish_leaving(reservation_id=row.id, now=now)
        return
    if await kit.calendar.get(row.calendar_id, _event_id(row)) is None:
        if row.changed_at is None or now < row.changed_at + LOOK_FOR:
            due_at = now + LOOK_EVERY
        else:
            await add_task(kit, row, Reason.EVENT_MISSING, "Booked, but the calendar does not show it")
    await kit.store.set_due(reservation_id=row.id, due_at=due_at)


async def _begin_leaving(kit: Kit, row: Reservation, ends_as: ReservationState) -> Reservation:
    return await kit.store.begin_leaving(
        reservation_id=row.id, ends_as=ends_as, now=kit.clock.now(), notices=cancelled_notices(kit, row)
    )


def _stood_before(event: CalendarEvent, row: Reservation, ours: CalendarEvent) -> bool:
    """Whether a person's event certainly was there before ours: nobody has touched it since.

    A caller has been told that they are booked, so here doubt counts for the booking.
    """
    came = came_at(row, ours)
    if came is None or row.changed_at is None:
        return False
    # Long after the row was booked it was not us who wrote into the event: when it was moved is forgotten.
    touched = row.moves_id is not None and came > row.changed_at + UNFINISHED_AFTER
    moved_here = event.updated is not None and event.updated > came
    return was_first(event, row, ours) and not touched and not moved_here


def _event_id(row: Reservation) -> str:
    assert row.event_id is not None, "begin_booking sets it"
    return row.event_id
