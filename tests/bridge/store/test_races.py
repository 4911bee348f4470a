"""One slot, many who want it: whatever the order, one gets it."""

import asyncio
import json
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from bridge.store.connect import open_database
from bridge.store.database import Database
from bridge.store.rows import CALENDAR_LOCK
from bridge.store.store import Store
from bridge.store.tables import EPOCH, calendars, reservations
from tests.bridge.store.examples import CHAIR, HALF_HOUR, KEEP_FOR, NOW, TWO_PM, begin, hold
from tests.bridge.store.rival import ALLOWED, DANA, SLOTS
from tools.store import Reservation, ReservationState, SlotTaken, StoreUnavailable

ROOT = Path(__file__).parents[3]


async def outcomes(*attempts: asyncio.Future[Reservation]) -> tuple[list[Reservation], list[BaseException]]:
    results = await asyncio.gather(*attempts, return_exceptions=True)
    won = [result for result in results if isinstance(result, Reservation)]
    return won, [result for result in results if isinstance(result, BaseException)]


async def test_of_many_calls_one_gets_the_slot(store: Store) -> None:
    """24 calls want overlapping times at the same moment: one hold, 23 refusals, no other error."""
    won, lost = await outcomes(
        *(
            asyncio.ensure_future(hold(store.bookings, f"CA{n}", start=TWO_PM + (n % 3) * HALF_HOUR / 3))
            for n in range(24)
        )
    )
    assert len(won) == 1
    assert {type(error) for error in lost} == {SlotTaken}


async def test_an_expired_hold_is_taken_over_once(store: Store) -> None:
    """Many wait for a hold to expire; it ends once and one of them gets the time."""
    await hold(store.bookings, "CA99")
    won, _ = await outcomes(
        *(asyncio.ensure_future(hold(store.bookings, f"CA{n}", now=NOW + KEEP_FOR)) for n in range(12))
    )
    assert len(won) == 1


async def test_a_number_racing_itself_keeps_one_hold(store: Store) -> None:
    """Two phones of one number on two calendars end with one live hold."""
    won, lost = await outcomes(
        *(
            asyncio.ensure_future(
                hold(store.bookings, f"CA{n}", calendar_id=f"chair-{n}", caller_number="+12025550143")
            )
            for n in range(8)
        )
    )
    rows = [await store.bookings.reservation(row.id) for row in won]
    assert lost == []
    assert [row.state for row in rows if row].count(ReservationState.HELD) == 1


async def test_booking_and_rivals_do_not_wait_in_a_circle(store: Store) -> None:
    """While a call books its hold, others who want the time are refused, and none is deadlocked."""
    for round_number in range(5):
        start = TWO_PM + round_number * HALF_HOUR
        held = await hold(store.bookings, f"CA{round_number}", start=start)
        rivals = [
            asyncio.ensure_future(hold(store.bookings, f"CB{round_number}-{n}", start=start))
            for n in range(6)
        ]
        begun = await begin(store.bookings, held, event_id=f"event{round_number}")
        won, lost = await outcomes(*rivals)
        assert begun.state is ReservationState.BOOKING
        assert won == []
        assert {type(error) for error in lost} == {SlotTaken}


async def test_beginning_at_once_from_many_tasks_is_one_booking(store: Store) -> None:
    """All attempts of a call to book its hold come back with one event id."""
    held = await hold(store.bookings)
    begun = await asyncio.gather(*(begin(store.bookings, held, event_id=f"event{n}") for n in range(8)))
    assert len({row.event_id for row in begun}) == 1


async def won_by_processes(url: str, what: str) -> list[int]:
    """What three processes got of what all of them wanted."""
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.bridge.store.rival",
            url,
            f"rival{n}",
            what,
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        for n in range(3)
    ]
    for process in processes:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"ready\n"
    answers = await asyncio.gather(*(process.communicate(b"go\n") for process in processes))
    return sorted(each for out, _ in answers for each in json.loads(out))


async def test_of_several_processes_one_gets_each_slot(url: str, store: Store) -> None:
    """Three processes race for the same slots: each slot is won once, none is lost or broken."""
    assert await won_by_processes(url, "slots") == list(range(SLOTS))
    assert len(await store.report.reservations()) == SLOTS


async def test_of_several_processes_one_uses_up_each_code(url: str, store: Store) -> None:
    """Three processes are brought the same right codes: each code is right once."""
    for n in range(SLOTS):
        await store.bookings.add_code(
            number=DANA, call_sid=f"CA{n}", digest=f"CA{n}", now=NOW, expires_at=TWO_PM, per_day=SLOTS
        )
    assert await won_by_processes(url, "codes") == list(range(SLOTS))


