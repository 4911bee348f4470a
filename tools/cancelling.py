"""cancel_event: cancel a booking; first proposed, then done.

The first call changes nothing and reads back; the same call again, after the yes, begins: from the
moment the row is `leaving` the booking will end, whoever deletes its event (`recovery.py`, if need
be), so from then on "cancelled" is true. Only when it cannot be told whether that was written is
the outcome unknown, and a person is asked.
"""

import asyncio
import contextlib

from tools import read_back, spoken_changes
from tools.appointments import delete_event
from tools.arguments import CancelEvent
from tools.changes import booking_gone, booking_to_change, is_agreed, local_start, service_name
from tools.errors import Unavailable
from tools.facts import CallFacts, Done
from tools.kit import Kit
from tools.notices import cancelled_notices
from tools.result import Claim, Gate, Receipt, ToolResult
from tools.spoken import out_of_order
from tools.store import BookingGone, Reservation, ReservationState, StoreError
from tools.unsettled import ask_about_booking

DELETE_S = 5.0  # the caller waits no longer for what will happen in any case
UNKNOWN_CODE = "cancel_unknown"


async def cancel_event(kit: Kit, facts: CallFacts, arguments: CancelEvent, gate: Gate) -> ToolResult:
    """Propose it; asked again after the yes to it, do it; asked once more, say so again."""
    booking_id = arguments.booking_id
    if _is_cancelled(facts, booking_id):
        return _cancelled(kit, facts, booking_id)  # the model asked twice
    if facts.cancelling == booking_id:
        begun = await kit.store.reservation(facts.found[booking_id].id)
        if begun is not None and begun.ends_as is ReservationState.CANCELLED:
            return await _carry_on(kit, facts, booking_id, begun)  # what could not be told is done
    row = await booking_to_change(kit, facts, booking_id)
    proposal = f"cancel:{row.id}"
    say = spoken_changes.read_back_cancel(service_name(kit, row), local_start(kit, row))
    if not is_agreed(kit, facts, facts.gate_for(proposal, gate), say):
        return ToolResult(
            output={"ok": True, "say": say},
            proposal=proposal,
            read_back=read_back.to_cancel(local_start(kit, row)),
        )
    facts.cancelling = booking_id
    try:
        leaving = await kit.store.begin_leaving(
            reservation_id=row.id,
            ends_as=ReservationState.CANCELLED,
            now=kit.clock.now(),
            notices=cancelled_notices(kit, row),
        )
    except BookingGone as error:
        facts.cancelling = None
        raise booking_gone(kit, facts) from error
    except StoreError:
        return await _unknown(kit, facts, row)
    if leaving.ends_as is not ReservationState.CANCELLED:  # it was being taken back at this moment
        facts.cancelling = None
        raise booking_gone(kit, facts)
    return await _carry_on(kit, facts, booking_id, leaving)


async def cancel_undecided(kit: Kit, facts: CallFacts, arguments: CancelEvent) -> ToolResult:
    """What one that ran out of time, or broke, answers."""
    if _is_cancelled(facts, arguments.booking_id):
        return _cancelled(kit, facts, arguments.booking_id)
    if facts.cancelling == arguments.booking_id:
        return await _unknown(kit, facts, facts.found[arguments.booking_id])
    return Unavailable(out_of_order()).result()


async def _carry_on(kit: Kit, facts: CallFacts, booking_id: str, row: Reservation) -> ToolResult:
    """`row` is leaving, or has left."""
    _note(kit, facts, booking_id, row)
    if row.state is ReservationState.LEAVING:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DELETE_S):
                await delete_event(kit, row)
    kit.free_busy.forget()  # its time is free again
    return _cancelled(kit, facts, booking_id)


def _note(kit: Kit, facts: CallFacts, booking_id: str, row: Reservation) -> None:
    """Keep in mind that it is cancelled: nothing of this call speaks of it as booked any more."""
    facts.found[booking_id] = row
    facts.cancelling = None
    facts.done[booking_id] = Done(claim=Claim.CANCELLED, service=row.service, start=local_start(kit, row))
    if facts.booking_id == row.id:
        facts.booking_id = facts.booked_hold_id = facts.booked_slot_id = None
        facts.confirmation_sent = False
    if facts.next_booking is not None and facts.next_booking.id == row.id:
        facts.next_booking = None
    if facts.moving is not None and facts.moving.booking_id == booking_id:
        facts.moving = None


def _is_cancelled(facts: CallFacts, booking_id: str) -> bool:
    done = facts.done.get(booking_id)
    return done is not None and done.claim is Claim.CANCELLED


def _cancelled(kit: Kit, facts: CallFacts, booking_id: str) -> ToolResult:
    row = facts.found[booking_id]
    say = spoken_changes.cancelled(service_name(kit, row), local_start(kit, row))
    receipt = Receipt(Claim.CANCELLED, row.id)
    return ToolResult(output={"ok": True, "say": say}, closes_gate=True, receipts=(receipt,))


async def _unknown(kit: Kit, facts: CallFacts, row: Reservation) -> ToolResult:
    promised = await ask_about_booking(
        kit,
        facts,
        booking=row.id,
        name=row.customer_name,
        message=(
            "Check the calendar and tell the caller whether this is cancelled: "
            f"{row.service}, {local_start(kit, row):%Y-%m-%d %H:%M}."
        ),
        reason=UNKNOWN_CODE,
    )
    return ToolResult(
        output={"ok": False, "say": spoken_changes.cancel_unknown(promised)}, error_code=UNKNOWN_CODE
    )
