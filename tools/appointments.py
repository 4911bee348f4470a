"""Makes the calendar follow a row: writes its event, moves it, deletes it.

The order is what makes it safe. The row says first what is about to happen (`booking`,
`leaving`) and names the one event id to look for; then the calendar is asked, written and
asked again; then the row goes to its end. Whatever stops half-way is found by `recovery.py`.

    booking ─ look, write, look again ─> booked
        ├─ certain that nothing was written ─> failed        NOT_DONE
        ├─ a person's event was first ───────> withdrawn     TAKEN
        └─ cannot be told ── stays in booking                UNKNOWN

What people write between our two looks is seen by the second; what Google shows late, by a
third one, which `recovery.py` takes. Read `conflicts.py` for what is in the way of what.
"""

import enum
import uuid
from datetime import datetime

import structlog

from tools.appointment_times import appointment_times
from tools.conflicts import in_the_way, others, was_first
from tools.google_events import OURS
from tools.kit import Kit
from tools.notices import booked_notices
from tools.ports import (
    CalendarAmbiguous,
    CalendarChanged,
    CalendarError,
    CalendarEvent,
    CalendarUnavailable,
)
from tools.store import HoldGone, Reservation, ReservationState, StoreError
from tools.tasks import Reason, add_task

log = structlog.get_logger(__name__)

CALL_PROPERTY = "callbridge_call"  # private property of our events beside OURS: the call they came from


class Outcome(enum.Enum):
    """What became of an attempt."""

    DONE = enum.auto()  # it stands in the calendar as the row has it, or is gone from there
    TAKEN = enum.auto()  # a person was first; everything is as it was before
    NOT_DONE = enum.auto()  # it is certain that nothing was changed
    UNKNOWN = enum.auto()  # it may be done or may be done later; the row is left to `recovery.py`


class _Ended(Exception):
    """An attempt is over, but not DONE."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome)
        self.outcome = outcome


async def begin(
    kit: Kit,
    *,
    hold_id: str,
    call_sid: str,
    customer_name: str,
    customer_email: str | None = None,
    note: str = "",
    wants_text: bool = False,
) -> tuple[Reservation, bool]:
    """held -> booking. The row, and whether no earlier attempt used it: then nothing can be written yet.

    `wants_text`: the caller has agreed to be texted about it. Raises HoldGone, BookingGone, StoreUnavailable.
    """
    now = kit.clock.now()
    event_id = uuid.uuid4().hex  # within 0-9a-v, as Google's events.insert wants an id
    row = await kit.store.begin_booking(
        hold_id=hold_id,
        call_sid=call_sid,
        event_id=event_id,
        customer_name=customer_name,
        now=now,
        customer_email=customer_email,
        note=note,
        wants_text=wants_text,
    )
    moves = row.moves_id is not None and row.event_id != event_id  # then the id is the booking's own
    begun_now = row.state is ReservationState.BOOKING and row.changed_at == now
    return row, row.event_id == event_id or (moves and begun_now)


async def write_event(kit: Kit, row: Reservation, *, first: bool) -> Outcome:
    """Write the event of a row in `booking`. `first`: as `begin` said."""
    return await _Attempt(kit, row, first=first).run(_Insert())


async def move_event(kit: Kit, row: Reservation, moved: Reservation, *, first: bool) -> Outcome:
    """Move `moved`'s event to where `row` (in `booking`) has it; in another calendar: a new one instead.

    After NOT_DONE and TAKEN `moved` is booked as before.
    """
    if row.event_id == moved.event_id:
        return await _Attempt(kit, row, first=first).run(_Patch(moved))
    outcome = await write_event(kit, row, first=first)
    if outcome is Outcome.DONE:
        await _follow(kit, moved.id)
    return outcome


async def _follow(kit: Kit, moved_id: str) -> None:
    """Delete the event of a booking that has moved into another calendar; else recovery.py will."""
    try:
        moved = await kit.store.reservation(moved_id)
    except StoreError as error:
        log.warning("old_event_left", error=type(error).__name__)
        return
    # Not leaving: that the new row is booked could not be written, and the old one still stands for both.
    if moved is not None and moved.state is ReservationState.LEAVING:
        await delete_event(kit, moved)


async def delete_event(kit: Kit, row: Reservation) -> Outcome:
    """Delete the event of a row that is `leaving`; DONE or UNKNOWN. It will be gone in the end."""
    assert row.event_id is not None, "what was booked has an event"
    try:
        await kit.calendar.delete(row.calendar_id, row.event_id)
        await kit.store.finish_leaving(reservation_id=row.id, now=kit.clock.now())
    except (CalendarError, StoreError) as error:
        log.warning("not_deleted_yet", error=type(error).__name__)
        return Outcome.UNKNOWN
    return Outcome.DONE


async def take_back(kit: Kit, row: Reservation, moved: Reservation | None, event: CalendarEvent) -> None:
    """Move the event of a row in `booking` back, or delete it if it is a new one. Raises CalendarError."""
    is_patch = moved is not None and moved.event_id == row.event_id
    way = _Patch(moved) if moved is not None and is_patch else _Insert()
    await way.take_back(kit, row, event)


def event_times(kit: Kit, row: Reservation) -> tuple[datetime, datetime]:
    """When the event of a row begins and ends."""
    return appointment_times(kit.business, row)


def stands_as_meant(kit: Kit, row: Reservation, event: CalendarEvent) -> bool:
    """Whether the event is this row's and where the row has it."""
    return event.reservation_id == row.id and (event.start, event.end) == event_times(kit, row)


