"""Holds and bookings: the same behaviour on both databases."""

import asyncio
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bridge.store.store import Store
from tests.bridge.store.examples import CHAIR, HALF_HOUR, KEEP_FOR, NOW, TWO_PM, begin, book, hold, notice
from tools.store import Channel, HoldGone, Notice, Reservation, ReservationState, SlotTaken, TextState

SECOND_CHAIR = "chair-2@maplestreet.example"
LATER = NOW + KEEP_FOR
DANA = "+12025550143"


async def live(store: Store, now: datetime = NOW) -> list[Reservation]:
    return await store.bookings.live_reservations(
        calendar_ids=[CHAIR, SECOND_CHAIR],
        start=TWO_PM - timedelta(days=1),
        end=TWO_PM + timedelta(days=1),
        now=now,
    )


# --- holds ------------------------------------------------------------------------


async def test_a_hold_keeps_a_time(store: Store) -> None:
    """A hold comes back as it was asked for, in aware UTC, and is found again."""
    held = await hold(store.bookings, caller_number=DANA)
    assert held == Reservation(
        id=held.id,
        calendar_id=CHAIR,
        service="cleaning",
        start=TWO_PM,
        end=TWO_PM + HALF_HOUR,
        state=ReservationState.HELD,
        call_sid="CA1",
        caller_number=DANA,
        expires_at=NOW + KEEP_FOR,
        changed_at=NOW,
    )
    assert held.start.utcoffset() == timedelta(0)
    assert await store.bookings.reservation(held.id) == held
    assert await live(store) == [held]


@pytest.mark.parametrize("minutes", [-29, -15, 0, 15, 29])
async def test_an_overlapping_hold_is_refused(store: Store, minutes: int) -> None:
    """A minute in common is enough."""
    held = await hold(store.bookings)
    with pytest.raises(SlotTaken):
        await hold(store.bookings, "CA2", start=TWO_PM + timedelta(minutes=minutes))
    assert await live(store) == [held]


async def test_a_hold_around_or_inside_another_is_refused(store: Store) -> None:
    """Neither the longer nor the shorter of two may contain the other."""
    await hold(store.bookings)
    with pytest.raises(SlotTaken):
        await hold(store.bookings, "CA2", start=TWO_PM - HALF_HOUR, length=3 * HALF_HOUR)
    with pytest.raises(SlotTaken):
        await hold(store.bookings, "CA2", start=TWO_PM + HALF_HOUR / 3, length=HALF_HOUR / 3)


async def test_back_to_back_is_legal(store: Store) -> None:
    """An appointment may begin in the minute in which another ends."""
    for number, start in enumerate((TWO_PM, TWO_PM + HALF_HOUR, TWO_PM - HALF_HOUR)):
        await hold(store.bookings, f"CA{number}", start=start)
    assert len(await live(store)) == 3


async def test_calendars_do_not_disturb_each_other(store: Store) -> None:
    """Two chairs can be taken at the same time."""
    await hold(store.bookings)
    await hold(store.bookings, "CA2", calendar_id=SECOND_CHAIR)
    assert len(await live(store)) == 2


async def test_the_same_call_asking_again_gets_its_hold_back(store: Store) -> None:
    """A repeated hold is the same hold, with a new expiry."""
    held = await hold(store.bookings)
    again = await hold(store.bookings, now=NOW + timedelta(minutes=2))
    assert again.id == held.id
    assert again.expires_at == NOW + timedelta(minutes=2) + KEEP_FOR
    assert await live(store) == [again]


async def test_a_call_has_one_live_hold(store: Store) -> None:
    """Another time asked for in the same call lets go of the first, also when they overlap."""
    first = await hold(store.bookings)
    second = await hold(store.bookings, start=TWO_PM + HALF_HOUR / 2)
    assert await live(store) == [second]
    gone = await store.bookings.reservation(first.id)
    assert gone is not None
    assert gone.state is ReservationState.RELEASED


