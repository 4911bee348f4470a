"""SQLite: one file, one machine, any number of processes.

Transactions run in two threads, one for writing and one for reading: SQLite has one writer
at a time anyway, and in WAL mode readers do not wait for it. They are jobs of the loop's
`run_in_executor`, so that a loop whose time jumps (`replay --fast`) knows they are out.

A booking that was said to be made survives a power cut: each `write` waits for the disk
(`synchronous = FULL`). What is written together does not (NORMAL), and is on the disk with the
next `write` at the latest: both append to the same log, in order. The file is sound either way,
and a process that is killed undoes neither.
"""

import asyncio
import sqlite3
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import sqlalchemy as sa

from bridge.store.database import LIMIT_S, LOCK_S, Database, T, Work, together
from tools.store import SlotTaken, StoreUnavailable

# SQLite's own waiting for a lock sleeps longer with every try, up to a tenth of a second, and so
# whoever has waited longest loses to those who just came. A writer begins it anew this often.
TRY_S = 0.005
OVERLAP = "reservations overlap"  # what the triggers of the first migration say


class SqliteDatabase(Database):
    """The database in one file."""

    def __init__(self, path: str, *, limit_s: float = LIMIT_S, lock_s: float = LOCK_S) -> None:
        super().__init__(limit_s=limit_s, lock_s=lock_s)
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="sqlite-read")
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="sqlite-write")
        self._reading = _open(path, lock_s, writes=False)
        self._writing = _open(path, lock_s, writes=True)
        self._noting = _open(path, lock_s, writes=True, synchronous="NORMAL")

    async def _run(self, work: Work[T], *, writes: bool) -> T:
        thread, engine = (self._writer, self._writing) if writes else (self._reader, self._reading)
        return await asyncio.get_running_loop().run_in_executor(thread, _transact, engine, work)

    async def write_together(self, works: Iterable[Work[object]]) -> None:
        loop, work = asyncio.get_running_loop(), together(works)

        async def run() -> None:
            await loop.run_in_executor(self._writer, _transact, self._noting, work)

        await self._in_time(run())

    async def _close(self) -> None:
        loop = asyncio.get_running_loop()
        # The threads' last jobs, so a transaction nobody waits for any more is over by then.
        await loop.run_in_executor(self._reader, self._reading.dispose)
        for engine in (self._writing, self._noting):
            await loop.run_in_executor(self._writer, engine.dispose)
        self._reader.shutdown()
        self._writer.shutdown()


def _open(path: str, lock_s: float, *, writes: bool, synchronous: str = "FULL") -> sa.Engine:
    """One connection, for one thread. Nothing is opened yet."""
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=path),
        hide_parameters=True,  # an error's text must not carry names and numbers
        pool_size=1,
        max_overflow=0,
        connect_args={"timeout": lock_s},
    )
    sa.event.listen(engine, "connect", partial(_prepare, writes=writes, synchronous=synchronous))
    sa.event.listen(engine, "begin", partial(_begin_writing, lock_s=lock_s) if writes else _begin_reading)
    return engine


def _transact(engine: sa.Engine, work: Work[T]) -> T:
    try:
        with engine.begin() as connection:
            return work(connection)
    except sa.exc.IntegrityError as error:
        if OVERLAP in str(error.orig):
            raise SlotTaken from error
        raise
    except (sa.exc.DatabaseError, sa.exc.InterfaceError, sa.exc.TimeoutError) as error:
        if isinstance(error, sa.exc.ProgrammingError | sa.exc.DataError):
            raise  # a fault of ours, not of the database
        raise StoreUnavailable(f"SQLite: {getattr(error, 'orig', error)}") from error


def _prepare(connection: sqlite3.Connection, _: object, *, writes: bool, synchronous: str) -> None:
    # None: Python must not begin transactions of its own; `_begin_reading` and `_begin_writing` do.
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA synchronous = {synchronous}")
    if writes:  # in WAL mode it waits for nothing but its beginning, and that tries again by itself
        connection.execute(f"PRAGMA busy_timeout = {round(TRY_S * 1000)}")


def _begin_reading(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _begin_writing(connection: sa.Connection, *, lock_s: float) -> None:
    # A transaction that begins by reading and then writes can fail at the step between;
    # one that begins as a writer waits its turn.
    for left in reversed(range(max(1, round(lock_s / TRY_S)))):
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            return
        except sa.exc.OperationalError as error:
            if not left or getattr(error.orig, "sqlite_errorcode", None) != sqlite3.SQLITE_BUSY:
                raise
