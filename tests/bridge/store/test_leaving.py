"""Bookings that end: moved, cancelled, taken back. The same behaviour on both databases."""

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bridge.store.database import Database
from bridge.store.store import Store
from bridge.store.tables import reservations
from tests.bridge.store.examples import CHAIR, HALF_HOUR, KEEP_FOR, NOW, TWO_PM, begin, book, hold, notice
from tools.store import (
    UNFINISHED_AFTER,
    BookingGone,
    Channel,
    HoldGone,
    Reservation,
    ReservationState,
    SlotTaken,
    TextState,
)

SECOND_CHAIR = "chair-2@maplestreet.example"
DANA = "+12025550143"
HALF_PAST = TWO_PM + HALF_HOUR
BOOKED, LEAVING = ReservationState.BOOKED, ReservationState.LEAVING
CANCELLED, MOVED = ReservationState.CANCELLED, ReservationState.MOVED


async def state_of(store: Store, row: Reservation) -> ReservationState:
    found = await store.bookings.reservation(row.id)
    assert found is not None
    return found.state


async def leave(store: Store, row: Reservation) -> Reservation:
    return await store.bookings.begin_leaving(reservation_id=row.id, ends_as=CANCELLED, now=NOW)


# --- cancelled ----------------------------------------------------------------------


async def test_a_cancelled_booking_keeps_its_time_until_its_event_is_gone(store: Store) -> None:
    """booked -> leaving -> cancelled; the time is sold again only at the end."""
    booked = await book(store.bookings)
    leaving = await leave(store, booked)
    assert (leaving.state, leaving.ends_as) == (LEAVING, CANCELLED)
    assert leaving.due_at == NOW + UNFINISHED_AFTER
    with pytest.raises(SlotTaken):
        await hold(store.bookings, "CA2")
    gone = await store.bookings.finish_leaving(reservation_id=booked.id, now=NOW)
    assert (gone.state, gone.due_at) == (CANCELLED, None)
    await hold(store.bookings, "CA2")


async def test_both_steps_may_be_repeated(store: Store) -> None:
    """A second word changes nothing, also when the first one asked for another end."""
    booked = await book(store.bookings)
    first = await leave(store, booked)
    again = await store.bookings.begin_leaving(
        reservation_id=booked.id, ends_as=ReservationState.WITHDRAWN, now=NOW
    )
    assert again == first
    gone = await store.bookings.finish_leaving(reservation_id=booked.id, now=NOW)
    assert await store.bookings.finish_leaving(reservation_id=booked.id, now=NOW) == gone


async def test_only_what_is_booked_can_leave(store: Store) -> None:
    """Neither a hold, nor a booking in flight, nor one that has ended; and only by the ends there are."""
    held = await hold(store.bookings)
    begun = await begin(store.bookings, await hold(store.bookings, "CA2", start=HALF_PAST))
    booked = await book(store.bookings, "CA3", start=HALF_PAST + HALF_HOUR)
    for row in (held, begun):
        with pytest.raises(BookingGone):
            await leave(store, row)
    for row in (held, begun, booked):
        with pytest.raises(BookingGone):
            await store.bookings.finish_leaving(reservation_id=row.id, now=NOW)
    await leave(store, booked)
    await store.bookings.finish_leaving(reservation_id=booked.id, now=NOW)
    with pytest.raises(BookingGone):
        await leave(store, booked)
    with pytest.raises(ValueError, match="expired"):
        await store.bookings.begin_leaving(
            reservation_id=booked.id, ends_as=ReservationState.EXPIRED, now=NOW
        )


async def test_what_was_to_be_sent_of_a_cancelled_booking_is_not(store: Store) -> None:
    """Its pending texts go, what was sent stays, and that it is cancelled is told once."""
    booked = await book(
        store.bookings,
        notices=(
            notice(),
            notice("reminder_24", due_at=TWO_PM),
            notice("confirmation", Channel.EMAIL, to="dana@example.com"),
        ),
    )
    sent = await store.bookings.text(reservation_id=booked.id, kind="confirmation")
    assert sent is not None
    await store.bookings.claim_text(text_id=sent.id, now=NOW)
    await store.bookings.settle_text(text_id=sent.id, state=TextState.SENT, now=NOW)
    for kind in ("cancelled", "cancelled", "other"):
        await store.bookings.begin_leaving(
            reservation_id=booked.id, ends_as=CANCELLED, now=NOW, notices=(notice(kind),)
        )
    texts = await store.report.texts()
    assert {(text.kind, text.channel, text.state) for text in texts} == {
        ("confirmation", Channel.SMS, TextState.SENT),
        ("reminder_24", Channel.SMS, TextState.CANCELLED),
        ("confirmation", Channel.EMAIL, TextState.CANCELLED),
        ("cancelled", Channel.SMS, TextState.PENDING),
    }
    due = await store.bookings.claim_due_texts(now=TWO_PM, most=9)
    assert [text.kind for text in due] == ["cancelled"]


