"""How a PostgreSQL server is reached, and what happens when it is not."""

import asyncio
import ssl
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from bridge.store.connect import open_database
from bridge.store.database import Contended
from bridge.store.postgres import connect_arguments
from bridge.store.url import PostgresServer, read_url
from tests.databases import administer
from tools.store import StoreUnavailable


def arguments(url: str) -> dict[str, object]:
    place = read_url(url)
    assert isinstance(place, PostgresServer)
    return connect_arguments(place)


def test_the_driver_gets_what_the_url_says() -> None:
    """Each part of the URL is an argument of its own, so nothing is quoted twice."""
    assert arguments("postgres://ann:s%40fe@db.example.com:5433/shop?application_name=bridge") == {
        "host": "db.example.com",
        "port": 5433,
        "user": "ann",
        "password": "s@fe",
        "database": "shop",
        "server_settings": {"application_name": "bridge"},
        "ssl": "require",
    }


def test_require_does_not_look_at_the_certificate_and_verify_does() -> None:
    """Heroku's certificates are self-signed; whoever wants them checked says verify-full."""
    assert arguments("postgres://u@db.example.com/shop")["ssl"] == "require"
    full = arguments("postgres://u@db.example.com/shop?sslmode=verify-full")["ssl"]
    assert isinstance(full, ssl.SSLContext)
    assert (full.verify_mode, full.check_hostname) == (ssl.CERT_REQUIRED, True)
    authority = arguments("postgres://u@db.example.com/shop?sslmode=verify-ca&sslrootcert=system")["ssl"]
    assert isinstance(authority, ssl.SSLContext)
    assert (authority.verify_mode, authority.check_hostname) == (ssl.CERT_REQUIRED, False)


def test_a_root_certificate_is_always_used() -> None:
    """As in libpq, naming one turns `require` into verify-ca; a missing file is an error, not a shrug."""
    named = arguments("postgres://u@db.example.com/shop?sslrootcert=system")["ssl"]
    assert isinstance(named, ssl.SSLContext)
    with pytest.raises(FileNotFoundError):
        arguments("postgres://u@db.example.com/shop?sslrootcert=/nowhere/ca.pem")


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    """A refused connection is the store's own error, whatever the driver calls it."""
    silent = await asyncio.start_server(lambda _, __: None, "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    silent.close()
    await silent.wait_closed()
    database = open_database(f"postgres://u:secret@127.0.0.1:{port}/shop")
    with pytest.raises(StoreUnavailable) as unavailable:
        await database.read(lambda c: c.execute(sa.text("SELECT 1")))
    assert "secret" not in str(unavailable.value)
    await database.close()


async def test_a_server_that_never_answers_is_given_up(tmp_path: Path) -> None:
    """The limit holds although the connection stands open and nothing comes."""
    connected: list[asyncio.StreamWriter] = []
    path = str(tmp_path / ".s.PGSQL.5432")
    silent = await asyncio.start_unix_server(lambda _, writer: connected.append(writer), path)
    database = open_database(f"postgresql://u@/shop?host={tmp_path}", limit_s=0.05)
    with pytest.raises(StoreUnavailable, match="in time"):
        await database.read(lambda c: c.execute(sa.text("SELECT 1")))
    await database.close()
    for writer in connected:
        writer.close()
        await writer.wait_closed()
    silent.close()
    await silent.wait_closed()


async def test_a_connection_lost_in_a_transaction_is_unavailable_and_replaced(postgres: str) -> None:
    """Whoever was writing does not know whether it was written; the next one gets a new connection."""
    database = open_database(postgres.format("postgres"))
    with pytest.raises(StoreUnavailable):
        await database.write(lambda c: c.execute(sa.text("SELECT pg_terminate_backend(pg_backend_pid())")))
    assert await database.read(lambda c: c.execute(sa.text("SELECT 1")).scalar()) == 1
    await database.close()


async def test_connections_closed_behind_our_back_are_not_noticed(postgres: str) -> None:
    """After a failover the pool's old connections are replaced before they are used."""
    database = open_database(postgres.format("postgres") + "&application_name=victim")
    await database.read(lambda c: c.execute(sa.text("SELECT 1")))
    await administer(
        postgres,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'victim'",
    )
    assert await database.read(lambda c: c.execute(sa.text("SELECT 1")).scalar()) == 1
    await database.close()


async def test_waiting_for_a_lock_is_bounded(postgres: str) -> None:
    """A lock that somebody keeps is not waited for longer than `lock_s`; nothing was written."""
    database = open_database(postgres.format("postgres"), lock_s=0.05)
    keeper = create_async_engine(postgres.format("postgres").replace("postgresql:", "postgresql+asyncpg:"))
    lock = sa.text("SELECT pg_advisory_xact_lock(7, 7)")
    kept, done = asyncio.Event(), asyncio.Event()

    async def keep() -> None:
        async with keeper.begin() as connection:
            await connection.execute(lock)
            kept.set()
            await done.wait()

    keeping = asyncio.create_task(keep())
    await kept.wait()
    with pytest.raises(Contended):
        await database.write(lambda c: c.execute(lock))
    done.set()
    await keeping
    await database.write(lambda c: c.execute(lock))
    await keeper.dispose()
    await database.close()


async def test_what_no_server_takes_is_a_fault_of_ours(postgres: str) -> None:
    """A text with U+0000 is refused for ever: tried again and again it would hold up everything behind it."""
    database = open_database(postgres.format("postgres"))
    with pytest.raises(sa.exc.DBAPIError):
        await database.read(lambda c: c.execute(sa.text("select cast(:x as text)"), {"x": "\x00"}).all())
    await database.close()
