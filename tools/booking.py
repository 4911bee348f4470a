"""create_event: turn this call's hold into an event in the calendar.

The order is what makes it safe. Our row goes to `booking` first, with an event id minted
once; then the calendar is asked, written, and asked again; then the row goes to `booked`.
Whatever stops half-way leaves a row that names the one event id to look for.

    held ─ begin ─> booking ─ insert, look again ─> booked
                       ├─ certain that nothing was written ──────> failed     "couldn't book"
                       ├─ a person's event is in the way ────────> withdrawn  "just been taken"
                       └─ cannot be told ── stays in booking ────>            "can't tell yet"

"Booked" is said only after the event was seen in the calendar; "couldn't" only when it is
certain that nothing was written. Everything else is unknown: a person is asked to settle it.
"""

import asyncio
import uuid

import structlog

from tools import spoken
from tools.arguments import CreateEvent
from tools.business import Service
from tools.errors import NotConfirmed, OutcomeUnknown, OutOfTurn, Unavailable
from tools.facts import CallFacts
from tools.google_events import OURS
from tools.holds import events_in_the_way, keep, service_of, taken
from tools.kit import Kit
from tools.ports import CalendarAmbiguous, CalendarError, CalendarEvent, CalendarUnavailable
from tools.result import Gate, ToolResult
from tools.slots import Slot
from tools.store import HoldGone, Reservation, ReservationState, SlotTaken, StoreError

log = structlog.get_logger(__name__)

CALL_PROPERTY = "callbridge_call"  # private property of our events beside OURS: the call they came from
CALLBACK_S = 2.0  # the store may be what hangs; the caller waits for this


class NotBooked(Unavailable):
    """Certain: no event was written. What was proposed no longer counts."""

    code = "not_booked"
    closes_gate = True

    def __init__(self) -> None:
        super().__init__(spoken.not_booked())


class BookingUnknown(OutcomeUnknown):
    """Neither certain that it is booked nor that it is not."""

    code = "booking_unknown"

    def __init__(self) -> None:
        super().__init__(spoken.booking_unknown(promised=False))


async def create_event(kit: Kit, facts: CallFacts, arguments: CreateEvent, gate: Gate) -> ToolResult:
    """Book what was read back and agreed to."""
    if facts.booked_slot_id is not None and arguments.hold_id == facts.booked_hold_id:
        return _booked(kit, facts.offered[facts.booked_slot_id])  # the model asked twice
    slot = _agreed_slot(facts, arguments, gate)
    name = arguments.customer_name
    try:
        attempt = await _begin(kit, facts, slot, arguments)
        event = await attempt.book(facts, name)
    except SlotTaken:
        if facts.unconfirmed_id == arguments.hold_id:
            return await booking_unknown(kit, facts, arguments)  # it is our own first attempt that has it
        event = None  # the hold ran out while the caller was saying yes, and somebody was waiting
    except OutcomeUnknown:
        return await booking_unknown(kit, facts, arguments)
    if event is None:
        facts.hold_id = facts.held_slot_id = facts.held_name = None
        return await taken(kit, facts, slot)
    facts.booking_id, facts.booked_hold_id, facts.booked_slot_id = attempt.row.id, arguments.hold_id, slot.id
    facts.hold_id = facts.held_slot_id = facts.held_name = None
    facts.unconfirmed_id = None
    facts.confirmation_sent = False
    return _booked(kit, slot)


async def booking_unknown(kit: Kit, facts: CallFacts, arguments: CreateEvent) -> ToolResult:
    """Say that it cannot be told, and ask a person to settle it, once per hold.

    Also what a create_event that ran out of time answers.
    """
    if facts.unconfirmed_id != arguments.hold_id:
        facts.unconfirmed_id = arguments.hold_id
        facts.callback_id = None
    if facts.callback_id is None:
        slot = facts.offered.get(facts.held_slot_id or "")
        what = "" if slot is None else f": {slot.service}, {slot.start:%Y-%m-%d %H:%M}"
        try:
            async with asyncio.timeout(CALLBACK_S):
                facts.callback_id = await kit.store.add_callback(
                    call_sid=facts.call_sid,
                    number=facts.caller_number,
                    name=arguments.customer_name,
                    message=f"Check the calendar and tell the caller whether they are booked{what}.",
                    reason=BookingUnknown.code,
                    now=kit.clock.now(),
                )
        except (StoreError, TimeoutError) as error:
            log.error("callback_not_saved", error=type(error).__name__)
    promised = facts.callback_id is not None and facts.caller_number is not None
    return ToolResult(
        output={"ok": False, "say": spoken.booking_unknown(promised)}, error_code=BookingUnknown.code
    )


def _booked(kit: Kit, slot: Slot) -> ToolResult:
    say = spoken.booked(service_of(kit, slot).name, slot.start)
    return ToolResult(output={"ok": True, "say": say}, closes_gate=True)


def _agreed_slot(facts: CallFacts, arguments: CreateEvent, gate: Gate) -> Slot:
    """What the caller agreed to. Raises OutOfTurn or NotConfirmed: nothing was written."""
    slot = facts.offered.get(facts.held_slot_id or "")
    if slot is None or facts.held_name is None or facts.hold_id != arguments.hold_id:
        raise OutOfTurn("hold_id: not the hold of this call; call hold_slot and read its sentence back")
    if _same_name(facts.held_name) != _same_name(arguments.customer_name):
        raise OutOfTurn(
            "customer_name: not the name that was read back; call hold_slot again with the right name"
        )
    match gate:
        case Gate.OPEN:
            return slot
        case Gate.NO_PROPOSAL:
            raise OutOfTurn("nothing stands proposed; call hold_slot, read its sentence back, wait for a yes")
        case Gate.UNHEARD:
            raise NotConfirmed(gate.value, "the caller has not heard the read-back to its end; wait")
        case Gate.UNANSWERED:
            raise NotConfirmed(gate.value, "the caller has not answered the read-back; wait")


