"""A few holds and times that many of the store's tests begin with."""

from datetime import UTC, datetime, timedelta

from bridge.call.delays import Share, TurnDelays
from tools.store import BookingStore, Channel, Notice, Reservation

NOW = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)
QUICK = TurnDelays(  # how soon a call's turns were answered
    turns=1,
    handed=Share(402.0, 402.0),
    model=Share(400.0, 400.0),
    server=Share(2.0, 2.0),
    playout=Share(50.0, 50.0),
    histogram=(0, 1, 0, 0, 0, 0),
)
TWO_PM = datetime(2026, 11, 26, 19, 0, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)
KEEP_FOR = timedelta(minutes=3)
CHAIR = "chair-1@maplestreet.example"


async def hold(
    bookings: BookingStore,
    call_sid: str = "CA1",
    *,
    calendar_id: str = CHAIR,
    start: datetime = TWO_PM,
    length: timedelta = HALF_HOUR,
    caller_number: str | None = None,
    now: datetime = NOW,
    moves_id: str | None = None,
) -> Reservation:
    """Hold a slot for three minutes; by default half an hour from two on the first chair."""
    return await bookings.hold(
        calendar_id=calendar_id,
        service="cleaning",
        start=start,
        end=start + length,
        call_sid=call_sid,
        caller_number=caller_number,
        now=now,
        keep_for=KEEP_FOR,
        moves_id=moves_id,
    )


async def begin(
    bookings: BookingStore, held: Reservation, *, event_id: str = "event1", now: datetime = NOW
) -> Reservation:
    """Begin to book what is held, for the call that holds it."""
    return await bookings.begin_booking(
        hold_id=held.id, call_sid=held.call_sid, event_id=event_id, customer_name="Dana Reed", now=now
    )


async def book(
    bookings: BookingStore,
    call_sid: str = "CA1",
    *,
    start: datetime = TWO_PM,
    caller_number: str | None = None,
    moves_id: str | None = None,
    notices: tuple[Notice, ...] = (),
) -> Reservation:
    """A booking from hold to end."""
    held = await hold(bookings, call_sid, start=start, caller_number=caller_number, moves_id=moves_id)
    begun = await begin(bookings, held, event_id=f"event{call_sid}")
    return await bookings.finish_booking(reservation_id=begun.id, now=NOW, notices=notices)


def notice(
    kind: str = "confirmation",
    channel: Channel = Channel.SMS,
    *,
    to: str = "+12025550143",
    due_at: datetime | None = None,
) -> Notice:
    """A notice that says its kind; by default a confirmation by SMS."""
    return Notice(kind=kind, channel=channel, to=to, body=kind, due_at=due_at)
