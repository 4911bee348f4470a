"""A call's tools with everything outside them in memory, and made to stumble where a test says so.

The real calendar and text service are tested against their stand-ins in `test_calendar.py`
and `test_sms.py`; here each of their documented outcomes is needed at an exact step.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from tools.business import Business
from tools.clock import Clock
from tools.dispatch import Dispatcher
from tools.facts import CallFacts
from tools.google_events import OURS
from tools.ports import Busy, CalendarEvent
from tools.result import Gate, ToolResult
from tools.store import BookingStore

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

    def __init__(self) -> None:
        super().__init__()
        self.events: dict[str, dict[str, CalendarEvent]] = {CHAIR_1: {}, CHAIR_2: {}}
        self.private: dict[str, dict[str, str]] = {}

    def write(self, calendar_id: str, start: datetime, end: datetime, event_id: str = "human") -> None:
        """A person writes into the calendar."""
        self._put(calendar_id, event_id, start, end, "Walk-in", ours=False)

    def ours(self) -> list[CalendarEvent]:
        return [event for events in self.events.values() for event in events.values() if event.ours]

    async def free_busy(
        self, calendar_ids: list[str], start: datetime, end: datetime
    ) -> dict[str, list[Busy]]:
        await self._begin("free_busy")
        return {
            calendar_id: [Busy(event.start, event.end) for event in self._between(calendar_id, start, end)]
            for calendar_id in calendar_ids
        }

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
        if event_id not in self.events[calendar_id]:  # else: adopted, as the real one does
            self._put(calendar_id, event_id, start, end, summary, ours=OURS in private)
            self.private[event_id] = private
        event = self.events[calendar_id][event_id]
        await self._end("insert")
        return event

    async def get(self, calendar_id: str, event_id: str) -> CalendarEvent | None:
        await self._begin("get")
        return self.events[calendar_id].get(event_id)

    async def delete(self, calendar_id: str, event_id: str) -> None:
        await self._begin("delete")
        self.events[calendar_id].pop(event_id, None)
        await self._end("delete")

    def _between(self, calendar_id: str, start: datetime, end: datetime) -> list[CalendarEvent]:
        events = self.events[calendar_id].values()
        return [event for event in events if event.start < end and event.end > start]

    def _put(
        self, calendar_id: str, event_id: str, start: datetime, end: datetime, summary: str, *, ours: bool
    ) -> None:
        self.events[calendar_id][event_id] = CalendarEvent(
            id=event_id, start=start, end=end, summary=summary, ours=ours, etag='"1"', created=None
        )


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
    calendar: PaperCalendar
    sms: Pigeons
    clock: Clock

    async def run(self, name: str, gate: Gate = Gate.OPEN, /, **arguments: Any) -> ToolResult:
        return await self.dispatcher.run(self.facts, name, msgspec.json.encode(arguments).decode(), gate)

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

    def another_call(self, call_sid: str = "CA2", number: str | None = "+12025550144") -> "Scene":
        """The same business, another caller."""
        facts = CallFacts(call_sid=call_sid, caller_number=number, our_number=self.facts.our_number)
        return msgspec.structs.replace(self, facts=facts)
