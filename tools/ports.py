"""What is asked of a calendar, a text service, a telephone and a mail server: shapes, errors, protocols.

Pure. `calendar.py`, `sms.py`, `legs.py` and `mail.py` are the implementations; the tools import only
this, so that no vendor's library is loaded with them. The store's interface is `store.py`.
Every error says what is certain, because only that decides what a caller may be told.
"""

from datetime import datetime
from typing import Protocol

import msgspec

# --- errors -----------------------------------------------------------------------


class CalendarError(Exception):
    """Base of everything a calendar raises. `code` is for us and never spoken."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class CalendarUnavailable(CalendarError):
    """A read failed, or a write certainly did nothing. Never means free."""


class CalendarChanged(CalendarUnavailable):
    """A write did nothing, because the event is gone or not as it was read."""


class CalendarAmbiguous(CalendarError):
    """A write whose outcome is unknown."""


class SmsError(Exception):
    """Base of everything the text service raises. `code` is for us and never spoken."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class SmsRefused(SmsError):
    """Certainly not accepted, and it never will be."""


class SmsRetry(SmsError):
    """Certainly not accepted; may be sent again."""


class SmsAmbiguous(SmsError):
    """Accepted or not: unknown. Must not be sent again."""


class MailError(Exception):
    """Base of everything a mail server makes us raise. `code` is for us and never spoken."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class MailRefused(MailError):
    """Certainly not accepted, and it never will be."""


class MailRetry(MailError):
    """Certainly not accepted; may be sent again."""


class MailAmbiguous(MailError):
    """Accepted or not: unknown, and nobody can be asked. Must not be sent again."""


class LegError(Exception):
    """Base of everything the telephone raises. `code` is for us and never spoken."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class LegRefused(LegError):
    """Certainly not done."""


class LegGone(LegRefused):
    """That leg is over, or there never was one."""


class LegAmbiguous(LegError):
    """Done or not: unknown. Nobody may be rung again."""


# --- shapes -----------------------------------------------------------------------


class Busy(msgspec.Struct, frozen=True):
    """A stretch in which a calendar is not free."""

    start: datetime  # aware
    end: datetime  # aware, exclusive


class CalendarEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event as the calendar has it."""

    id: str
    start: datetime  # aware
    end: datetime  # aware, exclusive
    summary: str
    ours: bool  # carries our private property callbridge_reservation
    etag: str
    created: datetime | None
    updated: datetime | None = None
    reservation_id: str | None = None  # the value of that property
    burying: bool = False  # ours, and only there to be deleted: see CalendarPort.bury


class Invite(msgspec.Struct, frozen=True, kw_only=True):
    """What an invitation says of an appointment."""

    uid: str  # the same for the appointment wherever it is moved
    sequence: int  # one more at each change; a calendar believes the highest it has seen
    start: datetime  # aware
    end: datetime  # aware, exclusive
    summary: str
    location: str
    to: str  # email address of the customer
    organizer_name: str
    made_at: datetime  # aware
    cancelled: bool = False  # it takes the appointment out of the customer's calendar


# --- protocols --------------------------------------------------------------------


class CalendarPort(Protocol):
    """Google's calendars, or whatever answers in their place."""

    async def free_busy(
        self, calendar_ids: list[str], start: datetime, end: datetime
    ) -> dict[str, list[Busy]]:
        """Busy stretches of every calendar asked for. Raises CalendarUnavailable if one has an error."""

    async def events_between(self, calendar_id: str, start: datetime, end: datetime) -> list[CalendarEvent]:
        """Events that block time in [start, end). Raises CalendarUnavailable."""

    async def insert(
        self,
        calendar_id: str,
        *,
        event_id: str,
        start: datetime,
        end: datetime,
        summary: str,
        description: str,
        private: dict[str, str],
    ) -> CalendarEvent:
        """Insert, or adopt the event this id already has when it is the same one of ours.

        Raises CalendarUnavailable (nothing was written) or CalendarAmbiguous.
        """

    async def get(self, calendar_id: str, event_id: str) -> CalendarEvent | None:
        """The event, or None when it does not exist or is cancelled. Raises CalendarUnavailable."""

    async def was_deleted(self, calendar_id: str, event_id: str) -> bool:
        """Whether the calendar says that the event was deleted. Raises CalendarUnavailable.

        False for one it does not know at all: a new event may not be seen everywhere yet.
        """

    async def move(
        self,
        calendar_id: str,
        event: CalendarEvent,
        *,
        start: datetime,
        end: datetime,
        private: dict[str, str],
    ) -> CalendarEvent:
        """Give `event` new times and change private properties, if it still is as it was read.

        Raises CalendarChanged and CalendarUnavailable (nothing was written), CalendarAmbiguous.
        """

    async def delete(self, calendar_id: str, event_id: str) -> None:
        """Delete; an event already gone is no error. Raises CalendarUnavailable, CalendarAmbiguous."""

    async def bury(
        self, calendar_id: str, *, event_id: str, start: datetime, end: datetime
    ) -> CalendarEvent | None:
        """Make sure that no event will ever stand under this id; or the one that already does.

        None: nothing stands under it, and an insert that arrives late meets the tombstone.
        Raises CalendarUnavailable, CalendarAmbiguous: to be repeated.
        """


class SmsPort(Protocol):
    """A service that sends texts from our number."""

    async def send(self, *, to: str, body: str) -> str:
        """The message's id. `to` is E.164. Raises SmsRefused, SmsRetry, SmsAmbiguous."""

    async def find(self, *, to: str, body: str, since: datetime) -> str | None:
        """The id of the latest message with this number and body made at or after `since`.

        None: there is none in the service's list. Raises SmsRetry: nothing could be learned.
        """


class TelephonePort(Protocol):
    """Legs of calls beside the one that came in: a person is rung, a leg is sent elsewhere or ended."""

    async def ring(self, *, to: str, answered_url: str, status_url: str) -> str:
        """The new leg's id. `to` is E.164; whoever answers hears what `answered_url` says.

        Raises LegRefused: it does not ring, also when the number may not be rung; LegAmbiguous.
        """

    async def redirect(self, leg_sid: str, url: str) -> None:
        """Have a live leg ask `url` what to do. Raises LegGone, LegRefused, LegAmbiguous."""

    async def end(self, leg_sid: str) -> None:
        """End a leg; one that is over is no error. Raises LegRefused, LegAmbiguous."""

    async def is_over(self, leg_sid: str) -> bool:
        """Whether a leg has ended. Raises LegRefused, LegAmbiguous: nothing could be learned."""


class MailPort(Protocol):
    """A mail server that sends from our address."""

    def invitation(self, invite: Invite) -> str:
        """The iCalendar file to send along; its organizer is our address."""

    async def send(
        self, *, to: str, subject: str, body: str, invite: str, message_id: str, now: datetime
    ) -> str:
        """What the server said of it. `invite`: a file made by `invitation`, or "".

        `message_id` is the part before the @ of the mail's Message-ID: the same one for the same
        mail, so that a receiver can tell a double. Raises MailRefused, MailRetry, MailAmbiguous.
        """