# --- moved --------------------------------------------------------------------------


@pytest.mark.parametrize("minutes", [-30, -15, 15, 30, 120])
async def test_a_booking_moves_with_its_event(store: Store, minutes: int) -> None:
    """In its own calendar the new row takes over the event; the old one is moved in the same moment."""
    old = await book(store.bookings)
    start = TWO_PM + timedelta(minutes=minutes)
    held = await hold(store.bookings, start=start, moves_id=old.id)
    begun = await begin(store.bookings, held, event_id="unused")
    assert (begun.moves_id, begun.event_id) == (old.id, old.event_id)
    assert await state_of(store, old) is BOOKED
    new = await store.bookings.finish_booking(reservation_id=held.id, now=NOW)
    assert (new.state, new.start, new.event_id) == (BOOKED, start, old.event_id)
    assert await state_of(store, old) is MOVED
    assert await store.bookings.finish_booking(reservation_id=held.id, now=NOW) == new


async def test_moving_into_another_calendar_leaves_an_event_to_delete(store: Store) -> None:
    """An event cannot change its calendar: the new row has its own, and the old one's has to go."""
    old = await book(store.bookings)
    held = await hold(store.bookings, calendar_id=SECOND_CHAIR, moves_id=old.id)
    begun = await begin(store.bookings, held, event_id="another")
    assert begun.event_id == "another"
    assert (await store.bookings.finish_booking(reservation_id=held.id, now=NOW)).state is BOOKED
    assert await state_of(store, old) is LEAVING
    assert (await store.bookings.finish_leaving(reservation_id=old.id, now=NOW)).state is MOVED


async def test_a_line_of_moves_is_known_by_its_first_booking(store: Store) -> None:
    """However often and wherever it is moved; an attempt that came to nothing does not count."""
    first = await book(store.bookings)
    assert (first.first_id, first.moves) == (None, 0)
    failed = await begin(store.bookings, await hold(store.bookings, start=HALF_PAST, moves_id=first.id))
    await store.bookings.end_booking(reservation_id=failed.id, state=ReservationState.FAILED, now=NOW)
    second = await book(store.bookings, start=HALF_PAST, moves_id=first.id)
    assert (second.first_id, second.moves) == (first.id, 1)
    held = await hold(store.bookings, calendar_id=SECOND_CHAIR, moves_id=second.id)
    third = await begin(store.bookings, held, event_id="another")
    assert (third.first_id, third.moves) == (first.id, 2)


@pytest.mark.parametrize("calendar_id", [CHAIR, SECOND_CHAIR])
async def test_a_move_takes_the_texts_along(store: Store, calendar_id: str) -> None:
    """In one moment those of the old time are cancelled and those of the new time queued; others' stay."""
    old = await book(store.bookings, notices=(notice(), notice("reminder_24", due_at=TWO_PM)))
    other = await book(store.bookings, "CA2", start=TWO_PM + 4 * HALF_HOUR, notices=(notice(),))
    held = await hold(store.bookings, calendar_id=calendar_id, start=HALF_PAST, moves_id=old.id)
    await begin(store.bookings, held)
    notices = (notice("moved"), notice("reminder_24", due_at=HALF_PAST))
    await store.bookings.finish_booking(reservation_id=held.id, now=NOW, notices=notices)
    assert {(text.reservation_id, text.kind, text.state) for text in await store.report.texts()} == {
        (old.id, "confirmation", TextState.CANCELLED),
        (old.id, "reminder_24", TextState.CANCELLED),
        (other.id, "confirmation", TextState.PENDING),
        (held.id, "moved", TextState.PENDING),
        (held.id, "reminder_24", TextState.PENDING),
    }


