"""Texts that come in, on the whole server: signed webhooks, and what Twilio is answered."""

import asyncio
import sqlite3
from datetime import timedelta
from pathlib import Path

from bridge.store.report import Report
from bridge.store.store import Store
from tests.server import BEGIN, CALLER, NUMBER, Server, in_no_time, serving
from tools.store import Caller, Channel, Notice

CHAIR = "chair-1@maplestreet.example"
START = BEGIN + timedelta(days=1)
HELP = f"Maple Street Dental: we make appointments by phone at {NUMBER}. Reply STOP to get no more texts."


async def book(server: Server) -> None:
    """A booking of the caller's for tomorrow, with a reminder to come."""
    store = await Store.open(server.database_url)
    held = await store.bookings.hold(
        calendar_id=CHAIR,
        service="cleaning",
        start=START,
        end=START + timedelta(minutes=30),
        call_sid="CA1",
        caller_number=CALLER,
        now=BEGIN,
        keep_for=timedelta(minutes=5),
    )
    await store.bookings.begin_booking(
        hold_id=held.id,
        call_sid="CA1",
        event_id="abc00",
        customer_name="Dana Reed",
        now=BEGIN,
        wants_text=True,
    )
    reminder = Notice(
        kind="reminder_2", channel=Channel.SMS, to=CALLER, body="x", due_at=START - timedelta(hours=2)
    )
    await store.bookings.finish_booking(reservation_id=held.id, now=BEGIN, notices=(reminder,))
    await store.close()


async def caller(server: Server) -> Caller | None:
    """What is kept of the caller's number."""
    store = await Store.open(server.database_url)
    try:
        return await store.bookings.caller(CALLER)
    finally:
        await store.close()


async def is_out(server: Server) -> bool:
    """Whether the caller has opted out."""
    known = await caller(server)
    return known is not None and known.opted_out_at is not None


@in_no_time
async def test_c_confirms() -> None:
    """The row says so, and the caller is told."""
    async with serving() as server:
        await book(server)
        (said,) = await server.text("C")
        assert said == "Maple Street Dental: thank you, see you on Tuesday, November 24 at 9:05 AM."
        (row,) = await server.rows(Report.reservations)
        assert row.confirmed_at is not None


@in_no_time
async def test_stop_and_start() -> None:
    """Answered by Twilio, kept by us; what was still to be sent never is."""
    async with serving() as server:
        await book(server)
        assert await server.text("Stop") == []
        assert await is_out(server)
        (text,) = await server.rows(Report.texts)
        assert text.state == "cancelled"
        assert await server.text("START", sid="SM2") == []
        assert not await is_out(server)
        assert await server.text("no more", sid="SM3", OptOutType="STOP") == []
        assert await is_out(server)


@in_no_time
async def test_help_and_reschedule() -> None:
    """Answered by us, unless Twilio says that it has."""
    async with serving() as server:
        assert await server.text("HELP", sid="SM1") == [HELP]
        assert await server.text("info", sid="SM2") == [HELP]
        assert await server.text("HELP", sid="SM3", OptOutType="HELP") == []
        (said,) = await server.text("RESCHEDULE", sid="SM4")
        assert f"call us at {NUMBER}" in said


@in_no_time
async def test_a_text_told_twice_is_one_task() -> None:
    """Twilio asks again when our answer was lost. Nothing of it stands in the log."""
    async with serving() as server:
        await book(server)
        for _ in range(2):
            (said,) = await server.text("Can I bring my son?")
            assert "passed on" in said
        (task,) = await server.rows(Report.callbacks)
        assert (task.number, task.name) == (CALLER, "Dana Reed")
        assert (task.message, task.reason) == ("Can I bring my son?", "text")
        assert len(server.logged("text_received")) == 2
        assert CALLER not in server.log()
        assert "my son" not in server.log()


@in_no_time
async def test_who_called_is_known() -> None:
    """A call of theirs is enough to reach a person; a stranger is told where to call, once."""
    async with serving() as server:
        assert await server.text("Hello?", sid="SM1") == [HELP]
        assert await server.text("Hello?", sid="SM2") == []
        await server.post("/twilio/voice", "CA" + "1" * 32)
        (said,) = await server.text("Hello?", sid="SM3")
        assert "passed on" in said
        assert len(await server.rows(Report.callbacks)) == 1


@in_no_time
async def test_what_nobody_can_answer() -> None:
    """A short code, a name of a sender, a picture: an empty answer, and nothing written."""
    async with serving() as server:
        assert await server.text("Your parcel is here", From="72975") == []
        assert await server.text("Sale!", From="SHOP") == []
        assert await server.text("", NumMedia="1", MediaUrl0="https://api.twilio.test/me.jpg") == []
        assert await server.is_empty()


@in_no_time
async def test_a_stop_outlasts_a_store_that_is_away(tmp_path: Path) -> None:
    """Twilio is answered in time; the opt-out is kept as soon as the store is back."""
    async with serving(folder=tmp_path) as server:
        lock = sqlite3.connect(tmp_path / "bridge.db", isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
        assert await server.text("STOP") == []
        assert await caller(server) is None
        lock.execute("ROLLBACK")
        lock.close()
        async with asyncio.timeout(60):
            while not await is_out(server):  # noqa: ASYNC110 - the store has no event for it
                await asyncio.sleep(0.5)
