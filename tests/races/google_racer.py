"""A process that races through the real tools and the real Google client, with a sweeper beside it."""

import asyncio

import msgspec

from bridge.store.store import Store
from tests.crashes.process import ACCOUNT_SID, AUTH_TOKEN, BUSINESS, OUR_NUMBER
from tests.races.racer import Plan, Racer, in_s, now
from tests.races.racer import Slot as Time
from tools.appointments import Outcome, begin, delete_event, move_event
from tools.business import Business
from tools.business_file import load_business
from tools.calendar import Calendar
from tools.clock import Clock
from tools.dispatch import Dispatcher
from tools.facts import CallFacts
from tools.result import Gate, ToolResult
from tools.slots import Slot
from tools.sms import Sms
from tools.store import Reservation, ReservationState, StoreError

MOST_BOOKED = 4
RESULTS = {None: "ok", "slot_taken": "taken", "not_booked": "not_done", "calendar_unavailable": "unavailable"}
OUTCOMES = {
    Outcome.DONE: "ok",
    Outcome.TAKEN: "taken",
    Outcome.NOT_DONE: "not_done",
    Outcome.UNKNOWN: "unknown",
}


class GoogleRacer(Racer):
    """See the module."""

    lines = 3

    def __init__(self, plan: Plan, store: Store, calendar: Calendar, sms: Sms) -> None:
        super().__init__(plan)
        self._store = store.bookings
        self.tools = Dispatcher(
            business=business_of(plan.calendars),
            store=store.bookings,
            calendar=calendar,
            sms=sms,
            clock=Clock(),
            code_key=b"key of the tests",
        )
        self._booked: list[Reservation] = []

    async def race(self) -> None:
        sweeping = asyncio.create_task(self.tools.recovery().run())
        await super().race()
        sweeping.cancel()
        await asyncio.wait([sweeping])

    async def step(self) -> None:
        dice = self.random.random()
        if self._booked and (len(self._booked) > MOST_BOOKED or dice < 0.2):
            await self._cancel(self._booked.pop(self.random.randrange(len(self._booked))))
        elif self._booked and dice < 0.35:
            await self._move(self._booked.pop(self.random.randrange(len(self._booked))))
        else:
            await self._hold_and_book()

    async def _hold_and_book(self) -> None:
        call, caller = self.new_call()
        time = await self.wish()
        slot = Slot(
            id="slot_1", calendar_id=time.calendar, service="cleaning", start=time.start, end=time.end
        )
        facts = CallFacts(call_sid=call, caller_number=caller, our_number=OUR_NUMBER, offered={slot.id: slot})
        name = _name(call)
        op = self.journal.begin("hold", call=call, caller=caller, **_place(time))
        until = now() + in_s(self.tools.kit.business.hold_minutes * 60)
        held = await self._use(facts, "hold_slot", slot_id=slot.id, customer_name=name)
        hold_id = facts.hold_id or ""
        self.journal.end(op, _result(held), row=hold_id, until=until.timestamp())
        self.count()
        if not hold_id or self.random.random() < 0.1:
            return  # taken, or left to run out
        op = self.journal.begin("book", call=call, hold=hold_id, **_place(time))
        booked = await self._use(facts, "create_event", hold_id=hold_id, customer_name=name)
        self.journal.end(op, _result(booked), row=facts.booking_id or "")
        self.count()
        if facts.booking_id is None:
            return
        if self.random.random() < 0.7:
            op = self.journal.begin("text", call=call, about=facts.booking_id)
            texted = await self._use(facts, "send_confirmation")
            self.journal.end(op, _result(texted))
            self.count()
        row = await self._read(facts.booking_id)
        if row is not None:
            self._booked.append(row)

    async def _move(self, old: Reservation) -> None:
        call, caller = self.new_call()
        time = await self.wish()
        if self.random.random() < 0.7:  # in its own calendar, perhaps over its own time
            shift = self.random.choice((-1, 1, 7))
            first = int(old.start.timestamp()) // 900 + shift
            time = Time(old.calendar_id, first, first + 2)
        op = self.journal.begin("hold to move", call=call, caller=caller, **_place(time))
        at, keep_for = now(), in_s(60)
        try:
            held = await self._store.hold(
                calendar_id=time.calendar,
                service="cleaning",
                start=time.start,
                end=time.end,
                call_sid=call,
                caller_number=caller,
                now=at,
                keep_for=keep_for,
                moves_id=old.id,
            )
        except StoreError as error:
            self.journal.end(op, type(error).__name__)
            self.count()
            self._booked.append(old)
            return
        self.journal.end(op, "ok", row=held.id, until=(at + keep_for).timestamp())
        self.count()
        op = self.journal.begin("move", call=call, hold=held.id, about=old.id, **_place(time))
        kit = self.tools.kit
        try:
            row, first_try = await begin(kit, hold_id=held.id, call_sid=call, customer_name=_name(call))
            outcome = OUTCOMES[await move_event(kit, row, old, first=first_try)]
        except StoreError as error:
            outcome = type(error).__name__
        self.journal.end(op, outcome, row=held.id if outcome == "ok" else "")
        self.count()
        after = await self._read(held.id if outcome == "ok" else old.id)
        if after is not None and after.state is ReservationState.BOOKED:
            self._booked.append(after)

    async def _cancel(self, old: Reservation) -> None:
        op = self.journal.begin("cancel", about=old.id)
        try:
            leaving = await self._store.begin_leaving(
                reservation_id=old.id, ends_as=ReservationState.CANCELLED, now=now()
            )
            outcome = OUTCOMES[await delete_event(self.tools.kit, leaving)]
        except StoreError as error:
            outcome = type(error).__name__
        self.journal.end(op, outcome)
        self.count()

    async def _read(self, row_id: str) -> Reservation | None:
        try:
            return await self._store.reservation(row_id)
        except StoreError:
            return None

    async def _use(self, facts: CallFacts, name: str, **arguments: str) -> ToolResult:
        text = msgspec.json.encode(arguments).decode()
        return await self.tools.run(facts, name, text, Gate.OPEN, facts.proposed)


def business_of(calendars: list[str]) -> Business:
    """The business of the recordings, with one service in these calendars, and short holds."""
    business = load_business(BUSINESS)
    chair, service = business.calendars[0], business.service("cleaning")
    assert service is not None
    return msgspec.structs.replace(
        business,
        calendars=tuple(msgspec.structs.replace(chair, id=each, name=each) for each in calendars),
        services=(msgspec.structs.replace(service, calendars=tuple(calendars)),),
        hold_minutes=1,
    )


def google_of(plan: Plan) -> Calendar:
    return Calendar(api_url=plan.calendar_url, service_account=plan.service_account, zone="America/New_York")


def sms_of(plan: Plan) -> Sms:
    return Sms(account_sid=ACCOUNT_SID, auth_token=AUTH_TOKEN, from_number=OUR_NUMBER, api_url=plan.sms_url)


def _place(time: Time) -> dict[str, str | int]:
    return {"calendar": time.calendar, "first": time.first, "last": time.last}


def _name(call: str) -> str:
    """A name that nobody else has, in letters: no two texts are the same then."""
    return "".join(chr(ord("a") + int(each)) if each.isdigit() else each for each in call.replace("-", "x"))


def _result(result: ToolResult) -> str:
    return RESULTS.get(result.error_code, result.error_code or "")
