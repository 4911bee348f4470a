"""The tables of `prompts/business.toml` as the owner writes them.

Pure. Shapes and ranges only; `business_file.py` reads them and checks what they mean
together, `business.py` is what the rest of the project uses.
"""

from datetime import date
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from tools.business import MINUTES_PER_DAY, HandoffMode, Mode

REQUIRED = object()  # no default: the owner must give the key

Words = Annotated[str, Meta(min_length=1, max_length=500)]
Letter = Annotated[str, Meta(min_length=1, max_length=4000)]
Key = Annotated[str, Meta(pattern=r"^[a-z0-9_-]{1,40}$")]


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base: a key nobody knows is an error, because it is usually a misspelt one."""


class HoursTable(Table, frozen=True):
    """Open times such as "09:00-12:30"; a day left out is closed."""

    monday: list[str] = []
    tuesday: list[str] = []
    wednesday: list[str] = []
    thursday: list[str] = []
    friday: list[str] = []
    saturday: list[str] = []
    sunday: list[str] = []


class OwnHoursTable(Table, frozen=True):
    """Hours of one calendar: a day left out is as the business's, `[]` is a day off."""

    monday: list[str] | None = None
    tuesday: list[str] | None = None
    wednesday: list[str] | None = None
    thursday: list[str] | None = None
    friday: list[str] | None = None
    saturday: list[str] | None = None
    sunday: list[str] | None = None


class BookingTable(Table, frozen=True):
    notice_minutes: Annotated[int, Meta(ge=0, le=14 * MINUTES_PER_DAY)] = 120
    change_notice_minutes: Annotated[int, Meta(ge=0, le=14 * MINUTES_PER_DAY)] = 0
    horizon_days: Annotated[int, Meta(ge=1, le=365)] = 60
    slot_step_minutes: Annotated[int, Meta(ge=5, le=240)] = 30
    hold_minutes: Annotated[int, Meta(ge=1, le=30)] = 5


class TextsTable(Table, frozen=True, kw_only=True):
    countries: list[Annotated[str, Meta(pattern=r"^[A-Z]{2}$")]] = []
    per_call: Annotated[int, Meta(ge=1, le=20)] = 4
    per_number: Annotated[int, Meta(ge=1, le=100)] = 8
    in_all: Annotated[int, Meta(ge=1, le=100_000)] = 200


class RemindersTable(Table, frozen=True, kw_only=True):
    hours_before: Annotated[list[Annotated[int, Meta(ge=1, le=168)]], Meta(max_length=5)] = msgspec.field(
        default_factory=lambda: [24]
    )
    quiet: str = "21:00-08:00"


class HandoffTable(Table, frozen=True, kw_only=True):
    mode: HandoffMode = HandoffMode.WARM
    hours: HoursTable | None = None
    numbers: Annotated[list[Words], Meta(max_length=20)] | None = None


class OwnerTable(Table, frozen=True, kw_only=True):
    sms: Words | None = None
    email: Words | None = None
    texts_per_day: Annotated[int, Meta(ge=1, le=1000)] = 50


class ClosureTable(Table, frozen=True, kw_only=True):
    first: date = msgspec.field(name="from")
    last: date | None = msgspec.field(name="to", default=None)
    reason: Words


class CalendarTable(Table, frozen=True):
    id: Words
    name: Words
    zone: Words | None = None
    hours: OwnHoursTable = OwnHoursTable()


class ServiceTable(Table, frozen=True, kw_only=True):
    key: Key
    name: Words
    minutes: Annotated[int, Meta(ge=5, le=MINUTES_PER_DAY)]
    buffer_minutes: Annotated[int, Meta(ge=0, le=480)] = 0
    price: Words | None = None
    calendars: list[str] = []


class QuestionTable(Table, frozen=True):
    topic: Key
    questions: Annotated[list[Words], Meta(min_length=1)]
    answer: Words


class CaptureTable(Table, frozen=True):
    ask: list[str] = []


class FieldTable(Table, frozen=True):
    key: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,39}\Z")]
    question: Words
    choices: Annotated[list[Annotated[str, Meta(min_length=1, max_length=200)]], Meta(max_length=50)] = []
    required: bool = False


