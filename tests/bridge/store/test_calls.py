"""Calls, their tokens and what is written down of them."""

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bridge.call.messages import NextStep, RecordTurn, RunTool, Usage
from bridge.call.timeline import TimeLine
from bridge.store.calls import NOBODY_CAME_SUMMARY, CallRow, CallStore, Outcome
from bridge.store.database import Database
from bridge.store.store import Store
from tests.bridge.store.examples import NOW, QUICK
from tools.callbacks import END_UNKNOWN
from tools.result import Gate, ToolResult

DANA = "+12025550143"
OURS = "+15550100100"
MINUTE = timedelta(minutes=1)


async def open_call(
    store: Store,
    call_sid: str = "CA1",
    *,
    number: str | None = DANA,
    attested: bool = False,
    minutes: int = 0,
) -> None:
    await store.calls.open_call(
        call_sid=call_sid,
        caller_number=number,
        our_number=OURS,
        attested=attested,
        now=NOW + minutes * MINUTE,
    )


async def close(store: Store, outcome: Outcome, reason: str = "said_goodbye", *, minutes: int = 5) -> None:
    await store.calls.close_call(
        call_sid="CA1", outcome=outcome, reason=reason, summary="A call.", now=NOW + minutes * MINUTE
    )


async def the_call(store: Store) -> CallRow:
    row = await store.calls.call("CA1")
    assert row is not None
    return row


async def test_a_call_is_found_as_it_came(store: Store) -> None:
    """Numbers and beginning are kept, and nothing is said about its end."""
    await open_call(store)
    assert await the_call(store) == CallRow(
        call_sid="CA1",
        caller_number=DANA,
        our_number=OURS,
        started_at=NOW,
        ended_at=None,
        outcome=None,
        reason=None,
        summary=None,
        next_step=None,
        usage=Usage(),
    )
    assert await store.calls.call("CA2") is None


async def test_whether_the_network_vouches_is_kept(store: Store) -> None:
    """As the webhook said it, also when something was written of the call before."""
    await store.calls.set_next_step(call_sid="CA1", step="person", reason="key_zero", now=NOW)
    assert not (await the_call(store)).attested
    await open_call(store, attested=True)
    assert (await the_call(store)).attested


async def test_how_quick_a_call_was(store: Store) -> None:
    """The first stream's beginning stays; of delays the latest count, and none wipes them out."""
    calls = store.calls
    await calls.record_timing(call_sid="CA1", line=TimeLine(3, 250, None, 550), delays=None, now=NOW)
    await calls.record_timing(call_sid="CA1", line=TimeLine(9, 900, 901, 990), delays=QUICK, now=NOW)
    await calls.record_timing(call_sid="CA1", line=TimeLine(), delays=None, now=NOW)
    row = await the_call(store)
    assert (row.time_line, row.turn_delays) == (TimeLine(3, 250, 901, 550), QUICK)


async def test_a_repeated_webhook_is_the_same_call(store: Store) -> None:
    """Twilio may ask twice; the call began when it asked first."""
    await open_call(store)
    await open_call(store, minutes=1)
    assert (await the_call(store)).started_at == NOW


async def test_a_late_opening_completes_the_row(store: Store) -> None:
    """What was committed before the opening got through is kept, and the numbers are added."""
    await store.calls.set_next_step(call_sid="CA1", step="person", reason="key_zero", now=NOW + MINUTE)
    await close(store, Outcome.TRANSFERRED)
    await open_call(store)
    row = await the_call(store)
    assert (row.caller_number, row.started_at) == (DANA, NOW)
    assert (row.next_step, row.outcome) == ("person", Outcome.TRANSFERRED)


async def test_calls_of_a_number_are_counted_from_a_time_on(store: Store) -> None:
    """Admission asks how often a number has called; others and withheld ones do not count."""
    for minutes in range(5):
        await open_call(store, f"CA{minutes}", minutes=minutes)
    await open_call(store, "CA8", number="+12025550144")
    await open_call(store, "CA9", number=None)
    assert await store.calls.calls_since(caller_number=DANA, since=NOW + 2 * MINUTE) == 3
    assert await store.calls.calls_since(caller_number="+12025550199", since=NOW) == 0


async def test_a_token_is_consumed_once(store: Store) -> None:
    """Of 64 that come at once with one nonce, one is let in, and nobody after; another nonce is another's."""

    async def consume(nonce: str) -> bool:
        return await store.calls.consume_token(nonce=nonce, call_sid="CA1", now=NOW)

    won = await asyncio.gather(*(consume("nonce1") for _ in range(64)))
    assert won.count(True) == 1
    assert not await consume("nonce1")
    assert await consume("nonce2")


async def test_the_next_step_is_what_was_committed_last(store: Store) -> None:
    """Any process can answer what comes after the stream; nothing decided is None."""
    await open_call(store)
    decided = []
    for step in (None, *NextStep):
        if step is not None:
            await store.calls.set_next_step(call_sid="CA1", step=step.value, reason="trouble", now=NOW)
        (row,) = await store.report.calls()
        decided.append(row.next_step)
    assert decided == [None, *NextStep]


