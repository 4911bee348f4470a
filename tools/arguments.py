"""The arguments of every tool, as the model must give them.

Pure. `schema.py` turns these structs into the JSON schemas the model sees; `dispatch.py`
decodes against them, so nothing reaches a tool that does not fit. Unknown fields are
refused: a misspelt optional argument would silently mean something else.
"""

import enum
from datetime import date
from typing import Annotated

import msgspec
from msgspec import Meta

from tools.slots import PartOfDay


class Weekday(enum.StrEnum):
    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"

    @property
    def number(self) -> int:
        """0 Monday - 6 Sunday, as `date.weekday`."""
        return list(Weekday).index(self)


class TransferReason(enum.StrEnum):
    """Why a person is wanted: a closed list, so that it can be counted."""

    ASKS_FOR_A_PERSON = "asks_for_a_person"
    EMERGENCY = "emergency"
    DISPUTE = "dispute"
    UPSET_OR_CONFUSED = "upset_or_confused"
    REGULATED_ADVICE = "regulated_advice"
    CHANGE_A_BOOKING = "change_a_booking"
    UNSUPPORTED_REQUEST = "unsupported_request"
    NOT_UNDERSTOOD = "not_understood"
    CALENDAR_FAILING = "calendar_failing"


class Customer(enum.StrEnum):
    NEW = "new"
    EXISTING = "existing"


class Urgency(enum.StrEnum):
    NORMAL = "normal"
    URGENT = "urgent"
    EMERGENCY = "emergency"
    UNKNOWN = "unknown"


class Qualified(enum.StrEnum):
    """Whether the business can help this caller at all."""

    YES = "yes"
    NO = "no"
    NEEDS_HUMAN_REVIEW = "needs_human_review"


# Letters with the marks names have; no digits, no dots inside words: the name goes into a text
# message and must not be able to carry a number or an address. `\Z`: `$` would let a line end pass.
_NAME = r"^[^\W\d_]+(?:(?:\.? |['’-]|, )[^\W\d_]+)*\.?\Z"
# One line of plain text: no control characters, nothing that hides or turns round what stands beside
# it, and no tags, because a calendar shows its descriptions as HTML.
_PLAIN = r"^[^\x00-\x1f\x7f-\x9f<>\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+\Z"

Name = Annotated[
    str,
    Meta(min_length=1, max_length=60, pattern=_NAME, description="The customer's name, letters only."),
]
Message = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=600,
        pattern=r"^[^\x00-\x09\x0b-\x1f\x7f]+$",
        description="What the caller wants passed on, in their words.",
    ),
]
SlotId = Annotated[
    str,
    Meta(max_length=20, pattern=r"^slot_\d{1,4}$", description="Id of a slot offered in this call."),
]
HoldId = Annotated[
    str, Meta(max_length=64, pattern=r"^[0-9a-zA-Z_-]+$", description="Id that hold_slot returned.")
]
BookingId = Annotated[
    str, Meta(max_length=20, pattern=r"^booking_\d{1,3}\Z", description="Id that find_bookings returned.")
]
Plain = Annotated[str, Meta(min_length=1, max_length=200, pattern=_PLAIN)]
BestTime = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=80,
        pattern=_PLAIN,
        description="When it suits the caller to be called back, in their words.",
    ),
]
Key = Annotated[str, Meta(max_length=40, pattern=r"^[a-z0-9_-]+$")]
IsoDate = Annotated[date, Meta(description="YYYY-MM-DD on the business's calendar.")]


class Arguments(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base: no arguments at all."""


class NoArguments(Arguments, frozen=True):
    """A tool that is asked without arguments."""


class CheckAvailability(Arguments, frozen=True, kw_only=True):
    service: Key
    from_date: IsoDate
    to_date: IsoDate
    part_of_day: Annotated[PartOfDay, Meta(description="By the start of the appointment.")] = PartOfDay.ANY
    weekday: Annotated[
        Weekday | None,
        Meta(description="The weekday the caller named, if any. For one day it must fit the date."),
    ] = None
    provider: Annotated[
        Annotated[str, Meta(min_length=1, max_length=500)] | None,
        Meta(description="Only if the caller asks for one of these by name."),
    ] = None
    moving: Annotated[
        BookingId | None,
        Meta(description="Only to move a booking: its id. Its own time is then not in the way."),
    ] = None


class HoldSlot(Arguments, frozen=True, kw_only=True):
    slot_id: SlotId
    customer_name: Name


class CreateEvent(Arguments, frozen=True, kw_only=True):
    hold_id: HoldId
    customer_name: Name
    text_me: Annotated[bool, Meta(description="False if the caller does not want a text.")] = True


class SendConfirmation(Arguments, frozen=True, kw_only=True):
    caller_asks: Annotated[
        bool, Meta(description="True only if the caller has asked for a text by themselves.")
    ] = False


class CheckCode(Arguments, frozen=True, kw_only=True):
    code: Annotated[
        str, Meta(min_length=1, max_length=80, description="Six digits, as the caller said or keyed them.")
    ]


class RescheduleEvent(Arguments, frozen=True, kw_only=True):
    booking_id: BookingId
    slot_id: SlotId


class CancelEvent(Arguments, frozen=True, kw_only=True):
    booking_id: BookingId


class TransferToHuman(Arguments, frozen=True, kw_only=True):
    reason: TransferReason


class TakeMessage(Arguments, frozen=True, kw_only=True):
    message: Message
    name: Name | None = None
    best_time: BestTime | None = None


class AnswerQuestion(Arguments, frozen=True, kw_only=True):
    topic: Key


class SaveDetails(Arguments, frozen=True, kw_only=True):
    """`details.py` adds the owner's own details as further fields."""

    name: Name | None = None
    spelled: Annotated[bool, Meta(description="The caller spelt the name out.")] = False
    callback_number: Annotated[
        Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[0-9+() ./-]+\Z")] | None,
        Meta(description="Where to call back, in digits, with the country code if the caller said one."),
    ] = None
    email: Annotated[
        Annotated[str, Meta(min_length=1, max_length=254)] | None,
        Meta(description="As it is written: name@example.com."),
    ] = None
    location: Annotated[Plain | None, Meta(description="Address, or where it is about.")] = None
    reason: Annotated[Plain | None, Meta(description="Why they call, in a few words.")] = None
    customer: Annotated[Customer | None, Meta(description="Have they been a customer before?")] = None
    appointment_type: Annotated[Plain | None, Meta(description="What kind of visit or work.")] = None
    urgency: Urgency | None = None
    best_time: BestTime | None = None
    qualified: Annotated[
        Qualified | None, Meta(description="Can this business help them? needs_human_review if in doubt.")
    ] = None
    handoff_reason: Annotated[
        TransferReason | None, Meta(description="Only if a person has to take over.")
    ] = None


NOT_ASKED = ("spelled", "qualified", "handoff_reason")  # the agent's own judgement
ASKABLE = tuple(field for field in SaveDetails.__struct_fields__ if field not in NOT_ASKED)
