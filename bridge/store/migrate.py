"""Brings a database up to date: what `python -m bridge migrate` runs, and Heroku's release phase.

The steps are Alembic's, in `migrations/versions/`. Any number of processes may do this at
once and as often as they like: one migrates, the others wait and find nothing left to do.
"""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from bridge.store.connect import open_database

LOCK_KEY = 0x43414C4C  # of PostgreSQL's advisory lock; SQLite's write transaction is lock enough
PATIENCE_S = 300.0  # a step may rewrite a table; another release may be at it


async def migrate(url: str) -> None:
    """Apply every step `url`'s database has not seen, all or none.

    Raises DatabaseUrlError, StoreUnavailable.
    """
    database = open_database(url, limit_s=PATIENCE_S, lock_s=PATIENCE_S)
    try:
        await database.write(_upgrade)
    finally:
        await database.close()


def configuration(connection: sa.Connection) -> Config:
    """Alembic's settings, without a file."""
    config = Config()
    folder = str(Path(__file__).parent / "migrations")
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK_KEY)))
    command.upgrade(configuration(connection), "head")
