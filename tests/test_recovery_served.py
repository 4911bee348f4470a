"""A server, and what the one before it left: it is found without being asked for.

Killed processes themselves are in `test_crash_points.py`.
"""

import asyncio
from datetime import timedelta
from pathlib import Path

from bridge.store.migrate import migrate
from bridge.store.report import Report
from bridge.store.store import Store
from tests.server import BEGIN, CALLER, in_no_time, serving
from tools.store import UNFINISHED_AFTER

CHAIR = "chair-1@maplestreet.example"
START = BEGIN + timedelta(days=1)


async def leave_a_booking(url: str) -> None:
    """A process began to book, and died before anything was in the calendar."""
    await migrate(url)
    store = await Store.open(url)
    held = await store.bookings.hold(
        calendar_id=CHAIR,
        service="cleaning",
        start=START,
        end=START + timedelta(minutes=30),
        call_sid="CA-dead",
        caller_number=CALLER,
        now=BEGIN,
        keep_for=timedelta(minutes=5),
    )
    await store.bookings.begin_booking(
        hold_id=held.id, call_sid="CA-dead", event_id="abc00", customer_name="Dana Reed", now=BEGIN
    )
    await store.close()


@in_no_time
async def test_a_server_finishes_what_another_left(tmp_path: Path) -> None:
    """A minute after it was left: released for good, and a person is to tell the caller."""
    await leave_a_booking(f"sqlite:///{tmp_path}/bridge.db")
    async with serving(folder=tmp_path) as server:
        await asyncio.sleep(UNFINISHED_AFTER.total_seconds() + 10)
        [row] = await server.rows(Report.reservations)
        [task] = await server.rows(Report.callbacks)
        assert (row.state, task.reason, task.number) == ("failed", "not_finished", CALLER)
        assert server.stand.calendar.events[CHAIR]["abc00"]["status"] == "cancelled"
        assert [line["reservations"] for line in server.logged("recovered")] == [1]
