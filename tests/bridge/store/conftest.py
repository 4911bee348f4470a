"""What the store's tests work with, on both databases: see `tests/conftest.py` for those."""

from collections.abc import AsyncIterator

import pytest

from bridge.store.connect import open_database
from bridge.store.database import Database
from bridge.store.store import Store


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    database = open_database(url)
    yield database
    await database.close()


@pytest.fixture
async def store(database: Database) -> Store:
    """A store on `database`, which closes it."""
    return Store(database)