async def test_a_number_has_one_live_hold(store: Store) -> None:
    """Whoever rings again, or twice, cannot keep two times; withheld numbers are not one caller."""
    await hold(store.bookings, "CA1", caller_number=DANA)
    second = await hold(store.bookings, "CA2", calendar_id=SECOND_CHAIR, caller_number=DANA)
    assert await live(store) == [second]
    await hold(store.bookings, "CA3")
    await hold(store.bookings, "CA4", start=TWO_PM + HALF_HOUR)
    assert len(await live(store)) == 3


async def test_a_second_call_of_a_number_takes_over_its_time(store: Store) -> None:
    """The caller who was cut off rings again and gets the time they were holding."""
    await hold(store.bookings, "CA1", caller_number=DANA)
    second = await hold(store.bookings, "CA2", caller_number=DANA)
    assert await live(store) == [second]


async def test_a_refused_hold_leaves_the_earlier_one(store: Store) -> None:
    """Asking in vain for another time does not lose the one that is kept."""
    mine = await hold(store.bookings)
    theirs = await hold(store.bookings, "CA2", start=TWO_PM + HALF_HOUR)
    with pytest.raises(SlotTaken):
        await hold(store.bookings, start=TWO_PM + HALF_HOUR)
    assert await live(store) == [mine, theirs]


async def test_an_expired_hold_frees_its_time(store: Store) -> None:
    """At its expiry, not a moment before, a hold is as if it were not there."""
    first = await hold(store.bookings)
    with pytest.raises(SlotTaken):
        await hold(store.bookings, "CA2", now=LATER - timedelta(microseconds=1))
    assert await live(store, LATER) == []
    second = await hold(store.bookings, "CA2", now=LATER)
    assert await live(store, LATER) == [second]
    gone = await store.bookings.reservation(first.id)
    assert gone is not None
    assert gone.state is ReservationState.EXPIRED


async def test_a_call_whose_hold_expired_may_hold_again(store: Store) -> None:
    """A second hold of the same time after the expiry is a new one."""
    first = await hold(store.bookings)
    second = await hold(store.bookings, now=LATER)
    assert second.id != first.id
    assert await live(store, LATER) == [second]


async def test_a_released_hold_frees_its_time(store: Store) -> None:
    """Letting go is for the call that holds, and may be repeated."""
    held = await hold(store.bookings)
    await store.bookings.release_hold(hold_id=held.id, call_sid="CA2", now=NOW)
    assert await live(store) == [held]
    for _ in range(2):
        await store.bookings.release_hold(hold_id=held.id, call_sid="CA1", now=NOW)
    assert await live(store) == []
    await hold(store.bookings, "CA2")


# --- bookings ---------------------------------------------------------------------


async def test_a_hold_becomes_a_booking(store: Store) -> None:
    """held -> booking -> booked, with the event's id and the name; a booking does not expire."""
    held = await hold(store.bookings)
    begun = await begin(store.bookings, held)
    assert (begun.id, begun.state, begun.expires_at) == (held.id, ReservationState.BOOKING, None)
    assert (begun.event_id, begun.customer_name) == ("event1", "Dana Reed")
    booked = await store.bookings.finish_booking(reservation_id=held.id, now=NOW)
    assert booked.state is ReservationState.BOOKED
    assert await live(store, NOW + timedelta(days=365)) == [booked]


async def test_beginning_twice_finds_the_first_attempt(store: Store) -> None:
    """A repeat keeps the first event id, while it is being booked and when it is."""
    held = await hold(store.bookings)
    first = await begin(store.bookings, held, event_id="event1")
    assert await begin(store.bookings, held, event_id="event2", now=LATER) == first
    booked = await store.bookings.finish_booking(reservation_id=held.id, now=NOW)
    assert await begin(store.bookings, held, event_id="event3", now=LATER) == booked


async def test_another_calls_hold_cannot_be_booked(store: Store) -> None:
    """A hold is its call's own."""
    held = await hold(store.bookings)
    with pytest.raises(HoldGone):
        await store.bookings.begin_booking(
            hold_id=held.id, call_sid="CA2", event_id="event1", customer_name="Eve", now=NOW
        )
    assert await live(store) == [held]


