"""What the server itself knows of one call, as the tools see it.

Pure. Written only by tools and by the signed webhook; the model cannot set any of it.
"""

from datetime import datetime

import msgspec

from tools.callbacks import Callback
from tools.result import Claim, Gate
from tools.slots import Slot
from tools.store import Lead, Reservation


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """A move that was proposed, and how far it got."""

    booking_id: str
    moved_from: str  # the reservation as it was
    slot_id: str
    hold_id: str  # what keeps the new time; the proposal
    begun: bool = False  # from here on it may be done, whatever is heard of it
    moved_to: str | None = None  # the reservation that took the place of the old one


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a booking in this call, once committed."""

    claim: Claim  # booked, moved or cancelled; one booked in this call and moved since is booked
    service: str  # key
    start: datetime  # aware, in the business's zone
    was: datetime | None = None  # of one that was moved: its start before this call


class Message(msgspec.Struct, frozen=True):
    """A message for a person, as the caller gave it."""

    words: str
    name: str | None = None
    best_time: str | None = None  # to call back


class CallFacts(msgspec.Struct, kw_only=True):
    """Facts of one call. One object per call, owned by the call, handed to every tool."""

    call_sid: str
    caller_number: str | None  # E.164 as the network gave it; None when withheld
    our_number: str  # E.164 the caller dialled
    attested: bool = False  # the network vouches for the number: exactly TN-Validation-Passed-A
    proved_by_code: bool = False  # the caller read back a code that was sent to the number
    codes_sent: int = 0  # in this call
    wrong_codes: int = 0  # told in this call
    next_booking: Reservation | None = None  # the one an attested caller is greeted with
    found: dict[str, Reservation] = msgspec.field(default_factory=dict)  # by booking id, shown in this call
    opted_out: bool = False  # the number takes no texts of ours
    text_consent: bool = False  # the number has agreed to be texted, in this call or an earlier one
    lead: Lead = msgspec.field(default_factory=Lead)  # what the caller told about themselves
    offered: dict[str, Slot] = msgspec.field(default_factory=dict)  # by slot id, all of this call
    hold_id: str | None = None  # live hold of this call
    held_slot_id: str | None = None  # what it holds
    held_name: str | None = None  # the customer's name that was read back with it
    text_asked: bool = False  # the read-back of the hold asks whether to text, too
    proposed: str | None = None  # what a yes would confirm now, as the tools know it; see `gate_for`
    moving: Move | None = None  # the latest move
    cancelling: str | None = None  # booking id of a cancellation that may be done or not
    done: dict[str, Done] = msgspec.field(default_factory=dict)  # by booking id
    unconfirmed_id: str | None = None  # hold whose booking or move has an unknown outcome
    callback_id: str | None = None  # the task that asks a person to settle it
    booking_id: str | None = None  # reservation booked or moved in this call, the latest: it is texted
    booked_hold_id: str | None = None  # the hold that create_event booked it by
    booked_slot_id: str | None = None  # the slot it has
    confirmation_sent: bool = False  # for `booking_id`
    message_taken: bool = False
    messages: list[Message] = msgspec.field(default_factory=list)  # that were taken
    unwritten: dict[str, Callback] = msgspec.field(default_factory=dict)  # tasks that may not stand, by key
    number_asked: bool = False  # for a message from a withheld number
    transfer_reason: str | None = None
    nobody_came: bool = False  # a person was rung for this caller, in vain
    nobody_there: bool = False  # the caller asked for a person at an hour when there is none
    questions_answered: int = 0
    misunderstood: int = 0  # did_not_understand calls in a row
    misunderstood_at: datetime | None = None  # the latest of them
    calendar_failures: int = 0  # see tools/trouble.py
    times_taken: int = 0  # by somebody else, before they could be held or booked for this caller
    unknown_services: int = 0  # asked for
    read_backs_missed: int = 0  # writes asked for in a row with no read-back named; see tools/read_back.py

    @property
    def may_see_bookings(self) -> bool:
        """Whether bookings of the calling number may be shown to, and changed by, whoever is calling."""
        return self.caller_number is not None and (self.attested or self.proved_by_code)

    def gate_for(self, proposal: str, gate: Gate) -> Gate:
        """The gate for one proposal: what the caller said yes to may have been another one."""
        return gate if self.proposed == proposal else Gate.NO_PROPOSAL

    def show(self, row: Reservation) -> str:
        """The id under which the model may speak of a booking; the same one always has the same."""
        known = next((key for key, each in self.found.items() if each.id == row.id), None)
        booking_id = known or f"booking_{len(self.found) + 1}"
        self.found[booking_id] = row
        return booking_id
