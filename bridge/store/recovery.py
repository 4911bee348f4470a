"""What nobody is at any more, handed to one process at a time: for `tools/recovery.py`.

A row says itself when it wants to be looked at (`due_at`). Whoever claims it puts that off
by UNFINISHED_AFTER, so any number of processes may ask, and one that dies is followed by
another. Nothing is written, and no lock taken, while there is nothing to do.
"""

from datetime import datetime

import sqlalchemy as sa

from bridge.store import rows
from bridge.store.database import Database
from bridge.store.outbox import as_texts
from bridge.store.tables import outbox, reservations
from tools.store import UNFINISHED_AFTER, Reservation, ReservationState, Text, TextState


class Unfinished:
    """Claims on a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def expire_holds(self, *, now: datetime) -> int:
        lapsed = (reservations.c.state == ReservationState.HELD) & (reservations.c.expires_at <= now)
        if not await self._any(reservations, lapsed):
            return 0

        def work(connection: sa.Connection) -> int:
            ids = [row.id for row in rows.lock_rows(connection, lapsed)]
            return rows.change(connection, reservations.c.id.in_(ids), now, state=ReservationState.EXPIRED)

        return await self._database.write(work)

    async def claim_due(self, *, now: datetime, most: int) -> list[Reservation]:
        due = reservations.c.due_at <= now
        if not await self._any(reservations, due):
            return []

        def work(connection: sa.Connection) -> list[Reservation]:
            ids = _claimed(connection, reservations, due, most)
            changed = sa.update(reservations).where(reservations.c.id.in_(ids))
            connection.execute(changed.values(due_at=now + UNFINISHED_AFTER))
            query = rows.RESERVATION.where(reservations.c.id.in_(ids)).order_by(reservations.c.id)
            return rows.as_reservations(connection.execute(query))

        return await self._database.write(work)

    async def set_due(self, *, reservation_id: str, due_at: datetime | None) -> None:
        put_off = (
            sa.update(reservations)
            .where(reservations.c.id == reservation_id, reservations.c.state == ReservationState.BOOKED)
            .values(due_at=due_at)
        )

        def work(connection: sa.Connection) -> None:
            connection.execute(put_off)

        await self._database.write(work)

    async def claim_due_texts(self, *, now: datetime, most: int) -> list[Text]:
        due = outbox.c.due_at <= now
        if not await self._any(outbox, due):
            return []

        def work(connection: sa.Connection) -> list[Text]:
            ids = _claimed(connection, outbox, due, most)
            claimed = outbox.c.id.in_(ids)
            put_off = sa.update(outbox).where(claimed).values(due_at=now + UNFINISHED_AFTER)
            connection.execute(put_off)
            # Whoever was sending it is gone: it may be with Twilio or not.
            left = sa.update(outbox).where(claimed, outbox.c.state == TextState.SENDING)
            connection.execute(left.values(state=TextState.UNKNOWN, changed_at=now))
            return as_texts(
                connection.execute(
                    sa.select(outbox).where(claimed).order_by(outbox.c.created_at, outbox.c.id)
                )
            )

        return await self._database.write(work)

    async def text_is_done(self, *, text_id: str, now: datetime) -> None:
        done = sa.update(outbox).where(outbox.c.id == text_id, outbox.c.state == TextState.UNKNOWN)

        def work(connection: sa.Connection) -> None:
            connection.execute(done.values(due_at=None, changed_at=now))

        await self._database.write(work)

    async def _any(self, table: sa.Table, which: sa.ColumnElement[bool]) -> bool:
        query = sa.select(table.c.id).where(which).limit(1)
        return await self._database.read(lambda connection: connection.execute(query).first() is not None)


def _claimed(connection: sa.Connection, table: sa.Table, due: sa.ColumnElement[bool], most: int) -> list[str]:
    """Ids of the longest due rows, locked; those that somebody else is claiming are passed over."""
    query = sa.select(table.c.id).where(due).order_by(table.c.due_at, table.c.id).limit(most)
    return list(connection.execute(query.with_for_update(skip_locked=True)).scalars())
