"""Callers who find a time, book it, are texted, move it, cancel it and leave a message, tool by tool.

The dispatcher, the store, the calendar's client and Twilio's are those of the server, built
as `bridge/app.py` does it; there is no call around them, so that a tool's time is the tool's. Read
`tool_times.py` for what is made of it.
"""

import asyncio
import contextlib
import gc
import itertools
import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from bridge.settings import Settings, read_settings
from bridge.store.migrate import migrate
from bridge.store.store import Store
from tests.bench import tool_times as names
from tests.bench.neighbours import Neighbours
from tests.bench.parties import free_port, ours
from tests.bench.samples import now
from tests.bench.telephone import NUMBER
from tests.bench.tool_times import Crowd, Took
from tools.business import Business
from tools.business_file import load_business
from tools.calendar import Calendar
from tools.calendar_reading import THREADS
from tools.clock import Clock
from tools.codes import key_of
from tools.countries import with_home_country
from tools.dispatch import Dispatcher
from tools.facts import CallFacts
from tools.result import Gate
from tools.slots import Wish, is_closed
from tools.sms import Sms

SERVICE = "cleaning"
FIRST_DAY = 3  # from today on
PARTS = ("morning", "afternoon")  # two callers at once share a day
CUSTOMER = "Dana Reed"
BEAT_S = 0.005


class NotDone(Exception):
    """A tool that did not do what it was to be measured at; the text says which."""


class Office:
    """The tools of one process, and the callers' numbers."""

    def __init__(self, dispatcher: Dispatcher, business: Business, beside: Neighbours, threads: int) -> None:
        self.dispatcher = dispatcher
        self.beside = beside
        self.threads = threads
        self._business = business
        self._callers = itertools.count(1)

    def next_call(self) -> CallFacts:
        """Somebody else, whose number the network vouches for."""
        number = next(self._callers)
        return CallFacts(
            call_sid=f"CA{number:032x}",
            caller_number=f"+1202555{number % 10_000:04d}",
            our_number=NUMBER,
            attested=True,
        )

    def days(self, count: int) -> list[date]:
        """So many days on which somebody works."""
        service = self._business.service(SERVICE)
        assert service is not None
        today = datetime.now(UTC).astimezone(self._business.tz).date()
        every = (today + timedelta(days=n) for n in itertools.count(FIRST_DAY))
        open_ = (
            day
            for day in every
            if not is_closed(self._business, Wish(service=service, from_date=day, to_date=day))
        )
        return list(itertools.islice(open_, count))


@contextlib.asynccontextmanager
async def office(folder: Path, beside: Neighbours, threads: int = THREADS) -> AsyncIterator[Office]:
    """It is open, with a database of its own in `folder` (empty), and warm: each tool has been used once."""
    settings = _settings(folder, beside)
    await migrate(settings.database_url)
    business = with_home_country(load_business(settings.business_file), settings.twilio_number)
    async with contextlib.AsyncExitStack() as stack:
        store = await Store.open(settings.database_url)
        stack.push_async_callback(store.close)
        calendar = Calendar(
            api_url=settings.google_calendar_api_url,
            service_account=settings.google_service_account_json,
            zone=business.zone,
            threads=threads,
        )
        stack.push_async_callback(calendar.close)
        sms = Sms(
            account_sid=settings.twilio_account_sid,
            auth_token=settings.twilio_auth_token,
            from_number=settings.twilio_number,
            api_url=settings.twilio_api_url,
        )
        stack.push_async_callback(sms.close)
        dispatcher = Dispatcher(
            business=business,
            store=store.bookings,
            calendar=calendar,
            sms=sms,
            clock=Clock(),
            code_key=key_of(settings.twilio_auth_token),
        )
        stack.push_async_callback(dispatcher.free_busy.close)
        opened = Office(dispatcher, business, beside, threads)
        gc.collect()
        gc.freeze()  # as the server does before it takes calls
        await beside.do("delay", 0.0)
        await crowd(opened, delay_ms=0, at_once=1)
        yield opened


def _settings(folder: Path, beside: Neighbours) -> Settings:
    environment = ours(folder, free_port(), "ws://127.0.0.1:9")
    return read_settings({**environment, **beside.environment, "TWILIO_API_URL": beside.texts_url})


