"""Which database a URL opens."""

from pathlib import Path

import pytest

from bridge.store.connect import open_database
from bridge.store.postgres import PostgresDatabase
from bridge.store.sqlite import SqliteDatabase
from bridge.store.url import DatabaseUrlError


async def test_the_url_decides(tmp_path: Path) -> None:
    """sqlite:/// opens a file, postgres:// a server; neither is connected to yet."""
    file = open_database(f"sqlite:///{tmp_path}/missing/store.db")
    server = open_database("postgres://u:p@db.example.com/shop")
    assert isinstance(file, SqliteDatabase)
    assert isinstance(server, PostgresDatabase)
    await file.close()
    await server.close()


async def test_sqlite_is_refused_where_the_disk_is_wiped(tmp_path: Path) -> None:
    """On a dyno SQLite would forget bookings, so it takes an explicit yes."""
    url = f"sqlite:///{tmp_path}/store.db"
    with pytest.raises(DatabaseUrlError, match="ALLOW_TEMPORARY_SQLITE"):
        open_database(url, on_dyno=True)
    await open_database(url, on_dyno=True, allow_temporary_sqlite=True).close()
    await open_database("postgres://u:p@db.example.com/shop", on_dyno=True).close()
