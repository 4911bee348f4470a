"""The facts of one business, as the owner wrote them.

Pure: frozen structs only. `business_file.py` reads them from `prompts/business.toml` and
refuses what cannot be right; everything below may rely on its checks.
"""

import enum
from datetime import date, datetime
from zoneinfo import ZoneInfo

import msgspec

from tools.store import TextCaps

MINUTES_PER_DAY = 24 * 60


class Stretch(msgspec.Struct, frozen=True, order=True):
    """Open time within one local day."""

    opens: int  # minutes since local midnight, 0-1439
    closes: int  # minutes since local midnight, exclusive, up to 1440


Hours = tuple[tuple[Stretch, ...], ...]
"""Seven entries, Monday first; stretches in order and apart; empty when closed."""


class Closure(msgspec.Struct, frozen=True, kw_only=True):
    """Local days on which nothing is offered."""

    first: date
    last: date  # inclusive
    reason: str

    def covers(self, day: date) -> bool:
        return self.first <= day <= self.last


class Calendar(msgspec.Struct, frozen=True, kw_only=True):
    """A person, a room or a chair that can be booked."""

    id: str  # Google's id
    name: str  # how a caller asks for it
    zone: str  # IANA; its hours are told by this clock
    hours: Hours

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)  # cached by zoneinfo


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """Something that can be booked."""

    key: str  # how the model names it
    name: str  # how a sentence names it
    minutes: int
    buffer_minutes: int  # kept free after the appointment
    price: str | None  # in words
    calendars: tuple[str, ...]  # ids; any of them will do


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A question the owner has answered."""

    topic: str
    questions: tuple[str, ...]
    answer: str


class Mode(enum.StrEnum):
    """What the agent is there for."""

    BOOKINGS = "bookings"
    LEADS = "leads"  # it collects what callers want and who they are; somebody calls them back


class HandoffMode(enum.StrEnum):
    """How a caller who is to speak with a person gets there."""

    WARM = "warm"  # on hold, while the person is told what it is about and takes the call by a key
    COLD = "cold"  # dialled through


class HandoffRules(msgspec.Struct, frozen=True, kw_only=True):
    """How, when and whom the server may ring."""

    mode: HandoffMode = HandoffMode.WARM
    hours: Hours | None = None  # when somebody is there; None: always
    numbers: tuple[str, ...] = ()  # E.164; no other one is ever rung; empty: the handoff number alone


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A detail of the caller that this owner wants to know, beside those every business may ask for."""

    key: str  # how the model names it
    question: str
    choices: tuple[str, ...] = ()  # empty: anything
    required: bool = False  # asked for in every call, not only where it fits

    @property
    def label(self) -> str:
        """How it is named to the people who read it."""
        return self.key.replace("_", " ").capitalize()


class TextRules(msgspec.Struct, frozen=True, kw_only=True):
    """Where texts go, and how many may be queued beside those about bookings."""

    countries: tuple[str, ...] = ()  # ISO 3166; empty: the country of our own number
    per_call: int = 4
    per_number: int = 8  # in 24 hours
    in_all: int = 200  # in 24 hours

    @property
    def caps(self) -> TextCaps:
        """As the store counts them."""
        return TextCaps(per_call=self.per_call, per_number=self.per_number, in_all=self.in_all)


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """How somebody at the business is told of a caller to be called back; neither: it is on record."""

    sms: str | None = None  # E.164
    email: str | None = None
    texts_per_day: int = 50  # in 24 hours; callers' caps do not count them


class Reminders(msgspec.Struct, frozen=True, kw_only=True):
    """When a customer is reminded of an appointment."""

    hours_before: tuple[int, ...] = (24,)
    quiet: tuple[int, int] = (21 * 60, 8 * 60)  # minutes since local midnight; both the same: never


