"""Holds and bookings: the part of the `BookingStore` that keeps times.

Each function is one transaction. Read `rows.py` first for how they are kept apart; then
`leaving.py` for bookings that end, `recovery.py` for what nobody is at any more,
`outbox.py` for texts and callbacks, `callers.py` and `leads.py` for whoever calls.
"""

import uuid
from datetime import datetime, timedelta

import sqlalchemy as sa

from bridge.store import rows
from bridge.store.callers import Callers, keep_consent
from bridge.store.database import Contended, Database
from bridge.store.leads import Leads
from bridge.store.leaving import Leaving, let_go_of_moves
from bridge.store.outbox import Outbox, change_texts
from bridge.store.recovery import Unfinished
from bridge.store.tables import Instant, calendars, reservations
from tools.store import (
    LOOK_AGAIN_AFTER,
    UNFINISHED_AFTER,
    BookingGone,
    BookingStore,
    HoldGone,
    Notice,
    Reservation,
    ReservationState,
    SlotTaken,
)

HELD, BOOKING, BOOKED = ReservationState.HELD, ReservationState.BOOKING, ReservationState.BOOKED
LEAVING = ReservationState.LEAVING


class Bookings(Outbox, Callers, Leads, Leaving, Unfinished, BookingStore):
    """The booking store on a database."""

    def __init__(self, database: Database) -> None:
        Outbox.__init__(self, database)
        Callers.__init__(self, database)
        Leads.__init__(self, database)
        Leaving.__init__(self, database)
        Unfinished.__init__(self, database)
        self._database = database

    async def hold(
        self,
        *,
        calendar_id: str,
        service: str,
        start: datetime,
        end: datetime,
        call_sid: str,
        caller_number: str | None,
        now: datetime,
        keep_for: timedelta,
        moves_id: str | None = None,
    ) -> Reservation:
        """See BookingStore. When the slot is taken nothing changes: an earlier hold is kept."""
        wanted = Reservation(
            id=uuid.uuid4().hex,
            calendar_id=calendar_id,
            service=service,
            start=start,
            end=end,
            state=HELD,
            call_sid=call_sid,
            caller_number=caller_number,
            expires_at=now + keep_for,
            moves_id=moves_id,
        )
        try:
            return await self._database.write(lambda connection: _hold(connection, wanted, now))
        except Contended as contended:
            # Somebody is taking this slot or its neighbour at this moment.
            raise SlotTaken from contended

    async def release_hold(self, *, hold_id: str, call_sid: str, now: datetime) -> None:
        held = sa.and_(
            reservations.c.id == hold_id, reservations.c.call_sid == call_sid, reservations.c.state == HELD
        )
        await self._database.write(
            lambda connection: rows.change(connection, held, now, state=ReservationState.RELEASED)
        )

    async def begin_booking(
        self,
        *,
        hold_id: str,
        call_sid: str,
        event_id: str,
        customer_name: str,
        now: datetime,
        customer_email: str | None = None,
        note: str = "",
        wants_text: bool = False,
    ) -> Reservation:
        """See BookingStore. What is not given is taken over from the booking that is moved."""

        def work(connection: sa.Connection) -> Reservation:
            row, moved = rows.locked(connection, hold_id)
            if row is None or row.call_sid != call_sid:
                raise HoldGone
            if row.state in (BOOKING, BOOKED):
                return row
            if row.state is not HELD or row.expires_at is None or row.expires_at <= now:
                raise HoldGone
            if moved is not None:
                _check_movable(connection, moved)
            if wants_text and row.caller_number is not None:
                keep_consent(connection, row.caller_number, now)
            same_event = moved is not None and moved.calendar_id == row.calendar_id
            return rows.change_one(
                connection,
                hold_id,
                now,
                state=BOOKING,
                expires_at=None,
                event_id=moved.event_id if moved is not None and same_event else event_id,
                customer_name=customer_name,
                customer_email=customer_email or (moved.customer_email if moved is not None else None),
                note=note or (moved.note if moved is not None else ""),
                wants_text=wants_text or (moved is not None and moved.wants_text),
                first_id=None if moved is None else moved.first_id or moved.id,
                moves=0 if moved is None else moved.moves + 1,
                due_at=now + UNFINISHED_AFTER,
            )

        return await self._database.write(work)

    async def finish_booking(
        self, *, reservation_id: str, now: datetime, notices: tuple[Notice, ...] = ()
    ) -> Reservation:
        def work(connection: sa.Connection) -> Reservation:
            row, moved = rows.locked(connection, reservation_id)
            if row is None or row.state not in (BOOKING, BOOKED):
                raise HoldGone
            if row.state is BOOKED:
                return row
            if moved is not None:
                _make_way(connection, moved, row, now)
            ends = None if moved is None else moved.id
            change_texts(connection, row, now, ends=ends, notices=notices)
            return rows.change_one(
                connection,
                reservation_id,
                now,
                state=BOOKED,
                spares_from=None,
                spares_to=None,
                due_at=now + LOOK_AGAIN_AFTER,
            )

        return await self._database.write(work)

    async def end_booking(self, *, reservation_id: str, state: ReservationState, now: datetime) -> None:
        """See BookingStore. Repeating it is harmless; raises HoldGone when it is not in `booking`."""
        if state not in (ReservationState.FAILED, ReservationState.WITHDRAWN):
            raise ValueError(f"a booking does not end as {state}")

        def work(connection: sa.Connection) -> None:
            row, _ = rows.locked(connection, reservation_id)
            if row is None or row.state not in (BOOKING, state):
                raise HoldGone
            if row.state is BOOKING:
                rows.change_one(connection, reservation_id, now, state=state, due_at=None)

        await self._database.write(work)

    async def live_reservations(
        self, *, calendar_ids: list[str], start: datetime, end: datetime, now: datetime
    ) -> list[Reservation]:
        live = sa.or_(
            reservations.c.state.in_([BOOKING, BOOKED, LEAVING]),
            sa.and_(reservations.c.state == HELD, reservations.c.expires_at > now),
        )
        query = (
            rows.RESERVATION.where(calendars.c.google_id.in_(calendar_ids), live)
            .where(reservations.c.starts_at < end, reservations.c.ends_at > start)
            .order_by(reservations.c.starts_at, reservations.c.id)
        )
        return await self._database.read(lambda connection: rows.as_reservations(connection.execute(query)))

    async def bookings_of(self, *, caller_number: str, now: datetime) -> list[Reservation]:
        query = (
            rows.RESERVATION.where(reservations.c.caller_number == caller_number)
            .where(reservations.c.state == BOOKED, reservations.c.ends_at > now)
            .order_by(reservations.c.starts_at, reservations.c.id)
        )
        return await self._database.read(lambda connection: rows.as_reservations(connection.execute(query)))

    async def confirm_booking(self, *, reservation_id: str, now: datetime) -> bool:
        """See BookingStore. The first time is the one that is kept."""
        first = sa.func.coalesce(reservations.c.confirmed_at, sa.literal(now, Instant))
        booked = (reservations.c.id == reservation_id) & (reservations.c.state == BOOKED)
        return await self._database.write(
            lambda connection: rows.change(connection, booked, now, confirmed_at=first) > 0
        )

    async def reservation(self, reservation_id: str) -> Reservation | None:
        return await self._database.read(lambda connection: rows.find(connection, reservation_id))


