"""Texts at most once, and tasks for a person."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bridge.store.connect import open_database
from bridge.store.database import Database
from bridge.store.store import Store
from bridge.store.tables import outbox
from tests.bridge.store.examples import NOW, TWO_PM, book, hold, notice
from tests.server import logs_kept
from tools.store import UNFINISHED_AFTER, Channel, Text, TextCaps, TextState, TooManyTexts

DANA = "+12025550143"
SOMEBODY = "+12025550144"
A_DAY = timedelta(hours=24)
BEFORE = timedelta(microseconds=1)
MANY = 99


async def queue(
    store: Store,
    reservation_id: str | None,
    *,
    kind: str = "confirmation",
    to: str = DANA,
    call_sid: str = "CA1",
    now: datetime = NOW,
    caps: TextCaps | None = None,
) -> Text:
    return await store.bookings.queue_text(
        reservation_id=reservation_id,
        kind=kind,
        to=to,
        body="See you.",
        call_sid=call_sid,
        now=now,
        caps=caps,
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
        to=DANA,
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


@pytest.mark.parametrize("change", [{"state": state} for state in TextState] + [{"channel": "email"}])
async def test_every_state_and_channel_can_be_stored(
    store: Store, database: Database, change: dict[str, str]
) -> None:
    """The database's closed lists are the code's."""
    await queue(store, None)
    await database.write(lambda c: c.execute(sa.update(outbox).values(change)))
    assert len(await store.report.texts()) == 1


@pytest.mark.parametrize("change", [{"state": "maybe"}, {"channel": "fax"}, {"to": None}])
async def test_the_database_itself_refuses_a_text_that_makes_no_sense(
    store: Store, database: Database, change: dict[str, str]
) -> None:
    """An unknown state, an unknown way to send it, nobody to send it to."""
    await queue(store, None)
    with pytest.raises(sa.exc.IntegrityError):
        await database.write(lambda c: c.execute(sa.update(outbox).values(change)))


async def test_a_text_needs_a_reservation_that_exists(store: Store) -> None:
    """Foreign keys are on, on SQLite too."""
    with pytest.raises(sa.exc.IntegrityError):
        await queue(store, "nothing")


async def test_a_text_is_found_by_what_it_is_about(store: Store) -> None:
    """By booking, kind and channel, whatever became of it."""
    notices = (notice(), notice("confirmation", Channel.EMAIL, to="dana@example.com"))
    booked = await book(store.bookings, notices=notices)
    sms = await store.bookings.text(reservation_id=booked.id, kind="confirmation")
    mail = await store.bookings.text(reservation_id=booked.id, kind="confirmation", channel=Channel.EMAIL)
    assert sms is not None
    assert mail is not None
    assert (sms.to, mail.to) == (DANA, "dana@example.com")
    await store.bookings.claim_text(text_id=sms.id, now=NOW)
    again = await store.bookings.text(reservation_id=booked.id, kind="confirmation")
    assert again is not None
    assert (again.id, again.state) == (sms.id, TextState.SENDING)
    assert await store.bookings.text(reservation_id=booked.id, kind="moved") is None
    assert await store.bookings.text(reservation_id="nothing", kind="confirmation") is None


async def test_a_notice_and_a_text_of_its_kind_are_one(store: Store) -> None:
    """What the booking queued is what the tool sends, not a second text."""
    booked = await book(store.bookings, notices=(notice(),))
    text = await queue(store, booked.id)
    assert [row.id for row in await store.report.texts()] == [text.id]
    assert text.body == "confirmation"


async def test_a_text_that_was_cancelled_is_never_sent(store: Store) -> None:
    """Neither claimed nor settled nor due; asked for again it is still the cancelled one."""
    booked = await book(store.bookings, notices=(notice(),))
    await store.bookings.set_opted_out(number=DANA, opted_out=True, now=NOW)
    await store.bookings.set_opted_out(number=DANA, opted_out=False, now=NOW)
    text = await queue(store, booked.id)
    assert text.state is TextState.CANCELLED
    assert not await store.bookings.claim_text(text_id=text.id, now=NOW)
    await store.bookings.settle_text(text_id=text.id, state=TextState.SENT, now=NOW)
    assert await store.bookings.claim_due_texts(now=TWO_PM, most=9) == []
    assert await state_of(store, text) is TextState.CANCELLED


# --- caps ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("caps", "call_sid", "to", "later"),
    [
        (TextCaps(per_call=2, per_number=MANY, in_all=MANY), "CA1", SOMEBODY, 2 * A_DAY),
        (TextCaps(per_call=MANY, per_number=2, in_all=MANY), "CA2", DANA, A_DAY - BEFORE),
        (TextCaps(per_call=MANY, per_number=MANY, in_all=2), "CA2", SOMEBODY, A_DAY - BEFORE),
    ],
    ids=["per call", "per number", "in all"],
)
async def test_one_text_too_many_is_not_queued(
    store: Store, caps: TextCaps, call_sid: str, to: str, later: timedelta
) -> None:
    """Counted of the call, of the number in 24 hours, and of all in 24 hours: the third is refused."""
    for _ in range(2):
        await queue(store, None, caps=caps)
    with pytest.raises(TooManyTexts):
        await queue(store, None, call_sid=call_sid, to=to, now=NOW + later, caps=caps)
    assert len(await store.report.texts()) == 2
    await queue(store, None, call_sid="CA3", to="+12025550145", now=NOW + A_DAY, caps=caps)


async def test_a_text_that_is_there_already_is_one_text_more_for_nobody(store: Store) -> None:
    """Asked for again it comes back, whatever the caps say."""
    booked = await book(store.bookings)
    none = TextCaps(per_call=0, per_number=0, in_all=0)
    with pytest.raises(TooManyTexts):
        await queue(store, booked.id, caps=none)
    text = await queue(store, booked.id)
    assert await queue(store, booked.id, caps=none) == text


async def test_what_is_not_an_sms_or_was_cancelled_does_not_count(store: Store) -> None:
    """Emails and cancelled texts leave room; notices by SMS take it."""
    mail = notice("confirmation", Channel.EMAIL, to=DANA)
    await book(store.bookings, notices=(notice(), mail), caller_number=DANA)
    one = TextCaps(per_call=1, per_number=1, in_all=1)
    with pytest.raises(TooManyTexts):
        await queue(store, None, caps=one)
    for opted_out in (True, False):
        await store.bookings.set_opted_out(number=DANA, opted_out=opted_out, now=NOW)
    await queue(store, None, caps=one)


@pytest.mark.parametrize("caps", [(3, MANY, MANY), (MANY, 3, MANY), (MANY, MANY, 3)])
async def test_many_at_once_do_not_pass_a_cap(url: str, store: Store, caps: tuple[int, int, int]) -> None:
    """Two servers and twelve tasks with one text each: three are queued, nine refused."""
    other = open_database(url)
    limits = TextCaps(per_call=caps[0], per_number=caps[1], in_all=caps[2])
    answers = await asyncio.gather(
        *(queue(Store(other) if n % 2 else store, None, caps=limits) for n in range(12)),
        return_exceptions=True,
    )
    assert [type(each) for each in answers].count(TooManyTexts) == 9
    assert len(await store.report.texts()) == 3
    await other.close()


# --- sending ------------------------------------------------------------------------


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


async def test_a_text_may_be_put_off(store: Store) -> None:
    """Back to pending until an hour that is given; nobody is handed it before."""
    text = await queue(store, None)
    await store.bookings.claim_text(text_id=text.id, now=NOW)
    await store.bookings.settle_text(text_id=text.id, state=TextState.PENDING, now=NOW, due_at=TWO_PM)
    assert await store.bookings.claim_due_texts(now=TWO_PM - BEFORE, most=9) == []
    assert [row.id for row in await store.bookings.claim_due_texts(now=TWO_PM, most=9)] == [text.id]


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
    """Whoever takes up what another process left, or was told more, writes the same one in new words."""
    ids = {
        await store.bookings.add_callback(
            call_sid="CA1", number=DANA, name=name, message=message, reason="withdrawn", now=now, key="r1"
        )
        for name, message, now in (
            ("Dana Reed", "Ring back.", NOW),
            (None, "Ring back soon.", NOW + UNFINISHED_AFTER),
        )
    }
    assert len(ids) == 1
    (row,) = await store.report.callbacks()
    assert (row.name, row.message, row.created_at) == ("Dana Reed", "Ring back soon.", NOW)


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


# --- the owner is told --------------------------------------------------------------

OWNER = "+12025550181"
BOTH = (notice("callback", to=OWNER, due_at=NOW), notice("callback", Channel.EMAIL, to="office@example.com"))


async def task_for(
    store: Store, key: str = "CA1", *, now: datetime = NOW, per_day: int = MANY, notices: Any = BOTH
) -> str:
    return await store.bookings.add_callback(
        call_sid="CA1",
        number=DANA,
        name=None,
        message="Ring back.",
        reason="message",
        now=now,
        key=key,
        urgency="urgent",
        best_time="after five",
        notices=notices,
        texts_per_day=per_day,
    )


async def test_the_owner_is_told_of_a_task_once(store: Store) -> None:
    """Whoever writes it again, at the same moment or later, queues nothing; both are due at once."""
    ids = await asyncio.gather(*(task_for(store) for _ in range(6)))
    assert [await task_for(store, now=NOW + UNFINISHED_AFTER)] == list(set(ids))
    texts = await store.report.texts()
    assert {(text.channel, text.to, text.callback_id) for text in texts} == {
        (Channel.SMS, OWNER, ids[0]),
        (Channel.EMAIL, "office@example.com", ids[0]),
    }
    [task] = await store.report.callbacks()
    assert (task.urgency, task.best_time) == ("urgent", "after five")
    [due] = await store.bookings.claim_due_texts(now=NOW, most=9)
    assert due.channel is Channel.SMS, "the mail of this test has no hour: it is due a minute later"


async def test_the_database_itself_refuses_to_tell_the_owner_twice(store: Store, database: Database) -> None:
    """SQL written by hand cannot queue a second text about one task."""
    await task_for(store, notices=BOTH[:1])
    row = {**(await database.read(lambda c: c.execute(sa.select(outbox)).one()))._mapping, "id": "other"}
    with pytest.raises(sa.exc.IntegrityError):
        await database.write(lambda c: c.execute(sa.insert(outbox).values(row)))


async def test_the_owners_texts_have_a_cap_of_their_own(store: Store) -> None:
    """The third of a day is left out and the log says so; its mail goes, and the next day has texts again."""
    with logs_kept() as log:
        for key in ("1", "2", "3", "4"):
            await task_for(store, key, per_day=2)
    texts = await store.report.texts()
    assert [text.channel for text in texts].count(Channel.SMS) == 2
    assert [text.channel for text in texts].count(Channel.EMAIL) == 4
    assert log.getvalue().count("owner_not_texted") == 2
    assert DANA not in log.getvalue()
    await task_for(store, "5", per_day=2, now=NOW + A_DAY, notices=BOTH[:1])
    assert len(await store.report.texts()) == 7


async def test_callers_and_the_owner_do_not_use_up_each_others_texts(store: Store) -> None:
    """Neither of the call, nor of a number, nor of the day; also where the owner is who calls."""
    one = TextCaps(per_call=1, per_number=1, in_all=1)
    await task_for(store, notices=BOTH[:1])
    await queue(store, None, to=OWNER, caps=one)
    assert len([text for text in await store.report.texts() if text.to == OWNER]) == 2
    await task_for(store, "2", per_day=2, notices=BOTH[:1])
    assert len(await store.report.texts()) == 3


async def test_an_owner_who_said_stop_is_not_told(store: Store) -> None:
    """The task stands; what was never to be sent takes no room."""
    await store.bookings.set_opted_out(number=OWNER, opted_out=True, now=NOW)
    await task_for(store, notices=BOTH[:1])
    await store.bookings.set_opted_out(number=OWNER, opted_out=False, now=NOW)
    await task_for(store, "2", per_day=1, now=NOW + UNFINISHED_AFTER, notices=BOTH[:1])
    assert [text.state for text in await store.report.texts()] == [TextState.CANCELLED, TextState.PENDING]
