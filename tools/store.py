"""What the tools ask of a store. `bridge/store/` is the implementation.

Pure. Every function takes `now`; none asks the database for the time. None of these spans a
network call to anything but the database itself.
"""

import enum
from datetime import datetime, timedelta
from typing import Protocol

import msgspec


class StoreError(Exception):
    """Base of everything a store raises to the tools."""


class SlotTaken(StoreError):
    """Another live hold or booking overlaps the time asked for."""


class HoldGone(StoreError):
    """The hold expired, was released, is another call's or never existed."""


class BookingGone(StoreError):
    """The booking to be moved or cancelled is not booked, or is already on its way out."""


class TooManyTexts(StoreError):
    """A cap on texts was reached: nothing was queued."""


class TooManyCodes(StoreError):
    """This number was sent as many codes as it may be for now: none was stored."""


class StoreUnavailable(StoreError):
    """The database did not answer or refused to; whether it wrote is unknown."""


# What a process began and did not end within this is taken up by `recovery.py`, of whatever
# process: longer than any tool may run, and than any of its threads may still be writing.
UNFINISHED_AFTER = timedelta(seconds=60)
# A new event is looked at once more after this, as Google's answers may lag by seconds.
LOOK_AGAIN_AFTER = timedelta(seconds=20)


class ReservationState(enum.StrEnum):
    """What has become of a reservation.

        held ─> booking ─> booked ─> leaving ─> cancelled | moved | withdrawn
          │        │          └──────────────────────────> moved (its event is the new one's)
          │        └─> failed | withdrawn
          └─> expired | released

    Live are those whose time nobody else can have: held until `expires_at`, booking, booked
    and leaving. `booking` and `leaving` stand for as long as the calendar is being asked.
    """

    HELD = "held"
    BOOKING = "booking"
    BOOKED = "booked"
    LEAVING = "leaving"  # its event is being deleted; `ends_as` says what it is then
    EXPIRED = "expired"
    RELEASED = "released"  # the call let go of it
    FAILED = "failed"  # the calendar refused
    WITHDRAWN = "withdrawn"  # a person's event came first; ours was taken back
    MOVED = "moved"  # another reservation took its place
    CANCELLED = "cancelled"


LIVE = (
    ReservationState.HELD,
    ReservationState.BOOKING,
    ReservationState.BOOKED,
    ReservationState.LEAVING,
)


class Reservation(msgspec.Struct, frozen=True, kw_only=True):
    """A row that keeps a time of one calendar."""

    id: str  # uuid4 hex
    calendar_id: str  # Google's id of the calendar
    service: str  # service key in business.toml
    start: datetime  # aware UTC; the appointment itself
    end: datetime  # exclusive
    state: ReservationState
    call_sid: str
    caller_number: str | None
    expires_at: datetime | None  # of a hold; None once booking
    event_id: str | None = None  # Google event id, set on the way to booked
    customer_name: str | None = None
    moves_id: str | None = None  # the booking that this one takes the place of
    ends_as: ReservationState | None = None  # of one that is leaving
    due_at: datetime | None = None  # when `recovery.py` looks at it; None: nothing to do
    changed_at: datetime | None = None  # aware UTC
    customer_email: str | None = None  # where the invitation goes
    note: str = ""  # what was collected for the person who serves the customer; lines
    wants_text: bool = False  # the caller agreed to be texted about it
    confirmed_at: datetime | None = None  # the customer answered C to a text
    first_id: str | None = None  # the booking that began a line of moves; None: this one
    moves: int = 0  # how many led to this one


class TextState(enum.StrEnum):
    """State of a text in the outbox. `unknown`: an ambiguous time-out, never sent again."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"  # never sent: its appointment was moved or cancelled, or its number opted out


class Channel(enum.StrEnum):
    """How a text reaches its reader."""

    SMS = "sms"
    EMAIL = "email"


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A text to be sent because of what a transaction does, and queued in that transaction."""

    kind: str  # "confirmation", "reminder_24", ...: at most one of a kind per reservation and channel
    channel: Channel
    to: str  # E.164, or an email address
    body: str
    subject: str = ""  # email only
    invite: str = ""  # email only: the iCalendar file
    due_at: datetime | None = None  # aware; a reminder's hour. None: as soon as somebody is free to


