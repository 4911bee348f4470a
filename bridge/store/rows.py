"""Rows of the table `reservations`: read, locked and changed inside a transaction.

What keeps a slot from being sold twice, from the outside in:
1. every change that can make a row live holds its calendar's lock (PostgreSQL: an advisory
   lock; SQLite: the write transaction), so that rivals queue instead of deadlocking;
2. the database refuses an overlap by itself, whoever writes and however.
Locks are always taken in the order caller, calendars by number, rows by id, texts.
Used by `bookings.py`, `leaving.py` and `recovery.py`, which are the transactions.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bridge.store.tables import calendars, insert_into, reservations
from tools.store import Reservation, ReservationState

# Namespaces of PostgreSQL's two-number advisory locks.
CALLER_LOCK = 1
CALENDAR_LOCK = 2
TEXT_LOCK = 3
CODE_LOCK = 4

RESERVATION = sa.select(reservations, calendars.c.google_id).join(calendars)


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
            moves_id=row.moves_id,
            ends_as=None if row.ends_as is None else ReservationState(row.ends_as),
            due_at=row.due_at,
            changed_at=row.changed_at,
            customer_email=row.customer_email,
            note=row.note,
            wants_text=row.wants_text,
            confirmed_at=row.confirmed_at,
            first_id=row.first_id,
            moves=row.moves,
        )
        for row in rows
    ]


# --- locks: nothing to do on SQLite, whose write transaction is alone -------------------


def lock_caller(connection: sa.Connection, caller: str) -> None:
    """One hold at a time for one caller, on whatever calendars."""
    _lock(connection, CALLER_LOCK, sa.func.hashtext(caller))


def lock_calendars(connection: sa.Connection, numbers: Iterable[int]) -> None:
    """All of a transaction's calendars at once, so that two transactions never wait in a circle."""
    for number in sorted(set(numbers)):
        _lock(connection, CALENDAR_LOCK, sa.literal(number, sa.Integer))


def lock_texts(connection: sa.Connection) -> None:
    """One transaction at a time puts texts into the outbox or cancels them: they are counted there.

    Lock the reservation that a text is about before, as its foreign key asks for that row too.
    """
    _lock(connection, TEXT_LOCK, sa.literal(0, sa.Integer))


def lock_codes(connection: sa.Connection, number: str) -> None:
    """One new code at a time for one number, as they are counted."""
    _lock(connection, CODE_LOCK, sa.func.hashtext(number))


def _lock(connection: sa.Connection, kind: int, key: sa.ColumnElement[int]) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.literal(kind, sa.Integer), key)))


# --- rows --------------------------------------------------------------------------


def calendar_number(connection: sa.Connection, google_id: str) -> int:
    """Our number of a calendar, given on first sight."""
    query = sa.select(calendars.c.id).where(calendars.c.google_id == google_id)
    number = connection.execute(query).scalar()
    if number is None:
        connection.execute(
            insert_into(connection, calendars).values(google_id=google_id).on_conflict_do_nothing()
        )
        number = connection.execute(query).scalar_one()
    return int(number)


def calendars_of(connection: sa.Connection, *reservation_ids: str | None) -> set[int]:
    """Numbers of the calendars that these rows are on. A row never changes its calendar."""
    query = sa.select(reservations.c.calendar_id).where(reservations.c.id.in_(reservation_ids))
    return set(connection.execute(query).scalars())


def find(connection: sa.Connection, reservation_id: str) -> Reservation | None:
    found = as_reservations(connection.execute(RESERVATION.where(reservations.c.id == reservation_id)))
    return found[0] if found else None


def found(connection: sa.Connection, reservation_id: str) -> Reservation:
    """A row that is known to exist."""
    row = find(connection, reservation_id)
    assert row is not None, "rows are never deleted"
    return row


def locked(connection: sa.Connection, reservation_id: str) -> tuple[Reservation | None, Reservation | None]:
    """The row and the booking it is to take the place of, if any; both with all their locks.

    That is their calendars' locks and their own, until the end of the transaction.
    """
    row = find(connection, reservation_id)
    if row is None:
        return None, None
    ids = [each for each in (reservation_id, row.moves_id) if each is not None]
    lock_calendars(connection, calendars_of(connection, *ids))
    lock_rows(connection, reservations.c.id.in_(ids))
    return find(connection, reservation_id), None if row.moves_id is None else found(connection, row.moves_id)


def lock_rows(connection: sa.Connection, which: sa.ColumnElement[bool]) -> list[Any]:
    """Those rows, in the order of their ids, nobody else's until the end of the transaction."""
    query = sa.select(reservations).where(which).order_by(reservations.c.id).with_for_update()
    return list(connection.execute(query))


def change(connection: sa.Connection, which: sa.ColumnElement[bool], now: datetime, **values: Any) -> int:
    """Write `values` into those rows; how many there were."""
    return connection.execute(sa.update(reservations).where(which).values(changed_at=now, **values)).rowcount


def change_one(connection: sa.Connection, reservation_id: str, now: datetime, **values: Any) -> Reservation:
    """Write `values` into one row; the row as it is then."""
    change(connection, reservations.c.id == reservation_id, now, **values)
    return found(connection, reservation_id)
