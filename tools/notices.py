"""What a customer is sent when a booking is made, moved or cancelled, and before its appointment.

Decides and words; sends nothing. `appointments.py`, `unfinished.py` and whoever cancels hand
these to the store, which queues them in the transaction that makes them true; `confirmation.py`
sends one at once, `recovery.py` the others when they are due. Read `unsent.py` for how long
each is of use.
"""

from datetime import datetime, timedelta

from tools.business import Business
from tools.countries import is_texted
from tools.gsm7 import plain
from tools.kit import Kit
from tools.mail_notices import mailed
from tools.quiet import before_quiet
from tools.store import Channel, Notice, Reservation
from tools.written import about

CONFIRMATION = "confirmation"
MOVED = "moved"
CANCELLED = "cancelled"
REMINDER = "reminder_"  # and how many hours before

SOONEST = timedelta(hours=1)  # a reminder sooner than this would only repeat the confirmation


def booked_notices(kit: Kit, row: Reservation) -> tuple[Notice, ...]:
    """What finishing `row` has sent: that it is booked, or that it is moved, and its reminders."""
    if row.moves_id is not None:
        return moved_notices(kit, row)
    wording = kit.business.wording
    return (
        *_texted(kit.business, row, CONFIRMATION, wording.confirmation_text),
        *mailed(kit, row, CONFIRMATION, subject=wording.email_subject, body=wording.email_body),
        *_reminders(kit, row),
    )


def moved_notices(kit: Kit, row: Reservation) -> tuple[Notice, ...]:
    """`row`: the new one. What the old one still had to say is cancelled by the store."""
    wording = kit.business.wording
    return (
        *_texted(kit.business, row, MOVED, wording.moved_text),
        *mailed(kit, row, MOVED, subject=wording.email_moved_subject, body=wording.email_moved_body),
        *_reminders(kit, row),
    )


def cancelled_notices(kit: Kit, row: Reservation) -> tuple[Notice, ...]:
    """That it will not take place, due at once: no tool sends it. Its reminders the store cancels."""
    wording, now = kit.business.wording, kit.clock.now()
    subject, body = wording.email_cancelled_subject, wording.email_cancelled_body
    return (
        *_texted(kit.business, row, CANCELLED, wording.cancelled_text, now),
        *mailed(kit, row, CANCELLED, subject=subject, body=body, cancelled=True),
    )


def latest_kind(row: Reservation) -> str:
    """Kind of the text that says when the appointment of `row` is."""
    return CONFIRMATION if row.moves_id is None else MOVED


def text_body(business: Business, row: Reservation) -> str:
    """That text: the owner's words, with the booking's values."""
    wording = business.wording
    return plain(
        about(business, row, wording.confirmation_text if row.moves_id is None else wording.moved_text)
    )


def _texted(
    business: Business, row: Reservation, kind: str, wording: str, due_at: datetime | None = None
) -> tuple[Notice, ...]:
    """One SMS, to the number that made the booking, if it is to have any."""
    number = row.caller_number
    if not row.wants_text or number is None or not is_texted(business, number):
        return ()
    body = plain(about(business, row, wording))
    return (Notice(kind=kind, channel=Channel.SMS, to=number, body=body, due_at=due_at),)


def _reminders(kit: Kit, row: Reservation) -> tuple[Notice, ...]:
    business, soonest = kit.business, kit.clock.now() + SOONEST
    due: dict[datetime, int] = {}  # two that the quiet hours bring together are one
    for hours in sorted(business.reminders.hours_before):
        at = before_quiet(business, row.start - timedelta(hours=hours))
        if at >= soonest:
            due.setdefault(at, hours)
    return tuple(
        notice
        for at, hours in due.items()
        for notice in _texted(business, row, f"{REMINDER}{hours}", business.wording.reminder_text, at)
    )
