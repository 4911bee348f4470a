"""A call's tools with everything outside them in memory, and made to stumble where a test says so.

The real calendar and text service are tested against their stand-ins in `test_calendar.py`
and `test_sms.py`; here each of their documented outcomes is needed at an exact step.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from inspect import signature
from typing import Any

import msgspec

from bridge.store.report import Report
from tools.business import Business
from tools.clock import Clock
from tools.dispatch import Dispatcher
from tools.facts import CallFacts
from tools.google_events import OURS
from tools.kit import Kit
from tools.ports import Busy, CalendarChanged, CalendarEvent, CalendarUnavailable
from tools.result import Gate, ToolResult
from tools.slots import Slot
from tools.store import BookingStore, Reservation

CHAIR_1 = "chair-1@maplestreet.example"
CHAIR_2 = "chair-2@maplestreet.example"
HANG = "hang"  # as a stumble: never answers

Stumble = Exception | str | Callable[[], None]


class Stumbles:
    """What goes wrong at the next calls of a method: an error, HANG, or something that happens meanwhile."""

    def __init__(self) -> None:
        self._before: dict[str, list[Stumble | None]] = {}
        self._after: dict[str, list[Stumble | None]] = {}
        self.asked: list[str] = []

    def before(self, method: str, *stumbles: Stumble | None) -> None:
        """One per call to come, before it does anything; None lets a call pass."""
        self._before.setdefault(method, []).extend(stumbles)

    def after(self, method: str, *stumbles: Stumble | None) -> None:
        """The same, after it did its work: the answer is what gets lost."""
        self._after.setdefault(method, []).extend(stumbles)

    async def _begin(self, method: str) -> None:
        self.asked.append(method)
        await self._next(self._before.get(method, []))

    async def _end(self, method: str) -> None:
        await self._next(self._after.get(method, []))

    async def _next(self, stumbles: list[Stumble | None]) -> None:
        stumble = stumbles.pop(0) if stumbles else None
        if isinstance(stumble, Exception):
            raise stumble
        if stumble == HANG:
            await asyncio.get_running_loop().create_future()
        elif callable(stumble):
            stumble()


class PaperCalendar(Stumbles):
    """A `CalendarPort` that keeps events in a dictionary."""

    def __init__(self, now: Callable[[], datetime] | None = None) -> None:
        """`now`: when our own events are written; None: that is never told."""
        super().__init__()
        self._now = now
        self.events: dict[str, dict[str, CalendarEvent]] = {CHAIR_1: {}, CHAIR_2: {}}
        self.private: dict[str, dict[str, str]] = {}
        self.descriptions: dict[str, str] = {}
        self.deleted: set[str] = set()
        self._version = 0

    def write(
        self,
        calendar_id: str,
        start: datetime,
        end: datetime,
        event_id: str = "human",
        **fields: datetime | None,
    ) -> None:
        """A person writes into the calendar. `fields`: `created`, `updated`."""
        event = self._put(calendar_id, event_id, start, end, "Walk-in", ours=False)
        self.events[calendar_id][event_id] = msgspec.structs.replace(event, **fields)

    def change(self, calendar_id: str, event_id: str, **fields: Any) -> None:
        """An event becomes another one under the same id, whoever did it."""
        event = self.events[calendar_id][event_id]
        self._put(calendar_id, event_id, event.start, event.end, event.summary, ours=event.ours)
        etag = self.events[calendar_id][event_id].etag
        self.events[calendar_id][event_id] = msgspec.structs.replace(event, etag=etag, **fields)

    def ours(self) -> list[CalendarEvent]:
        return [event for events in self.events.values() for event in events.values() if event.ours]

    async def free_busy(
        self, calendar_ids: list[str], start: datetime, end: datetime
    ) -> dict[str, list[Busy]]:
        await self._begin("free_busy")
        return {calendar_id: self._run_together(calendar_id, start, end) for calendar_id in calendar_ids}

    async def events_between(self, calendar_id: str, start: datetime, end: datetime) -> list[CalendarEvent]:
        await self._begin("events_between")
        return self._between(calendar_id, start, end)

    async def insert(
        self,
        calendar_id: str,
        *,
        event_id: str,
        start: datetime,
        end: datetime,
        summary: str,
        description: str,
        private: dict[str, str],
    ) -> CalendarEvent:
        await self._begin("insert")
        if event_id in self.deleted:
            raise CalendarUnavailable("event_deleted")
        if event_id not in self.events[calendar_id]:  # else: adopted, as the real one does
            self.private[event_id] = dict(private)
            self.descriptions[event_id] = description
            self._put(calendar_id, event_id, start, end, summary, ours=OURS in private)
        event = self.events[calendar_id][event_id]
        await self._end("insert")
        return event

    async def get(self, calendar_id: str, event_id: str) -> CalendarEvent | None:
        await self._begin("get")
        return self.events[calendar_id].get(event_id)

    async def was_deleted(self, calendar_id: str, event_id: str) -> bool:
        await self._begin("was_deleted")
        return event_id in self.deleted

    async def move(
        self,
        calendar_id: str,
        event: CalendarEvent,
        *,
        start: datetime,
        end: datetime,
        private: dict[str, str],
    ) -> CalendarEvent:
        await self._begin("move")
        found = self.events[calendar_id].get(event.id)
        if found is None or found.etag != event.etag:
            raise CalendarChanged("conditionNotMet")
        self.private[event.id] |= private
        moved = self._put(calendar_id, event.id, start, end, found.summary, ours=True)
        await self._end("move")
        return moved

    async def delete(self, calendar_id: str, event_id: str) -> None:
        await self._begin("delete")
        self.remove(calendar_id, event_id)
        await self._end("delete")

    async def bury(
        self, calendar_id: str, *, event_id: str, start: datetime, end: datetime
    ) -> CalendarEvent | None:
        await self._begin("bury")
        standing = self.events[calendar_id].get(event_id)
        if standing is None:
            self.deleted.add(event_id)
        await self._end("bury")
        return standing

    def remove(self, calendar_id: str, event_id: str) -> None:
        """Delete an event, if it is there; its id stays taken."""
        if self.events[calendar_id].pop(event_id, None) is not None:
            self.deleted.add(event_id)

    def _run_together(self, calendar_id: str, start: datetime, end: datetime) -> list[Busy]:
        """What touches or overlaps is one stretch, as with Google."""
        stretches: list[Busy] = []
        for event in sorted(self._between(calendar_id, start, end), key=lambda event: event.start):
            if stretches and event.start <= stretches[-1].end:
                stretches[-1] = Busy(stretches[-1].start, max(stretches[-1].end, event.end))
            else:
                stretches.append(Busy(event.start, event.end))
        return stretches

    def _between(self, calendar_id: str, start: datetime, end: datetime) -> list[CalendarEvent]:
        events = self.events[calendar_id].values()
        return [event for event in events if event.start < end and event.end > start]

    def _put(
        self, calendar_id: str, event_id: str, start: datetime, end: datetime, summary: str, *, ours: bool
    ) -> CalendarEvent:
        self._version += 1
        event = CalendarEvent(
            id=event_id,
            start=start,
            end=end,
            summary=summary,
            ours=ours,
            etag=f'"{self._version}"',
            created=None if self._now is None or not ours else self._now(),
            reservation_id=self.private[event_id][OURS] if ours else None,
        )
        self.events[calendar_id][event_id] = event
        return event


class Pigeons(Stumbles):
    """An `SmsPort` that keeps what was sent."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[tuple[str, str]] = []

    async def send(self, *, to: str, body: str) -> str:
        await self._begin("send")
        self.sent.append((to, body))
        await self._end("send")
        return f"SM{len(self.sent)}"

    async def find(self, *, to: str, body: str, since: datetime) -> str | None:
        await self._begin("find")
        return f"SM{self.sent.index((to, body)) + 1}" if (to, body) in self.sent else None


