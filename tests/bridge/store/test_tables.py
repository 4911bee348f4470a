"""Times on their way into the database and out of it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from bridge.store.database import Database
from bridge.store.tables import Instant, reservations

NEW_YORK = ZoneInfo("America/New_York")
TIMES = [
    datetime(2026, 11, 26, 19, 0, tzinfo=UTC),
    datetime(2026, 11, 26, 14, 0, 0, 123456, NEW_YORK),
    datetime(2026, 11, 1, 1, 30, tzinfo=NEW_YORK, fold=1),
    datetime(1969, 12, 31, 23, 59, 59, 999999, UTC),
    datetime(2099, 1, 1, tzinfo=UTC),
]


async def through(database: Database, value: datetime | None) -> datetime | None:
    """`value` as the database gives it back."""
    query = sa.select(sa.bindparam("value", value, type_=Instant))
    found: datetime | None = await database.read(lambda c: c.execute(query).scalar())
    return found


@pytest.mark.parametrize("value", TIMES)
async def test_an_instant_comes_back_to_the_microsecond_in_utc(database: Database, value: datetime) -> None:
    """Whatever zone it was given in, also in the hour that comes twice."""
    found = await through(database, value)
    assert found is not None
    assert found.astimezone(UTC) == value.astimezone(UTC)
    assert found.utcoffset() == timedelta(0)


async def test_no_time_is_no_time(database: Database) -> None:
    """None stays None."""
    assert await through(database, None) is None


async def test_a_naive_time_is_refused_in_questions_too(database: Database) -> None:
    """A comparison with a time without a zone is a mistake, not an answer."""
    query = sa.select(reservations).where(reservations.c.starts_at > datetime(2026, 11, 26))  # noqa: DTZ001
    with pytest.raises(sa.exc.StatementError, match="aware"):
        await database.read(lambda c: c.execute(query).all())
