"""What a recorded call is: who calls when, what they say under which condition, what must come of it.

Pure: structs only. `recording_file.py` reads them from a folder below `recordings/` and is the
only maker of a `Recording`; `recordings/README.md` describes the format for people. Read next:
policy.py, which answers these lines, and expectations.py, which judges the end.
"""

import enum
from datetime import date, datetime
from pathlib import Path

import msgspec


class Intent(enum.StrEnum):
    """What a caller's line is meant to bring about."""

    BOOK = "book"  # wants an appointment: service, day, perhaps part and until
    CHOOSE = "choose"  # takes the option-th time of the latest offer
    NAME = "name"  # says who they are
    YES = "yes"
    NO = "no"
    PERSON = "person"  # wants to speak to a person
    QUESTION = "question"  # asks about `topic`
    MESSAGE = "message"  # leaves `message` for somebody
    RESCHEDULE = "reschedule"  # wants a booking of theirs moved: to day, perhaps part and until
    CANCEL = "cancel"  # wants a booking of theirs cancelled
    DETAILS = "details"  # tells something about themselves or their wish
    EMERGENCY = "emergency"  # needs a person at once
    ASIDE = "aside"  # speaks to somebody in the room, not to us
    GOODBYE = "goodbye"


class Meaning(msgspec.Struct, frozen=True, kw_only=True):
    """What a line means, as a model would understand it. Which fields count depends on the intent."""

    intent: Intent
    service: str = ""  # book: a service key of the business file
    day: date | None = None  # book, reschedule: the first day that suits
    until: date | None = None  # book, reschedule: the last day that suits; None: only `day`
    part: str = "any"  # book, reschedule: any, morning, afternoon or evening
    booking: int = 1  # reschedule, cancel: which of their bookings, soonest first
    option: int = 0  # choose: 1 is the first time offered
    name: str = ""  # name; book, choose, yes and message may carry it too
    topic: str = ""  # question
    message: str = ""  # message
    details: dict[str, str] = {}  # details: as the arguments of save_details


class CallerLine(msgspec.Struct, frozen=True, kw_only=True):
    """One thing the caller does: says a clip, presses keys or hangs up; and when.

    Exactly one of `clip`, `press`, `press_code` and `hang_up` is set, and one of the three conditions.
    """

    clip: str | None = None  # clips/CLIP.wav
    text: str = ""  # the words of the clip
    voice: str = "rms"  # who speaks it, for recordings/render.py
    press: str | None = None  # one of 0-9 * #
    press_code: bool = False  # the code in the latest text they got
    hang_up: bool = False
    after_quiet_ms: int | None = None  # the agent spoke since our last line and is quiet this long
    into_sentence_ms: int | None = None  # this far into the agent's current stretch of speech
    if_silent_ms: int | None = None  # nothing was audible for this long
    means: Meaning | None = None  # None: a sound that nobody would understand (and of keys, hanging up)


class PolicyOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How the model stand-in behaves in this recording."""

    hasty: bool = False  # asks create_event in the same breath as the read-back


class CalendarEventGiven(msgspec.Struct, frozen=True, kw_only=True):
    """An event that stands in Google's calendar before the call."""

    calendar: str  # Google's id of the calendar
    start: datetime  # wall clock of the business's zone
    end: datetime
    summary: str


class BookedBefore(msgspec.Struct, frozen=True, kw_only=True):
    """A booking of ours that stands before the call: in our database and in the calendar."""

    calendar: str  # Google's id of the calendar
    service: str  # a service key of the business file
    start: datetime  # wall clock of the business's zone
    name: str
    number: str  # E.164 it was booked from


class SomeoneElseBooks(msgspec.Struct, frozen=True, kw_only=True):
    """A person writes into the calendar during the call, as soon as a tool has answered (once)."""

    after_tool: str
    calendar: str  # Google's id of the calendar
    summary: str
    slot: int | None = None  # the slot-th time that tool's answer offers, from 1; or start and end
    minutes: int = 30  # length, with `slot`
    start: datetime | None = None  # wall clock of the business's zone
    end: datetime | None = None


class Expect(msgspec.Struct, frozen=True, kw_only=True):
    """What must be true when the call is over. Everything is checked, defaults included."""

    outcome: str  # as the server's call record says it
    end: str  # what the telephone did last: hang_up, person, message or caller_hung_up
    events: tuple[datetime, ...] = ()  # starts of our events in the calendars, in order; wall clock
    cancelled: tuple[datetime, ...] = ()  # starts of the bookings that were cancelled; wall clock
    moved: tuple[datetime, ...] = ()  # starts that bookings were moved away from; wall clock
    texts: int = 0
    emails: int = 0
    owner_texts: int = 0  # that told the owner of a task; not counted among the others
    owner_emails: int = 0
    callbacks: tuple[str, ...] = ()  # reasons of the tasks for a person, in order
    lead: dict[str, str] = {}  # what was kept of what the caller told
    tools: tuple[str, ...] = ()  # asked in this order, others may stand between
    interruptions: int = 0
    dialled: str = ""  # E.164 of whom the caller was connected to
    holds_left: int = 0  # live holds in the store right after the call


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """A recorded call. Times are wall clock of the zone in the business file, without a zone here."""

    folder: Path
    title: str
    about: str
    date: datetime  # when the call begins
    caller: str  # E.164; "" when withheld
    attestation: str  # what the network says of the number (Twilio: StirVerstat); "" for nothing
    business: Path  # the business file
    lines: tuple[CallerLine, ...]
    policy: PolicyOptions
    person: str = "accepts"  # what a person who is rung during a warm handoff does, e.g. accepts
    calendar_down: bool  # the calendars answer nothing but 503
    given: tuple[CalendarEventGiven, ...]
    booked_before: tuple[BookedBefore, ...]
    someone_else: tuple[SomeoneElseBooks, ...]
    expect: Expect

    def clip_path(self, line: CallerLine) -> Path:
        """The WAV file of a spoken line: 8 kHz mu-law."""
        return self.folder / "clips" / f"{line.clip}.wav"
