"""reschedule_event: move a booking to an offered time; first proposed, then done.

    first call      look at the calendar, keep the new time, read back ──> nothing is changed yet
    after the yes   the same call again: the event is moved, or known how far it got

The old booking stands until the new one does; how the calendar is made to follow is in
`appointments.py`. "Moved" is said only after the event was seen at its new time, "not moved" only
when nothing was changed. Everything else is unknown: a person is asked, as in `booking.py`.
"""

import msgspec

from tools import read_back, spoken_changes
from tools.appointments import Outcome, begin, move_event
from tools.arguments import RescheduleEvent
from tools.changes import booking_gone, booking_to_change, is_agreed, local_start, service_name
from tools.conflicts import in_the_way
from tools.errors import Declined, OutOfTurn, Unavailable
from tools.facts import CallFacts, Done, Move
from tools.holds import keep, keep_anew, must_be_settled, service_of, taken
from tools.kit import Kit
from tools.result import Claim, Gate, Receipt, ToolResult
from tools.slots import Slot, kept_until
from tools.spoken import calendar_unseen
from tools.store import BookingGone, HoldGone, Reservation, ReservationState, SlotTaken, StoreError
from tools.unsettled import ask_about_hold

UNKNOWN_CODE = "move_unknown"


class NotMoved(Unavailable):
    """Certain: nothing was changed. What was proposed no longer counts."""

    code = "not_moved"
    closes_gate = True

    def __init__(self) -> None:
        super().__init__(spoken_changes.not_moved())


async def reschedule_event(kit: Kit, facts: CallFacts, arguments: RescheduleEvent, gate: Gate) -> ToolResult:
    """Propose the move; asked again after the yes to it, do it; asked once more, say so again."""
    move = facts.moving
    if move is not None and (move.booking_id, move.slot_id) == (arguments.booking_id, arguments.slot_id):
        slot = facts.offered[move.slot_id]
        if move.moved_to is not None:
            return _moved(kit, facts, move)  # the model asked twice
        gate = facts.gate_for(move.hold_id, gate)
        if is_agreed(kit, facts, gate, _said(kit, facts.found[move.booking_id], slot)):
            return await _carry_out(kit, facts, move, slot)
        if move.begun:
            return await _unknown(kit, facts, move)
    return await _propose(kit, facts, arguments)


async def move_undecided(kit: Kit, facts: CallFacts, arguments: RescheduleEvent) -> ToolResult:
    """What one that ran out of time, or broke, answers: unknown, or only proposed and so unchanged."""
    move = facts.moving
    asked = (arguments.booking_id, arguments.slot_id)
    if move is not None and (move.booking_id, move.slot_id) == asked and move.begun:
        return await _unknown(kit, facts, move) if move.moved_to is None else _moved(kit, facts, move)
    # The new time may be kept; it was not read back, so nothing can come of it, and it runs out.
    unseen = Unavailable(calendar_unseen(), code="calendar_unavailable").result()
    return msgspec.structs.replace(unseen, closes_gate=True)


# --- the proposal -----------------------------------------------------------------


async def _propose(kit: Kit, facts: CallFacts, arguments: RescheduleEvent) -> ToolResult:
    """The read-back, with the new time's hold as the proposal; or that it is taken, with other times."""
    must_be_settled(facts)
    row = await booking_to_change(kit, facts, arguments.booking_id)
    slot = facts.offered.get(arguments.slot_id)
    if slot is None:
        raise OutOfTurn("slot_id: not offered in this call; use an id that check_availability returned")
    if slot.service != row.service:
        raise OutOfTurn(f"slot_id: a time for {slot.service}; ask check_availability for {row.service}")
    if (slot.calendar_id, slot.start) == (row.calendar_id, row.start):
        raise Declined(spoken_changes.same_time(), code="same_time")
    until = kept_until(service_of(kit, slot), slot.end)
    if await in_the_way(kit, slot.calendar_id, slot.start, until, row.event_id):
        return await _taken(kit, facts, row, slot)
    earlier = None if facts.moving is None else facts.moving.hold_id
    try:
        held = await keep_anew(kit, facts, slot, earlier, row.id)
    except SlotTaken:
        return await _taken(kit, facts, row, slot)
    except BookingGone as error:
        raise booking_gone(kit, facts) from error
    facts.hold_id = facts.held_slot_id = None  # a call keeps one time
    facts.moving = Move(booking_id=arguments.booking_id, moved_from=row.id, slot_id=slot.id, hold_id=held.id)
    return ToolResult(
        output={"ok": True, "say": _said(kit, row, slot)},
        proposal=held.id,
        read_back=read_back.to_move(slot.start),
    )


