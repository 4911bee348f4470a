"""hold_slot: keep an offered time for this call and read it back.

The hold is a row of our own store, which is the lock; the calendar is only asked whether a
person has written into the window since. The row keeps the appointment *and* the buffer
after it, so that no other row can begin in the buffer. Read `booking.py` next.
"""

from datetime import UTC, timedelta

import structlog

from tools import spoken
from tools.arguments import HoldSlot
from tools.availability import alternatives, described
from tools.business import Service
from tools.conflicts import in_the_way
from tools.errors import Declined, OutOfTurn
from tools.facts import CallFacts
from tools.kit import Kit
from tools.ports import CalendarError
from tools.result import Gate, ToolResult
from tools.slots import Slot, kept_until
from tools.store import Reservation, SlotTaken, StoreError

log = structlog.get_logger(__name__)


async def hold_slot(kit: Kit, facts: CallFacts, arguments: HoldSlot, gate: Gate) -> ToolResult:
    """The read-back, with the hold's id as the proposal; or that it is taken, with other times."""
    slot = facts.offered.get(arguments.slot_id)
    if slot is None:
        raise OutOfTurn("slot_id: not offered in this call; use an id that check_availability returned")
    if facts.unconfirmed_id is not None:
        raise Declined(
            spoken.booking_unknown(promised=_will_be_called(facts)),
            code="booking_unconfirmed",
            problem="an earlier booking of this call is not settled; do not book another",
        )
    service = service_of(kit, slot)
    until = kept_until(service, slot.end)
    if await in_the_way(kit, slot.calendar_id, slot.start, until):
        return await taken(kit, facts, slot)
    try:
        reservation = await keep(kit, facts, slot)
        if reservation.id == facts.hold_id:
            # The same time again, with another name, say: an id of its own, so that the yes to the
            # earlier read-back cannot book what has not been read back.
            await kit.store.release_hold(hold_id=reservation.id, call_sid=facts.call_sid, now=kit.clock.now())
            reservation = await keep(kit, facts, slot)
    except SlotTaken:
        return await taken(kit, facts, slot)
    facts.hold_id = reservation.id
    facts.held_slot_id = slot.id
    facts.held_name = arguments.customer_name
    say = spoken.read_back(service.name, arguments.customer_name, slot.start)
    return ToolResult(
        output={"ok": True, "say": say, "hold_id": reservation.id},
        proposal=reservation.id,
    )


async def keep(kit: Kit, facts: CallFacts, slot: Slot) -> Reservation:
    """Hold the slot in the store. Raises SlotTaken, StoreUnavailable."""
    service = service_of(kit, slot)
    return await kit.store.hold(
        calendar_id=slot.calendar_id,
        service=slot.service,
        start=slot.start.astimezone(UTC),
        end=kept_until(service, slot.end),
        call_sid=facts.call_sid,
        caller_number=facts.caller_number,
        now=kit.clock.now(),
        keep_for=timedelta(minutes=kit.business.hold_minutes),
    )


async def taken(kit: Kit, facts: CallFacts, slot: Slot) -> ToolResult:
    """The apology, with fresh times where they can be had. Whatever was proposed no longer counts."""
    try:
        provider = slot.calendar_id if slot.provider_wished else None
        fresh = await alternatives(kit, facts, service_of(kit, slot), slot.start.date(), provider)
    except (CalendarError, StoreError) as error:
        # That this time is gone is known all the same, and is what the caller must hear.
        log.warning("alternatives_unseen", error=type(error).__name__)
        fresh = []
    output = {
        "ok": False,
        "say": spoken.just_taken([other.start for other in fresh]),
        "slots": described(fresh),
    }
    return ToolResult(output=output, closes_gate=True, error_code="slot_taken")


def service_of(kit: Kit, slot: Slot) -> Service:
    """Raises OutOfTurn when the owner has dropped the service since it was offered (a resumed call)."""
    service = kit.business.service(slot.service)
    if service is None:
        raise OutOfTurn("slot_id: its service is no longer offered; ask check_availability again")
    return service


def _will_be_called(facts: CallFacts) -> bool:
    return facts.callback_id is not None and facts.caller_number is not None