async def test_several_processes_together_keep_to_the_caps(url: str, store: Store) -> None:
    """Three processes want twenty texts each: as many are queued as are allowed in all."""
    assert len(await won_by_processes(url, "texts")) == ALLOWED.in_all
    assert len(await store.report.texts()) == ALLOWED.in_all


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
async def test_a_calendar_is_changed_by_one_transaction_at_a_time(url: str) -> None:
    """While somebody keeps a calendar's lock, another hold there is refused and a booking cannot begin.

    Without this queue PostgreSQL's constraint alone is correct, but rivals deadlock for seconds.
    """
    database = open_database(url, lock_s=0.05)
    store = Store(database)
    held = await hold(store.bookings, calendar_id="chair-locked")
    kept, done = asyncio.Event(), asyncio.Event()
    engine = create_async_engine(url.replace("postgresql:", "postgresql+asyncpg:"))

    async def keep() -> None:
        async with engine.begin() as connection:
            number = sa.select(calendars.c.id).where(calendars.c.google_id == "chair-locked")
            await connection.execute(
                sa.select(sa.func.pg_advisory_xact_lock(CALENDAR_LOCK, number.scalar_subquery()))
            )
            kept.set()
            await done.wait()

    keeping = asyncio.create_task(keep())
    await kept.wait()
    with pytest.raises(SlotTaken):
        await hold(store.bookings, "CA2", calendar_id="chair-locked", start=TWO_PM + HALF_HOUR)
    with pytest.raises(StoreUnavailable):
        await begin(store.bookings, held)
    done.set()
    await keeping
    assert (await begin(store.bookings, held)).state is ReservationState.BOOKING
    await engine.dispose()
    await database.close()


# --- past our code ------------------------------------------------------------------


async def insert(database: Database, name: str, minutes: int, state: str = "booked") -> None:
    """A row written by hand, half an hour long, beginning `minutes` after two."""

    def work(connection: sa.Connection) -> None:
        if connection.execute(sa.select(calendars.c.id)).scalar() is None:
            connection.execute(sa.insert(calendars).values(google_id=CHAIR))
        connection.execute(
            sa.insert(reservations).values(
                id=name,
                calendar_id=sa.select(calendars.c.id).scalar_subquery(),
                service="cleaning",
                starts_at=TWO_PM + HALF_HOUR * minutes / 30,
                ends_at=TWO_PM + HALF_HOUR * minutes / 30 + HALF_HOUR,
                state=state,
                call_sid=name,
                expires_at=EPOCH,
                event_id=name,
                created_at=NOW,
                changed_at=NOW,
            )
        )

    await database.write(work)


@pytest.mark.parametrize("first", ["held", "booking", "booked"])
@pytest.mark.parametrize("second", ["held", "booking", "booked"])
async def test_the_database_itself_refuses_an_overlap(database: Database, first: str, second: str) -> None:
    """SQL written by hand cannot put two live rows over each other, expired or not."""
    await insert(database, "a", 0, first)
    with pytest.raises(SlotTaken):
        await insert(database, "b", 29, second)
    await insert(database, "c", 30, second)


async def test_the_database_itself_refuses_to_move_a_row_over_another(database: Database) -> None:
    """Neither a new time nor a new state may bring two live rows together."""
    await insert(database, "a", 0)
    await insert(database, "b", 30)
    await insert(database, "c", 15, "released")
    for row, change in (("b", {"starts_at": TWO_PM}), ("c", {"state": "booked"})):
        with pytest.raises(SlotTaken):
            await database.write(
                lambda c, row=row, change=change: c.execute(  # type: ignore[misc]
                    sa.update(reservations).where(reservations.c.id == row).values(change)
                )
            )


async def test_rows_that_ended_are_in_nobodys_way(database: Database) -> None:
    """Any number of ended reservations may lie over each other and over a live one."""
    for number, state in enumerate(("expired", "released", "failed", "withdrawn", "booked")):
        await insert(database, f"row{number}", 0, state)


@pytest.mark.parametrize(
    "change",
    ["state = 'maybe'", "ends_at = starts_at", "expires_at = NULL", "state = 'booked', event_id = NULL"],
)
async def test_the_database_itself_refuses_a_row_that_makes_no_sense(database: Database, change: str) -> None:
    """An unknown state, no time at all, a hold for ever, a booking without an event."""
    await insert(database, "a", 0, "held")
    with pytest.raises(sa.exc.IntegrityError):
        await database.write(lambda c: c.execute(sa.text(f"UPDATE reservations SET {change}")))  # noqa: S608


async def test_another_database_object_sees_the_same_lock(url: str, store: Store) -> None:
    """Two servers on one database are rivals like any other."""
    other = open_database(url)
    won, lost = await outcomes(
        asyncio.ensure_future(hold(store.bookings, "CA1")),
        asyncio.ensure_future(hold(Store(other).bookings, "CA2")),
    )
    assert (len(won), [type(error) for error in lost]) == (1, [SlotTaken])
    await other.close()
