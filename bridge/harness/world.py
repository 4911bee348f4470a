"""The world around a recorded call: what stands in the calendars and in our database before it,
what other people write during it, and what of Google does not work.

Bookings that stand before the call are made as the server makes them: through the store's own
functions, by a caller who agreed to texts, with a reminder that waits, and as an event with our
private properties. Read first: recording.py; used by run.py.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from bridge.harness.google.standin import CalendarStandin
from bridge.harness.ledger import Entry, Ledger
from bridge.harness.recording import BookedBefore, Recording, SomeoneElseBooks
from tools.business import Business
from tools.store import BookingStore, Channel, Notice

LONG_AGO = timedelta(days=3)  # before the call: when what stands there was booked
A_DAY = timedelta(days=1)
OPEN_HOLD = timedelta(minutes=5)


def fill_calendars(calendar: CalendarStandin, business: Business, recording: Recording) -> None:
    """The business's calendars, with what people have written into them."""
    zone = ZoneInfo(business.zone)
    for one in business.calendars:
        calendar.add_calendar(one.id, business.zone)
    for event in recording.given:
        calendar.human_books(
            event.calendar,
            event.start.replace(tzinfo=zone),
            event.end.replace(tzinfo=zone),
            event.summary,
        )


async def book_before(
    calendar: CalendarStandin, store: BookingStore, business: Business, recording: Recording
) -> None:
    """Make the bookings that stand before the call. Raises whatever the store raises."""
    zone = ZoneInfo(business.zone)
    booked_at = recording.date.replace(tzinfo=zone) - LONG_AGO
    for number, booking in enumerate(recording.booked_before):
        await _book(calendar, store, business, booking, number, booked_at)


async def _book(
    calendar: CalendarStandin,
    store: BookingStore,
    business: Business,
    booking: BookedBefore,
    number: int,
    now: datetime,
) -> None:
    service = business.service(booking.service)
    if service is None:
        raise ValueError(f"[[booking]]: the business has no service {booking.service!r}")
    zone = ZoneInfo(business.zone)
    start = booking.start.replace(tzinfo=zone)
    end = start + timedelta(minutes=service.minutes)
    call_sid = f"CA{number:032x}"
    hold = await store.hold(
        calendar_id=booking.calendar,
        service=booking.service,
        start=start,
        end=end + timedelta(minutes=service.buffer_minutes),
        call_sid=call_sid,
        caller_number=booking.number,
        now=now,
        keep_for=OPEN_HOLD,
    )
    row = await store.begin_booking(
        hold_id=hold.id,
        call_sid=call_sid,
        event_id=hashlib.sha256(hold.id.encode()).hexdigest()[:32],
        customer_name=booking.name,
        wants_text=True,
        now=now,
    )
    reminder = Notice(
        kind="reminder_24",
        channel=Channel.SMS,
        to=booking.number,
        body=f"A reminder of {booking.start:%Y-%m-%d %H:%M}.",
        due_at=start - A_DAY,
    )
    await store.finish_booking(reservation_id=row.id, now=now, notices=(reminder,))
    await store.set_due(reservation_id=row.id, due_at=None)  # looked at long since
    assert row.event_id is not None
    calendar.we_booked(
        booking.calendar,
        row.event_id,
        start,
        end,
        f"{service.name.capitalize()}: {booking.name}",
        {"callbridge_reservation": row.id, "callbridge_call": call_sid},
    )


def let_others_book(calendar: CalendarStandin, model: Ledger, recording: Recording, zone: ZoneInfo) -> None:
    """Write what other people write during the call, each as soon as its tool has answered."""
    waiting: list[SomeoneElseBooks] = list(recording.someone_else)

    def see(_: str, entry: Entry) -> None:
        if entry.kind != "tool_answered":
            return
        for other in [other for other in waiting if other.after_tool == entry.data["name"]]:
            start, end = _when(other, entry.data["output"], zone)
            if start is not None and end is not None:
                waiting.remove(other)
                calendar.human_books(other.calendar, start, end, other.summary)

    model.watch(see)


def _when(other: SomeoneElseBooks, output: Any, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
    """The time somebody else takes; None when the tool's answer offers no such slot."""
    if other.slot is None:
        start, end = other.start, other.end
        return start and start.replace(tzinfo=zone), end and end.replace(tzinfo=zone)
    answer = msgspec.json.decode(output) if isinstance(output, str) else output
    slots = answer.get("slots", []) if isinstance(answer, dict) else []
    if len(slots) < other.slot:
        return None, None
    begin = datetime.fromisoformat(slots[other.slot - 1]["start"])
    return begin, begin + timedelta(minutes=other.minutes)
