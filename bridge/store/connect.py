"""From a URL to a database. The one place that knows there are two kinds."""

from bridge.store.database import LIMIT_S, LOCK_S, Database
from bridge.store.sqlite import SqliteDatabase
from bridge.store.url import DatabaseUrlError, SqliteFile, read_url


def open_database(
    url: str,
    *,
    on_dyno: bool = False,
    allow_temporary_sqlite: bool = False,
    limit_s: float = LIMIT_S,
    lock_s: float = LOCK_S,
) -> Database:
    """The database `url` names; nothing is connected yet.

    `on_dyno`: the disk is wiped at every restart (DYNO is set), so SQLite would forget
    bookings and is refused unless `allow_temporary_sqlite`. Raises DatabaseUrlError.
    """
    place = read_url(url)
    if isinstance(place, SqliteFile):
        if on_dyno and not allow_temporary_sqlite:
            raise DatabaseUrlError(
                "SQLite would lose every booking at the next restart of a dyno: set DATABASE_URL to a"
                " PostgreSQL database, or ALLOW_TEMPORARY_SQLITE=yes for a trial"
            )
        return SqliteDatabase(place.path, limit_s=limit_s, lock_s=lock_s)
    # Here, because a server on SQLite need not carry asyncpg and SQLAlchemy's asyncio in memory.
    from bridge.store.postgres import PostgresDatabase

    return PostgresDatabase(place, limit_s=limit_s, lock_s=lock_s)