class TextCaps(msgspec.Struct, frozen=True, kw_only=True):
    """How many texts may be queued, this one included. SMS only."""

    per_call: int
    per_number: int  # in 24 hours
    in_all: int  # in 24 hours


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a number. Opt-outs are kept for ever."""

    number: str  # E.164
    consented_at: datetime | None  # agreed to be texted, first time
    opted_out_at: datetime | None  # said STOP, and not START since


class CodeCheck(enum.Enum):
    """What came of comparing a code."""

    RIGHT = enum.auto()  # it is used up now
    WRONG = enum.auto()  # one try less
    DEAD = enum.auto()  # none of this call is live: expired, used up, or tried too often


class Lead(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller told about themselves and their wish. None: not told."""

    name: str | None = None
    callback_number: str | None = None  # E.164
    email: str | None = None
    location: str | None = None
    reason: str | None = None
    customer: str | None = None  # "new" or "existing"
    appointment_type: str | None = None
    urgency: str | None = None  # normal, urgent, emergency, unknown
    qualified: str | None = None  # yes, no, needs_human_review
    handoff_reason: str | None = None
    best_time: str | None = None  # to be called back
    fields: dict[str, str] = {}  # the owner's own, by key


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the outbox."""

    id: str
    reservation_id: str | None
    kind: str  # "confirmation"
    to: str  # E.164, or an email address
    body: str
    state: TextState
    channel: Channel = Channel.SMS
    subject: str = ""
    invite: str = ""
    message_sid: str | None = None
    error_code: str | None = None
    queued_at: datetime | None = None  # aware UTC
    callback_id: str | None = None  # the task for a person that the owner is told of


class BookingStore(Protocol):
    """Holds, bookings, texts and messages for a person."""

    async def hold(
        self,
        *,
        calendar_id: str,
        service: str,
        start: datetime,
        end: datetime,
        call_sid: str,
        caller_number: str | None,
        now: datetime,
        keep_for: timedelta,
        moves_id: str | None = None,
    ) -> Reservation:
        """Keep a time. Ends this call's (and this number's) earlier hold and the expired ones first.
        `moves_id`: the booking that shall be moved to this time; it stays booked, and is not
        in the way of its own new time. The same call asking for the same calendar, start,
        end and booking gets its live hold back, with a new expiry.
        Raises SlotTaken, BookingGone, StoreUnavailable.
        """

    async def release_hold(self, *, hold_id: str, call_sid: str, now: datetime) -> None:
        """Let go of a hold of this call; no error when it is no longer held."""

    async def begin_booking(
        self,
        *,
        hold_id: str,
        call_sid: str,
        event_id: str,
        customer_name: str,
        now: datetime,
        customer_email: str | None = None,
        note: str = "",
        wants_text: bool = False,
    ) -> Reservation:
        """held -> booking, for a live hold of this call only, once. Raises HoldGone, BookingGone.
        `wants_text` also keeps, in the same transaction, that the caller's number has consented.

        A hold that moves a booking of the same calendar takes over that booking's event, and
        its id instead of `event_id`. A call that already is in `booking` or `booked` with this
        hold gets that row back unchanged (its own event id, an earlier `changed_at`), so that a
        repeat finds its first attempt.
        """

    async def finish_booking(
        self, *, reservation_id: str, now: datetime, notices: tuple[Notice, ...] = ()
    ) -> Reservation:
        """booking -> booked. Repeating it is harmless. Raises HoldGone when it has ended otherwise.

        `notices` are queued in the same transaction. A booking that it takes the place of is `moved` in
        it, and its notices not yet sent are cancelled; if its event is another one (in another
        calendar) it is `leaving`: delete that event, then `finish_leaving`.
        """

    async def end_booking(self, *, reservation_id: str, state: ReservationState, now: datetime) -> None:
        """booking -> failed or withdrawn. A booking that it was to move stays booked."""

    async def begin_leaving(
        self,
        *,
        reservation_id: str,
        ends_as: ReservationState,
        now: datetime,
        notices: tuple[Notice, ...] = (),
    ) -> Reservation:
        """booked -> leaving: its event may now be deleted. `ends_as`: cancelled or withdrawn.
        From here on it will end, whoever deletes the event. Holds that were to move it are let go, its
        notices not yet sent cancelled, `notices` queued. One already leaving comes back as it is.
        Raises BookingGone: it is not booked, or is being moved at this moment.
        """

    async def finish_leaving(self, *, reservation_id: str, now: datetime) -> Reservation:
        """leaving -> what it ends as, once its event is certainly gone. Repeating it is harmless.
        Raises BookingGone when it was not leaving.
        """

    async def bookings_of(self, *, caller_number: str, now: datetime) -> list[Reservation]:
        """What is booked under this number and not over yet, soonest first; leaving ones are not."""

    async def live_reservations(
        self, *, calendar_ids: list[str], start: datetime, end: datetime, now: datetime
    ) -> list[Reservation]:
        """Live rows (unexpired holds, booking, booked, leaving) that overlap [start, end)."""

    async def reservation(self, reservation_id: str) -> Reservation | None: ...

    async def confirm_booking(self, *, reservation_id: str, now: datetime) -> bool:
        """The customer confirmed it; false when it is not booked (any more). Repeating it is harmless."""

    # --- texts -------------------------------------------------------------------------

    async def queue_text(
        self,
        *,
        reservation_id: str | None,
        kind: str,
        to: str,
        body: str,
        call_sid: str,
        now: datetime,
        caps: TextCaps | None = None,
    ) -> Text:
        """Put an SMS into the outbox, or return the one already there for (reservation, kind).

        Raises TooManyTexts when it would be one more than `caps` allow. To a number that has
        opted out it is `cancelled` from the first, as a notice by SMS is.
        """

    async def text(self, *, reservation_id: str, kind: str, channel: Channel = Channel.SMS) -> Text | None:
        """The text of this kind about a reservation, whatever became of it."""

    async def claim_text(self, *, text_id: str, now: datetime) -> bool:
        """pending -> sending; False when somebody else has it or it is done."""

    async def settle_text(
        self,
        *,
        text_id: str,
        state: TextState,
        now: datetime,
        message_sid: str | None = None,
        error_code: str | None = None,
        due_at: datetime | None = None,
    ) -> None:
        """sending -> sent, failed, unknown, or back to pending (not accepted; until `due_at`, if given)."""

    async def add_callback(
        self,
        *,
        call_sid: str,
        number: str | None,
        name: str | None,
        message: str,
        reason: str,
        now: datetime,
        key: str | None = None,
        urgency: str = "normal",
        best_time: str | None = None,
        notices: tuple[Notice, ...] = (),
        texts_per_day: int | None = None,
    ) -> str:
        """A task for a person: call this caller back. Returns its id.

        Written again with the same `key` (with none: the same words and `now`) it is one task, in the latest
        words, and the `notices` to the owner are queued once, in the same transaction. An SMS among them is
        left out where it would be one more of these in 24 hours than `texts_per_day`. Use `owner.ask`.
        """

    # --- callers -----------------------------------------------------------------------

    async def caller(self, number: str) -> Caller | None: ...

    async def set_consent(self, *, number: str, now: datetime) -> None:
        """The number has agreed to be texted; the first time is the one that is kept."""

    async def set_opted_out(self, *, number: str, opted_out: bool, now: datetime) -> None:
        """STOP or START was said. Pending texts to a number that opts out are cancelled with it."""

    async def add_code(
        self, *, number: str, call_sid: str, digest: str, now: datetime, expires_at: datetime, per_day: int
    ) -> None:
        """Keep the digest of a code sent to `number`; an earlier one of this call dies with it.

        Raises TooManyCodes when `per_day` were made for this number within 24 hours.
        """

    async def check_code(
        self, *, number: str, call_sid: str, digest: str, now: datetime, tries: int
    ) -> CodeCheck:
        """Compare with the live code of this call and number, counting the try in the same transaction.

        After `tries` wrong ones it is dead.
        """

    async def save_lead(self, *, call_sid: str, caller_number: str | None, lead: Lead, now: datetime) -> None:
        """Keep what was told in a call; one row per call, the latest word counts."""

    # --- for `recovery.py`: what nobody is at any more ----------------------------------

    async def expire_holds(self, *, now: datetime) -> int:
        """End the holds that have run out; how many there were."""

    async def claim_due(self, *, now: datetime, most: int) -> list[Reservation]:
        """Reservations whose `due_at` has come, for this caller alone for UNFINISHED_AFTER.

        Those in `booking` or `leaving` were left so by a process that is gone; those
        `booked` want to be looked at once more in the calendar.
        """

    async def set_due(self, *, reservation_id: str, due_at: datetime | None) -> None:
        """When a booked reservation is to be looked at next; None for never.

        Nothing happens to one that has begun to leave meanwhile: it has to come to its end.
        """

    async def claim_due_texts(self, *, now: datetime, most: int) -> list[Text]:
        """Texts that somebody queued or began to send and did not settle, and `unknown` ones.
        For this caller alone for UNFINISHED_AFTER. One in `sending` comes back as `unknown`.
        """

    async def text_is_done(self, *, text_id: str, now: datetime) -> None:
        """An `unknown` text was looked up in vain: it stays so and is not looked up again."""
