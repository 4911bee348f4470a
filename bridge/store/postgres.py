"""PostgreSQL by asyncpg: needed as soon as there is more than one machine.

The pool fits the smallest Heroku plan (20 connections for two releases side by side, with one worker each).
Imported only when the URL asks for it, as it costs some 10 MB.
"""

import ssl
from contextlib import aclosing
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from bridge.store.database import LIMIT_S, LOCK_S, Contended, Database, T, Work
from bridge.store.url import PostgresServer, Tls
from tools.store import SlotTaken, StoreUnavailable

POOL = 5
OVERFLOW = 2
RECYCLE_S = 300
CONNECT_S = 3.0

EXCLUSION_VIOLATION = "23P01"
DEADLOCK_DETECTED = "40P01"
LOCK_NOT_AVAILABLE = "55P03"


class PostgresDatabase(Database):
    """A database on a PostgreSQL server."""

    def __init__(self, server: PostgresServer, *, limit_s: float = LIMIT_S, lock_s: float = LOCK_S) -> None:
        super().__init__(limit_s=limit_s, lock_s=lock_s)
        self._engine = create_async_engine(
            sa.URL.create("postgresql+asyncpg"),
            connect_args=connect_arguments(server) | {"timeout": CONNECT_S, "command_timeout": limit_s},
            hide_parameters=True,  # an error's text must not carry names and numbers
            pool_size=POOL,
            max_overflow=OVERFLOW,
            pool_timeout=lock_s,
            pool_pre_ping=True,  # a failover closes connections behind our back
            pool_recycle=RECYCLE_S,
        )

    async def _run(self, work: Work[T], *, writes: bool) -> T:
        try:
            connection = await self._engine.connect()
        except Exception as error:  # asyncpg's own types, the network's, the pool's: all mean the same
            raise StoreUnavailable(f"no connection to PostgreSQL: {type(error).__name__}") from error
        try:
            async with aclosing(connection):
                return await self._transact(connection, work, writes=writes)
        except sa.exc.DBAPIError as error:
            raise _translated(error) from error
        except (TimeoutError, OSError) as error:
            raise StoreUnavailable(f"PostgreSQL: {type(error).__name__}") from error

    async def _transact(self, connection: AsyncConnection, work: Work[T], *, writes: bool) -> T:
        async with connection.begin():
            if writes:
                # In the transaction, not of the session: that also works behind a pooler.
                limit = f"{round(self.lock_s * 1000)}ms"
                await connection.execute(sa.select(sa.func.set_config("lock_timeout", limit, True)))
            return await connection.run_sync(work)

    async def _close(self) -> None:
        await self._engine.dispose()


def connect_arguments(server: PostgresServer) -> dict[str, Any]:
    """What asyncpg's `connect` is given for `server`. Reads the root certificate's file, if one is named."""
    given = {
        "host": server.host,
        "port": server.port,
        "user": server.user,
        "password": server.password,
        "database": server.database,
    }
    arguments: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if server.application_name is not None:
        arguments["server_settings"] = {"application_name": server.application_name}
    arguments["ssl"] = _tls(server)
    return arguments


def _tls(server: PostgresServer) -> ssl.SSLContext | str:
    mode = server.tls
    if mode is Tls.REQUIRE and server.root_certificate is not None:
        mode = Tls.VERIFY_CA  # as libpq does
    if mode not in (Tls.VERIFY_CA, Tls.VERIFY_FULL):
        return mode.value
    file = server.root_certificate
    context = ssl.create_default_context(cafile=None if file == "system" else file)
    context.check_hostname = mode is Tls.VERIFY_FULL
    return context


def _translated(error: sa.exc.DBAPIError) -> Exception:
    """The store's word for a driver's error; a fault of ours stays what it is."""
    sqlstate = getattr(error.orig, "sqlstate", None)
    if sqlstate == EXCLUSION_VIOLATION:
        return SlotTaken()
    if sqlstate in (DEADLOCK_DETECTED, LOCK_NOT_AVAILABLE):
        return Contended(f"PostgreSQL: {sqlstate}")
    # The dialect of asyncpg has no DataError; SQLSTATE class 22 is one.
    is_of_data = isinstance(sqlstate, str) and sqlstate.startswith("22")
    if is_of_data or isinstance(error, sa.exc.IntegrityError | sa.exc.ProgrammingError | sa.exc.DataError):
        return error
    # The code only: the server's own text may quote values.
    return StoreUnavailable(f"PostgreSQL: {sqlstate or type(error.orig).__name__}")
