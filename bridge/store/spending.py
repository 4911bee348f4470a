"""What each day has cost: one number a day, added to by every process.

Every turn costs something, so a process sums up in memory (`Till`) and adds to the day every few
seconds, at the end of a call and at its own. A process that is killed forgets what its calls cost in
its last seconds, and that much more than the day's cap may be spent. Days are the business's. Read
`bridge/realtime/prices.py` for what a turn costs.
"""

import asyncio
from datetime import date
from functools import partial

import sqlalchemy as sa

from bridge.store.database import Database, Entry
from bridge.store.journal import Journal
from bridge.store.tables import daily_spend, insert_into

WRITTEN_WITHIN_S = 5.0


class Spending:
    """Daily sums on a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, *, day: date, micros: int) -> Entry:
        """Add millionths of a dollar to a day. Carried out twice, it counts twice: a cap errs low."""

        def work(connection: sa.Connection) -> None:
            insert = insert_into(connection, daily_spend).values(day=day, micros=micros)
            total = daily_spend.c.micros + insert.excluded.micros
            connection.execute(insert.on_conflict_do_update(index_elements=["day"], set_={"micros": total}))

        return Entry(self._database, work)

    async def of(self, day: date) -> int:
        """Millionths of a dollar."""
        query = sa.select(daily_spend.c.micros).where(daily_spend.c.day == day)
        return await self._database.read(lambda connection: int(connection.execute(query).scalar() or 0))


class Till:
    """What this process's calls have cost since it was last written down."""

    def __init__(self, spending: Spending, journal: Journal) -> None:
        self._spending = spending
        self._journal = journal
        self._sums: dict[date, int] = {}  # micros
        self._due: asyncio.TimerHandle | None = None

    def add(self, *, day: date, micros: int) -> None:
        """Count millionths of a dollar to a day; in the journal within WRITTEN_WITHIN_S seconds."""
        self._sums[day] = self._sums.get(day, 0) + micros
        if self._due is None:
            self._due = asyncio.get_running_loop().call_later(WRITTEN_WITHIN_S, self.empty)

    def empty(self) -> None:
        """Put all that was counted into the journal: a call ends, or the journal is about to be closed."""
        if self._due is not None:
            self._due.cancel()
            self._due = None
        sums, self._sums = self._sums, {}
        for day, micros in sums.items():
            self._journal.note(partial(self._spending.add, day=day, micros=micros))