def _same_name(name: str) -> str:
    return " ".join(name.split()).casefold()


async def _begin(kit: Kit, facts: CallFacts, slot: Slot, arguments: CreateEvent) -> "_Attempt":
    """held -> booking. Raises SlotTaken, NotBooked, OutcomeUnknown."""
    event_id = uuid.uuid4().hex  # within the calendar's alphabet 0-9a-v (google-calendar.md, 2)

    async def begin(hold_id: str) -> Reservation:
        return await kit.store.begin_booking(
            hold_id=hold_id,
            call_sid=facts.call_sid,
            event_id=event_id,
            customer_name=arguments.customer_name,
            now=kit.clock.now(),
        )

    try:
        try:
            row = await begin(arguments.hold_id)
        except HoldGone:
            # It ran out while the caller was saying yes: the same time, if it is still there.
            row = await begin((await keep(kit, facts, slot)).id)
    except HoldGone as error:
        raise NotBooked from error
    except SlotTaken:
        raise
    except StoreError as error:
        raise BookingUnknown from error  # the row may be in `booking`, and would then be finished later
    return _Attempt(kit, service_of(kit, slot), slot, row, first=row.event_id == event_id)


class _Attempt:
    """One row on its way from `booking` to an end."""

    def __init__(self, kit: Kit, service: Service, slot: Slot, row: Reservation, first: bool) -> None:
        """`first`: no earlier attempt used this row, so nothing can have been written yet."""
        self.row = row
        self.service = service
        self._kit = kit
        self._slot = slot
        self._first = first
        assert row.event_id is not None, "begin_booking sets it"
        self._event_id = row.event_id

    async def book(self, facts: CallFacts, name: str) -> CalendarEvent | None:
        """The event, seen in the calendar; None when a person's event came first and ours is gone.

        Raises NotBooked, OutcomeUnknown.
        """
        try:
            others = await events_in_the_way(self._kit, self.service, self._slot, self._event_id)
        except CalendarError as error:
            raise await self._failed() from error
        if others:
            if not self._first:
                raise BookingUnknown  # an earlier attempt's event may stand among them, or still arrive
            await self._end(ReservationState.WITHDRAWN)
            return None
        event = await self._insert(facts, name)
        if event.start != self._slot.start or event.end != self._slot.end:
            raise BookingUnknown  # an earlier attempt's event, which a person has moved since
        if not await self._stands_alone():
            await self._take_back()
            return None
        await self._finish()
        return event

    async def _insert(self, facts: CallFacts, name: str) -> CalendarEvent:
        number = facts.caller_number or "withheld"
        try:
            return await self._kit.calendar.insert(
                self.row.calendar_id,
                event_id=self._event_id,
                start=self._slot.start,
                end=self._slot.end,
                summary=f"{self.service.name.capitalize()}: {name}",
                description=f"Booked by phone. Caller's number: {number}",
                private={OURS: self.row.id, CALL_PROPERTY: facts.call_sid},
            )
        except CalendarUnavailable as error:
            raise await self._failed() from error
        except CalendarAmbiguous as error:
            log.warning("insert_ambiguous", code=error.code)
        try:
            event = await self._kit.calendar.get(self.row.calendar_id, self._event_id)
        except CalendarError as error:
            raise BookingUnknown from error
        if event is None:  # not there yet, which is not the same as not there: it may still arrive
            raise BookingUnknown
        return event

    async def _stands_alone(self) -> bool:
        """True when our event is there and nobody else's is. Raises OutcomeUnknown.

        Between our look and our insert a person may have written; the calendar has no lock
        against that, so it is looked at once more (google-calendar.md, 4).
        """
        until = self.row.end
        try:
            around = await self._kit.calendar.events_between(self.row.calendar_id, self._slot.start, until)
            ours = any(event.id == self._event_id for event in around)
            if not ours and await self._kit.calendar.get(self.row.calendar_id, self._event_id) is None:
                raise BookingUnknown
        except CalendarError as error:
            # The insert was answered with our event, and that answer is proof enough.
            log.warning("read_back_failed", code=error.code)
            return True
        return not any(event.id != self._event_id for event in around)

    async def _take_back(self) -> None:
        """Delete our event. Raises OutcomeUnknown when it may still stand."""
        for _ in range(2):
            try:
                await self._kit.calendar.delete(self.row.calendar_id, self._event_id)
            except CalendarError as error:
                log.warning("delete_failed", code=error.code)
            else:
                await self._end(ReservationState.WITHDRAWN)
                return
        raise BookingUnknown

    async def _finish(self) -> None:
        try:
            await self._kit.store.finish_booking(reservation_id=self.row.id, now=self._kit.clock.now())
        except StoreError as error:
            # The event stands and the row in `booking` names it: finished later, and true already.
            log.warning("booking_not_finished", error=type(error).__name__)

    async def _failed(self) -> NotBooked | BookingUnknown:
        """The error to raise when this attempt wrote nothing. An earlier one may have."""
        if not self._first:
            return BookingUnknown()
        await self._end(ReservationState.FAILED)
        return NotBooked()

    async def _end(self, state: ReservationState) -> None:
        """booking -> `state`. Raises OutcomeUnknown: a row left in `booking` may be finished later."""
        try:
            await self._kit.store.end_booking(
                reservation_id=self.row.id, state=state, now=self._kit.clock.now()
            )
        except StoreError as error:
            raise BookingUnknown from error
