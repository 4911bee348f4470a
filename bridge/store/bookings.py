"""Holds, bookings, texts and callbacks: the `BookingStore` that the tools are given.

What keeps a slot from being sold twice, from the outside in:
1. every change that can make a row live holds its calendar's lock (PostgreSQL: an advisory
   lock; SQLite: the write transaction), so that rivals queue instead of deadlocking;
2. the database refuses an overlap by itself, whoever writes and however.
Locks are always taken in the order caller, calendar, rows by id. Texts and callbacks are in `outbox.py`.
"""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bridge.store.database import Contended, Database
from bridge.store.outbox import Outbox
from bridge.store.tables import calendars, insert_into, reservations
from tools.store import BookingStore, HoldGone, Reservation, ReservationState, SlotTaken

HELD, BOOKING, BOOKED = ReservationState.HELD, ReservationState.BOOKING, ReservationState.BOOKED

# Namespaces of PostgreSQL's two-number advisory locks.
CALLER_LOCK = 1
CALENDAR_LOCK = 2

RESERVATION = sa.select(reservations, calendars.c.google_id).join(calendars)


class Bookings(Outbox, BookingStore):
    """The booking store on a database."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
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
    ) -> Reservation:
        """See BookingStore. When the slot is taken nothing changes: an earlier hold is kept."""

        def work(connection: sa.Connection) -> Reservation:
            _lock_caller(connection, caller_number or call_sid)
            calendar = _calendar(connection, calendar_id)
            _lock_calendar(connection, calendar)
            wanted = (call_sid, calendar, start, end)
            hold_id = _end_earlier_holds(connection, wanted, caller_number, now)
            if hold_id is not None:
                _set(
                    connection, reservations.c.id == hold_id, now, service=service, expires_at=now + keep_for
                )
            else:
                hold_id = uuid.uuid4().hex
                connection.execute(
                    sa.insert(reservations).values(
                        id=hold_id,
                        calendar_id=calendar,
                        service=service,
                        starts_at=start,
                        ends_at=end,
                        state=HELD,
                        call_sid=call_sid,
                        caller_number=caller_number,
                        expires_at=now + keep_for,
                        created_at=now,
                        changed_at=now,
                    )
                )
            return _found(connection, hold_id)

        try:
            return await self._database.write(work)
        except Contended as contended:
            # Somebody is taking this slot or its neighbour at this moment.
            raise SlotTaken from contended

    async def release_hold(self, *, hold_id: str, call_sid: str, now: datetime) -> None:
        held = sa.and_(
            reservations.c.id == hold_id, reservations.c.call_sid == call_sid, reservations.c.state == HELD
        )
        await self._database.write(
            lambda connection: _set(connection, held, now, state=ReservationState.RELEASED)
        )

    async def begin_booking(
        self, *, hold_id: str, call_sid: str, event_id: str, customer_name: str, now: datetime
    ) -> Reservation:
        def work(connection: sa.Connection) -> Reservation:
            row = _locked(connection, hold_id)
            if row is None or row.call_sid != call_sid:
                raise HoldGone
            if row.state in (BOOKING, BOOKED):
                return row
            if row.state is not HELD or row.expires_at is None or row.expires_at <= now:
                raise HoldGone
            _set(
                connection,
                reservations.c.id == hold_id,
                now,
                state=BOOKING,
                expires_at=None,
                event_id=event_id,
                customer_name=customer_name,
            )
            return _found(connection, hold_id)

        return await self._database.write(work)

    async def finish_booking(self, *, reservation_id: str, now: datetime) -> Reservation:
        """See BookingStore. Raises HoldGone when there is no such booking to finish."""
        return await self._database.write(lambda connection: _move(connection, reservation_id, BOOKED, now))

    async def end_booking(self, *, reservation_id: str, state: ReservationState, now: datetime) -> None:
        """See BookingStore. Repeating it is harmless; raises HoldGone when it is not in `booking`."""
        if state not in (ReservationState.FAILED, ReservationState.WITHDRAWN):
            raise ValueError(f"a booking does not end as {state}")
        await self._database.write(lambda connection: _move(connection, reservation_id, state, now))

    async def live_reservations(
        self, *, calendar_ids: list[str], start: datetime, end: datetime, now: datetime
    ) -> list[Reservation]:
        live = sa.or_(
            reservations.c.state.in_([BOOKING, BOOKED]),
            sa.and_(reservations.c.state == HELD, reservations.c.expires_at > now),
        )
        query = (
            RESERVATION.where(calendars.c.google_id.in_(calendar_ids), live)
            .where(reservations.c.starts_at < end, reservations.c.ends_at > start)
            .order_by(reservations.c.starts_at, reservations.c.id)
        )
        return await self._database.read(lambda connection: as_reservations(connection.execute(query)))

    async def reservation(self, reservation_id: str) -> Reservation | None:
        return await self._database.read(lambda connection: _find(connection, reservation_id))


def as_reservations(rows: Iterable[sa.Row[Any]]) -> list[Reservation]:
    """Rows of `RESERVATION` as the tools know them."""
    return [
        Reservation(
            id=row.id,
            calendar_id=row.google_id,
            service=row.service,
            start=row.starts_at,
            end=row.ends_at,
            state=ReservationState(row.state),
            call_sid=row.call_sid,
            caller_number=row.caller_number,
            expires_at=row.expires_at,
            event_id=row.event_id,
            customer_name=row.customer_name,
        )
        for row in rows
    ]


# --- locks: nothing to do on SQLite, whose write transaction is alone -------------------


def _lock_caller(connection: sa.Connection, caller: str) -> None:
    """One hold at a time for one caller, on whatever calendars."""
    _lock(connection, CALLER_LOCK, sa.func.hashtext(caller))


def _lock_calendar(connection: sa.Connection, calendar: int) -> None:
    _lock(connection, CALENDAR_LOCK, sa.literal(calendar, sa.Integer))


def _lock(connection: sa.Connection, kind: int, key: sa.ColumnElement[int]) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.literal(kind, sa.Integer), key)))


# --- rows --------------------------------------------------------------------------


def _calendar(connection: sa.Connection, google_id: str) -> int:
    """Our number of a calendar, given on first sight."""
    query = sa.select(calendars.c.id).where(calendars.c.google_id == google_id)
    number = connection.execute(query).scalar()
    if number is None:
        connection.execute(
            insert_into(connection, calendars).values(google_id=google_id).on_conflict_do_nothing()
        )
        number = connection.execute(query).scalar_one()
    return int(number)


def _find(connection: sa.Connection, reservation_id: str) -> Reservation | None:
    found = as_reservations(connection.execute(RESERVATION.where(reservations.c.id == reservation_id)))
    return found[0] if found else None


def _found(connection: sa.Connection, reservation_id: str) -> Reservation:
    row = _find(connection, reservation_id)
    assert row is not None, "rows are never deleted"
    return row


def _locked(connection: sa.Connection, reservation_id: str) -> Reservation | None:
    """The row, with its calendar's lock and its own held until the end of the transaction."""
    calendar = connection.execute(
        sa.select(reservations.c.calendar_id).where(reservations.c.id == reservation_id)
    ).scalar()
    if calendar is None:
        return None
    _lock_calendar(connection, calendar)
    connection.execute(
        sa.select(reservations.c.id).where(reservations.c.id == reservation_id).with_for_update()
    )
    return _find(connection, reservation_id)


