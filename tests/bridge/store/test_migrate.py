"""The migrations against the tables, and what they promise about being run."""

import asyncio

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from bridge.store.connect import open_database
from bridge.store.database import Database
from bridge.store.migrate import configuration, migrate
from bridge.store.tables import Instant, metadata


async def test_the_tables_are_what_the_migrations_make(database: Database) -> None:
    """Alembic finds no difference between the metadata and a migrated database."""

    def same_type(_: object, __: object, found: object, meant: object, ___: object) -> bool | None:
        # SQLite has no type for an instant: Instant is a BIGINT there, as the migration made it.
        if isinstance(meant, Instant) and isinstance(found, sa.BigInteger):
            return False
        return None

    def differences(connection: sa.Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": same_type})
        return list(compare_metadata(context, metadata))

    assert await database.read(differences) == []


async def test_migrating_again_changes_nothing(url: str, database: Database) -> None:
    """A database that is up to date stays as it is, with what is in it."""
    await database.write(lambda c: c.execute(sa.text("INSERT INTO calendars (google_id) VALUES ('a@b')")))
    await migrate(url)
    rows = await database.read(
        lambda c: c.execute(sa.text("SELECT google_id FROM calendars")).scalars().all()
    )
    assert rows == ["a@b"]


async def test_several_may_migrate_at_once(url: str, database: Database) -> None:
    """Releases that start together do not trip over each other: one migrates, the others wait."""

    def drop_all(connection: sa.Connection) -> None:
        metadata.drop_all(connection)
        connection.execute(sa.text("DROP TABLE alembic_version"))

    await database.write(drop_all)
    await asyncio.gather(*(migrate(url) for _ in range(3)))
    found = await database.read(
        lambda c: c.execute(sa.text("SELECT version_num FROM alembic_version")).scalars().all()
    )
    assert found == ["0001"]


async def test_there_is_one_newest_migration(database: Database) -> None:
    """The chain of migrations has one end, and the database stands at it."""

    def heads(connection: sa.Connection) -> tuple[list[str], str | None]:
        script = ScriptDirectory.from_config(configuration(connection))
        return list(script.get_heads()), MigrationContext.configure(connection).get_current_revision()

    newest, current = await database.read(heads)
    assert newest == [current]


async def test_a_migrated_database_can_be_opened_at_once(url: str) -> None:
    """`migrate` leaves no connection, lock or thread behind."""
    await migrate(url)
    database = open_database(url)
    try:
        assert (
            await database.write(lambda c: c.execute(sa.text("SELECT count(*) FROM calls")).scalar_one()) == 0
        )
    finally:
        await database.close()
