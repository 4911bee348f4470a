"""A task for a person: whom to call back, why, how urgent it is, and what is known already.

Pure. The only table of reasons stands here, in the words that the owner reads; the reason itself, which
programs and recordings read, is its key. Read `owner.py` next, which writes a task down and has the
owner told of it.
"""

import msgspec

from tools.arguments import Urgency
from tools.store import Lead


class Callback(msgspec.Struct, frozen=True, kw_only=True):
    """One task."""

    call_sid: str  # of the call, or the id of the text, that it comes from
    key: str  # with the call and the reason: the same task, however often it is written
    number: str | None  # E.164 as the network gave it; nobody can name another one to be rung
    name: str | None
    message: str  # what is known, a line each
    reason: str  # a key of REASONS
    urgency: Urgency = Urgency.NORMAL
    best_time: str | None = None  # to call, in the caller's words


MESSAGE, LEAD, TEXT = "message", "lead", "text"
NOBODY_CAME, NO_PERSON, OUT_OF_HOURS = "nobody_answered", "no_person", "out_of_hours"
GAVE_UP_WAITING, FELL_SILENT = "gave_up_waiting", "caller_silent"
END_UNKNOWN = "end_unknown"  # of a call that Twilio says is over and nobody closed

REASONS = {
    MESSAGE: "left a message",
    LEAD: "told what they want",
    TEXT: "sent a text",
    NOBODY_CAME: "asked for a person, nobody answered",
    OUT_OF_HOURS: "asked for a person while nobody was there",
    GAVE_UP_WAITING: "asked for a person and hung up before one came",
    NO_PERSON: "nobody could take the call",
    FELL_SILENT: "fell silent in the middle of it",
    # Why a call broke off: `bridge/call/phases.py`.
    END_UNKNOWN: "the call broke off",
    "stream_lost": "the line broke",
    "server_stopping": "our server was restarted",
    "server_error": "our server failed",
    **dict.fromkeys(
        ("model_slow", "model_format", "model_fault", "model_failed", "model_lost", "model_untruthful"),
        "the assistant failed",
    ),
    "not_understood": "the assistant did not understand them",
    "call_too_long": "the call took too long",
    "call_too_dear": "the call cost too much",
    # About a booking: `tasks.py`, and what a call could not settle.
    "booking_unknown": "it is not known whether a booking was made",
    "move_unknown": "it is not known whether a booking was moved",
    "cancel_unknown": "it is not known whether a booking was cancelled",
    "clash": "another event lies over their booking",
    "withdrawn": "their booking was taken back",
    "event_deleted": "their booking was deleted in the calendar",
    "event_missing": "their booking is not in the calendar",
    "finished_late": "booked or moved after the call",
    "not_finished": "not booked or moved after all",
}
"""Reason: what the owner reads of the caller, or of the call."""

# The caller believes something of an appointment that is not so, or may not be.
_URGENT = frozenset(
    {"booking_unknown", "move_unknown", "cancel_unknown", "not_finished"}
    | {"clash", "withdrawn", "event_deleted", "event_missing"}
)


def in_words(reason: str) -> str:
    """The reason for people."""
    return REASONS.get(reason, reason.replace("_", " "))


def urgency_of(reason: str, lead: Lead | None = None, transfer_reason: str | None = None) -> Urgency:
    """What the caller told of it, or why a person was wanted; else what the reason makes of it."""
    lead = lead or Lead()
    if Urgency.EMERGENCY in (lead.urgency, lead.handoff_reason, transfer_reason):
        return Urgency.EMERGENCY
    if lead.urgency == Urgency.URGENT or reason in _URGENT:
        return Urgency.URGENT
    return Urgency.UNKNOWN if lead.urgency == Urgency.UNKNOWN else Urgency.NORMAL
