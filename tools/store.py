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


class StoreUnavailable(StoreError):
    """The database did not answer or refused to; whether it wrote is unknown."""


class ReservationState(enum.StrEnum):
    """held -> booking -> booked, and the ends. Only the first three are live."""

    HELD = "held"
    BOOKING = "booking"
    BOOKED = "booked"
    EXPIRED = "expired"
    RELEASED = "released"  # the call let go of it
    FAILED = "failed"  # the calendar refused
    WITHDRAWN = "withdrawn"  # a person's event came first; ours was taken back


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


class TextState(enum.StrEnum):
    """State of a text in the outbox. `unknown`: an ambiguous time-out, never sent again."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the outbox."""

    id: str
    reservation_id: str | None
    kind: str  # "confirmation"
    to_number: str
    body: str
    state: TextState
    message_sid: str | None = None
    error_code: str | None = None


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
    ) -> Reservation:
        """Keep a time. Ends this call's (and this number's) earlier hold and all expired ones first.

        The same call asking for the same calendar, start and end gets its live hold back,
        with a new expiry. Raises SlotTaken, StoreUnavailable.
        """

    async def release_hold(self, *, hold_id: str, call_sid: str, now: datetime) -> None:
        """Let go of a hold of this call; no error when it is no longer held."""

    async def begin_booking(
        self, *, hold_id: str, call_sid: str, event_id: str, customer_name: str, now: datetime
    ) -> Reservation:
        """held -> booking, for a live hold of this call only, once. Raises HoldGone.

        A call that already is in `booking` or `booked` with this hold gets that row back
        unchanged (its own event id), so that a repeat finds its first attempt.
        """

    async def finish_booking(self, *, reservation_id: str, now: datetime) -> Reservation:
        """booking -> booked. Repeating it is harmless."""

    async def end_booking(self, *, reservation_id: str, state: ReservationState, now: datetime) -> None:
        """booking -> failed or withdrawn."""

    async def live_reservations(
        self, *, calendar_ids: list[str], start: datetime, end: datetime, now: datetime
    ) -> list[Reservation]:
        """Live rows (unexpired holds, booking, booked) that overlap [start, end)."""

    async def reservation(self, reservation_id: str) -> Reservation | None: ...

    async def queue_text(
        self,
        *,
        reservation_id: str | None,
        kind: str,
        to_number: str,
        body: str,
        call_sid: str,
        now: datetime,
    ) -> Text:
        """Put a text into the outbox, or return the one already there for (reservation, kind)."""

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
    ) -> None:
        """sending -> sent, failed, unknown, or back to pending (certainly not accepted)."""

    async def add_callback(
        self,
        *,
        call_sid: str,
        number: str | None,
        name: str | None,
        message: str,
        reason: str,
        now: datetime,
    ) -> str:
        """A task for a person: call this caller back. Returns its id."""
