"""What moving and cancelling a booking have in common: which one, whether it may be, the yes to it.

Whose booking it is was proved when it was shown (`lookup.py`), or it was made in this call. It is
read afresh before every step: meanwhile a person, or another call, may have been at it.
"""

from datetime import datetime, timedelta

from tools import spoken_changes
from tools.errors import Declined, NotConfirmed, OutOfTurn
from tools.facts import CallFacts
from tools.kit import Kit
from tools.proof import must_be_proven
from tools.read_back import once_more
from tools.result import Gate
from tools.store import Reservation, ReservationState


async def booking_to_change(kit: Kit, facts: CallFacts, booking_id: str) -> Reservation:
    """The booking as it is now. Raises OutOfTurn, Declined, StoreError."""
    shown = facts.found.get(booking_id)
    if shown is None or not _is_theirs(facts, shown):
        must_be_proven(facts, kit)
        raise OutOfTurn("booking_id: not shown in this call; call find_bookings")
    row = await kit.store.reservation(shown.id)
    if row is None or row.state is not ReservationState.BOOKED:
        raise booking_gone(kit, facts)
    # What was booked a moment ago by mistake may be put right, whatever the owner's notice.
    notice = 0 if row.call_sid == facts.call_sid else kit.business.change_notice_minutes
    if row.start - kit.clock.now() <= timedelta(minutes=notice):
        raise Declined(spoken_changes.too_late(kit.person_for(facts)), code="too_late_to_change")
    return row


def booking_gone(kit: Kit, facts: CallFacts) -> Declined:
    """For BookingGone, too."""
    return Declined(spoken_changes.booking_gone(kit.person_for(facts)), code="booking_gone")


def is_agreed(kit: Kit, facts: CallFacts, gate: Gate, say: str) -> bool:
    """True: the caller said yes to the read-back `say`. False: nothing was proposed, so it has to be.

    Raises NotConfirmed, NotReadBack, Declined.
    """
    match gate:
        case Gate.OPEN:
            facts.read_backs_missed = 0
            return True
        case Gate.NO_PROPOSAL:
            return False
        case Gate.UNHEARD:
            raise NotConfirmed(gate.value, "the caller has not heard the read-back to its end; wait")
        case Gate.UNANSWERED:
            raise NotConfirmed(gate.value, "the caller has not answered the read-back; wait")
        case Gate.NOT_READ_BACK:
            raise once_more(facts, say, person=kit.person_for(facts))


def service_name(kit: Kit, row: Reservation) -> str:
    """As it is said; the key when the owner has dropped the service since."""
    service = kit.business.service(row.service)
    return row.service if service is None else service.name


def local_start(kit: Kit, row: Reservation) -> datetime:
    """On the business's clock."""
    return row.start.astimezone(kit.business.tz)


def _is_theirs(facts: CallFacts, row: Reservation) -> bool:
    made_here = row.call_sid == facts.call_sid
    return made_here or (facts.may_see_bookings and row.caller_number == facts.caller_number)