# --- measuring --------------------------------------------------------------------


async def crowd(opened: Office, *, delay_ms: float, at_once: int, rounds: int = 1) -> Crowd:
    """So many callers ask for the same at the same moment, one tool after the other. Raises NotDone."""
    await opened.beside.do("delay", delay_ms / 1000)
    took: list[Took] = []
    late: list[float] = []
    beat = asyncio.create_task(_watch_timers(late))
    days = opened.days((at_once + 1) // len(PARTS) + 1)
    for _ in range(rounds):
        together = asyncio.Barrier(at_once)
        async with asyncio.TaskGroup() as group:
            for place in range(at_once):
                one = _Visit(opened, took, together)
                day = days[place // len(PARTS)]
                group.create_task(one.hold(f"{day}", PARTS[place % len(PARTS)]))
    beat.cancel()
    return Crowd(delay_ms=delay_ms, at_once=at_once, threads=opened.threads, took=took, late=late)


async def prefetched(opened: Office, *, delay_ms: float, times: int) -> Crowd:
    """Offers while a call lasts, which need no way to the calendar."""
    await opened.beside.do("delay", delay_ms / 1000)
    took: list[Took] = []
    late: list[float] = []
    (day,) = opened.days(1)
    one = _Visit(opened, took, asyncio.Barrier(1))
    with opened.dispatcher.free_busy.kept_fresh():
        while len(took) < times:
            await one.check(names.PREFETCHED, f"{day}", PARTS[0])
            if took[-1].calendar:
                took.clear()  # it was not there yet
    return Crowd(delay_ms=delay_ms, at_once=1, threads=opened.threads, took=took, late=late)


async def _watch_timers(late: list[float]) -> None:
    while True:
        due = now() + BEAT_S
        await asyncio.sleep(BEAT_S)
        late.append(max(0.0, now() - due))


class _Visit:
    """One caller."""

    def __init__(self, opened: Office, took: list[Took], together: asyncio.Barrier) -> None:
        self._opened = opened
        self._took = took
        self._together = together
        self._facts = opened.next_call()

    async def hold(self, day: str, part: str) -> None:
        """All of it; afterwards the time is free again. Raises NotDone."""
        slot = await self.check(names.COLD, day, part)
        held = await self._use(names.HOLD, slot_id=slot, customer_name=CUSTOMER)
        await self._use(names.CREATE, hold_id=held["hold_id"], customer_name=CUSTOMER)
        await self._use(names.TEXT)
        found = await self._use(names.FIND)
        booking = found["bookings"][0]["id"]
        other = await self.check(names.COLD_MOVE, day, part, moving=booking)
        for step in (names.ASK_MOVE, names.MOVE):
            await self._use(step, booking_id=booking, slot_id=other)
        for step in (names.ASK_CANCEL, names.CANCEL):
            await self._use(step, booking_id=booking)
        await self._use(names.MESSAGE, message="Please call me back.")

    async def check(self, step: str, day: str, part: str, **more: str) -> str:
        """The first slot that is offered."""
        wish = {"service": SERVICE, "from_date": day, "to_date": day, "part_of_day": part, **more}
        return str((await self._use(step, **wish))["slots"][0]["id"])

    async def _use(self, step: str, **arguments: Any) -> dict[str, Any]:
        """Ask for it when all others do; the gate is open, as after a yes."""
        text, facts = json.dumps(arguments), self._facts
        alone = self._together.parties == 1
        before = await self._opened.beside.asked() if alone else None
        await self._together.wait()
        began = now()
        tool = step.partition(",")[0].partition(" ")[0]
        result = await self._opened.dispatcher.run(facts, tool, text, Gate.OPEN, facts.proposed)
        seconds = now() - began
        if result.output.get("ok") is not True:
            raise NotDone(f"{step}: {result.error_code}")
        took = Took(step, seconds)
        if before is not None:
            after = await self._opened.beside.asked()
            asked = after.reads + after.writes - before.reads - before.writes
            took = msgspec.structs.replace(took, calendar=asked, texts=after.texts - before.texts)
        self._took.append(took)
        return result.output
