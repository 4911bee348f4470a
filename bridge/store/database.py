"""What a database is to the store: it runs a function in a transaction, in bounded time.

Every query of the store is a plain function of a SQLAlchemy connection, handed to `read`
or `write`. So one query serves both databases: PostgreSQL, where waiting leaves the loop
to others, and SQLite, where the whole transaction runs in a thread. They are in
`postgres.py` and `sqlite.py`; `connect.py` picks one.

What `write` has returned from is on the disk. What nobody waits for is an `Entry`: several
go into one transaction, by way of `journal.py`, which says what a crash takes with it.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Generator, Iterable
from functools import partial
from typing import Any, TypeVar

import sqlalchemy as sa

from tools.store import StoreUnavailable

T = TypeVar("T")
Work = Callable[[sa.Connection], T]
Row = dict[str, Any]
WriteRows = Callable[[sa.Connection, list[Row]], object]

LIMIT_S = 5.0  # one transaction, waiting for a connection included
LOCK_S = 2.0  # waiting for somebody else's lock


class Contended(StoreUnavailable):
    """Somebody else kept a lock that this transaction needs; nothing was written."""


class Database(ABC):
    """Base of both databases. `limit_s` bounds a transaction, `lock_s` the wait for a lock."""

    def __init__(self, *, limit_s: float = LIMIT_S, lock_s: float = LOCK_S) -> None:
        self.limit_s = limit_s
        self.lock_s = lock_s
        self._out: set[asyncio.Task[Any]] = set()

    async def read(self, work: Work[T]) -> T:
        """Run `work` in a transaction that only reads. Raises StoreUnavailable."""
        return await self._in_time(self._run(work, writes=False))

    async def write(self, work: Work[T]) -> T:
        """Run `work` in a transaction and commit it.

        Raises SlotTaken when a reservation overlaps a live one, Contended when a lock was
        not to be had, and StoreUnavailable: then it may or may not have been written.
        """
        return await self._in_time(self._run(work, writes=True))

    async def write_together(self, works: Iterable[Work[object]]) -> None:
        """Run all of `works` in one transaction, in this order, and commit it.

        Raises as `write` does; if one of them is wrong, nothing of any is written. All their locks are
        kept until the end, so of two processes that meet over two rows one gets Contended, and tries
        again. When the machine itself crashes, the latest of these transactions may be undone whole.
        """
        await self.write(together(works))

    async def close(self) -> None:
        """Wait for what is still running, then close every connection and thread."""
        if self._out:
            await asyncio.wait(self._out)
        await self._close()

    @abstractmethod
    async def _run(self, work: Work[T], *, writes: bool) -> T: ...

    @abstractmethod
    async def _close(self) -> None: ...

    async def _in_time(self, transaction: Coroutine[Any, Any, T]) -> T:
        # In a task of its own, because tidying up a connection whose network is gone takes
        # seconds of its own: whoever gives up, or is cancelled, must be free at once.
        task = asyncio.create_task(transaction)
        self._out.add(task)
        task.add_done_callback(self._is_back)
        try:
            await asyncio.wait({task}, timeout=self.limit_s)
        except asyncio.CancelledError:
            task.cancel()
            raise
        if not task.done():
            task.cancel()
            raise StoreUnavailable("the database did not answer in time")
        return task.result()

    def _is_back(self, task: asyncio.Task[Any]) -> None:
        self._out.discard(task)
        if not task.cancelled():
            task.exception()  # looked at, so that an abandoned one does not warn


def together(works: Iterable[Work[object]]) -> Work[None]:
    """All of `works`, one after the other, in one transaction."""
    works = tuple(works)

    def work(connection: sa.Connection) -> None:
        for one in works:
            one(connection)

    return work


class Entry:
    """A write that has not begun: await it for a transaction of its own, or give it to the journal."""

    def __init__(self, database: Database, work: Work[object]) -> None:
        self.database = database
        self.work = work

    def __await__(self) -> Generator[Any, None, object]:
        return self.database.write(self.work).__await__()


class RowEntry(Entry):
    """One that is a row for a function which takes many: what stands together is then one statement."""

    def __init__(self, database: Database, write_rows: WriteRows, row: Row) -> None:
        """`write_rows`: the same object each time. Other writes may get between the rows and it, as it waits
        for the last of them.
        """
        super().__init__(database, lambda connection: write_rows(connection, [row]))
        self.write_rows = write_rows
        self.row = row


def joined(entries: Iterable[Entry]) -> list[Work[object]]:
    """What the entries do, in their order; rows of one function at once, in the place of the last of them."""
    rows_of: dict[WriteRows, list[Row]] = {}
    works: dict[object, Work[object]] = {}
    for entry in entries:
        if isinstance(entry, RowEntry):
            rows_of.setdefault(entry.write_rows, []).append(entry.row)
            works.pop(entry.write_rows, None)
            works[entry.write_rows] = partial(_write_rows, entry.write_rows, rows_of[entry.write_rows])
        else:
            works[entry] = entry.work
    return list(works.values())


def _write_rows(write_rows: WriteRows, rows: list[Row], connection: sa.Connection) -> None:
    write_rows(connection, rows)