class WordingTable(Table, frozen=True):
    greeting: Words = "Thank you for calling {business}."
    disclosure: bool = True
    disclosure_sentence: Words = "I'm {agent}, an automated assistant."
    opening_question: Words = "How can I help you?"
    busy: Words = "I'm sorry, all our lines are busy. Please stay on the line."
    trouble: Words = "I'm sorry, we have a technical problem. Please stay on the line."
    nobody_came: Words = "I'm sorry, nobody can come to the phone right now."
    resume: Words = "I'm sorry, we were cut off for a moment."
    wait: Words = "One moment, please."
    limit: Words = "I'm sorry, this call has taken as long as it can. Please stay on the line."
    call_back: Words = "I'm sorry, nobody can take your call right now. Please call us again later."
    goodbye: Words = "Thank you for calling. Goodbye."
    cancellation_rules: Annotated[str, Meta(max_length=500)] = "To change or cancel, please call us."
    confirmation_text: Words = (
        "{business}: {service} for {name} on {date} at {time}. {address}. {cancellation}"
    )
    moved_text: Words = "{business}: your {service} is moved to {date} at {time}. {address}. {cancellation}"
    cancelled_text: Words = (
        "{business}: your {service} on {date} at {time} is cancelled. For another time, call this number."
    )
    reminder_text: Words = (
        "{business}: a reminder of your {service} on {date} at {time}. {address}. Reply C to confirm. "
        "{cancellation}"
    )
    confirmed_text: Words = "{business}: thank you, see you on {date} at {time}."
    email_subject: Words = "{business}: {service} on {date} at {time}"
    email_body: Letter = (
        "Hello {name},\n\nyour {service} is booked for {date} at {time}.\n\n{business}\n{address}\n\n"
        "{cancellation}"
    )
    email_moved_subject: Words = "{business}: {service} moved to {date} at {time}"
    email_moved_body: Letter = (
        "Hello {name},\n\nyour {service} is moved to {date} at {time}.\n\n{business}\n{address}\n\n"
        "{cancellation}"
    )
    email_cancelled_subject: Words = "{business}: {service} on {date} at {time} cancelled"
    email_cancelled_body: Letter = (
        "Hello {name},\n\nyour {service} on {date} at {time} is cancelled.\n\n{business}\n{address}"
    )
    reschedule_text: Words = "{business}: to move or cancel your appointment, please call us at {number}."
    help_text: Words = (
        "{business}: we make appointments by phone at {number}. Reply STOP to get no more texts."
    )
    passed_on_text: Words = (
        "{business}: thank you, your message has been passed on. For appointments call {number}."
    )
    code_text: Words = "{business}: your code is {code}. If you are not calling us now, tell it to nobody."
    owner_text: Words = (
        "{business}: call {name}, {number} ({reason}; {urgency}; best time: {best_time}). {message}"
    )
    owner_subject: Words = "{business}: call back {name} ({urgency})"
    owner_body: Letter = (
        "Please call {name} at {number}.\n\nWhy: {reason}\nUrgency: {urgency}\nBest time: {best_time}\n\n"
        "{message}"
    )


SINGLE: dict[str, tuple[Any, Any]] = {
    "name": (Words, REQUIRED),
    "agent": (Words, REQUIRED),
    "zone": (Words, REQUIRED),
    "mode": (Mode, Mode.BOOKINGS),
    "country": (Words, None),
    "address": (Words, REQUIRED),
    "directions": (str, ""),
    "handoff_number": (str, None),
    "holidays": (str, None),
    "open_holidays": (list[Words], []),
    "booking": (BookingTable, BookingTable()),
    "texts": (TextsTable, TextsTable()),
    "reminders": (RemindersTable, RemindersTable()),
    "handoff": (HandoffTable, HandoffTable()),
    "owner": (OwnerTable, OwnerTable()),
    "hours": (HoursTable, REQUIRED),
    "capture": (CaptureTable, CaptureTable()),
    "wording": (WordingTable, WordingTable()),
}
"""Keys that stand once: type, and the default when the owner leaves the key out."""

REPEATED: dict[str, tuple[Any, int]] = {
    "closure": (ClosureTable, 0),
    "calendar": (CalendarTable, 1),
    "service": (ServiceTable, 1),
    "faq": (QuestionTable, 0),
    "field": (FieldTable, 0),
}
"""Arrays of tables: type of one, and how many there must be at least where appointments are booked."""
