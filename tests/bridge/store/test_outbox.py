"""Texts at most once, and tasks for a person."""

import asyncio

import pytest
import sqlalchemy as sa

from bridge.store.database import Database
from bridge.store.store import Store
from bridge.store.tables import outbox
from tests.bridge.store.examples import NOW, book, hold
from tools.store import UNFINISHED_AFTER, Text, TextState

DANA = "+12025550143"


async def queue(store: Store, reservation_id: str | None, *, kind: str = "confirmation") -> Text:
    return await store.bookings.queue_text(
        reservation_id=reservation_id, kind=kind, to_number=DANA, body="See you.", call_sid="CA1", now=NOW
    )


async def state_of(store: Store, text: Text) -> TextState:
    return next(row.state for row in await store.report.texts() if row.id == text.id)


async def test_a_text_is_queued_once_per_booking_and_kind(store: Store) -> None:
    """Queued again, by whomever, it is the text already there; another kind is another text."""
    booked = await book(store.bookings)
    first = await queue(store, booked.id)
    assert first == Text(
        id=first.id,
        reservation_id=booked.id,
        kind="confirmation",
        to_number=DANA,
        body="See you.",
        state=TextState.PENDING,
        queued_at=NOW,
    )
    again = await asyncio.gather(*(queue(store, booked.id) for _ in range(8)))
    assert again == [first] * 8
    assert (await queue(store, booked.id, kind="reminder")).id != first.id


async def test_texts_without_a_booking_are_texts_of_their_own(store: Store) -> None:
    """What belongs to no reservation is not merged."""
    assert (await queue(store, None)).id != (await queue(store, None)).id


async def test_the_database_itself_refuses_a_second_text_of_a_kind(store: Store, database: Database) -> None:
    """SQL written by hand cannot queue a second confirmation of one booking."""
    held = await hold(store.bookings)
    text = await queue(store, held.id)
    row = {**(await database.read(lambda c: c.execute(sa.select(outbox)).one()))._mapping, "id": "other"}
    with pytest.raises(sa.exc.IntegrityError):
        await database.write(lambda c: c.execute(sa.insert(outbox).values(row)))
    assert await store.report.texts() == [text]


async def test_a_text_needs_a_reservation_that_exists(store: Store) -> None:
    """Foreign keys are on, on SQLite too."""
    with pytest.raises(sa.exc.IntegrityError):
        await queue(store, "nothing")


async def test_one_of_many_claims_a_text(store: Store) -> None:
    """However many senders there are, one may send."""
    text = await queue(store, None)
    claims = await asyncio.gather(*(store.bookings.claim_text(text_id=text.id, now=NOW) for _ in range(16)))
    assert sorted(claims) == [False] * 15 + [True]
    assert await state_of(store, text) is TextState.SENDING


@pytest.mark.parametrize("state", [TextState.SENT, TextState.FAILED, TextState.UNKNOWN])
async def test_a_settled_text_is_never_claimed_again(store: Store, state: TextState) -> None:
    """Sent, refused or unknown: it is not sent a second time."""
    text = await queue(store, None)
    await store.bookings.claim_text(text_id=text.id, now=NOW)
    await store.bookings.settle_text(
        text_id=text.id, state=state, now=NOW, message_sid="SM1", error_code="21610"
    )
    [row] = await store.report.texts()
    assert (row.state, row.message_sid, row.error_code) == (state, "SM1", "21610")
    assert not await store.bookings.claim_text(text_id=text.id, now=NOW)
    await store.bookings.settle_text(text_id=text.id, state=TextState.PENDING, now=NOW)
    assert await state_of(store, text) is state


async def test_a_text_certainly_not_accepted_may_be_sent_again(store: Store) -> None:
    """sending -> pending -> sending."""
    text = await queue(store, None)
    await store.bookings.claim_text(text_id=text.id, now=NOW)
    await store.bookings.settle_text(text_id=text.id, state=TextState.PENDING, now=NOW)
    assert await store.bookings.claim_text(text_id=text.id, now=NOW)


async def test_an_unknown_text_may_be_found_after_all(store: Store) -> None:
    """A look into Twilio's list settles what a time-out left open, for good."""
    text = await queue(store, None)
    await store.bookings.claim_text(text_id=text.id, now=NOW)
    for state in (TextState.UNKNOWN, TextState.SENT, TextState.FAILED, TextState.UNKNOWN):
        await store.bookings.settle_text(text_id=text.id, state=state, now=NOW, message_sid="SM1")
    assert await state_of(store, text) is TextState.SENT


async def test_a_text_nobody_claimed_is_not_settled(store: Store) -> None:
    """Only what is being sent can have been sent; and `sending` is no way to end."""
    text = await queue(store, None)
    await store.bookings.settle_text(text_id=text.id, state=TextState.SENT, now=NOW)
    assert await state_of(store, text) is TextState.PENDING
    with pytest.raises(ValueError, match="sending"):
        await store.bookings.settle_text(text_id=text.id, state=TextState.SENDING, now=NOW)


async def test_a_task_with_a_key_is_one_task(store: Store) -> None:
    """Whoever takes up what another process left may write the same task again, later and in other words."""
    ids = {
        await store.bookings.add_callback(
            call_sid="CA1", number=DANA, name=None, message=message, reason="withdrawn", now=now, key="r1"
        )
        for message, now in (("Ring back.", NOW), ("Ring back soon.", NOW + UNFINISHED_AFTER))
    }
    assert len(ids) == 1
    assert [row.message for row in await store.report.callbacks()] == ["Ring back."]


async def test_a_callback_is_kept_for_a_person(store: Store) -> None:
    """What the caller left is found as it was given; written twice by the journal it is one task."""

    async def add(message: str) -> str:
        return await store.bookings.add_callback(
            call_sid="CA1", number=DANA, name="Dana Reed", message=message, reason="message", now=NOW
        )

    first = await add("Please ring me.")
    assert await add("Please ring me.") == first
    assert await add("After five, please.") != first
    rows = await store.report.callbacks()
    assert {row.message for row in rows} == {"Please ring me.", "After five, please."}
    assert {(row.call_sid, row.number, row.name, row.reason, row.created_at) for row in rows} == {
        ("CA1", DANA, "Dana Reed", "message", NOW)
    }