async def test_turns_are_kept_in_order(store: Store) -> None:
    """Also when a second stream of the call begins to count again, and when one is written twice."""
    caller = RecordTurn(item_id="item1", speaker="caller", text="Hello.")
    agent = RecordTurn(item_id="item2", speaker="agent", text="Maple", heard_ms=400, spoken_ms=900, cut=True)
    for minutes, number, turn in ((0, 1, caller), (0, 2, agent), (0, 2, agent), (1, 1, caller)):
        await store.calls.record_turn(call_sid="CA1", number=number, turn=turn, now=NOW + minutes * MINUTE)
    rows = await store.report.turns()
    assert [(row.number, row.speaker, row.text) for row in rows] == [
        (1, "caller", "Hello."),
        (2, "agent", "Maple"),
        (1, "caller", "Hello."),
    ]
    assert (rows[1].heard_ms, rows[1].spoken_ms, rows[1].cut, rows[1].item_id) == (400, 900, True, "item2")


async def test_transcripts_can_be_switched_off(store: Store, database: Database) -> None:
    """Then nothing that was said reaches the database."""
    silent = CallStore(database, transcripts=False)
    turn = RecordTurn(item_id="item1", speaker="caller", text="Hello.")
    await silent.record_turn(call_sid="CA1", number=1, turn=turn, now=NOW)
    assert await store.report.turns() == []


async def test_a_tool_call_is_kept_once(store: Store) -> None:
    """With its arguments, what the gate said, how it went and how long it took."""
    action = RunTool(
        call_id="call1", name="hold_slot", arguments_json='{"slot_id":"slot_1"}', gate=Gate.NO_PROPOSAL
    )
    result = ToolResult(output={"ok": False}, error_code="slot_taken")
    for _ in range(2):
        await store.calls.record_tool_call(
            call_sid="CA1", action=action, result=result, took_s=0.0421, now=NOW
        )
    [row] = await store.report.tool_calls()
    assert (row.name, row.arguments, row.gate) == ("hold_slot", '{"slot_id":"slot_1"}', "no_proposal")
    assert (row.error_code, row.took_ms, row.at) == ("slot_taken", 42, NOW)


async def test_usage_adds_up(store: Store) -> None:
    """Turn by turn, also from two sides at once, and before the call was opened."""
    usage = Usage(input_text=1, input_audio=2, cached_text=3, cached_audio=4, output_text=5, output_audio=6)
    await asyncio.gather(*(store.calls.add_usage(call_sid="CA1", usage=usage, now=NOW) for _ in range(3)))
    await open_call(store)
    assert (await the_call(store)).usage == Usage(3, 6, 9, 12, 15, 18)


async def test_a_call_is_marked_for_review_once_for_each_reason(store: Store) -> None:
    """Reasons add up in order; the journal may write one twice, and the first may be first of all."""
    for reason in ("claimed_booked_unheard", "claimed_texted_heard", "claimed_booked_unheard"):
        await store.calls.add_review(call_sid="CA1", reason=reason, now=NOW)
    assert (await the_call(store)).review == "claimed_booked_unheard,claimed_texted_heard"


@pytest.mark.parametrize("outcome", list(Outcome))
async def test_every_outcome_can_be_stored(store: Store, outcome: Outcome) -> None:
    """The list in the code is the list in the database."""
    await open_call(store)
    await close(store, outcome)
    row = await the_call(store)
    assert (row.outcome, row.reason, row.summary) == (outcome, "said_goodbye", "A call.")
    assert row.ended_at == NOW + 5 * MINUTE


async def test_the_list_of_outcomes_is_closed(store: Store, database: Database) -> None:
    """The database refuses an outcome nobody knows, and an end without one."""
    await open_call(store)
    await close(store, Outcome.ENDED)
    for change in ("outcome = 'fine'", "outcome = NULL"):
        with pytest.raises(sa.exc.IntegrityError):
            await database.write(lambda c, change=change: c.execute(sa.text(f"UPDATE calls SET {change}")))  # type: ignore[misc]  # noqa: S608


async def test_the_latest_end_counts(store: Store) -> None:
    """A call resumed on another stream ends again; an older end that arrives late changes nothing."""
    await open_call(store)
    await close(store, Outcome.FAILED, "model_lost", minutes=2)
    await close(store, Outcome.BOOKED, minutes=5)
    await close(store, Outcome.FAILED, "model_lost", minutes=2)
    assert (await the_call(store)).outcome is Outcome.BOOKED


async def test_a_call_nobody_closed_is_closed_when_twilio_says_it_is_over(store: Store) -> None:
    """Once, and only if it was open; its own end, however late it arrives, is the better one."""
    await open_call(store)
    late = NOW + 10 * MINUTE
    assert await store.calls.close_if_open(call_sid="CA1", now=late)
    assert not await store.calls.close_if_open(call_sid="CA1", now=late)
    row = await the_call(store)
    assert (row.outcome, row.reason, row.ended_at) == (Outcome.FAILED, END_UNKNOWN, late)
    await close(store, Outcome.BOOKED, minutes=5)
    assert not await store.calls.close_if_open(call_sid="CA1", now=late)
    assert (await the_call(store)).outcome is Outcome.BOOKED
    assert not await store.calls.close_if_open(call_sid="CA2", now=late)


async def test_a_call_to_which_nobody_came_was_not_put_through(store: Store) -> None:
    """What it had counted as is put right; a call that was booked stays booked."""
    for call_sid, outcome in (("CA1", Outcome.TRANSFERRED), ("CA2", Outcome.BOOKED)):
        await store.calls.close_call(
            call_sid=call_sid, outcome=outcome, reason="transfer", summary="Put through.", now=NOW
        )
        await store.calls.nobody_came(call_sid=call_sid)
    first, second = await store.report.calls()
    assert (first.outcome, first.summary) == (Outcome.ENDED, NOBODY_CAME_SUMMARY)
    assert (second.outcome, second.summary) == (Outcome.BOOKED, "Put through.")
