"""The migrations against the tables, and what they promise about being run."""

import asyncio
from datetime import datetime

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from bridge.store.calls import Outcome
from bridge.store.connect import open_database
from bridge.store.database import Database
from bridge.store.migrate import configuration, migrate
from bridge.store.store import Store
from bridge.store.tables import Instant, metadata
from tests.bridge.store.examples import HALF_HOUR, NOW, TWO_PM, hold, notice
from tools.store import Channel, ReservationState, SlotTaken, Text, TextState

DANA = "+12025550143"


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
    assert found == ["0006"]


async def test_what_the_first_version_kept_is_kept(url: str, database: Database) -> None:
    """Rows written by version 0001 are there afterwards, with the rules that guard them and the new ones."""
    await database.write(_as_version_one_left_it)
    await migrate(url)
    store = Store(database)

    booked, cancelled = await store.report.reservations()
    assert (booked.start, booked.state, booked.event_id) == (TWO_PM, ReservationState.BOOKED, "event1")
    assert (booked.customer_email, booked.note, booked.wants_text, booked.confirmed_at) == (
        (None, "", False, None)
    )
    assert cancelled.state is ReservationState.CANCELLED
    [text] = await store.report.texts()
    assert text == Text(
        id="text1",
        reservation_id="row1",
        kind="confirmation",
        to=DANA,
        body="See you.",
        state=TextState.SENT,
        message_sid="SM1",
        queued_at=NOW,
    )
    [call] = await store.report.calls()
    assert (call.call_sid, call.outcome, call.usage.input_text) == ("CA1", Outcome.BOOKED, 7)
    assert not call.attested

    with pytest.raises(SlotTaken):
        await hold(store.bookings, "CA2", calendar_id="a@b")
    for broken in (
        "UPDATE calls SET outcome = 'maybe'",
        "UPDATE calls SET ended_at = NULL",
        "UPDATE calls SET started_at = NULL",
        "UPDATE outbox SET state = 'maybe'",
        "UPDATE outbox SET channel = 'fax'",
        "UPDATE outbox SET reservation_id = 'nothing'",
    ):
        with pytest.raises(sa.exc.IntegrityError):
            await database.write(lambda c, broken=broken: c.execute(sa.text(broken)))  # type: ignore[misc]
    await database.write(lambda c: c.execute(sa.text("UPDATE calls SET outcome = 'lead_taken'")))
    mail = notice("confirmation", Channel.EMAIL, to="dana@example.com")
    left = await store.bookings.begin_leaving(
        reservation_id="row1", ends_as=ReservationState.CANCELLED, now=NOW, notices=(mail, notice())
    )
    assert left.state is ReservationState.LEAVING
    assert len(await store.report.texts()) == 2  # the email; there is an SMS of that kind already


def _as_version_one_left_it(connection: sa.Connection) -> None:
    """A database at version 0001 with a booking, its text and its call."""
    metadata.drop_all(connection)
    connection.execute(sa.text("DROP TABLE alembic_version"))
    command.upgrade(configuration(connection), "0001")
    times = {"created_at": NOW, "changed_at": NOW}
    row = {
        "calendar_id": 1,
        "service": "cleaning",
        "starts_at": TWO_PM,
        "ends_at": TWO_PM + HALF_HOUR,
        "call_sid": "CA1",
    }
    text = {"kind": "confirmation", "to_number": DANA, "body": "See you.", "state": "sent"}
    for table, values in (
        ("calendars", {"id": 1, "google_id": "a@b"}),
        ("reservations", {"id": "row1", "state": "booked", "event_id": "event1", **row, **times}),
        ("reservations", {"id": "row2", "state": "cancelled", "event_id": "event2", **row, **times}),
        (
            "outbox",
            {"id": "text1", "reservation_id": "row1", "message_sid": "SM1", "call_sid": "CA1"} | text | times,
        ),
        (
            "calls",
            {"call_sid": "CA1", "outcome": "booked", "ended_at": NOW, "started_at": NOW, "input_text": 7},
        ),
    ):
        # The tables as they were, so not those of `tables.py`.
        columns = [
            sa.column(name, Instant() if isinstance(value, datetime) else None)
            for name, value in values.items()
        ]
        connection.execute(sa.insert(sa.table(table, *columns)).values(values))


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
