"""What is forgotten and what stays."""

from datetime import datetime, timedelta

import pytest

from bridge.call.messages import RecordTurn, RunTool
from bridge.store.calls import Outcome
from bridge.store.retention import Swept
from bridge.store.store import Store
from tests.bridge.store.examples import HALF_HOUR, TWO_PM, begin, hold
from tools.result import Gate, ToolResult
from tools.store import ReservationState

DANA = "+12025550143"
DAYS = 30
FIRST = TWO_PM
SECOND = TWO_PM + timedelta(days=10)
NOW = FIRST + timedelta(days=DAYS, hours=1)  # the first call is too old by an hour, the second is not


async def leave_traces(store: Store, call_sid: str, start: datetime) -> None:
    """A call that booked the time at which it was made, with everything that is kept of one."""
    await store.calls.open_call(call_sid=call_sid, caller_number=DANA, our_number="+15550100100", now=start)
    turn = RecordTurn(item_id="item1", speaker="caller", text="I'm Dana Reed.")
    await store.calls.record_turn(call_sid=call_sid, number=1, turn=turn, now=start)
    action = RunTool(
        call_id="call1", name="hold_slot", arguments_json='{"customer_name":"Dana"}', gate=Gate.OPEN
    )
    await store.calls.record_tool_call(
        call_sid=call_sid, action=action, result=ToolResult(output={}), took_s=0.1, now=start
    )
    held = await hold(store.bookings, call_sid, start=start, caller_number=DANA, now=start)
    begun = await begin(store.bookings, held, event_id=call_sid, now=start)
    await store.bookings.finish_booking(reservation_id=begun.id, now=start)
    await store.bookings.queue_text(
        reservation_id=begun.id, kind="confirmation", to_number=DANA, body="Hi", call_sid=call_sid, now=start
    )
    await store.bookings.add_callback(
        call_sid=call_sid, number=DANA, name="Dana", message="Ring me.", reason="message", now=start
    )
    await store.calls.consume_token(nonce=call_sid, call_sid=call_sid, now=start)
    await store.calls.close_call(
        call_sid=call_sid, outcome=Outcome.BOOKED, reason="said_goodbye", summary="Booked.", now=start
    )


async def test_old_words_and_persons_go_and_times_stay(store: Store) -> None:
    """Of the old call there is what happened and when; the newer one is untouched."""
    await leave_traces(store, "CA1", FIRST)
    await leave_traces(store, "CA2", SECOND)
    swept = await store.sweep(now=NOW, retention_days=DAYS)
    assert swept == Swept(turns=1, tool_calls=1, texts=1, callbacks=1, calls=1, reservations=1)

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
    rows = await report.reservations()
    assert [(row.start, row.end, row.state) for row in rows] == [
        (FIRST, FIRST + HALF_HOUR, ReservationState.BOOKED),
        (SECOND, SECOND + HALF_HOUR, ReservationState.BOOKED),
    ]
    assert [(row.caller_number, row.customer_name) for row in rows] == [(None, None), (DANA, "Dana Reed")]


async def test_sweeping_again_finds_nothing(store: Store) -> None:
    """Twice a day, or from two processes, does no harm."""
    await leave_traces(store, "CA1", FIRST)
    await store.sweep(now=NOW, retention_days=DAYS)
    assert await store.sweep(now=NOW, retention_days=DAYS) == Swept(
        turns=0, tool_calls=0, texts=0, callbacks=0, calls=0, reservations=0
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
