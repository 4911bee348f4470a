"""Who is let in, and what a call may take: time, money, and what comes next."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from bridge.harness.model.policy_types import CallTool, Say
from bridge.realtime import prices
from bridge.store.report import Report
from bridge.store.store import Store
from bridge.twilio.admission import SPEND_KNOWN_S
from tests.resuming import Booker, ring, telephone_for
from tests.server import BEGIN, BUSINESS, PERSON, Server, in_no_time, serving
from tools.business_file import load_business

CALL, NEXT_CALL = ("CA" + digit * 32 for digit in "12")
SHOP = load_business(BUSINESS)
DIAL = f"<Number>{PERSON}</Number>"
TALK: list[list[Say | CallTool]] = [[Say("I see.")]] * 120
MICROS = 1_000_000


async def spend(server: Server, dollars: float) -> None:
    """As another process's calls would."""
    store = await Store.open(server.database_url)
    await store.spending.add(day=BEGIN.astimezone(SHOP.tz).date(), micros=round(dollars * MICROS))
    await store.close()


async def spent(server: Server) -> int:
    store = await Store.open(server.database_url)
    try:
        return await store.spending.of(BEGIN.astimezone(SHOP.tz).date())
    finally:
        await store.close()


@in_no_time
async def test_the_days_money_is_spent() -> None:
    """Calls go to a person until tomorrow; that is found out within seconds, and written down."""
    async with serving(MAX_DOLLARS_PER_DAY="3") as server:
        await spend(server, 2.99)
        assert "<Stream " in (await server.post("/twilio/voice", CALL)).body
        await spend(server, 0.01)
        await asyncio.sleep(SPEND_KNOWN_S)
        answer = await server.post("/twilio/voice", NEXT_CALL)
        assert DIAL in answer.body
        assert SHOP.wording.busy in answer.body
        row = await server.call(NEXT_CALL)
        assert (row.outcome, row.reason) == ("refused", "spent")


@pytest.mark.parametrize("cap", ["0", "3"])
@in_no_time
async def test_no_cap_or_no_store(cap: str, tmp_path: Path) -> None:
    """Without a cap nothing is asked; while the sum cannot be known, callers are let in."""
    async with serving(folder=tmp_path, MAX_DOLLARS_PER_DAY=cap) as server:
        await spend(server, 5000)
        if cap != "0":
            database = sqlite3.connect(tmp_path / "bridge.db")
            database.execute("DROP TABLE daily_spend")
            database.close()
        assert "<Stream " in (await server.post("/twilio/voice", CALL)).body


@in_no_time
async def test_a_call_is_paid_for_while_it_lasts() -> None:
    """Every turn counts at once, so that a day's cap stops a day of one long call, too."""
    async with serving() as server:
        line = await server.talking(CALL)
        await _until_spent(server)
        await line.hang_up()
        await server.call(CALL)


@in_no_time
async def test_a_call_that_lasts_too_long() -> None:
    """A minute before the end the model is told to say so; then the caller is told why and gets a person."""
    async with serving(*TALK, MAX_CALL_MINUTES="2") as server:
        rung = telephone_for(server)
        await ring(rung, utterances=100)
        assert rung.verbs() == ["Connect", SHOP.wording.limit, "Dial", "Hangup"]
        told = [text for kind, text in server.stand.stage.policy.told if kind == "noted"]
        assert len(told) == 1
        assert "one more minute" in told[0][1]
        [row] = await server.rows(Report.calls)
        assert (row.reason, row.next_step) == ("call_too_long", "person")
        [ended] = server.logged("call_ended")
        assert 115 <= ended["seconds"] <= 140


def test_a_call_that_costs_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends as one that lasts too long does."""
    dear = prices.Prices(**dict.fromkeys(prices.Prices.__struct_fields__, 40.0))
    monkeypatch.setitem(prices.PRICES, "gpt-realtime-2", dear)

    @in_no_time
    async def call() -> None:
        async with serving(*TALK, MAX_DOLLARS_PER_CALL="1") as server:
            rung = telephone_for(server)
            await ring(rung, utterances=100)
            assert rung.verbs() == ["Connect", SHOP.wording.limit, "Dial", "Hangup"]
            [row] = await server.rows(Report.calls)
            assert row.reason == "call_too_dear"
            assert MICROS <= await spent(server) < 2 * MICROS

    call()


@in_no_time
async def test_a_resumed_call_has_no_more_time() -> None:
    """The clock runs on while the line is cut: two streams have what one would have had."""
    async with serving(MAX_CALL_MINUTES="2") as server:
        server.stand.stage.policy = Booker()  # type: ignore[assignment]
        line = await server.talking(CALL)
        line.abort()
        await server.call(CALL)
        await asyncio.sleep(100)
        rung = (await server.post("/twilio/next", CALL)).body
        assert "<Stream " in rung
        again = await server.stream(CALL)
        await again.start(rung.partition('name="token" value="')[2].partition('"')[0])
        assert await again.closed(returning_marks=True) == 1000
        row = await server.call(CALL)
        assert row.reason == "call_too_long"


async def _until_spent(server: Server) -> None:
    for _ in range(100):
        if await spent(server):
            return
        await asyncio.sleep(0.05)
    raise AssertionError("nothing was spent")