def _said(kit: Kit, row: Reservation, slot: Slot) -> str:
    return spoken_changes.read_back_move(service_name(kit, row), local_start(kit, row), slot.start)


# --- after the yes ----------------------------------------------------------------


async def _carry_out(kit: Kit, facts: CallFacts, move: Move, slot: Slot) -> ToolResult:
    # Of one that was begun before, the old booking may be gone already: it is finished, or found done.
    old = facts.found[move.booking_id] if move.begun else await booking_to_change(kit, facts, move.booking_id)
    facts.moving = move = msgspec.structs.replace(move, begun=True)
    try:
        row, first = await _begin(kit, facts, move, slot, old)
    except (SlotTaken, BookingGone) as error:
        if facts.unconfirmed_id == move.hold_id:
            return await _unknown(kit, facts, move)  # it is our own first attempt that has it
        if isinstance(error, SlotTaken):
            # The hold ran out while the caller was saying yes, and somebody was waiting.
            return await _taken(kit, facts, old, slot)
        facts.moving = None
        raise booking_gone(kit, facts) from error
    except HoldGone as error:
        facts.moving = None
        raise NotMoved from error
    except StoreError:
        # The row may be in `booking`, and would then be finished later.
        return await _unknown(kit, facts, move)
    match await move_event(kit, row, old, first=first):
        case Outcome.TAKEN:
            return await _taken(kit, facts, old, slot)
        case Outcome.NOT_DONE:
            facts.moving = None
            raise NotMoved
        case Outcome.UNKNOWN:
            return await _unknown(kit, facts, move)
    kit.free_busy.forget()  # the old time is free again
    facts.moving = move = msgspec.structs.replace(move, moved_to=row.id)
    _note(kit, facts, move, slot, old, row)
    return _moved(kit, facts, move)


async def _begin(
    kit: Kit, facts: CallFacts, move: Move, slot: Slot, old: Reservation
) -> tuple[Reservation, bool]:
    """held -> booking; the store takes over what is known of the customer. Raises as `begin` and `keep`."""
    name = old.customer_name or ""
    try:
        return await begin(kit, hold_id=move.hold_id, call_sid=facts.call_sid, customer_name=name)
    except HoldGone:
        # It ran out while the caller was saying yes: the same time, if it is still there.
        held = await keep(kit, facts, slot, old.id)
        return await begin(kit, hold_id=held.id, call_sid=facts.call_sid, customer_name=name)


def _note(kit: Kit, facts: CallFacts, move: Move, slot: Slot, old: Reservation, row: Reservation) -> None:
    """Keep in mind what is true now: whatever named the old reservation names the new one."""
    new = msgspec.structs.replace(row, state=ReservationState.BOOKED)
    facts.found[move.booking_id] = new
    if facts.next_booking is not None and facts.next_booking.id == old.id:
        facts.next_booking = new
    if facts.booking_id != old.id:
        facts.booked_hold_id = None
    facts.booking_id, facts.booked_slot_id, facts.confirmation_sent = new.id, slot.id, False
    facts.unconfirmed_id = None
    before = facts.done.get(move.booking_id)
    booked_here = before is not None and before.claim is Claim.BOOKED
    facts.done[move.booking_id] = Done(
        claim=Claim.BOOKED if booked_here else Claim.MOVED,
        service=slot.service,
        start=slot.start,
        was=before.was if before is not None else local_start(kit, old),
    )


def _moved(kit: Kit, facts: CallFacts, move: Move) -> ToolResult:
    receipt = Receipt(Claim.MOVED, move.moved_to or "", replaces=move.moved_from)
    row = facts.found[move.booking_id]
    say = spoken_changes.moved(service_name(kit, row), local_start(kit, row))
    output = {"ok": True, "say": say, "booking_id": move.booking_id}
    return ToolResult(output=output, closes_gate=True, receipts=(receipt,))


async def _taken(kit: Kit, facts: CallFacts, old: Reservation, slot: Slot) -> ToolResult:
    facts.moving = facts.unconfirmed_id = None
    return await taken(kit, facts, slot, old)


async def _unknown(kit: Kit, facts: CallFacts, move: Move) -> ToolResult:
    old, slot = facts.found[move.booking_id], facts.offered[move.slot_id]
    promised = await ask_about_hold(
        kit,
        facts,
        hold_id=move.hold_id,
        name=old.customer_name,
        message=(
            f"Check the calendar and tell the caller whether they are moved: {slot.service}, from "
            f"{local_start(kit, old):%Y-%m-%d %H:%M} to {slot.start:%Y-%m-%d %H:%M}."
        ),
        reason=UNKNOWN_CODE,
    )
    return ToolResult(
        output={"ok": False, "say": spoken_changes.move_unknown(promised)}, error_code=UNKNOWN_CODE
    )
