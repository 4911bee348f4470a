"""The facts of one business, as the owner wrote them.

Pure: frozen structs only. `business_file.py` reads them from `prompts/business.toml` and
refuses what cannot be right; everything below may rely on its checks.
"""

from datetime import date
from zoneinfo import ZoneInfo

import msgspec

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


class Wording(msgspec.Struct, frozen=True, kw_only=True):
    """What the owner wants said, placeholders filled in except in `confirmation_text`."""

    opening: str  # greeting, disclosure unless switched off, question
    busy: str  # all lines taken; a person is rung next
    trouble: str  # something of ours broke; a person is rung next
    call_back: str  # nobody can be rung: the last words before hanging up
    goodbye: str
    confirmation_text: str  # still with {business} {service} {name} {date} {time} {address}


class Business(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the agent may know of the business."""

    name: str
    agent: str
    zone: str  # IANA
    address: str
    directions: str
    handoff_number: str | None  # E.164
    notice_minutes: int
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

    def question(self, topic: str) -> Question | None:
        return next((question for question in self.questions if question.topic == topic), None)
