"""The store as one object."""

import subprocess
import sys
from pathlib import Path

import pytest

from bridge.call.messages import RecordTurn
from bridge.store.store import Store
from bridge.store.url import DatabaseUrlError
from tests.bridge.store.examples import NOW, book
from tools.store import StoreUnavailable


async def test_what_one_store_writes_the_next_one_finds(url: str) -> None:
    """A store that was closed has kept everything."""
    store = await Store.open(url)
    booked = await book(store.bookings)
    await store.close()
    store = await Store.open(url)
    assert await store.bookings.reservation(booked.id) == booked
    await store.close()


async def test_the_settings_reach_the_store(url: str, tmp_path: Path) -> None:
    """Transcripts off, and SQLite refused where it would be wiped."""
    store = await Store.open(url, transcripts=False)
    turn = RecordTurn(item_id="item1", speaker="caller", text="Hello.")
    await store.calls.record_turn(call_sid="CA1", number=1, turn=turn, now=NOW)
    assert await store.report.turns() == []
    await store.close()
    with pytest.raises(DatabaseUrlError):
        await Store.open(f"sqlite:///{tmp_path}/a.db", on_dyno=True)
    await (await Store.open(f"sqlite:///{tmp_path}/a.db", on_dyno=True, allow_temporary_sqlite=True)).close()


async def test_a_store_without_a_database_opens_and_says_so_when_asked(tmp_path: Path) -> None:
    """The server can start, and take calls to a person, while its database is away."""
    store = await Store.open(f"sqlite:///{tmp_path}/nowhere/store.db")
    with pytest.raises(StoreUnavailable):
        await book(store.bookings)
    await store.close()


def test_a_server_on_sqlite_does_not_carry_what_it_does_not_use() -> None:
    """Neither the PostgreSQL driver nor the migrations are loaded with the store."""
    program = "import sys, bridge.store.store; print(*sys.modules)"
    loaded = subprocess.run(  # noqa: S603
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    ).stdout.split()
    assert not {"asyncpg", "aiosqlite", "alembic", "sqlalchemy.ext.asyncio", "sqlalchemy.orm"} & set(loaded)