async def test_what_is_moved_keeps_whose_it_is(store: Store) -> None:
    """Email, note and the wish for texts are taken over, unless the call gave others."""
    old = await hold(store.bookings)
    row = await store.bookings.begin_booking(
        hold_id=old.id,
        call_sid="CA1",
        event_id="event1",
        customer_name="Dana Reed",
        customer_email="dana@example.com",
        note="Sore tooth.",
        wants_text=True,
        now=NOW,
    )
    await store.bookings.finish_booking(reservation_id=old.id, now=NOW)
    for email, note in ((None, ""), ("reed@example.com", "Better now.")):
        held = await hold(store.bookings, start=row.start + HALF_HOUR, moves_id=row.id)
        row = await store.bookings.begin_booking(
            hold_id=held.id,
            call_sid="CA1",
            event_id="unused",
            customer_name="Dana Reed",
            customer_email=email,
            note=note,
            now=NOW,
        )
        await store.bookings.finish_booking(reservation_id=held.id, now=NOW)
        assert row.customer_email == (email or "dana@example.com")
        assert row.note == (note or "Sore tooth.")
        assert row.wants_text


async def test_both_times_are_taken_while_a_booking_moves(store: Store) -> None:
    """Until the move is done nobody can have the old time, and nobody the new one."""
    old = await book(store.bookings)
    held = await hold(store.bookings, start=TWO_PM + HALF_HOUR / 2, moves_id=old.id)
    for moment in ("held", "booking"):
        for start in (TWO_PM, TWO_PM + 2 * HALF_HOUR / 3):
            with pytest.raises(SlotTaken):
                await hold(store.bookings, "CA2", start=start, now=NOW)
        if moment == "held":
            await begin(store.bookings, held)
    await store.bookings.finish_booking(reservation_id=held.id, now=NOW)
    await hold(store.bookings, "CA2", start=TWO_PM - HALF_HOUR / 2)


async def test_a_move_is_in_the_way_of_nobody_but_others(store: Store) -> None:
    """Its own booking does not stop it; somebody else's does, and its number's hold is replaced."""
    mine = await book(store.bookings, caller_number=DANA)
    await book(store.bookings, "CA2", start=HALF_PAST)
    with pytest.raises(SlotTaken):
        await hold(store.bookings, start=TWO_PM + HALF_HOUR / 2, moves_id=mine.id, caller_number=DANA)
    first = await hold(store.bookings, start=TWO_PM - HALF_HOUR, moves_id=mine.id, caller_number=DANA)
    second = await hold(store.bookings, "CA3", start=TWO_PM - 15 * HALF_HOUR, caller_number=DANA)
    assert await state_of(store, first) is ReservationState.RELEASED
    assert await state_of(store, second) is ReservationState.HELD


async def test_a_longer_appointment_may_reach_around_the_old_one(store: Store) -> None:
    """Both ends of the new time are kept, and the middle by the old booking until the move is done."""
    old = await book(store.bookings)
    held = await hold(store.bookings, start=TWO_PM - HALF_HOUR, length=3 * HALF_HOUR, moves_id=old.id)
    for start in (TWO_PM - HALF_HOUR, TWO_PM, HALF_PAST):
        with pytest.raises(SlotTaken):
            await hold(store.bookings, "CA2", start=start)
    await begin(store.bookings, held)
    await store.bookings.finish_booking(reservation_id=held.id, now=NOW)
    with pytest.raises(SlotTaken):
        await hold(store.bookings, "CA2")


async def test_a_move_that_failed_leaves_the_booking(store: Store) -> None:
    """The calendar refused, or a person was first: what was booked is booked still, and may move again."""
    old = await book(store.bookings)
    for state in (ReservationState.FAILED, ReservationState.WITHDRAWN):
        held = await hold(store.bookings, start=HALF_PAST, moves_id=old.id)
        await begin(store.bookings, held)
        await store.bookings.end_booking(reservation_id=held.id, state=state, now=NOW)
        assert await state_of(store, old) is BOOKED
    await hold(store.bookings, "CA2", start=HALF_PAST)


async def test_a_hold_that_ran_out_moves_nothing(store: Store) -> None:
    """A move needs a live hold like any booking."""
    old = await book(store.bookings)
    held = await hold(store.bookings, start=HALF_PAST, moves_id=old.id)
    with pytest.raises(HoldGone):
        await begin(store.bookings, held, now=NOW + KEEP_FOR)
    assert await state_of(store, old) is BOOKED