class StumblingStore(Stumbles):
    """The real store, with methods that fail when told to."""

    def __init__(self, store: BookingStore) -> None:
        super().__init__()
        self._store = store

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)

        async def stumbling(*args: Any, **kwargs: Any) -> Any:
            await self._begin(name)
            answer = await method(*args, **kwargs)
            await self._end(name)
            return answer

        return stumbling


class Scene(msgspec.Struct, kw_only=True):
    """One call and what its tools work with."""

    facts: CallFacts
    dispatcher: Dispatcher
    business: Business
    store: Any
    report: Report  # everything the store holds
    calendar: PaperCalendar
    sms: Pigeons
    clock: Clock

    async def run(self, name: str, gate: Gate = Gate.OPEN, /, **arguments: Any) -> ToolResult:
        """The answer to a model that knows what stands proposed; the gate is about that."""
        text = msgspec.json.encode(arguments).decode()
        return await self.dispatcher.run(self.facts, name, text, gate, self.facts.proposed)

    async def check(self, day: str, **more: Any) -> ToolResult:
        """What is free on one day; a cleaning unless `more` says otherwise."""
        wish = {"service": "cleaning", "from_date": day, "to_date": day, **more}
        return await self.run("check_availability", **wish)

    def offered(self, result: ToolResult) -> list[Slot]:
        """The slots that an answer offered, in order."""
        return [self.facts.offered[slot["id"]] for slot in result.output["slots"]]

    def fill(self, start: str, end: str, calendar_id: str = CHAIR_1, why: str = "away") -> None:
        """Somebody is away, on the business's wall clock: "2026-11-24 09:00"."""
        begin, until = (
            datetime.fromisoformat(text).replace(tzinfo=self.business.tz) for text in (start, end)
        )
        self.calendar.write(calendar_id, begin, until, why)

    @property
    def kit(self) -> Kit:
        """What the tools of this scene work with."""
        return Kit(
            business=self.business,
            clock=self.clock,
            store=self.store,
            calendar=self.calendar,
            free_busy=self.dispatcher.free_busy,
            sms=self.sms,
            mail=self.dispatcher.kit.mail,
            code_key=self.dispatcher.kit.code_key,
        )

    async def ask_tuesday(self) -> ToolResult:
        """A cleaning on Tuesday, 24 November, afternoon: free at 12:00 and 13:30-17:00."""
        return await self.run(
            "check_availability",
            service="cleaning",
            from_date="2026-11-24",
            to_date="2026-11-24",
            part_of_day="afternoon",
        )

    async def hold_first(self) -> str:
        """Hold the first time of Tuesday afternoon, noon; the hold's id."""
        await self.ask_tuesday()
        result = await self.run("hold_slot", slot_id="slot_1", customer_name="Dana Reed")
        return str(result.output["hold_id"])

    async def book_first(self) -> ToolResult:
        return await self.run("create_event", hold_id=await self.hold_first(), customer_name="Dana Reed")

    def at(self, **changes: Any) -> "Scene":
        """The same call at a business that differs in `changes`."""
        business = msgspec.structs.replace(self.business, **changes)
        parts = {name: getattr(self.dispatcher.kit, name) for name in signature(Dispatcher).parameters}
        return msgspec.structs.replace(
            self, business=business, dispatcher=Dispatcher(**{**parts, "business": business})
        )

    async def booked_before(self, day: str = "2026-11-24", **more: Any) -> Reservation:
        """What this number booked in an earlier call: the first time of a day, Tuesday afternoon's noon."""
        number, part = self.facts.caller_number, "afternoon" if day == "2026-11-24" else "any"
        earlier = self.another_call(f"CA-{day}-{more.get('service', '')}", number)
        (slot, *_) = earlier.offered(await earlier.check(day, **{"part_of_day": part, **more}))
        held = await earlier.run("hold_slot", slot_id=slot.id, customer_name="Dana Reed")
        booked = await earlier.run(
            "create_event", hold_id=held.output["hold_id"], customer_name="Dana Reed", text_me=False
        )
        assert booked.output["ok"]
        row: Reservation = await self.store.reservation(earlier.facts.booking_id)
        return row

    async def shown(self) -> Reservation:
        """That booking, shown to a caller whose number the network vouches for, as "booking_1"."""
        row = await self.booked_before()
        self.facts.attested = True
        await self.run("find_bookings")
        return row

    def another_call(self, call_sid: str = "CA2", number: str | None = "+12025550144") -> "Scene":
        """The same business, another caller."""
        facts = CallFacts(call_sid=call_sid, caller_number=number, our_number=self.facts.our_number)
        return msgspec.structs.replace(self, facts=facts)
