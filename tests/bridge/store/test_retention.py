"""What is forgotten and what stays."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from bridge.call.messages import RecordTurn, RunTool
from bridge.store.calls import Outcome
from bridge.store.database import Database
from bridge.store.retention import Swept
from bridge.store.store import Store
from bridge.store.tables import reservations
from tests.bridge.store.examples import HALF_HOUR, TWO_PM, begin, hold, notice
from tools.result import Gate, ToolResult
from tools.store import CodeCheck, Lead, ReservationState, TextState

DANA = "+12025550143"
DAYS = 30
FIRST = TWO_PM
SECOND = TWO_PM + timedelta(days=10)
NOW = FIRST + timedelta(days=DAYS, hours=1)  # the first call is too old by an hour, the second is not


async def leave_traces(store: Store, call_sid: str, start: datetime) -> None:
    """A call that booked the time at which it was made, with everything that is kept of one."""
    await store.calls.open_call(
        call_sid=call_sid, caller_number=DANA, our_number="+15550100100", attested=True, now=start
    )
    await store.resuming.save_snapshot(call_sid=call_sid, stream=0, snapshot='{"name":"Dana"}')
    turn = RecordTurn(item_id="item1", speaker="caller", text="I'm Dana Reed.")
    await store.calls.record_turn(call_sid=call_sid, number=1, turn=turn, now=start)
    action = RunTool(
        call_id="call1", name="hold_slot", arguments_json='{"customer_name":"Dana"}', gate=Gate.OPEN
    )
    await store.calls.record_tool_call(
        call_sid=call_sid, action=action, result=ToolResult(output={}), took_s=0.1, now=start
    )
    held = await hold(store.bookings, call_sid, start=start, caller_number=DANA, now=start)
    begun = await store.bookings.begin_booking(
        hold_id=held.id,
        call_sid=call_sid,
        event_id=call_sid,
        customer_name="Dana Reed",
        customer_email="dana@example.com",
        note="Sore tooth.",
        wants_text=True,
        now=start,
    )
    await store.bookings.finish_booking(reservation_id=begun.id, now=start)
    await store.bookings.save_lead(
        call_sid=call_sid, caller_number=DANA, lead=Lead(name="Dana Reed"), now=start
    )
    await store.bookings.queue_text(
        reservation_id=begun.id, kind="confirmation", to=DANA, body="Hi", call_sid=call_sid, now=start
    )
    await store.bookings.add_callback(
        call_sid=call_sid, number=DANA, name="Dana", message="Ring me.", reason="message", now=start
    )
    await store.handoffs.agree(call_sid=call_sid, caller_number=DANA, brief="Dana Reed.", now=start)
    await store.calls.consume_token(nonce=call_sid, call_sid=call_sid, now=start)
    await store.calls.close_call(
        call_sid=call_sid, outcome=Outcome.BOOKED, reason="said_goodbye", summary="Booked.", now=start
    )


async def test_old_words_and_persons_go_and_times_stay(store: Store) -> None:
    """Of the old call there is what happened and when; the newer one is untouched."""
    await leave_traces(store, "CA1", FIRST)
    await leave_traces(store, "CA2", SECOND)
    swept = await store.sweep(now=NOW, retention_days=DAYS)
    assert swept == Swept(
        turns=1,
        tool_calls=1,
        texts=1,
        callbacks=1,
        leads=1,
        handoffs=1,
        calls=1,
        reservations=1,
        callers=0,
    )

    report = store.report
    assert [row.call_sid for row in await report.turns()] == ["CA2"]
    assert [row.call_sid for row in await report.callbacks()] == ["CA2"]
    assert len(await report.texts()) == 1
    assert [(row.name, row.arguments is None) for row in await report.tool_calls()] == [
        ("hold_slot", True),
        ("hold_slot", False),
    ]
    assert [(row.outcome, row.caller_number, row.summary) for row in await report.calls()] == [
        (Outcome.BOOKED, None, None),
        (Outcome.BOOKED, DANA, "Booked."),
    ]
    assert [row.snapshot for row in await report.calls()] == [None, '{"name":"Dana"}']
    rows = await report.reservations()
    assert [(row.start, row.end, row.state) for row in rows] == [
        (FIRST, FIRST + HALF_HOUR, ReservationState.BOOKED),
        (SECOND, SECOND + HALF_HOUR, ReservationState.BOOKED),
    ]
    assert [(row.caller_number, row.customer_name, row.customer_email, row.note) for row in rows] == [
        (None, None, None, ""),
        (DANA, "Dana Reed", "dana@example.com", "Sore tooth."),
    ]
    assert [row.call_sid for row in await report.leads()] == ["CA2"]
    assert [row.call_sid for row in await report.handoffs()] == ["CA2"]


async def test_sweeping_again_finds_nothing(store: Store) -> None:
    """Twice a day, or from two processes, does no harm."""
    await leave_traces(store, "CA1", FIRST)
    await store.sweep(now=NOW, retention_days=DAYS)
    assert await store.sweep(now=NOW, retention_days=DAYS) == Swept(
        **dict.fromkeys(Swept.__struct_fields__, 0)
    )


async def test_a_booking_made_long_ago_keeps_its_name_until_it_is_over(store: Store) -> None:
    """The owner must know who comes; a hold that came to nothing needs no name."""
    long_ago = FIRST - timedelta(days=3 * DAYS)
    held = await hold(store.bookings, "CA1", caller_number=DANA, now=long_ago)
    await begin(store.bookings, held, now=long_ago)
    gone = await hold(store.bookings, "CA2", start=SECOND, caller_number=DANA, now=long_ago)
    await store.bookings.release_hold(hold_id=gone.id, call_sid="CA2", now=long_ago)
    assert (await store.sweep(now=FIRST, retention_days=DAYS)).reservations == 1
    rows = await store.report.reservations()
    assert [(row.caller_number, row.customer_name) for row in rows] == [(DANA, "Dana Reed"), (None, None)]


async def test_an_email_or_a_note_alone_is_forgotten_too(store: Store, database: Database) -> None:
    """Neither needs a name or a number beside it to tell of a person."""
    for call_sid, email, note in (("CA1", "dana@example.com", ""), ("CA2", None, "Sore tooth.")):
        start = FIRST if call_sid == "CA1" else FIRST + HALF_HOUR
        held = await hold(store.bookings, call_sid, start=start, now=FIRST)
        await begin(store.bookings, held, event_id=call_sid, now=FIRST)
        await store.bookings.end_booking(reservation_id=held.id, state=ReservationState.FAILED, now=FIRST)
        blank = {"customer_name": None, "customer_email": email, "note": note}
        change = sa.update(reservations).where(reservations.c.id == held.id).values(blank)
        await database.write(lambda c, change=change: c.execute(change))  # type: ignore[misc]
    assert (await store.sweep(now=NOW, retention_days=DAYS)).reservations == 2
    assert {(row.customer_email, row.note) for row in await store.report.reservations()} == {(None, "")}


async def test_a_text_whose_hour_has_not_come_is_kept(store: Store) -> None:
    """A reminder of a booking made long ago is still to be sent; when that is done it goes."""
    long_ago = FIRST - timedelta(days=3 * DAYS)
    held = await hold(store.bookings, caller_number=DANA, now=long_ago)
    await begin(store.bookings, held, now=long_ago)
    reminder = notice("reminder_24", due_at=FIRST - timedelta(days=1))
    await store.bookings.finish_booking(reservation_id=held.id, now=long_ago, notices=(reminder,))
    assert (await store.sweep(now=FIRST - timedelta(days=2), retention_days=DAYS)).texts == 0
    [text] = await store.bookings.claim_due_texts(now=FIRST, most=9)
    await store.bookings.claim_text(text_id=text.id, now=FIRST)
    await store.bookings.settle_text(text_id=text.id, state=TextState.SENT, now=FIRST)
    assert (await store.sweep(now=FIRST + timedelta(days=DAYS), retention_days=DAYS)).texts == 0
    assert (await store.sweep(now=NOW, retention_days=DAYS)).texts == 1


@pytest.mark.parametrize("by", ["call", "booking"])
async def test_a_number_goes_when_nothing_else_names_it(store: Store, by: str) -> None:
    """Consent lasts as long as a call or a booking of the number is kept; then it is asked for again."""
    await store.bookings.set_consent(number=DANA, now=FIRST)
    later = FIRST + timedelta(days=10)
    if by == "call":
        await store.calls.open_call(
            call_sid="CA1", caller_number=DANA, our_number="+15550100100", attested=True, now=later
        )
    else:
        held = await hold(store.bookings, "CA1", start=later - HALF_HOUR, caller_number=DANA, now=FIRST)
        await begin(store.bookings, held, now=FIRST)
    for days, gone in ((0, 0), (10, 1)):
        swept = await store.sweep(now=NOW + timedelta(days=days), retention_days=DAYS)
        assert swept.callers == gone
    assert await store.report.callers() == []


async def test_a_number_is_kept_for_a_while_by_itself(store: Store) -> None:
    """What was agreed to, or said by text, counts from the last time it was said."""
    await store.bookings.set_consent(number=DANA, now=FIRST)
    await store.bookings.set_opted_out(number=DANA, opted_out=False, now=SECOND)
    assert (await store.sweep(now=NOW, retention_days=DAYS)).callers == 0
    assert (await store.sweep(now=NOW + timedelta(days=10), retention_days=DAYS)).callers == 1


async def test_an_opt_out_is_kept_for_ever(store: Store) -> None:
    """STOP outlives everything else; START gives the number up to be forgotten."""
    await store.bookings.set_opted_out(number=DANA, opted_out=True, now=FIRST)
    years = timedelta(days=3650)
    assert (await store.sweep(now=FIRST + years, retention_days=DAYS)).callers == 0
    await store.bookings.set_opted_out(number=DANA, opted_out=False, now=FIRST + years)
    assert (await store.sweep(now=FIRST + years, retention_days=DAYS)).callers == 0
    assert (await store.sweep(now=FIRST + 2 * years, retention_days=DAYS)).callers == 1


async def test_a_code_is_kept_for_as_long_as_it_counts(store: Store) -> None:
    """A code that was used stays used, and is counted for a day; then there is nothing of it."""
    code = {"number": DANA, "call_sid": "CA1", "digest": "abc", "now": FIRST}
    await store.bookings.add_code(**code, expires_at=FIRST + timedelta(minutes=5), per_day=1)  # type: ignore[arg-type]
    assert await store.bookings.check_code(**code, tries=3) is CodeCheck.RIGHT  # type: ignore[arg-type]
    for hours, kept in ((23, 1), (25, 0)):
        await store.sweep(now=FIRST + timedelta(hours=hours), retention_days=DAYS)
        assert len(await store.report.codes()) == kept


async def test_a_used_token_is_remembered_longer_than_it_is_good(store: Store) -> None:
    """A token stays used although the sweep has passed; after a day nobody can bring it any more."""

    async def consume() -> bool:
        return await store.calls.consume_token(nonce="nonce1", call_sid="CA1", now=NOW)

    assert await consume()
    await store.sweep(now=NOW + timedelta(hours=23), retention_days=DAYS)
    assert not await consume()
    await store.sweep(now=NOW + timedelta(hours=25), retention_days=DAYS)
    assert await consume()


async def test_nothing_is_kept_for_less_than_a_day(store: Store) -> None:
    """Zero days would delete the texts of calls that are going on."""
    with pytest.raises(ValueError, match="one day"):
        await store.sweep(now=NOW, retention_days=0)