async def report_clash(kit: Kit, row: Reservation) -> None:
    """Tell the owner that a person has written over a booking of ours, which stands. Raises StoreError."""
    await add_task(kit, row, Reason.CLASH, "Another event lies over this booking. One of the two has to move")


class _Insert:
    """Writes a new event."""

    async def write(self, kit: Kit, row: Reservation) -> CalendarEvent:
        """Raises CalendarUnavailable (nothing was written), CalendarAmbiguous."""
        start, end = event_times(kit, row)
        service = kit.business.service(row.service)
        name = row.service if service is None else service.name
        event = await kit.calendar.insert(
            row.calendar_id,
            event_id=_event_id(row),
            start=start,
            end=end,
            summary=f"{name.capitalize()}: {row.customer_name}",
            description=_description(row),
            private={OURS: row.id, CALL_PROPERTY: row.call_sid},
        )
        if not stands_as_meant(kit, row, event):
            raise CalendarAmbiguous("moved_by_hand")  # an earlier attempt's event; a person was at it
        return event

    async def take_back(self, kit: Kit, row: Reservation, event: CalendarEvent) -> None:
        """Raises CalendarError."""
        try:
            await kit.calendar.delete(row.calendar_id, event.id)
        except CalendarError as error:
            log.warning("delete_failed", code=error.code)
            await kit.calendar.delete(row.calendar_id, event.id)


class _Patch:
    """Moves the event of a booking."""

    def __init__(self, moved: Reservation) -> None:
        self._moved = moved

    async def write(self, kit: Kit, row: Reservation) -> CalendarEvent:
        """Raises CalendarUnavailable (nothing was written), CalendarAmbiguous."""
        event = await self._read(kit, row)
        try:
            return await self._moved_to(kit, row, event)
        except CalendarChanged:
            # Somebody wrote into it since, perhaps only a note: once more from what it is now.
            return await self._moved_to(kit, row, await self._read(kit, row))

    async def take_back(self, kit: Kit, row: Reservation, event: CalendarEvent) -> None:
        """Raises CalendarError."""
        await self._moved_to(kit, self._moved, event)

    async def _read(self, kit: Kit, row: Reservation) -> CalendarEvent:
        event = await kit.calendar.get(row.calendar_id, _event_id(row))
        if event is None:
            raise CalendarUnavailable("event_gone")
        if not (stands_as_meant(kit, self._moved, event) or stands_as_meant(kit, row, event)):
            raise CalendarUnavailable("moved_by_hand")  # what the caller was told no longer holds
        return event

    async def _moved_to(self, kit: Kit, row: Reservation, event: CalendarEvent) -> CalendarEvent:
        if stands_as_meant(kit, row, event):
            return event
        start, end = event_times(kit, row)
        return await kit.calendar.move(
            row.calendar_id,
            event,
            start=start,
            end=end,
            private={OURS: row.id, CALL_PROPERTY: row.call_sid},
        )


