"""What is handed to whoever takes up what a process left. The same behaviour on both databases."""

import asyncio
from datetime import timedelta

from bridge.store.store import Store
from tests.bridge.store.examples import HALF_HOUR, KEEP_FOR, NOW, TWO_PM, begin, book, hold, notice
from tools.store import LOOK_AGAIN_AFTER, UNFINISHED_AFTER, Reservation, ReservationState, Text, TextState

LATER = NOW + UNFINISHED_AFTER
BEFORE = timedelta(microseconds=1)


async def due(store: Store, now: object = LATER, most: int = 100) -> list[Reservation]:
    return await store.bookings.claim_due(now=now, most=most)  # type: ignore[arg-type]


async def queue(store: Store, call_sid: str = "CA1") -> Text:
    return await store.bookings.queue_text(
        reservation_id=None, kind="k", to="+12025550143", body="B", call_sid=call_sid, now=NOW
    )


# --- holds ----------------------------------------------------------------------------


async def test_holds_that_ran_out_are_ended(store: Store) -> None:
    """At their expiry, and only those; asked again there is nothing to do."""
    first = await hold(store.bookings)
    second = await hold(store.bookings, "CA2", calendar_id="chair-2", now=NOW + HALF_HOUR)
    end = NOW + KEEP_FOR
    assert await store.bookings.expire_holds(now=end - BEFORE) == 0
    assert await store.bookings.expire_holds(now=end) == 1
    assert await store.bookings.expire_holds(now=end) == 0
    states = {row.id: row.state for row in await store.report.reservations()}
    assert states == {first.id: ReservationState.EXPIRED, second.id: ReservationState.HELD}


# --- reservations -----------------------------------------------------------------------


async def test_a_booking_in_flight_is_left_alone_for_a_while(store: Store) -> None:
    """Its own process has a minute; then whoever asks gets it."""
    begun = await begin(store.bookings, await hold(store.bookings))
    assert await due(store, LATER - BEFORE) == []
    [claimed] = await due(store)
    assert (claimed.id, claimed.state) == (begun.id, ReservationState.BOOKING)


async def test_a_claim_is_one_process_s_for_a_while(store: Store) -> None:
    """Many ask at once and one gets it; when that one dies too, another may have it a minute later."""
    await begin(store.bookings, await hold(store.bookings))
    claims = await asyncio.gather(*(due(store) for _ in range(8)))
    assert sorted(len(each) for each in claims) == [0] * 7 + [1]
    assert await due(store, LATER + UNFINISHED_AFTER - BEFORE) == []
    assert len(await due(store, LATER + UNFINISHED_AFTER)) == 1


async def test_a_new_booking_is_looked_at_once_more(store: Store) -> None:
    """Some seconds after it was made, until somebody says that it is seen."""
    booked = await book(store.bookings)
    assert await due(store, NOW + LOOK_AGAIN_AFTER - BEFORE) == []
    [claimed] = await due(store, NOW + LOOK_AGAIN_AFTER)
    assert (claimed.id, claimed.state) == (booked.id, ReservationState.BOOKED)
    await store.bookings.set_due(reservation_id=booked.id, due_at=LATER)
    assert len(await due(store)) == 1
    await store.bookings.set_due(reservation_id=booked.id, due_at=None)
    assert await due(store, NOW + timedelta(days=1)) == []


async def test_what_is_leaving_is_followed_to_its_end(store: Store) -> None:
    """A cancellation that its process did not finish is due; one that is finished is not."""
    booked = await book(store.bookings)
    leave = {"reservation_id": booked.id, "ends_as": ReservationState.CANCELLED, "now": NOW}
    await store.bookings.begin_leaving(**leave)  # type: ignore[arg-type]
    [claimed] = await due(store)
    assert claimed.state is ReservationState.LEAVING
    await store.bookings.finish_leaving(reservation_id=booked.id, now=LATER)
    assert await due(store, NOW + timedelta(days=1)) == []


