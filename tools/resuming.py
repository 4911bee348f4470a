"""The facts of a call made true again from the store's rows: after its stream broke, or later.

Pure. A snapshot of the facts is a moment old, and a booking may have been under way when the stream or
its process died: what the rows say counts. Nothing here writes; what is unknown stays unknown until
`recovery.py` has brought the row to its end. Read `facts.py` first.
"""

from collections.abc import Sequence
from datetime import datetime

from tools.business import Business
from tools.facts import CallFacts, Done, Move
from tools.result import Claim
from tools.store import Reservation, ReservationState

BOOKING, BOOKED, HELD = ReservationState.BOOKING, ReservationState.BOOKED, ReservationState.HELD
# Of a hold that was to be booked these say nothing: it may have run out while another took its place.
UNSAID = (HELD, ReservationState.EXPIRED, ReservationState.RELEASED)


def true_again(facts: CallFacts, business: Business, rows: Sequence[Reservation], now: datetime) -> None:
    """Bring `facts` up to `rows`: all that this call has kept or booked, and all it was shown.

    Whatever was proposed no longer counts: nobody can tell whether the caller heard it.
    """
    facts.proposed = None
    facts.text_asked = False
    if facts.moving is not None and facts.moving.moved_to is None:
        facts.moving = None
    by_id = {row.id: row for row in rows}
    _let_go_of_hold(facts, by_id.get(facts.hold_id or ""), now)
    if facts.next_booking is not None:
        still = by_id.get(facts.next_booking.id)
        facts.next_booking = still if still is not None and still.state is BOOKED else None
    for key, row in list(facts.found.items()):
        _take_in_changes(facts, business, key, by_id.get(row.id, row))
    for row in rows:
        if row.call_sid == facts.call_sid:
            learn(facts, business, row, by_id.get(row.moves_id or ""))


def learn(facts: CallFacts, business: Business, row: Reservation, moved: Reservation | None = None) -> None:
    """Take in what has become of a reservation of this call. `moved`: the booking it takes the place of."""
    if row.state is BOOKING:
        _unknown(facts, row)
    elif facts.unconfirmed_id == row.id and row.state not in UNSAID:
        facts.unconfirmed_id = None
        if facts.moving is not None and facts.moving.hold_id == row.id:
            facts.moving = None
    known = any(each.id == row.id and key in facts.done for key, each in facts.found.items())
    if row.state is BOOKED and not known:
        _booked(facts, business, row, moved)


def _let_go_of_hold(facts: CallFacts, row: Reservation | None, now: datetime) -> None:
    live = row is not None and row.state is HELD and row.expires_at is not None and row.expires_at > now
    if not live:
        facts.hold_id = facts.held_slot_id = facts.held_name = None


def _take_in_changes(facts: CallFacts, business: Business, key: str, row: Reservation) -> None:
    """A booking that was shown in this call, and is now as `row`."""
    was_booked = facts.found[key].state is BOOKED
    facts.found[key] = row
    ends = row.ends_as if row.state is ReservationState.LEAVING else row.state
    if ends is not ReservationState.CANCELLED or not was_booked:
        return
    facts.cancelling = None
    start = row.start.astimezone(business.tz)
    facts.done[key] = Done(claim=Claim.CANCELLED, service=row.service, start=start)
    if facts.booking_id == row.id:
        facts.booking_id = facts.booked_hold_id = facts.booked_slot_id = None


def _unknown(facts: CallFacts, row: Reservation) -> None:
    """It may be in the calendar or not, and must not be written a second time."""
    facts.unconfirmed_id = row.id
    key = _key_of(facts, row.moves_id)
    slot_id = _slot_of(facts, row)
    if row.moves_id is not None and key is not None and slot_id is not None:
        facts.moving = Move(
            booking_id=key, moved_from=row.moves_id, slot_id=slot_id, hold_id=row.id, begun=True
        )


def _booked(facts: CallFacts, business: Business, row: Reservation, moved: Reservation | None) -> None:
    key = _key_of(facts, row.moves_id)
    before = None if key is None else facts.done.get(key)
    if key is None:
        key = facts.show(row)
    facts.found[key] = row
    fresh = row.moves_id is None or (before is not None and before.claim is Claim.BOOKED)
    facts.done[key] = Done(
        claim=Claim.BOOKED if fresh else Claim.MOVED,
        service=row.service,
        start=row.start.astimezone(business.tz),
        was=None if moved is None else moved.start.astimezone(business.tz),
    )
    facts.booking_id, facts.booked_slot_id = row.id, _slot_of(facts, row)
    facts.booked_hold_id = row.id if row.moves_id is None else None
    facts.confirmation_sent = False
    facts.text_consent = facts.text_consent or row.wants_text
    facts.hold_id = facts.held_slot_id = facts.held_name = None
    facts.moving = None


def _key_of(facts: CallFacts, reservation_id: str | None) -> str | None:
    """The id under which the model knows a booking."""
    return next((key for key, row in facts.found.items() if row.id == reservation_id), None)


def _slot_of(facts: CallFacts, row: Reservation) -> str | None:
    """The slot of this call that a reservation keeps."""
    wanted = (row.calendar_id, row.service, row.start)
    slots = facts.offered.values()
    return next((slot.id for slot in slots if (slot.calendar_id, slot.service, slot.start) == wanted), None)