class Wording(msgspec.Struct, frozen=True, kw_only=True):
    """What the owner wants said, placeholders filled in, and what is sent, as it stands (`…_text`)."""

    greeting: str  # with the disclosure, unless switched off
    opening: str  # the greeting and a question: the first words of a call
    busy: str  # all lines taken; a person is rung next
    trouble: str  # something of ours broke; a person is rung next
    nobody_came: str  # a person was rung in vain; the agent speaks next
    resume: str  # the line broke and is back; the agent goes on next
    wait: str  # the line broke; another try follows in a moment
    limit: str  # the call has lasted or cost what it may; a person is rung next
    call_back: str  # nobody can be rung: the last words before hanging up
    goodbye: str
    cancellation_rules: str  # part of texts
    # Still with {business} {service} {name} {date} {time} {address} {cancellation}:
    confirmation_text: str
    moved_text: str
    cancelled_text: str
    reminder_text: str
    confirmed_text: str  # to a customer who answered C
    email_subject: str
    email_body: str
    email_moved_subject: str
    email_moved_body: str
    email_cancelled_subject: str
    email_cancelled_body: str
    # Still with {business} {number}:
    reschedule_text: str
    help_text: str
    passed_on_text: str
    code_text: str  # still with {business} {code}
    # To the owner, still with {business} {name} {number} {reason} {urgency} {best_time} {message}:
    owner_text: str
    owner_subject: str
    owner_body: str


class Business(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the agent may know of the business."""

    name: str
    agent: str
    zone: str  # IANA
    address: str
    directions: str
    handoff_number: str | None  # E.164
    notice_minutes: int
    change_notice_minutes: int = 0  # a booking is moved or cancelled by phone no later than this before it
    horizon_days: int
    slot_step_minutes: int
    hold_minutes: int
    hours: Hours
    closures: tuple[Closure, ...]
    holidays: dict[date, str] = {}  # name of each public holiday on which the business is closed
    calendars: tuple[Calendar, ...]
    services: tuple[Service, ...]
    questions: tuple[Question, ...]
    wording: Wording
    texts: TextRules = TextRules()
    reminders: Reminders = Reminders()
    handoff: HandoffRules = HandoffRules()
    owner: Owner = Owner()
    mode: Mode = Mode.BOOKINGS
    country: str = "US"  # ISO 3166; telephone numbers told without a country code are of this one
    ask: tuple[str, ...] = ()  # built-in details to ask for, fields of `arguments.SaveDetails`
    fields: tuple[Field, ...] = ()  # the owner's own details

    @property
    def takes_bookings(self) -> bool:
        """False: no calendar is ever asked."""
        return self.mode is Mode.BOOKINGS

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)  # cached by zoneinfo

    def service(self, key: str) -> Service | None:
        return next((service for service in self.services if service.key == key), None)

    def calendar(self, calendar_id: str) -> Calendar:
        return next(calendar for calendar in self.calendars if calendar.id == calendar_id)

    def closed(self, day: date) -> str | None:
        """Why nothing is offered on a local day; None when it is a day like any other."""
        reasons = (closure.reason for closure in self.closures if closure.covers(day))
        return next(reasons, None) or self.holidays.get(day)

    @property
    def may_ring(self) -> frozenset[str]:
        """The only numbers that are ever rung."""
        person = () if self.handoff_number is None else (self.handoff_number,)
        return frozenset(self.handoff.numbers or person)

    def person_at(self, now: datetime) -> str | None:
        """The number of the person to ring at `now` (aware); None when nobody is there, or may be rung."""
        number, hours = self.handoff_number, self.handoff.hours
        if number is None or number not in self.may_ring:
            return None
        if hours is None:
            return number
        local = now.astimezone(self.tz)
        minute = local.hour * 60 + local.minute
        there = any(stretch.opens <= minute < stretch.closes for stretch in hours[local.weekday()])
        return number if there and self.closed(local.date()) is None else None

    def question(self, topic: str) -> Question | None:
        return next((question for question in self.questions if question.topic == topic), None)
