"""Consents, opt-outs and codes. The same behaviour on both databases."""

import asyncio
from datetime import datetime, timedelta

import pytest

from bridge.store.connect import open_database
from bridge.store.store import Store
from tests.bridge.store.examples import HALF_HOUR, NOW, TWO_PM, book, hold, notice
from tools.store import Caller, Channel, CodeCheck, Reservation, TextState, TooManyCodes

DANA = "+12025550143"
SOMEBODY = "+12025550144"
LATER = NOW + timedelta(hours=1)
TRIES = 3
LIFE = timedelta(minutes=10)
RIGHT, WRONG, DEAD = CodeCheck.RIGHT, CodeCheck.WRONG, CodeCheck.DEAD


async def consent(
    store: Store, call_sid: str = "CA1", *, number: str | None = DANA, now: datetime = NOW
) -> Reservation:
    """Begin to book for a caller who agreed to be texted."""
    start = TWO_PM + HALF_HOUR * int(call_sid[2:])
    held = await hold(store.bookings, call_sid, start=start, caller_number=number, now=now)
    return await store.bookings.begin_booking(
        hold_id=held.id,
        call_sid=call_sid,
        event_id=call_sid,
        customer_name="Dana Reed",
        now=now,
        wants_text=True,
    )


async def stop(store: Store, number: str = DANA, *, opted_out: bool = True, now: datetime = NOW) -> None:
    await store.bookings.set_opted_out(number=number, opted_out=opted_out, now=now)


async def add_code(
    store: Store,
    digest: str = "right",
    *,
    call_sid: str = "CA1",
    number: str = DANA,
    now: datetime = NOW,
    per_day: int = 9,
) -> None:
    await store.bookings.add_code(
        number=number, call_sid=call_sid, digest=digest, now=now, expires_at=now + LIFE, per_day=per_day
    )


async def check(
    store: Store, digest: str = "right", *, call_sid: str = "CA1", number: str = DANA, now: datetime = NOW
) -> CodeCheck:
    return await store.bookings.check_code(
        number=number, call_sid=call_sid, digest=digest, now=now, tries=TRIES
    )


# --- consent ------------------------------------------------------------------------


async def test_consent_is_kept_with_the_booking_and_its_first_time_stays(store: Store) -> None:
    """Agreed again, the caller has agreed since the first time; the booking says it too."""
    assert await store.bookings.caller(DANA) is None
    assert (await consent(store)).wants_text
    await consent(store, "CA2", now=LATER)
    assert await store.bookings.caller(DANA) == Caller(number=DANA, consented_at=NOW, opted_out_at=None)
    assert await store.bookings.caller(SOMEBODY) is None


async def test_consent_may_be_given_without_a_booking(store: Store) -> None:
    """A caller who asks for a text has agreed to it; said again, the first time stays."""
    for now in (NOW, LATER):
        await store.bookings.set_consent(number=DANA, now=now)
    assert await store.bookings.caller(DANA) == Caller(number=DANA, consented_at=NOW, opted_out_at=None)


async def test_a_booking_without_a_yes_to_texts_is_no_consent(store: Store) -> None:
    """Neither one that asked for no text, nor one from a number that was withheld."""
    assert not (await book(store.bookings, caller_number=DANA)).wants_text
    await consent(store, "CA2", number=None)
    assert await store.report.callers() == []


# --- opt-outs -----------------------------------------------------------------------


async def test_stop_stands_until_start(store: Store) -> None:
    """The first STOP counts; START ends it, and consent given before is still there."""
    await consent(store)
    await stop(store)
    await stop(store, now=LATER)
    assert await store.bookings.caller(DANA) == Caller(number=DANA, consented_at=NOW, opted_out_at=NOW)
    await consent(store, "CA2", now=LATER)
    assert await store.bookings.caller(DANA) == Caller(number=DANA, consented_at=NOW, opted_out_at=NOW)
    await stop(store, opted_out=False)
    assert await store.bookings.caller(DANA) == Caller(number=DANA, consented_at=NOW, opted_out_at=None)
    await stop(store, now=LATER)
    caller = await store.bookings.caller(DANA)
    assert caller is not None
    assert caller.opted_out_at == LATER


async def test_an_opt_out_cancels_what_is_still_to_be_sent_to_that_number(store: Store) -> None:
    """Its pending SMS of all bookings; not emails, not other numbers', not what is on its way."""
    notices = (
        notice(),
        notice("reminder_24", due_at=TWO_PM),
        notice("moved"),
        notice("confirmation", Channel.EMAIL, to="dana@example.com"),
        notice("code", to=SOMEBODY),
    )
    booked = await book(store.bookings, notices=notices)
    await book(store.bookings, "CA2", start=TWO_PM + HALF_HOUR, notices=(notice(),))
    on_its_way = await store.bookings.text(reservation_id=booked.id, kind="moved")
    assert on_its_way is not None
    await store.bookings.claim_text(text_id=on_its_way.id, now=NOW)
    await stop(store)
    states = [(text.kind, text.channel, text.state) for text in await store.report.texts()]
    assert sorted(states) == sorted(
        [
            ("confirmation", Channel.SMS, TextState.CANCELLED),
            ("reminder_24", Channel.SMS, TextState.CANCELLED),
            ("moved", Channel.SMS, TextState.SENDING),
            ("confirmation", Channel.EMAIL, TextState.PENDING),
            ("code", Channel.SMS, TextState.PENDING),
            ("confirmation", Channel.SMS, TextState.CANCELLED),
        ]
    )


