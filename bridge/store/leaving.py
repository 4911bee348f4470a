"""Bookings that end: cancelled, taken back, or moved into another calendar.

A booking's event can only be deleted outside of a transaction, so it takes two: `leaving`,
from where there is no way back, and the end. In between the time stays taken. Read `rows.py` first.
"""

from datetime import datetime

import sqlalchemy as sa

from bridge.store import rows
from bridge.store.database import Database
from bridge.store.outbox import change_texts
from bridge.store.tables import reservations
from tools.store import UNFINISHED_AFTER, BookingGone, Notice, Reservation, ReservationState

ENDS = (ReservationState.CANCELLED, ReservationState.WITHDRAWN)


class Leaving:
    """Ends of bookings on a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin_leaving(
        self,
        *,
        reservation_id: str,
        ends_as: ReservationState,
        now: datetime,
        notices: tuple[Notice, ...] = (),
    ) -> Reservation:
        if ends_as not in ENDS:
            raise ValueError(f"a booking does not leave as {ends_as}")

        def work(connection: sa.Connection) -> Reservation:
            rows.lock_calendars(connection, rows.calendars_of(connection, reservation_id))
            moving = reservations.c.moves_id == reservation_id
            unfinished = reservations.c.state.in_([ReservationState.HELD, ReservationState.BOOKING])
            around = rows.lock_rows(connection, (reservations.c.id == reservation_id) | (moving & unfinished))
            row = rows.find(connection, reservation_id)
            if row is not None and row.state is ReservationState.LEAVING:
                return row
            if row is None or row.state is not ReservationState.BOOKED:
                raise BookingGone
            if any(each.state == ReservationState.BOOKING for each in around):
                raise BookingGone
            let_go_of_moves(connection, reservation_id, now)
            change_texts(connection, row, now, ends=reservation_id, notices=notices)
            return rows.change_one(
                connection,
                reservation_id,
                now,
                state=ReservationState.LEAVING,
                ends_as=ends_as,
                due_at=now + UNFINISHED_AFTER,
            )

        return await self._database.write(work)

    async def finish_leaving(self, *, reservation_id: str, now: datetime) -> Reservation:
        def work(connection: sa.Connection) -> Reservation:
            row, _ = rows.locked(connection, reservation_id)
            if row is None or row.ends_as is None:
                raise BookingGone
            if row.state is not ReservationState.LEAVING:
                return row  # somebody was faster
            return rows.change_one(connection, reservation_id, now, state=row.ends_as, due_at=None)

        return await self._database.write(work)


def let_go_of_moves(connection: sa.Connection, reservation_id: str, now: datetime) -> None:
    """Release the holds that were to move this booking: their times lean on its own."""
    held = (reservations.c.moves_id == reservation_id) & (reservations.c.state == ReservationState.HELD)
    if ids := [row.id for row in rows.lock_rows(connection, held)]:
        rows.change(connection, reservations.c.id.in_(ids), now, state=ReservationState.RELEASED)
