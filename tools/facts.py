"""What the server itself knows of one call, as the tools see it.

Pure. Written only by tools and by the signed webhook; the model cannot set any of it.
"""

import msgspec

from tools.slots import Slot


class CallFacts(msgspec.Struct, kw_only=True):
    """Facts of one call. One object per call, owned by the call, handed to every tool."""

    call_sid: str
    caller_number: str | None  # E.164 as the network gave it; None when withheld
    our_number: str  # E.164 the caller dialled
    offered: dict[str, Slot] = msgspec.field(default_factory=dict)  # by slot id, all of this call
    hold_id: str | None = None  # live hold of this call
    held_slot_id: str | None = None  # what it holds
    held_name: str | None = None  # the customer's name that was read back with it
    unconfirmed_id: str | None = None  # hold whose booking has an unknown outcome
    callback_id: str | None = None  # the task that asks a person to settle it
    booking_id: str | None = None  # booked in this call, the latest
    booked_hold_id: str | None = None  # the hold it was confirmed by
    booked_slot_id: str | None = None  # the slot it booked
    confirmation_sent: bool = False  # for `booking_id`
    message_taken: bool = False
    number_asked: bool = False  # for a message from a withheld number
    transfer_reason: str | None = None
    questions_answered: int = 0
    misunderstood: int = 0  # did_not_understand calls in a row
