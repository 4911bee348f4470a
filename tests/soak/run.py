"""One soak through sockets: what is started, and what is looked at when all is over.

Read `lines.py` first, for the calls themselves.
"""

import asyncio
import contextlib
import random
import tempfile
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO, cast

from aiohttp import web

from bridge.app import build
from bridge.harness.checks_of_bookings import no_double_booking, rows_and_events_agree
from bridge.harness.google.standin import CalendarStandin
from bridge.harness.ledger import Ledger
from bridge.harness.leftovers import left_over, standing
from bridge.harness.model.faults import ModelFaults
from bridge.harness.model.outbox import Tape
from bridge.harness.model.session import Company
from bridge.harness.model.turn import Pace
from bridge.harness.run import rows_of
from bridge.harness.twilio_rest.standin import TwilioRestStandin
from bridge.log import set_up_logs
from bridge.settings import read_settings
from bridge.store.connect import open_database
from bridge.store.migrate import migrate
from bridge.store.report import Report
from tests.bridge.harness.model_fakes import HELLO, EnergyEar, LoudnessRecogniser, Match
from tests.server import ACCOUNT, API_KEY, AUTH_TOKEN, BUSINESS, NUMBER, environment
from tests.soak.judging import Neighbours
from tests.soak.lines import GONE_S, LogTail, Plan, Result, Soak
from tests.soak.people import Mind, ModelRoom, NoiseBank
from tools.business_file import load_business
from tools.clock import Clock

BEGIN = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)  # a Monday morning in the business's zone
RECOVERED_S = 240.0  # after the last call: whatever was in doubt is settled
MORE_LINES = 5  # than are used: a line is freed a moment after its caller has hung up


class Deaf(LoudnessRecogniser):
    """Keeps nothing of what it has heard."""

    def recognise(self, mulaw: bytes) -> Match:
        match = super().recognise(mulaw)
        self.taken.clear()
        return match


async def soak(plan: Plan, say: Callable[[str], None]) -> Result:
    """Start everything, call, stop everything, and look at what is left."""
    before, log = standing(), LogTail()
    set_up_logs("json", "info", cast(TextIO, log))
    with tempfile.TemporaryDirectory(prefix="callbridge-") as temporary:
        url = f"sqlite:///{Path(temporary) / 'bridge.db'}"
        await migrate(url)
        result = await _served(plan, url, log, say)
    left, _ = await left_over(before, GONE_S)
    result.wrong += [f"left behind: {each}" for each in left]
    timers = getattr(asyncio.get_running_loop(), "_scheduled", ())  # asyncio does not show them otherwise
    result.wrong += [f"a timer is left: {timer!r}" for timer in timers if not timer.cancelled()]
    return result


async def _served(plan: Plan, url: str, log: LogTail, say: Callable[[str], None]) -> Result:
    loop, clock, business = asyncio.get_running_loop(), Clock(BEGIN), load_business(BUSINESS)
    nobody = random.Random(plan.seed)
    company = Company(
        policy_factory=lambda: Mind(nobody),
        ear_factory=EnergyEar,
        recogniser=Deaf(),
        bank=NoiseBank(nobody),
        ledger=Ledger("model", loop.time),
        lines={"hello": HELLO},
        pace=Pace(),
        tape=Tape(),
        faults=ModelFaults(),
    )
    async with contextlib.AsyncExitStack() as stack:
        room = ModelRoom(API_KEY, company, plan.seed)
        await stack.enter_async_context(room)
        calendar = await stack.enter_async_context(
            CalendarStandin(Ledger("calendar", loop.time), now=clock.now)
        )
        for each in business.calendars:
            calendar.add_calendar(each.id, business.zone)
        rest = await stack.enter_async_context(
            TwilioRestStandin(
                Ledger("rest", loop.time),
                now=clock.now,
                account_sid=ACCOUNT,
                auth_token=AUTH_TOKEN,
                numbers=[NUMBER],
            )
        )
        database = open_database(url)
        stack.push_async_callback(database.close)
        given = environment(room.url, calendar, rest, url) | {
            "MAX_CALLS": str(plan.calls + MORE_LINES),
            "MAX_CALLS_PER_HOUR": "10000",
            "MAX_DOLLARS_PER_DAY": "0",
        }
        address = await stack.enter_async_context(_server(given, clock))
        neighbours = Neighbours(calendar, rest, business, clock)
        held = Soak(plan, url=address, room=room, neighbours=neighbours, database=database, log=log)
        await held.hold(say)
        await asyncio.sleep(RECOVERED_S)
        rows = await rows_of(Report(database), clock)
        whole = neighbours.of_all_calls(held.recording, rows)
        held.result.wrong += [*no_double_booking(whole), *rows_and_events_agree(whole)]
        held.result.wrong += [f"a session of nobody's: {e.data}" for e in company.ledger.breaches()]
        return held.result


@contextlib.asynccontextmanager
async def _server(given: dict[str, str], clock: Clock) -> AsyncIterator[str]:
    """The real server; its address."""
    runner = web.AppRunner(
        await build(read_settings(given), pinned=clock.now()), access_log=None, shutdown_timeout=2
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
