"""What a tool answers, and what it must be told about the caller's consent.

Pure. `bridge/call/messages.py` carries these between the dispatcher and the session.
"""

import enum
from typing import Any

import msgspec


class Reply(enum.StrEnum):
    """Who speaks next."""

    MODEL = "model"  # ask the model for a turn once all outputs of the batch are in
    NONE = "none"  # nobody: the caller has the floor, or the call is ending


class Then(enum.StrEnum):
    """What the call does once everything said so far has been heard."""

    GO_ON = "go_on"
    HANG_UP = "hang_up"
    TRANSFER = "transfer"  # to a person, as the agent has told the caller
    FETCH = "fetch"  # the same, as code decided: the caller has not been told


class Gate(enum.StrEnum):
    """State of the confirm gate: may a write go ahead?"""

    OPEN = "open"
    NO_PROPOSAL = "no_proposal"  # nothing was proposed in this call, or a fact changed since
    UNHEARD = "unheard"  # the read-back has not been heard to its end
    UNANSWERED = "unanswered"  # heard, but the caller has not spoken since
    NOT_READ_BACK = "not_read_back"  # something was heard and answered, but it did not name what is proposed


class ReadBack(msgspec.Struct, frozen=True):
    """What the agent must have named before a yes counts. Built and judged by `read_back.py`."""

    must_name: tuple[str, ...]  # regular expressions over the words; each must be found


class Claim(enum.StrEnum):
    """What the agent may say is done, or under way, only with a receipt of this call."""

    BOOKED = "booked"
    MOVED = "moved"
    CANCELLED = "cancelled"
    TEXTED = "texted"
    TRANSFERRING = "transferring"
    PASSED_ON = "passed_on"  # a message is kept for a person; it proves nothing about a booking


class Receipt(msgspec.Struct, frozen=True):
    """A tool's proof that something was committed. `bridge/call/truth.py` keeps them."""

    claim: Claim
    booking: str = ""  # id of the reservation it is about; empty when it is about none
    replaces: str = ""  # of a move: the reservation whose place that one has taken
    says: str = ""  # its own words, where the tool's sentence tells of more than this


class ToolResult(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to one tool call; exactly one per call id."""

    output: dict[str, Any]  # small JSON; always "ok": bool and "say": a sentence the agent may say
    reply: Reply = Reply.MODEL
    then: Then = Then.GO_ON
    proposal: str | None = None  # id of what a yes would now confirm (a hold's id)
    read_back: ReadBack | None = None  # what must be named of it; None: whatever is said counts
    closes_gate: bool = False  # a fact changed: whatever was proposed before no longer counts
    receipts: tuple[Receipt, ...] = ()  # what was committed, now or before, and may be said
    patient: bool = False  # the caller has the floor and may take their time: hold music, side talk
    keys_wanted: int | None = None  # keys the caller may press as one answer; 0: no longer; None: as before
    error_code: str | None = None  # for us, never spoken; None when the tool did what was asked
