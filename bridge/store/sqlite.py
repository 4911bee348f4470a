"""SQLite: one file, one machine, any number of processes.

Transactions run in two threads, one for writing and one for reading: SQLite has one writer
at a time anyway, and in WAL mode readers do not wait for it. They are jobs of the loop's
`run_in_executor`, so that a loop whose time jumps (`replay --fast`) knows they are out.
"""

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import sqlalchemy as sa

from bridge.store.database import LIMIT_S, LOCK_S, Database, T, Work
from tools.store import SlotTaken, StoreUnavailable

BEGIN_READING, BEGIN_WRITING = "BEGIN", "BEGIN IMMEDIATE"
# SQLite's own waiting for a lock sleeps longer with every try, up to a tenth of a second, and so
# whoever has waited longest loses to those who just came. It is begun anew this often.
TRY_S = 0.005
OVERLAP = "reservations overlap"  # what the triggers of the first migration say


class SqliteDatabase(Database):
    """The database in one file."""

    def __init__(self, path: str, *, limit_s: float = LIMIT_S, lock_s: float = LOCK_S) -> None:
        super().__init__(limit_s=limit_s, lock_s=lock_s)
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="sqlite-read")
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="sqlite-write")
        engine = sa.create_engine(
            sa.URL.create("sqlite", database=path),
            hide_parameters=True,  # an error's text must not carry names and numbers
            pool_size=2,
            max_overflow=0,
            connect_args={"timeout": lock_s},
        )
        sa.event.listen(engine, "connect", _prepare)
        sa.event.listen(engine, "begin", partial(_begin, lock_s=lock_s))
        self._reading = engine.execution_options(begin=BEGIN_READING)
        # A transaction that begins by reading and then writes can fail at the step between;
        # one that begins as a writer waits its turn.
        self._writing = engine.execution_options(begin=BEGIN_WRITING)

    async def _run(self, work: Work[T], *, writes: bool) -> T:
        thread, engine = (self._writer, self._writing) if writes else (self._reader, self._reading)
        return await asyncio.get_running_loop().run_in_executor(thread, _transact, engine, work)

    async def _close(self) -> None:
        loop = asyncio.get_running_loop()
        for thread in (self._reader, self._writer):
            # Dispose is the thread's last job, so a transaction nobody waits for any more is over by then.
            await loop.run_in_executor(thread, self._writing.dispose)
            thread.shutdown()


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


def _prepare(connection: sqlite3.Connection, _: object) -> None:
    # None: Python must not begin transactions of its own; `_begin` does.
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")  # a booking that was said to be made survives a power cut


def _begin(connection: sa.Connection, lock_s: float) -> None:
    begin = connection.get_execution_options()["begin"]
    if begin != BEGIN_WRITING:
        connection.exec_driver_sql(begin)
        return
    _wait_for_locks(connection, TRY_S)
    try:
        for left in reversed(range(max(1, round(lock_s / TRY_S)))):
            try:
                connection.exec_driver_sql(begin)
                break
            except sa.exc.OperationalError as error:
                if not left or getattr(error.orig, "sqlite_errorcode", None) != sqlite3.SQLITE_BUSY:
                    raise
    finally:
        _wait_for_locks(connection, lock_s)


def _wait_for_locks(connection: sa.Connection, seconds: float) -> None:
    connection.exec_driver_sql(f"PRAGMA busy_timeout = {round(seconds * 1000)}")
