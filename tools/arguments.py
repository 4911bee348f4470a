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


# Letters with the marks names have; no digits, no dots inside words: the name goes into a text
# message and must not be able to carry a number or an address.
_NAME = r"^[^\W\d_]+(?:(?:\.? |['’-]|, )[^\W\d_]+)*\.?$"

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


class HoldSlot(Arguments, frozen=True, kw_only=True):
    slot_id: SlotId
    customer_name: Name


class CreateEvent(Arguments, frozen=True, kw_only=True):
    hold_id: HoldId
    customer_name: Name


class TransferToHuman(Arguments, frozen=True, kw_only=True):
    reason: TransferReason


class TakeMessage(Arguments, frozen=True, kw_only=True):
    message: Message
    name: Name | None = None


class AnswerQuestion(Arguments, frozen=True, kw_only=True):
    topic: Key
