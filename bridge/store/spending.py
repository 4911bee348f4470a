"""What each day has cost: one number a day, added to by every process.

Days are the business's. Read `bridge/realtime/prices.py` for what a turn costs.
"""

from datetime import date

import sqlalchemy as sa

from bridge.store.database import Database
from bridge.store.tables import daily_spend, insert_into


class Spending:
    """Daily sums on a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, *, day: date, micros: int) -> None:
        """Add millionths of a dollar to a day. Carried out twice, it counts twice: a cap errs low."""

        def work(connection: sa.Connection) -> None:
            insert = insert_into(connection, daily_spend).values(day=day, micros=micros)
            total = daily_spend.c.micros + insert.excluded.micros
            connection.execute(insert.on_conflict_do_update(index_elements=["day"], set_={"micros": total}))

        await self._database.write(work)

    async def of(self, day: date) -> int:
        """Millionths of a dollar."""
        query = sa.select(daily_spend.c.micros).where(daily_spend.c.day == day)
        return await self._database.read(lambda connection: int(connection.execute(query).scalar() or 0))