async def test_what_began_to_leave_while_it_was_looked_at_stays_due(store: Store) -> None:
    """Whoever looks at a booking cannot take away that its cancellation is to be finished."""
    booked = await book(store.bookings)
    leave = {"reservation_id": booked.id, "ends_as": ReservationState.CANCELLED, "now": NOW}
    await store.bookings.begin_leaving(**leave)  # type: ignore[arg-type]
    await store.bookings.set_due(reservation_id=booked.id, due_at=None)
    assert len(await due(store)) == 1


async def test_what_has_ended_is_never_due(store: Store) -> None:
    """A booking that failed in time needs nobody."""
    begun = await begin(store.bookings, await hold(store.bookings))
    await store.bookings.end_booking(reservation_id=begun.id, state=ReservationState.FAILED, now=NOW)
    assert await due(store, NOW + timedelta(days=1)) == []


async def test_a_claim_is_of_a_few_at_a_time_the_oldest_first(store: Store) -> None:
    """A crash of a full server does not become one huge piece of work."""
    times = [NOW, NOW + BEFORE, NOW + 2 * BEFORE]
    rows = [
        await begin(
            store.bookings,
            await hold(store.bookings, f"CA{n}", start=TWO_PM + n * HALF_HOUR),
            event_id=f"event{n}",
            now=now,
        )
        for n, now in enumerate(times)
    ]
    later = LATER + timedelta(seconds=1)
    assert {row.id for row in await due(store, later, most=2)} == {row.id for row in rows[:2]}
    assert [row.id for row in await due(store, later, most=2)] == [rows[2].id]


# --- texts ------------------------------------------------------------------------------


async def test_a_text_nobody_sent_is_due(store: Store) -> None:
    """Queued by a process that is gone: pending, a minute later, for one who asks."""
    text = await queue(store)
    assert await store.bookings.claim_due_texts(now=LATER - BEFORE, most=9) == []
    claims = await asyncio.gather(*(store.bookings.claim_due_texts(now=LATER, most=9) for _ in range(8)))
    [[claimed]] = [each for each in claims if each]
    assert (claimed.id, claimed.state) == (text.id, TextState.PENDING)


async def test_a_reminder_waits_for_its_hour(store: Store) -> None:
    """Queued with the booking and due when it says, not a minute after it was queued; then like any text."""
    hour = TWO_PM - timedelta(hours=24)
    booked = await book(store.bookings, notices=(notice("reminder_24", due_at=hour),))
    assert await store.bookings.claim_due_texts(now=hour - BEFORE, most=9) == []
    [claimed] = await store.bookings.claim_due_texts(now=hour, most=9)
    assert (claimed.reservation_id, claimed.state) == (booked.id, TextState.PENDING)
    assert await store.bookings.claim_due_texts(now=hour + UNFINISHED_AFTER - BEFORE, most=9) == []
    assert await store.bookings.claim_text(text_id=claimed.id, now=hour)


async def test_a_text_somebody_began_to_send_is_unknown(store: Store) -> None:
    """It may be with Twilio: it is looked up and never sent again."""
    text = await queue(store)
    await store.bookings.claim_text(text_id=text.id, now=NOW)
    [claimed] = await store.bookings.claim_due_texts(now=LATER, most=9)
    assert claimed.state is TextState.UNKNOWN
    assert not await store.bookings.claim_text(text_id=text.id, now=LATER)


async def test_an_unknown_text_is_looked_up_until_that_is_done(store: Store) -> None:
    """A minute after it was settled as unknown; found or not, that is the end of it."""
    found, missing = await queue(store), await queue(store, "CA2")
    for text in (found, missing):
        await store.bookings.claim_text(text_id=text.id, now=NOW)
        await store.bookings.settle_text(text_id=text.id, state=TextState.UNKNOWN, now=NOW)
    assert len(await store.bookings.claim_due_texts(now=LATER, most=9)) == 2
    await store.bookings.settle_text(text_id=found.id, state=TextState.SENT, message_sid="SM1", now=LATER)
    await store.bookings.text_is_done(text_id=missing.id, now=LATER)
    assert await store.bookings.claim_due_texts(now=LATER + timedelta(days=1), most=9) == []
    states = {text.id: text.state for text in await store.report.texts()}
    assert states == {found.id: TextState.SENT, missing.id: TextState.UNKNOWN}
