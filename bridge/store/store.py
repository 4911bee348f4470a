"""The store as the rest of the server gets it: one object, opened once in `bridge/app.py`.

Read `connect.py` for the URL, `bookings.py` and `calls.py` for what can be asked, `journal.py`
for writes nobody waits for.
"""

from datetime import datetime

from bridge.store.bookings import Bookings
from bridge.store.calls import CallStore
from bridge.store.connect import open_database
from bridge.store.database import Database
from bridge.store.handoffs import HandoffStore
from bridge.store.report import Report
from bridge.store.resuming import ResumeStore
from bridge.store.retention import Swept, sweep
from bridge.store.spending import Spending
from tools.store import BookingStore


class Store:
    """Everything kept, on one database."""

    def __init__(self, database: Database, *, transcripts: bool = True) -> None:
        self._database = database
        self.bookings: BookingStore = Bookings(database)
        self.calls = CallStore(database, transcripts=transcripts)
        self.handoffs = HandoffStore(database)
        self.resuming = ResumeStore(database)
        self.spending = Spending(database)
        self.report = Report(database)

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        on_dyno: bool = False,
        allow_temporary_sqlite: bool = False,
        transcripts: bool = True,
    ) -> "Store":
        """The store at `url`, which `bridge.store.migrate.migrate` has brought up to date.

        Nothing is connected yet: a server starts, and takes calls to a person, while its
        database is away. Raises DatabaseUrlError.
        """
        database = open_database(url, on_dyno=on_dyno, allow_temporary_sqlite=allow_temporary_sqlite)
        return cls(database, transcripts=transcripts)

    async def sweep(self, *, now: datetime, retention_days: int) -> Swept:
        """Forget what is older than `retention_days`. Raises StoreUnavailable."""
        return await sweep(self._database, now=now, retention_days=retention_days)

    async def close(self) -> None:
        """Close every connection and thread. Close the journal first."""
        await self._database.close()