# --- inside a transaction -----------------------------------------------------------


def _hold(connection: sa.Connection, wanted: Reservation, now: datetime) -> Reservation:
    """Make `wanted` a row, or renew the one that it repeats."""
    rows.lock_caller(connection, wanted.caller_number or wanted.call_sid)
    calendar = rows.calendar_number(connection, wanted.calendar_id)
    rows.lock_calendars(connection, {calendar, *rows.calendars_of(connection, wanted.moves_id)})
    same = _end_earlier_holds(connection, calendar, wanted, now)
    if same is not None:
        return rows.change_one(connection, same, now, service=wanted.service, expires_at=wanted.expires_at)
    spares = None
    if wanted.moves_id is not None:
        moved = rows.find(connection, wanted.moves_id)
        if moved is None:
            raise BookingGone
        _check_movable(connection, moved)
        if moved.calendar_id == wanted.calendar_id:
            spares = moved
    connection.execute(
        sa.insert(reservations).values(
            id=wanted.id,
            calendar_id=calendar,
            service=wanted.service,
            starts_at=wanted.start,
            ends_at=wanted.end,
            state=HELD,
            call_sid=wanted.call_sid,
            caller_number=wanted.caller_number,
            expires_at=wanted.expires_at,
            moves_id=wanted.moves_id,
            spares_from=None if spares is None else spares.start,
            spares_to=None if spares is None else spares.end,
            created_at=now,
            changed_at=now,
        )
    )
    return rows.found(connection, wanted.id)


def _end_earlier_holds(
    connection: sa.Connection, calendar: int, wanted: Reservation, now: datetime
) -> str | None:
    """End this caller's holds but for the wanted one, and the calendar's expired ones; the wanted one's id.

    All rows are locked at once in the order of their ids, so that two transactions that end
    some of the same holds never wait in a circle.
    """
    caller = reservations.c.call_sid == wanted.call_sid
    if wanted.caller_number is not None:
        caller |= reservations.c.caller_number == wanted.caller_number
    lapsed = (reservations.c.calendar_id == calendar) & (reservations.c.expires_at <= now)
    held = rows.lock_rows(connection, (reservations.c.state == HELD) & (caller | lapsed))
    expired = [row.id for row in held if row.expires_at <= now]
    live = [row for row in held if row.expires_at > now]
    same = [
        row.id
        for row in live
        if (row.call_sid, row.calendar_id, row.starts_at, row.ends_at, row.moves_id)
        == (wanted.call_sid, calendar, wanted.start, wanted.end, wanted.moves_id)
    ]
    earlier = [row.id for row in live if row.id not in same]
    for ids, state in ((expired, ReservationState.EXPIRED), (earlier, ReservationState.RELEASED)):
        if ids:
            rows.change(connection, reservations.c.id.in_(ids), now, state=state)
    return same[0] if same else None


def _check_movable(connection: sa.Connection, moved: Reservation) -> None:
    """Raises BookingGone unless it is booked and nobody is moving it at this moment."""
    moving = sa.select(reservations.c.id).where(
        reservations.c.moves_id == moved.id, reservations.c.state == BOOKING
    )
    if moved.state is not BOOKED or connection.execute(moving).first() is not None:
        raise BookingGone


def _make_way(connection: sa.Connection, moved: Reservation, row: Reservation, now: datetime) -> None:
    """The booking whose place `row` takes ends, or begins to. While it was being moved it stayed booked."""
    assert moved.state is BOOKED, "nothing else ends a booking that is being moved"
    let_go_of_moves(connection, moved.id, now)
    if moved.event_id == row.event_id:
        rows.change_one(connection, moved.id, now, state=ReservationState.MOVED, due_at=None)
    else:
        rows.change_one(
            connection,
            moved.id,
            now,
            state=LEAVING,
            ends_as=ReservationState.MOVED,
            due_at=now + UNFINISHED_AFTER,
        )