async def test_of_two_moves_of_a_booking_one_begins(store: Store) -> None:
    """Both may hold a time; the second to begin finds that the booking is on its way."""
    old = await book(store.bookings)
    one = await hold(store.bookings, "CA2", start=HALF_PAST, moves_id=old.id)
    other = await hold(store.bookings, "CA3", start=TWO_PM - HALF_HOUR, moves_id=old.id)
    begun = await asyncio.gather(
        begin(store.bookings, one), begin(store.bookings, other), return_exceptions=True
    )
    assert sorted(type(each).__name__ for each in begun) == ["BookingGone", "Reservation"]
    with pytest.raises(BookingGone):
        await hold(store.bookings, "CA4", start=TWO_PM + 4 * HALF_HOUR, moves_id=old.id)


async def test_a_booking_that_is_being_moved_cannot_be_cancelled(store: Store) -> None:
    """Before the move begins it can, and the hold is let go; after it has begun the move is waited for."""
    old = await book(store.bookings)
    held = await hold(store.bookings, start=TWO_PM + HALF_HOUR / 2, moves_id=old.id)
    begun = await begin(store.bookings, held)
    with pytest.raises(BookingGone):
        await leave(store, old)
    moved = await store.bookings.finish_booking(reservation_id=begun.id, now=NOW)
    again = await hold(store.bookings, start=TWO_PM, moves_id=moved.id)
    await leave(store, moved)
    assert await state_of(store, again) is ReservationState.RELEASED


@pytest.mark.parametrize("end", ["never was", "held", "cancelled"])
async def test_only_what_is_booked_can_be_moved(store: Store, end: str) -> None:
    """A hold for a move is refused at once when there is nothing to move."""
    booking_id = "nothing"
    if end == "held":
        booking_id = (await hold(store.bookings, "CA2")).id
    elif end == "cancelled":
        booking_id = (await book(store.bookings)).id
        await store.bookings.begin_leaving(reservation_id=booking_id, ends_as=CANCELLED, now=NOW)
    with pytest.raises(BookingGone):
        await hold(store.bookings, start=HALF_PAST, moves_id=booking_id)


async def test_a_booking_moves_as_often_as_its_caller_likes(store: Store) -> None:
    """Back and forth over its own time: one booking in the end, with the first event."""
    row = first = await book(store.bookings)
    for minutes in (15, 0, -15, 0):
        held = await hold(store.bookings, start=TWO_PM + timedelta(minutes=minutes), moves_id=row.id)
        await begin(store.bookings, held)
        row = await store.bookings.finish_booking(reservation_id=held.id, now=NOW)
    live = await store.bookings.live_reservations(
        calendar_ids=[CHAIR], start=TWO_PM - HALF_HOUR, end=TWO_PM + 2 * HALF_HOUR, now=NOW
    )
    assert [(each.id, each.start, each.event_id) for each in live] == [(row.id, TWO_PM, first.event_id)]


# --- past our code --------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"spares_from": None},
        {"spares_from": TWO_PM, "spares_to": TWO_PM},
        {"moves_id": None},
        {"state": "booked"},
        {"state": "leaving", "ends_as": None, "spares_from": None, "spares_to": None},
        {"state": "leaving", "ends_as": "failed", "spares_from": None, "spares_to": None},
    ],
)
async def test_the_database_itself_refuses_a_move_that_makes_no_sense(
    store: Store, database: Database, change: dict[str, object]
) -> None:
    """Only a move on its way may lie over its own booking, and what leaves must lead somewhere."""
    old = await book(store.bookings)
    held = await begin(
        store.bookings, await hold(store.bookings, start=TWO_PM + HALF_HOUR / 2, moves_id=old.id)
    )
    with pytest.raises((sa.exc.IntegrityError, SlotTaken)):
        await database.write(
            lambda c: c.execute(sa.update(reservations).where(reservations.c.id == held.id).values(change))
        )


# --- whose they are -------------------------------------------------------------------


async def test_bookings_are_found_by_the_number_they_were_made_from(store: Store) -> None:
    """Soonest first; not what is over, held, leaving or somebody else's."""
    later = await book(store.bookings, "CA1", start=TWO_PM + 4 * HALF_HOUR, caller_number=DANA)
    sooner = await book(store.bookings, "CA2", caller_number=DANA)
    await book(store.bookings, "CA3", start=HALF_PAST, caller_number="+12025550144")
    leaving = await book(store.bookings, "CA4", start=TWO_PM - HALF_HOUR, caller_number=DANA)
    await leave(store, leaving)
    await hold(store.bookings, "CA5", start=TWO_PM + 8 * HALF_HOUR, caller_number=DANA)
    assert await store.bookings.bookings_of(caller_number=DANA, now=NOW) == [sooner, later]
    assert await store.bookings.bookings_of(caller_number=DANA, now=HALF_PAST) == [later]