def _end_earlier_holds(
    connection: sa.Connection,
    wanted: tuple[str, int, datetime, datetime],
    caller_number: str | None,
    now: datetime,
) -> str | None:
    """End all expired holds, and this caller's live ones but for the `wanted` one; its id, if there is one.

    `wanted`: call id, calendar, start, end. All rows are locked at once in the order of their
    ids, so that two transactions that end some of the same holds never wait in a circle.
    """
    caller = reservations.c.call_sid == wanted[0]
    if caller_number is not None:
        caller |= reservations.c.caller_number == caller_number
    rows = connection.execute(
        sa.select(reservations)
        .where(reservations.c.state == HELD, caller | (reservations.c.expires_at <= now))
        .order_by(reservations.c.id)
        .with_for_update()
    ).all()
    expired = [row.id for row in rows if row.expires_at <= now]
    live = [row for row in rows if row.expires_at > now]
    same = [row.id for row in live if (row.call_sid, row.calendar_id, row.starts_at, row.ends_at) == wanted]
    earlier = [row.id for row in live if row.id not in same]
    for ids, state in ((expired, ReservationState.EXPIRED), (earlier, ReservationState.RELEASED)):
        if ids:
            _set(connection, reservations.c.id.in_(ids), now, state=state)
    return same[0] if same else None


def _set(connection: sa.Connection, which: sa.ColumnElement[bool], now: datetime, **values: Any) -> None:
    connection.execute(sa.update(reservations).where(which).values(changed_at=now, **values))


def _move(
    connection: sa.Connection, reservation_id: str, state: ReservationState, now: datetime
) -> Reservation:
    """booking -> `state`, once; a row already there is returned as it is."""
    row = _locked(connection, reservation_id)
    if row is None or row.state not in (BOOKING, state):
        raise HoldGone
    if row.state is BOOKING:
        _set(connection, reservations.c.id == reservation_id, now, state=state)
    return _found(connection, reservation_id)