async def test_a_hold_that_is_over_cannot_be_booked(store: Store) -> None:
    """Expired, released or never made: gone."""
    held = await hold(store.bookings)
    with pytest.raises(HoldGone):
        await begin(store.bookings, held, now=LATER)
    await store.bookings.release_hold(hold_id=held.id, call_sid="CA1", now=NOW)
    with pytest.raises(HoldGone):
        await begin(store.bookings, held)
    with pytest.raises(HoldGone):
        await store.bookings.begin_booking(
            hold_id="nothing", call_sid="CA1", event_id="event1", customer_name="Dana Reed", now=NOW
        )


async def test_finishing_twice_is_harmless(store: Store) -> None:
    """The second word about a booking changes nothing."""
    booked = await book(store.bookings)
    assert await store.bookings.finish_booking(reservation_id=booked.id, now=LATER) == booked


async def test_what_belongs_to_a_booking_is_kept_with_it(store: Store) -> None:
    """Email, note and the wish for texts come back; a repeat of the first step does not change them."""
    held = await hold(store.bookings, caller_number=DANA)
    begun = await store.bookings.begin_booking(
        hold_id=held.id,
        call_sid="CA1",
        event_id="event1",
        customer_name="Dana Reed",
        customer_email="dana@example.com",
        note="Sore tooth.",
        wants_text=True,
        now=NOW,
    )
    assert (begun.customer_email, begun.note, begun.wants_text) == ("dana@example.com", "Sore tooth.", True)
    assert await begin(store.bookings, held) == begun
    assert await store.bookings.reservation(held.id) == begun


async def test_notices_are_queued_by_whoever_books(store: Store) -> None:
    """With the booking, each for its own hour; a repeat queues nothing, whatever it brings."""
    begun = await begin(store.bookings, await hold(store.bookings))
    mail = Notice(
        kind="confirmation",
        channel=Channel.EMAIL,
        to="dana@example.com",
        body="See you.",
        subject="Booked",
        invite="BEGIN:VCALENDAR",
    )
    notices = (notice(), mail, notice("reminder_24", due_at=TWO_PM - timedelta(days=1)))
    await store.bookings.finish_booking(reservation_id=begun.id, now=NOW, notices=notices)
    await store.bookings.finish_booking(reservation_id=begun.id, now=LATER, notices=(notice("moved"),))
    texts = await store.report.texts()
    assert {(t.kind, t.channel, t.to, t.body, t.subject, t.invite) for t in texts} == {
        (n.kind, n.channel, n.to, n.body, n.subject, n.invite) for n in notices
    }
    assert {(t.reservation_id, t.state, t.queued_at) for t in texts} == {(begun.id, TextState.PENDING, NOW)}


async def test_notices_of_a_booking_that_did_not_come_about_are_not_queued(store: Store) -> None:
    """Booking and texts are one transaction: no booking, no text."""
    begun = await begin(store.bookings, await hold(store.bookings))
    await store.bookings.end_booking(reservation_id=begun.id, state=ReservationState.FAILED, now=NOW)
    with pytest.raises(HoldGone):
        await store.bookings.finish_booking(reservation_id=begun.id, now=NOW, notices=(notice(),))
    assert await store.report.texts() == []


async def test_many_who_finish_a_booking_queue_its_notices_once(store: Store) -> None:
    """Its own process and whoever took it up meanwhile: one text of a kind."""
    begun = await begin(store.bookings, await hold(store.bookings))
    await asyncio.gather(
        *(
            store.bookings.finish_booking(reservation_id=begun.id, now=NOW, notices=(notice(),))
            for _ in range(8)
        )
    )
    assert len(await store.report.texts()) == 1


