"""The check-then-insert way, to show that the race can be lost: look whether it is free, then write.

It runs on a database without the rule against overlaps, and without our locks.
"""

import uuid
from typing import Any

import sqlalchemy as sa

from bridge.store.connect import open_database
from bridge.store.database import Database
from bridge.store.store import Store
from bridge.store.tables import calendars, insert_into, reservations
from tests.races.racer import Plan
from tests.races.store_racer import StoreRacer
from tools.store import Reservation, ReservationState, SlotTaken


async def without_rules(url: str) -> None:
    """Take the database's own protection away."""

    def work(connection: sa.Connection) -> None:
        for name in ("reservations_one_hold_per_call", "reservations_one_hold_per_number"):
            connection.execute(sa.text(f"DROP INDEX {name}"))
        if connection.dialect.name == "postgresql":
            rule = "ALTER TABLE reservations DROP CONSTRAINT reservations_never_overlap"
            connection.execute(sa.text(rule))
        else:
            for event in ("insert", "update"):
                connection.execute(sa.text(f"DROP TRIGGER reservations_never_overlap_{event}"))

    database = open_database(url)
    await database.write(work)
    await database.close()


class NaiveRacer(StoreRacer):
    """Holds by looking first."""

    def __init__(self, plan: Plan, store: Store, database: Database) -> None:
        super().__init__(plan, store)
        self._bookings: Any = _CheckThenInsert(store.bookings, database)


class _CheckThenInsert:
    """A booking store whose `hold` is two transactions."""

    def __init__(self, store: Any, database: Database) -> None:
        self._store = store
        self._database = database

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def hold(self, **wanted: Any) -> Reservation:
        live = await self._store.live_reservations(
            calendar_ids=[wanted["calendar_id"]], start=wanted["start"], end=wanted["end"], now=wanted["now"]
        )
        if [row for row in live if row.id != wanted["moves_id"]]:
            raise SlotTaken
        hold_id = uuid.uuid4().hex

        def work(connection: sa.Connection) -> None:
            google_id = wanted["calendar_id"]
            new = insert_into(connection, calendars).values(google_id=google_id).on_conflict_do_nothing()
            connection.execute(new)
            connection.execute(
                sa.insert(reservations).values(
                    id=hold_id,
                    calendar_id=sa.select(calendars.c.id)
                    .where(calendars.c.google_id == google_id)
                    .scalar_subquery(),
                    service=wanted["service"],
                    starts_at=wanted["start"],
                    ends_at=wanted["end"],
                    state=ReservationState.HELD,
                    call_sid=wanted["call_sid"],
                    caller_number=wanted["caller_number"],
                    expires_at=wanted["now"] + wanted["keep_for"],
                    moves_id=wanted["moves_id"],
                    created_at=wanted["now"],
                    changed_at=wanted["now"],
                )
            )

        await self._database.write(work)
        row: Reservation = await self._store.reservation(hold_id)
        return row