class _Attempt:
    """One row on its way from `booking` to an end."""

    def __init__(self, kit: Kit, row: Reservation, *, first: bool) -> None:
        self._kit = kit
        self._row = row
        self._first = first

    async def run(self, way: _Insert | _Patch) -> Outcome:
        try:
            await self._look()
            event = await self._write(way)
            if await self._person_was_first(event):
                await self._take_back(way, event)
                return Outcome.TAKEN
            await self._finish()
        except _Ended as ended:
            return ended.outcome
        return Outcome.DONE

    async def _look(self) -> None:
        """Go on only if nobody is there."""
        row = self._row
        try:
            there = await in_the_way(self._kit, row.calendar_id, row.start, row.end, row.event_id)
        except CalendarError as error:
            raise await self._not_done() from error
        except StoreError as error:
            raise _Ended(Outcome.UNKNOWN) from error
        if there:
            if not self._first:  # an earlier attempt's event may stand beside it, or still arrive
                raise _Ended(Outcome.UNKNOWN)
            await self._end(ReservationState.WITHDRAWN)
            raise _Ended(Outcome.TAKEN)

    async def _write(self, way: _Insert | _Patch) -> CalendarEvent:
        try:
            return await way.write(self._kit, self._row)
        except CalendarUnavailable as error:
            raise await self._not_done() from error
        except CalendarAmbiguous as error:
            log.warning("write_ambiguous", code=error.code)
        try:
            event = await self._kit.calendar.get(self._row.calendar_id, _event_id(self._row))
        except CalendarError as error:
            raise _Ended(Outcome.UNKNOWN) from error
        # Not there yet is not the same as not there: it may still arrive.
        if event is None or not stands_as_meant(self._kit, self._row, event):
            raise _Ended(Outcome.UNKNOWN)
        return event

    async def _person_was_first(self, ours: CalendarEvent) -> bool:
        """Look once more: between our look and our write a person may have written.

        The calendar has no lock against that. Its answer to our write is proof enough that
        ours stands, whether or not this look shows it already.
        """
        kit, row = self._kit, self._row
        try:
            around = await kit.calendar.events_between(row.calendar_id, row.start, row.end)
            seen = any(event.id == ours.id for event in around)
            if not seen and await kit.calendar.was_deleted(row.calendar_id, ours.id):
                raise _Ended(Outcome.UNKNOWN)
            there = await others(kit, around, ours.id)
            if there and not any(was_first(event, row, ours) for event in there):
                await report_clash(kit, row)
        except (CalendarError, StoreError) as error:
            log.warning("second_look_failed", error=type(error).__name__)
            return False
        return any(was_first(event, row, ours) for event in there)

    async def _take_back(self, way: _Insert | _Patch, event: CalendarEvent) -> None:
        try:
            await way.take_back(self._kit, self._row, event)
        except CalendarError as error:
            log.warning("not_taken_back", code=error.code)
            raise _Ended(Outcome.UNKNOWN) from error
        await self._end(ReservationState.WITHDRAWN)

    async def _finish(self) -> None:
        try:
            await self._kit.store.finish_booking(
                reservation_id=self._row.id,
                now=self._kit.clock.now(),
                notices=booked_notices(self._kit, self._row),
            )
        except HoldGone as error:
            raise _Ended(Outcome.UNKNOWN) from error  # recovery.py was faster, and came to another end
        except StoreError as error:
            # The event stands and the row in `booking` names it: finished later, and true already.
            log.warning("booking_not_finished", error=type(error).__name__)

    async def _not_done(self) -> _Ended:
        """The error to raise when this attempt wrote nothing. An earlier one may have."""
        if not self._first:
            return _Ended(Outcome.UNKNOWN)
        await self._end(ReservationState.FAILED)
        return _Ended(Outcome.NOT_DONE)

    async def _end(self, state: ReservationState) -> None:
        """booking -> `state`. A row left in `booking` may be finished later: then nothing is certain."""
        try:
            await self._kit.store.end_booking(
                reservation_id=self._row.id, state=state, now=self._kit.clock.now()
            )
        except StoreError as error:
            raise _Ended(Outcome.UNKNOWN) from error


def _description(row: Reservation) -> str:
    called_from = f"Booked by phone. Caller's number: {row.caller_number or 'withheld'}"
    return f"{called_from}\n{row.note}".strip()


def _event_id(row: Reservation) -> str:
    assert row.event_id is not None, "begin_booking sets it"
    return row.event_id