async def test_nothing_is_queued_for_a_number_that_has_opted_out(store: Store) -> None:
    """Whoever queues it: it is there to be seen, cancelled, and never claimed. An email goes."""
    await stop(store)
    mail = notice("confirmation", Channel.EMAIL, to="dana@example.com")
    booked = await book(store.bookings, notices=(notice(), mail))
    text = await store.bookings.queue_text(
        reservation_id=None, kind="code", to=DANA, body="B", call_sid="CA1", now=NOW
    )
    assert text.state is TextState.CANCELLED
    assert not await store.bookings.claim_text(text_id=text.id, now=NOW)
    assert {text.channel for text in await store.bookings.claim_due_texts(now=TWO_PM, most=9)} == {
        Channel.EMAIL
    }
    confirmation = await store.bookings.text(reservation_id=booked.id, kind="confirmation")
    assert confirmation is not None
    assert confirmation.state is TextState.CANCELLED


async def test_an_opt_out_and_a_booking_at_the_same_moment_leave_nothing_pending(
    url: str, store: Store
) -> None:
    """Whichever is first, no text to the number is left to be sent."""
    other = open_database(url)
    for n in range(8):
        number = f"+1202555{n:04}"
        start = TWO_PM + n * HALF_HOUR
        await asyncio.gather(
            book(store.bookings, f"CA{n}", start=start, notices=(notice(to=number),)),
            stop(Store(other), number),
        )
    assert {text.state for text in await store.report.texts()} == {TextState.CANCELLED}
    await other.close()


# --- codes --------------------------------------------------------------------------


async def test_a_code_is_right_once(store: Store) -> None:
    """The code that was sent proves the number; said again it proves nothing."""
    assert await check(store) is DEAD
    await add_code(store)
    assert await check(store) is RIGHT
    assert await check(store) is DEAD
    [row] = await store.report.codes()
    assert (row.used_at, row.tries) == (NOW, 0)


async def test_a_code_bears_so_many_wrong_tries(store: Store) -> None:
    """The last of them is still told to be wrong; from then on the right one does not help either."""
    await add_code(store)
    assert [await check(store, "wrong") for _ in range(TRIES)] == [WRONG] * TRIES
    assert await check(store) is DEAD
    assert await check(store, "wrong") is DEAD
    await add_code(store, "new")
    assert await check(store, "wrong") is WRONG
    assert await check(store, "new") is RIGHT


async def test_a_code_expires(store: Store) -> None:
    """Right until its time has come, to the microsecond."""
    await add_code(store)
    assert await check(store, now=NOW + LIFE) is DEAD
    assert await check(store, now=NOW + LIFE - timedelta(microseconds=1)) is RIGHT


async def test_a_new_code_of_a_call_ends_the_one_before(store: Store) -> None:
    """Only the last one sent in a call counts; other calls' codes live on."""
    await add_code(store, "first")
    await add_code(store, "others", call_sid="CA2")
    await add_code(store, "second", now=NOW + timedelta(minutes=1))
    assert await check(store, "first", now=LATER - LIFE * 5.5) is WRONG
    assert await check(store, "second", now=LATER - LIFE * 5.5) is RIGHT
    assert await check(store, "others", call_sid="CA2") is RIGHT


async def test_a_code_is_of_one_call_and_one_number(store: Store) -> None:
    """Brought by another call, or for another number, it is no code at all."""
    await add_code(store)
    assert await check(store, call_sid="CA2") is DEAD
    assert await check(store, number=SOMEBODY) is DEAD
    assert await check(store) is RIGHT


async def test_a_number_gets_so_many_codes_a_day(store: Store) -> None:
    """Counted for 24 hours over all calls; one too many is not stored and ends nothing."""
    await add_code(store, "first", per_day=2)
    await add_code(store, call_sid="CA2", now=LATER, per_day=2)
    late = NOW + timedelta(hours=24)
    just_before = late - timedelta(microseconds=1)
    with pytest.raises(TooManyCodes):
        await add_code(store, "third", call_sid="CA2", now=LATER, per_day=2)
    assert await check(store, call_sid="CA2", now=LATER) is RIGHT
    with pytest.raises(TooManyCodes):
        await add_code(store, call_sid="CA3", now=just_before, per_day=2)
    await add_code(store, call_sid="CA4", number=SOMEBODY, now=just_before, per_day=2)
    await add_code(store, call_sid="CA3", now=late, per_day=2)


async def test_of_many_who_ask_for_codes_no_more_get_one_than_may(url: str, store: Store) -> None:
    """Two servers, twelve calls from one number: three codes, nine refusals."""
    other = open_database(url)
    asked = await asyncio.gather(
        *(
            add_code(Store(other) if n % 2 else store, call_sid=f"CA{n}", per_day=TRIES)
            for n in range(4 * TRIES)
        ),
        return_exceptions=True,
    )
    assert [type(each) for each in asked].count(TooManyCodes) == 3 * TRIES
    assert len(await store.report.codes()) == TRIES
    await other.close()


async def test_of_many_who_bring_the_right_code_one_is_right(url: str, store: Store) -> None:
    """Two servers and twelve tasks: it is used up once."""
    await add_code(store)
    other = open_database(url)
    answers = await asyncio.gather(*(check(Store(other) if n % 2 else store) for n in range(12)))
    assert sorted(answers, key=str) == [DEAD] * 11 + [RIGHT]
    await other.close()


async def test_guessing_all_at_once_gives_no_more_tries(url: str, store: Store) -> None:
    """However many guess at the same moment, three are compared."""
    await add_code(store)
    other = open_database(url)
    answers = await asyncio.gather(*(check(Store(other) if n % 2 else store, f"guess{n}") for n in range(12)))
    assert answers.count(WRONG) == TRIES
    assert answers.count(DEAD) == 12 - TRIES
    [row] = await store.report.codes()
    assert row.tries == TRIES
    await other.close()
