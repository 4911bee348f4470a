"""create_event: turn this call's hold into an event in the calendar, and say what came of it.

How it is written is in `appointments.py`. "Booked" is said only after the event was seen in
the calendar; "couldn't" only when it is certain that nothing was written. Everything else is
unknown: a person is asked to settle it, and `recovery.py` brings the row to an end.
"""

from tools import spoken
from tools.appointments import Outcome, begin, write_event
from tools.arguments import CreateEvent
from tools.consent import wants_text
from tools.errors import NotConfirmed, OutOfTurn, Unavailable
from tools.facts import CallFacts, Done
from tools.holds import keep, said_of_hold, service_of, taken
from tools.kit import Kit
from tools.lead import visit_note
from tools.read_back import once_more
from tools.result import Claim, Gate, Receipt, ToolResult
from tools.slots import Slot
from tools.store import HoldGone, Reservation, SlotTaken, StoreError
from tools.unsettled import ask_about_hold

UNKNOWN_CODE = "booking_unknown"


class NotBooked(Unavailable):
    """Certain: no event was written. What was proposed no longer counts."""

    code = "not_booked"
    closes_gate = True

    def __init__(self) -> None:
        super().__init__(spoken.not_booked())


async def create_event(kit: Kit, facts: CallFacts, arguments: CreateEvent, gate: Gate) -> ToolResult:
    """Book what was read back and agreed to."""
    if facts.booked_slot_id is not None and arguments.hold_id == facts.booked_hold_id:
        return _booked(kit, facts, facts.offered[facts.booked_slot_id])  # the model asked twice
    if arguments.hold_id == facts.unconfirmed_id and facts.hold_id is None:
        return await booking_unknown(kit, facts, arguments)  # asked again after the call was cut off
    slot = _agreed_slot(kit, facts, arguments, gate)
    try:
        row, first = await _begin(kit, facts, slot, arguments)
    except SlotTaken:
        if facts.unconfirmed_id == arguments.hold_id:
            return await booking_unknown(kit, facts, arguments)  # it is our own first attempt that has it
        # The hold ran out while the caller was saying yes, and somebody was waiting.
        return await _taken(kit, facts, slot)
    except HoldGone as error:
        raise NotBooked from error
    except StoreError:
        # The row may be in `booking`, and would then be finished later.
        return await booking_unknown(kit, facts, arguments)
    match await write_event(kit, row, first=first):
        case Outcome.TAKEN:
            return await _taken(kit, facts, slot)
        case Outcome.NOT_DONE:
            raise NotBooked
        case Outcome.UNKNOWN:
            return await booking_unknown(kit, facts, arguments)
    facts.booking_id, facts.booked_hold_id, facts.booked_slot_id = row.id, arguments.hold_id, slot.id
    facts.done[facts.show(row)] = Done(claim=Claim.BOOKED, service=slot.service, start=slot.start)
    facts.hold_id = facts.held_slot_id = facts.held_name = None
    facts.unconfirmed_id = None
    facts.confirmation_sent = False
    facts.text_consent = facts.text_consent or row.wants_text
    facts.read_backs_missed = 0
    return _booked(kit, facts, slot)


async def booking_unknown(kit: Kit, facts: CallFacts, arguments: CreateEvent) -> ToolResult:
    """Say that it cannot be told, and ask a person to settle it, once per hold.

    Also what a create_event that ran out of time answers.
    """
    slot = facts.offered.get(facts.held_slot_id or "")
    what = "" if slot is None else f": {slot.service}, {slot.start:%Y-%m-%d %H:%M}"
    promised = await ask_about_hold(
        kit,
        facts,
        hold_id=arguments.hold_id,
        name=arguments.customer_name,
        message=f"Check the calendar and tell the caller whether they are booked{what}.",
        reason=UNKNOWN_CODE,
    )
    return ToolResult(output={"ok": False, "say": spoken.booking_unknown(promised)}, error_code=UNKNOWN_CODE)


def _booked(kit: Kit, facts: CallFacts, slot: Slot) -> ToolResult:
    say = spoken.booked(service_of(kit, slot).name, slot.start)
    row_id = facts.booking_id or ""
    booking_id = next((key for key, row in facts.found.items() if row.id == row_id), None)
    return ToolResult(
        output={"ok": True, "say": say, "booking_id": booking_id},  # who has just booked it may change it
        closes_gate=True,
        receipts=(Receipt(Claim.BOOKED, row_id),),
    )


def _agreed_slot(kit: Kit, facts: CallFacts, arguments: CreateEvent, gate: Gate) -> Slot:
    """What the caller agreed to. Raises OutOfTurn, NotConfirmed or NotReadBack: nothing was written."""
    slot = facts.offered.get(facts.held_slot_id or "")
    if slot is None or facts.held_name is None or facts.hold_id != arguments.hold_id:
        raise OutOfTurn("hold_id: not the hold of this call; call hold_slot and read its sentence back")
    if _same_name(facts.held_name) != _same_name(arguments.customer_name):
        raise OutOfTurn(
            "customer_name: not the name that was read back; call hold_slot again with the right name"
        )
    match facts.gate_for(arguments.hold_id, gate):
        case Gate.OPEN:
            return slot
        case Gate.NO_PROPOSAL:
            raise OutOfTurn("nothing stands proposed; call hold_slot, read its sentence back, wait for a yes")
        case Gate.UNHEARD:
            raise NotConfirmed(gate.value, "the caller has not heard the read-back to its end; wait")
        case Gate.UNANSWERED:
            raise NotConfirmed(gate.value, "the caller has not answered the read-back; wait")
        case Gate.NOT_READ_BACK:
            raise once_more(facts, said_of_hold(kit, facts, slot), person=kit.person_for(facts))


def _same_name(name: str) -> str:
    return " ".join(name.split()).casefold()


async def _begin(kit: Kit, facts: CallFacts, slot: Slot, arguments: CreateEvent) -> tuple[Reservation, bool]:
    """held -> booking, as `appointments.begin`. Raises SlotTaken, HoldGone, StoreError."""
    name, texted = arguments.customer_name, wants_text(kit.business, facts, arguments.text_me)

    async def book(hold_id: str) -> tuple[Reservation, bool]:
        return await begin(
            kit,
            hold_id=hold_id,
            call_sid=facts.call_sid,
            customer_name=name,
            customer_email=facts.lead.email,
            note=visit_note(facts.lead, facts.caller_number, kit.business.fields),
            wants_text=texted,
        )

    try:
        return await book(arguments.hold_id)
    except HoldGone:
        # It ran out while the caller was saying yes: the same time, if it is still there.
        held = await keep(kit, facts, slot)
        return await book(held.id)


async def _taken(kit: Kit, facts: CallFacts, slot: Slot) -> ToolResult:
    facts.hold_id = facts.held_slot_id = facts.held_name = None
    return await taken(kit, facts, slot)
