"""The SQLite file: its settings, its threads and its locks."""

import asyncio
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from bridge.store.connect import open_database
from tools.store import StoreUnavailable


def threads() -> set[str]:
    return {thread.name for thread in threading.enumerate() if thread.name.startswith("sqlite-")}


def driver(connection: sa.Connection) -> sqlite3.Connection:
    found = connection.connection.dbapi_connection
    assert isinstance(found, sqlite3.Connection)
    return found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


async def test_the_file_is_set_up_to_be_shared(file: Path) -> None:
    """WAL for readers beside a writer, foreign keys on, every commit on the disk."""
    database = open_database(f"sqlite:///{file}")
    for name, set_to in {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 2}.items():
        ask = sa.text(f"PRAGMA {name}")
        for transaction in (database.read, database.write):
            assert await transaction(lambda c, ask=ask: c.execute(ask).scalar()) == set_to  # type: ignore[misc]
    ask = sa.text("PRAGMA busy_timeout")
    assert await database.read(lambda c: c.execute(ask).scalar()) == 2000
    assert await database.write(lambda c: c.execute(ask).scalar()) == 5  # it tries anew itself
    await database.close()


async def test_a_locked_file_is_unavailable_to_writers_only(file: Path) -> None:
    """While another process writes, ours waits, gives up, and still reads."""
    database = open_database(f"sqlite:///{file}", lock_s=0.05)
    await database.write(lambda c: c.execute(sa.text("CREATE TABLE things (name)")))
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="locked"):
            await database.write(lambda c: c.execute(sa.text("INSERT INTO things VALUES ('a')")))
        assert await database.read(lambda c: c.execute(sa.text("SELECT count(*) FROM things")).scalar()) == 0
        other.execute("ROLLBACK")
    await database.write(lambda c: c.execute(sa.text("INSERT INTO things VALUES ('a')")))
    await database.close()


async def test_a_writer_that_hangs_is_given_up_and_waited_for_at_the_end(file: Path) -> None:
    """Whoever waits is free after `limit_s`; closing waits for the thread."""
    database = open_database(f"sqlite:///{file}", limit_s=0.01)
    go_on = threading.Event()
    with pytest.raises(StoreUnavailable, match="in time"):
        await database.write(lambda _: go_on.wait())
    assert not go_on.is_set()
    go_on.set()
    await database.close()
    assert threads() == set()


async def test_what_is_written_together_does_not_wait_for_the_disk(file: Path) -> None:
    """Nobody was told of it. A write does wait, also after that: it is on another connection."""
    database = open_database(f"sqlite:///{file}")
    found: list[object] = []
    ask = sa.text("PRAGMA synchronous")
    await database.write_together([lambda c: found.append(c.execute(ask).scalar())] * 2)
    await database.write(lambda c: found.append(c.execute(ask).scalar()))
    assert found == [1, 1, 2]
    await database.close()
    assert threads() == set()


async def test_what_is_written_together_is_all_there_or_nothing(file: Path) -> None:
    """A rule broken by one comes out as what it is, and undoes the others."""
    database = open_database(f"sqlite:///{file}")
    await database.write(lambda c: c.execute(sa.text("CREATE TABLE things (name UNIQUE)")))
    count = sa.text("SELECT count(*) FROM things")

    def insert(connection: sa.Connection) -> None:
        connection.execute(sa.text("INSERT INTO things VALUES ('a')"))

    with pytest.raises(sa.exc.IntegrityError):
        await database.write_together([insert, insert])
    assert await database.read(lambda c: c.execute(count).scalar()) == 0
    await database.write_together([insert])
    assert await database.read(lambda c: c.execute(count).scalar()) == 1
    await database.close()


async def test_a_write_costs_no_statement_of_its_own(file: Path) -> None:
    """How long to wait for a lock is set with the connection, not around every write."""
    database = open_database(f"sqlite:///{file}")
    said: list[str] = []
    await database.write(lambda c: driver(c).set_trace_callback(said.append))
    said.clear()
    await database.write(lambda c: c.execute(sa.text("CREATE TABLE things (name)")))
    assert said == ["BEGIN IMMEDIATE", "CREATE TABLE things (name)", "COMMIT"]
    await database.close()


async def test_a_full_disk_is_unavailable(file: Path) -> None:
    """Nothing is promised that could not be written."""
    database = open_database(f"sqlite:///{file}")

    def fill(connection: sa.Connection) -> None:
        connection.execute(sa.text("CREATE TABLE things (name)"))
        connection.execute(sa.text("PRAGMA max_page_count = 3"))
        connection.execute(sa.text("INSERT INTO things VALUES (zeroblob(100000))"))

    with pytest.raises(StoreUnavailable, match="full"):
        await database.write(fill)
    await database.close()


async def test_a_fault_of_ours_is_not_called_the_databases(file: Path) -> None:
    """A broken rule comes out as what it is, and undoes the whole transaction."""
    database = open_database(f"sqlite:///{file}")
    await database.write(lambda c: c.execute(sa.text("CREATE TABLE things (name UNIQUE)")))

    def twice(connection: sa.Connection) -> None:
        for _ in range(2):
            connection.execute(sa.text("INSERT INTO things VALUES (:name)"), {"name": "Dana Reed"})

    with pytest.raises(sa.exc.IntegrityError) as broken:
        await database.write(twice)
    assert "Dana Reed" not in str(broken.value)
    assert await database.read(lambda c: c.execute(sa.text("SELECT count(*) FROM things")).scalar()) == 0
    await database.close()


async def test_whoever_gives_up_is_free_at_once(file: Path) -> None:
    """A cancelled caller does not wait for its transaction, and the next one is served."""
    database = open_database(f"sqlite:///{file}")
    started, go_on = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def hang(_: sa.Connection) -> None:
        loop.call_soon_threadsafe(started.set)
        go_on.wait()

    writing = asyncio.create_task(database.write(hang))
    await started.wait()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    go_on.set()
    assert await database.write(lambda c: c.execute(sa.text("SELECT 1")).scalar()) == 1
    await database.close()
    assert threads() == set()
