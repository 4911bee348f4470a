"""What the killed processes do: the real tools, a real database, stand-ins over sockets.

One process books, moves or cancels and dies at its point; after it come others that run the
sweeper. Read `nursery.py` for how they come to be.
"""

import asyncio
import logging
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import structlog

from bridge.store.store import Store
from tests.crashes.ports import Deadly, Point
from tools.appointments import begin, delete_event, move_event
from tools.business_file import load_business
from tools.calendar import Calendar
from tools.clock import Clock
from tools.dispatch import Dispatcher
from tools.facts import CallFacts
from tools.notices import cancelled_notices
from tools.result import Gate
from tools.sms import Sms
from tools.store import Reservation, ReservationState

BUSINESS = Path(__file__).parents[2] / "recordings" / "business.toml"
ACCOUNT_SID = "AC" + "0" * 32
AUTH_TOKEN = "not-a-secret"
OUR_NUMBER = "+12025550100"
CALLER = "+12025550143"
NAME = "Dana Reed"
DAY = "2026-11-24"
SWEEPS = 4  # a minute and a bit apart: what one leaves open, a later one has to settle


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a process does, and where it dies."""

    script: str  # book, move, move away, cancel or sweep
    database_url: str
    calendar_url: str
    service_account: dict[str, str]
    sms_url: str
    auth_token: str = AUTH_TOKEN
    now: datetime
    point: Point | None = None  # None: it lives to its end


def live(plan: Plan) -> None:
    """What a process does from its birth to its death."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    asyncio.run(carry_out(plan))


async def carry_out(plan: Plan) -> None:
    """What a process does, in the loop that runs."""
    business = load_business(BUSINESS)
    store = await Store.open(plan.database_url)
    calendar = Calendar(api_url=plan.calendar_url, service_account=plan.service_account, zone=business.zone)
    sms = Sms(
        account_sid=ACCOUNT_SID, auth_token=plan.auth_token, from_number=OUR_NUMBER, api_url=plan.sms_url
    )
    ports: dict[str, Any] = {"store": store.bookings, "calendar": calendar, "sms": sms}
    if plan.point is not None:
        ports[plan.point.port] = Deadly(ports[plan.point.port], plan.point)

    def dispatcher(now: datetime) -> Dispatcher:
        return Dispatcher(business=business, clock=Clock(now), code_key=b"key of the tests", **ports)

    if plan.script == "sweep":
        for number in range(SWEEPS):
            await dispatcher(plan.now + number * timedelta(seconds=65)).recovery().sweep()
    else:
        call = _Call(dispatcher(plan.now), ports["store"])
        await getattr(call, plan.script.replace(" ", "_"))()
    await calendar.close()
    await sms.close()
    await store.close()


class _Call:
    """One call's tools, in the order in which a model would use them."""

    def __init__(self, tools: Dispatcher, store: Any) -> None:
        self._tools = tools
        self._store = store
        self._facts = CallFacts(call_sid="CA1", caller_number=CALLER, our_number=OUR_NUMBER)

    async def book(self) -> None:
        await self._use(
            "check_availability", service="cleaning", from_date=DAY, to_date=DAY, part_of_day="afternoon"
        )
        held = await self._use("hold_slot", slot_id="slot_1", customer_name=NAME)
        await self._use("create_event", hold_id=held.get("hold_id", ""), customer_name=NAME)
        await self._use("send_confirmation")

    async def move(self) -> None:
        """To half an hour later, over its own time."""
        await self._move_by(timedelta(minutes=15))

    async def move_away(self) -> None:
        """Into the other chair."""
        await self._move_by(timedelta(0), calendar_number=1)

    async def cancel(self) -> None:
        kit, booked = self._tools.kit, await self._booked()
        leaving = await self._store.begin_leaving(
            reservation_id=booked.id,
            ends_as=ReservationState.CANCELLED,
            now=kit.clock.now(),
            notices=cancelled_notices(kit, booked),
        )
        await delete_event(kit, leaving)

    async def _move_by(self, by: timedelta, calendar_number: int = 0) -> None:
        kit, booked = self._tools.kit, await self._booked()
        held = await self._store.hold(
            calendar_id=kit.business.calendars[calendar_number].id,
            service=booked.service,
            start=booked.start + by,
            end=booked.end + by,
            call_sid="CA2",
            caller_number=CALLER,
            now=kit.clock.now(),
            keep_for=timedelta(minutes=5),
            moves_id=booked.id,
        )
        row, first = await begin(kit, hold_id=held.id, call_sid="CA2", customer_name=NAME)
        await move_event(kit, row, booked, first=first)

    async def _booked(self) -> Reservation:
        rows: list[Reservation] = await self._store.bookings_of(
            caller_number=CALLER, now=self._tools.kit.clock.now()
        )
        return rows[0]

    async def _use(self, name: str, **arguments: str) -> dict[str, Any]:
        text = msgspec.json.encode(arguments).decode()
        return (await self._tools.run(self._facts, name, text, Gate.OPEN, self._facts.proposed)).output
