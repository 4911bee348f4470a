"""hold_slot: keep an offered time for this call and read it back.

The hold is a row of our own store, which is the lock; the calendar is only asked whether a
person has written into the window since. The row keeps the appointment *and* the buffer
after it, so that no other row can begin in the buffer. Read `booking.py` next.
"""

from datetime import UTC, timedelta

import structlog

from tools import read_back, spoken, spoken_changes
from tools.arguments import HoldSlot
from tools.availability import alternatives, described
from tools.business import Service
from tools.conflicts import in_the_way
from tools.consent import must_be_asked
from tools.errors import Declined, OutOfTurn
from tools.facts import CallFacts
from tools.kit import Kit
from tools.ports import CalendarError
from tools.result import Gate, ToolResult
from tools.slots import Slot, kept_until
from tools.store import Reservation, SlotTaken, StoreError

log = structlog.get_logger(__name__)

MOST_BOOKINGS = 5  # made or changed in one call: a family's; who wants more may ask a person


async def hold_slot(kit: Kit, facts: CallFacts, arguments: HoldSlot, gate: Gate) -> ToolResult:
    """The read-back, with the hold's id as the proposal; or that it is taken, with other times."""
    slot = facts.offered.get(arguments.slot_id)
    if slot is None:
        raise OutOfTurn("slot_id: not offered in this call; use an id that check_availability returned")
    must_be_settled(facts)
    if len(facts.done) >= MOST_BOOKINGS:
        raise Declined(spoken.not_booked(), code="too_many_bookings", problem="no more bookings in this call")
    service = service_of(kit, slot)
    until = kept_until(service, slot.end)
    if await in_the_way(kit, slot.calendar_id, slot.start, until):
        return await taken(kit, facts, slot)
    try:
        reservation = await keep_anew(kit, facts, slot, facts.hold_id)
    except SlotTaken:
        return await taken(kit, facts, slot)
    facts.hold_id = reservation.id
    facts.held_slot_id = slot.id
    facts.held_name = arguments.customer_name
    facts.text_asked = must_be_asked(kit.business, facts)
    return ToolResult(
        output={"ok": True, "say": said_of_hold(kit, facts, slot), "hold_id": reservation.id},
        proposal=reservation.id,
        read_back=read_back.to_book(slot.start, asks_to_text=facts.text_asked),
    )


def said_of_hold(kit: Kit, facts: CallFacts, slot: Slot) -> str:
    """The read-back of this call's hold, which is of `slot`."""
    service, name = service_of(kit, slot).name, facts.held_name or ""
    return spoken.read_back(service, name, slot.start, ask_to_text=facts.text_asked)


def must_be_settled(facts: CallFacts) -> None:
    """Raises Declined while it is not known whether an earlier time of this call is booked."""
    if facts.unconfirmed_id is not None:
        promised = facts.callback_id is not None and facts.caller_number is not None
        raise Declined(
            spoken.booking_unknown(promised),
            code="booking_unconfirmed",
            problem="an earlier booking of this call is not settled; do not book another",
        )


async def keep_anew(
    kit: Kit, facts: CallFacts, slot: Slot, earlier_id: str | None, moves_id: str | None = None
) -> Reservation:
    """Hold the slot, and not as the hold `earlier_id`. Raises as `keep`.

    The same time again, with another name, say: an id of its own, so that the yes to the earlier
    read-back cannot book what has not been read back.
    """
    held = await keep(kit, facts, slot, moves_id)
    if held.id != earlier_id:
        return held
    await kit.store.release_hold(hold_id=held.id, call_sid=facts.call_sid, now=kit.clock.now())
    return await keep(kit, facts, slot, moves_id)


async def keep(kit: Kit, facts: CallFacts, slot: Slot, moves_id: str | None = None) -> Reservation:
    """Hold the slot in the store, to move the booking `moves_id` there or for a new one.

    Raises SlotTaken, BookingGone, StoreUnavailable.
    """
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
        moves_id=moves_id,
    )


async def taken(kit: Kit, facts: CallFacts, slot: Slot, own: Reservation | None = None) -> ToolResult:
    """The apology, with fresh times where they can be had. Whatever was proposed no longer counts.

    `own`: the booking that was to be moved there, which stays.
    """
    apology = spoken.just_taken if own is None else spoken_changes.move_taken
    try:
        provider = slot.calendar_id if slot.provider_wished else None
        fresh = await alternatives(kit, facts, service_of(kit, slot), slot.start.date(), provider, own)
    except (CalendarError, StoreError) as error:
        # That this time is gone is known all the same, and is what the caller must hear.
        log.warning("alternatives_unseen", error=type(error).__name__)
        fresh = []
    output = {
        "ok": False,
        "say": apology([other.start for other in fresh]),
        "slots": described(fresh),
    }
    return ToolResult(output=output, closes_gate=True, error_code="slot_taken")


def service_of(kit: Kit, slot: Slot) -> Service:
    """Raises OutOfTurn when the owner has dropped the service since it was offered (a resumed call)."""
    service = kit.business.service(slot.service)
    if service is None:
        raise OutOfTurn("slot_id: its service is no longer offered; ask check_availability again")
    return service