async def test_a_customer_confirms_what_is_booked(store: Store) -> None:
    """The first time is kept; what is not booked, or no longer, is not confirmed."""
    held = await hold(store.bookings)
    assert not await store.bookings.confirm_booking(reservation_id=held.id, now=NOW)
    await begin(store.bookings, held)
    await store.bookings.finish_booking(reservation_id=held.id, now=NOW)
    for now in (NOW, LATER):
        assert await store.bookings.confirm_booking(reservation_id=held.id, now=now)
    row = await store.bookings.reservation(held.id)
    assert row is not None
    assert row.confirmed_at == NOW
    await store.bookings.begin_leaving(reservation_id=held.id, ends_as=ReservationState.CANCELLED, now=LATER)
    assert not await store.bookings.confirm_booking(reservation_id=held.id, now=LATER)
    assert not await store.bookings.confirm_booking(reservation_id="nothing", now=LATER)


@pytest.mark.parametrize("state", [ReservationState.FAILED, ReservationState.WITHDRAWN])
async def test_a_booking_that_failed_frees_its_time(store: Store, state: ReservationState) -> None:
    """The calendar refused, or a person was first: the time is free, and the end stays as it was."""
    begun = await begin(store.bookings, await hold(store.bookings))
    for _ in range(2):
        await store.bookings.end_booking(reservation_id=begun.id, state=state, now=NOW)
    assert await live(store) == []
    with pytest.raises(HoldGone):
        await store.bookings.finish_booking(reservation_id=begun.id, now=NOW)
    with pytest.raises(HoldGone):
        await begin(store.bookings, begun)
    await hold(store.bookings, "CA2")


async def test_what_is_booked_is_not_ended_as_a_failure(store: Store) -> None:
    """Only a booking in flight fails; and it only fails in the ways there are."""
    booked = await book(store.bookings)
    with pytest.raises(HoldGone):
        await store.bookings.end_booking(reservation_id=booked.id, state=ReservationState.FAILED, now=NOW)
    with pytest.raises(ValueError, match="released"):
        await store.bookings.end_booking(reservation_id=booked.id, state=ReservationState.RELEASED, now=NOW)
    assert await live(store) == [booked]


async def test_a_call_with_a_booking_may_hold_another_time(store: Store) -> None:
    """A booking is not a hold: the next hold of the call leaves it alone."""
    booked = await book(store.bookings)
    held = await hold(store.bookings, start=TWO_PM + HALF_HOUR)
    assert await live(store) == [booked, held]
    with pytest.raises(SlotTaken):
        await hold(store.bookings)


# --- reading ----------------------------------------------------------------------


async def test_live_rows_are_those_that_overlap_the_window(store: Store) -> None:
    """The window is half-open as the rows are, and only the calendars asked for count."""
    held = await hold(store.bookings)

    async def within(start: datetime, end: datetime, *calendars: str) -> list[Reservation]:
        return await store.bookings.live_reservations(
            calendar_ids=list(calendars), start=start, end=end, now=NOW
        )

    end = TWO_PM + HALF_HOUR
    assert await within(TWO_PM - HALF_HOUR, TWO_PM, CHAIR) == []
    assert await within(end, end + HALF_HOUR, CHAIR) == []
    assert await within(end - timedelta(minutes=1), end, CHAIR, SECOND_CHAIR) == [held]
    assert await within(TWO_PM, end, SECOND_CHAIR) == []
    assert await within(TWO_PM, end) == []


async def test_what_never_was_is_not_found(store: Store) -> None:
    """An unknown id is None, not an error."""
    assert await store.bookings.reservation("nothing") is None


async def test_a_naive_time_is_refused(store: Store) -> None:
    """A time without a zone never reaches the database."""
    with pytest.raises(Exception, match="aware"):
        await hold(store.bookings, start=TWO_PM.replace(tzinfo=None))
    assert await live(store) == []


async def test_times_of_any_zone_are_the_same_instant(store: Store) -> None:
    """What is asked in the business's zone and what is asked in UTC overlap."""
    await hold(store.bookings, start=TWO_PM.astimezone(ZoneInfo("America/New_York")))
    with pytest.raises(SlotTaken):
        await hold(store.bookings, "CA2")
