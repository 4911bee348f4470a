"""What is written down of a call: the row, the turns, the tools, and one line in the log."""

import asyncio
import contextlib
import json
import sqlite3
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple, cast
from zoneinfo import ZoneInfo

import msgspec
import pytest

from bridge.call.keeper import SnapshotKeeper
from bridge.call.leg import Leg, Socket
from bridge.call.messages import (
    EndStream,
    NextStep,
    RecordClip,
    RecordInterruption,
    RecordReview,
    RecordTurn,
    RunTool,
    Usage,
)
from bridge.call.phases import EndReason
from bridge.call.record import SUMMARIES, CallRecord, call_outcome, call_summary
from bridge.call.resumption import FIRST_STREAM
from bridge.call.timeline import Arrival
from bridge.store.calls import Outcome
from bridge.store.journal import Journal
from bridge.store.migrate import migrate
from bridge.store.spending import Till
from bridge.store.store import Store
from tests.bridge.store.examples import QUICK
from tests.server import BEGIN, BUSINESS, CALLER, NUMBER, in_no_time, logs_kept
from tools.business import Business, HandoffMode, HandoffRules, Mode
from tools.business_file import load_business
from tools.clock import Clock
from tools.facts import CallFacts, Done, Message
from tools.messages import tasks_left
from tools.owner import ask
from tools.result import Claim, Gate, ToolResult
from tools.store import Lead

CALL = "CA" + "1" * 32
TWO_PM = datetime(2026, 11, 25, 14, tzinfo=ZoneInfo("America/New_York"))
GOODBYE = EndStream(NextStep.HANG_UP, EndReason.SAID_GOODBYE)
BOOKINGS = load_business(BUSINESS)
LEADS = msgspec.structs.replace(BOOKINGS, mode=Mode.LEADS)
TOLD = Lead(name="Dana Reed", reason="a broken tooth", callback_number="+12025550199")
NOBODY = cast(Socket, None)  # a socket that is never used
CANARY = "My name is Dana Reed and my number is +12025550143"


def facts(**given: Any) -> CallFacts:
    return CallFacts(call_sid=CALL, caller_number=CALLER, our_number=NUMBER, **given)


def done(claim: Claim, **more: Any) -> dict[str, Done]:
    return {"booking_1": Done(claim=claim, service="cleaning", start=TWO_PM, **more)}


def booked(**given: Any) -> CallFacts:
    return facts(booking_id="row", done=done(Claim.BOOKED), **given)


class Desk(NamedTuple):
    """A record with its store and log."""

    record: CallRecord
    store: Store
    journal: Journal


@contextlib.asynccontextmanager
async def desk(folder: Path, business: Business = BOOKINGS, **given: Any) -> AsyncIterator[Desk]:
    """`given`: facts of the call."""
    url = f"sqlite:///{folder / 'bridge.db'}"
    await migrate(url)
    store, journal = await Store.open(url), Journal()
    known = facts(**given)
    record = CallRecord(
        known,
        business=business,
        calls=store.calls,
        bookings=store.bookings,
        handoffs=store.handoffs,
        till=Till(store.spending, journal),
        journal=journal,
        clock=Clock(BEGIN),
        keeper=SnapshotKeeper(known, FIRST_STREAM, store=store.resuming, journal=journal, transcripts=True),
        stream=0,
        arrival=Arrival(12, 250, Clock(BEGIN).monotonic()),
    )
    try:
        yield Desk(record, store, journal)
    finally:
        await journal.close()
        await store.close()


@in_no_time
async def test_all_of_a_call_is_written(tmp_path: Path) -> None:
    """Turns, tool calls, tokens and the end stand in the store; the log has one rich line, and no words."""
    caller, model = Leg(NOBODY), Leg(NOBODY)
    caller.dropped, caller.ignored, model.dropped, model.ignored = 1, 2, 3, 4
    ask = RunTool("call_1", "take_message", json.dumps({"message": CANARY}), Gate.OPEN)
    with logs_kept() as log:
        async with desk(tmp_path) as one:
            record = one.record
            await asyncio.sleep(2)
            record.audio_sent(asyncio.get_running_loop().time())
            await asyncio.sleep(3)
            record.audio_sent(asyncio.get_running_loop().time())
            record.turn(RecordTurn("item_1", "agent", CANARY, 1000, 2000, cut=True))
            record.interruption(RecordInterruption("item_1", 1000))
            record.turn(RecordTurn("item_2", "caller", CANARY))
            record.usage(Usage(input_text=5, output_audio=7), 468)
            record.usage(Usage(input_text=1), 4)
            record.review(RecordReview("claimed_booked_heard"))
            record.clip(RecordClip("clip_1", "one_moment_1"))
            record.tool_call(ask, ToolResult(output={"ok": True, "say": CANARY}), 0.25)
            record.finish(facts(message_taken=True), GOODBYE, caller, model, QUICK)
            assert await one.journal.flush(5)
            report = one.store.report
            (row,) = await report.calls()
            assert (row.outcome, row.reason) == (Outcome.MESSAGE_TAKEN, "said_goodbye")
            assert row.summary == "A message was taken; please call back."
            assert row.usage == Usage(input_text=6, output_audio=7)
            assert (await one.store.spending.of(BEGIN.date()), row.review) == (472, "claimed_booked_heard")
            assert (row.turn_delays, row.time_line.stream_ms) == (QUICK, 250)
            assert [(turn.number, turn.speaker, turn.text, turn.cut) for turn in await report.turns()] == [
                (1, "agent", CANARY, True),
                (2, "caller", CANARY, False),
            ]
            (tool,) = await report.tool_calls()
            assert (tool.name, tool.took_ms, tool.error_code) == ("take_message", 250, None)
    *before, ended = (json.loads(line) for line in log.getvalue().splitlines())
    del ended["timestamp"], ended["level"], ended["tokens"]
    assert 2250 <= ended.pop("time_line")["first_audio_ms"] < 2350
    assert ended.pop("turn_delays")["turns"] == 1
    assert 2000 <= ended.pop("first_word_ms") < 2100  # the sleep, and what it took to begin
    assert ended == {
        "event": "call_ended",
        "outcome": "message_taken",
        "reason": "said_goodbye",
        "seconds": 5.0,
        "turns": 2,
        "interruptions": 1,
        "tools": ["take_message"],
        "review": ["claimed_booked_heard"],
        "clips": ["one_moment_1"],
        "audio_dropped": 1,
        "ignored_from_caller": 2,
        "frames_dropped": 3,
        "ignored_from_model": 4,
    }
    assert [line["event"] for line in before] == ["tool_call"]
    assert [private for private in ("Dana", CALLER[-7:]) if private in log.getvalue()] == []


@pytest.mark.parametrize(("codes_sent", "said"), [(1, "It is ******."), (0, "It is 427193.")])
@in_no_time
async def test_a_code_is_not_written_down(codes_sent: int, said: str, tmp_path: Path) -> None:
    """Neither as an argument nor as it was said; where no code was sent, digits stay as they are."""
    async with desk(tmp_path, codes_sent=codes_sent) as one:
        one.record.turn(RecordTurn("item_1", "caller", "It is 427193."))
        check = RunTool("call_1", "check_code", json.dumps({"code": "427193"}), Gate.OPEN)
        one.record.tool_call(check, ToolResult(output={"ok": True, "say": ""}), 0.1)
        assert await one.journal.flush(5)
        [turn], [tool] = await one.store.report.turns(), await one.store.report.tool_calls()
        assert (turn.text, tool.name, tool.arguments) == (said, "check_code", "")


@in_no_time
async def test_a_call_without_a_model_or_an_end(tmp_path: Path) -> None:
    """A call that broke before anything happened is closed all the same."""
    with logs_kept() as log:
        async with desk(tmp_path) as one:
            one.record.finish(facts(), None, Leg(NOBODY), None)
            assert await one.journal.flush(5)
            (row,) = await one.store.report.calls()
            assert (row.outcome, row.reason) == (Outcome.FAILED, "server_error")
    assert json.loads(log.getvalue().splitlines()[-1])["first_word_ms"] is None


@in_no_time
async def test_a_tool_that_does_not_exist_is_not_named(tmp_path: Path) -> None:
    """The model may call anything anything, the caller's number too: the log does not repeat it."""
    result = ToolResult(output={"ok": False}, error_code="unknown_tool")
    with logs_kept() as log:
        async with desk(tmp_path) as one:
            one.record.tool_call(RunTool("call_1", "call_dana_reed", "{}", Gate.OPEN), result, 0)
    (line,) = (json.loads(line) for line in log.getvalue().splitlines())
    assert (line["tool"], line["ok"], line["error"]) == ("unknown", False, "unknown_tool")


@in_no_time
async def test_the_next_step_is_committed(tmp_path: Path) -> None:
    """When it returns, any process can read it."""
    async with desk(tmp_path) as one:
        await one.record.commit_next_step(NextStep.PERSON, "transfer")
        (row,) = await one.store.report.calls()
        assert row.next_step == "person"


@in_no_time
@pytest.mark.parametrize(("reason", "agreed"), [("transfer", True), ("call_too_long", False)])
async def test_a_person_whom_a_limit_calls_does_not_give_the_caller_back(
    reason: str, agreed: bool, tmp_path: Path
) -> None:
    """A warm handoff may end with the agent, which has no time left: then it is a cold one."""
    warm = msgspec.structs.replace(BOOKINGS, handoff=HandoffRules(mode=HandoffMode.WARM))
    async with desk(tmp_path, warm) as one:
        await one.record.commit_next_step(NextStep.PERSON, reason)
        assert (await one.store.handoffs.handoff(CALL) is not None) is agreed


@in_no_time
async def test_a_locked_database_does_not_keep_the_caller(tmp_path: Path) -> None:
    """The stream does not stay open for a store that hangs; what was decided is written when it can be."""
    with logs_kept() as log:
        async with desk(tmp_path) as one:
            lock = sqlite3.connect(tmp_path / "bridge.db", isolation_level=None)
            lock.execute("BEGIN IMMEDIATE")
            await one.record.commit_next_step(NextStep.HANG_UP, "said_goodbye")
            lock.close()  # which rolls back
            assert await one.journal.flush(30)
            assert [row.next_step for row in await one.store.report.calls()] == ["hang_up"]
    assert "next_step_not_committed" in log.getvalue()


async def ended(one: Desk, known: CallFacts, end: EndStream = GOODBYE) -> None:
    """The call is over and written down."""
    one.record.finish(known, end, Leg(NOBODY), None)
    assert await one.journal.flush(5)


@pytest.mark.parametrize("end", [GOODBYE, EndStream(NextStep.TROUBLE, EndReason.MODEL_LOST)])
@in_no_time
async def test_a_lead_is_called_back(end: EndStream, tmp_path: Path) -> None:
    """Where nothing is booked, whoever told something has a task for a person, however the call ended."""
    async with desk(tmp_path, LEADS) as one:
        await ended(one, facts(lead=TOLD), end)
        (row,) = await one.store.report.calls()
        assert row.outcome is Outcome.LEAD_TAKEN
        assert row.summary == "The caller's wish and details were taken; please call back."
        (task,) = await one.store.report.callbacks()
        assert (task.reason, task.number, task.name) == ("lead", CALLER, "Dana Reed")
        assert task.message == "Asked to be called at: +12025550199\nReason: a broken tooth"
        # A call that goes on in another stream ends twice.
        await ended(one, facts(lead=TOLD), end)
        assert len(await one.store.report.callbacks()) == 1


@in_no_time
async def test_one_task_for_one_call(tmp_path: Path) -> None:
    """A message that was taken is the task already, and a caller who told nothing waits for none."""
    async with desk(tmp_path, LEADS) as one:
        await ended(one, facts(lead=TOLD, message_taken=True))
        (row,) = await one.store.report.calls()
        assert row.outcome is Outcome.MESSAGE_TAKEN
        await ended(one, facts())
        assert await one.store.report.callbacks() == []


@in_no_time
async def test_where_appointments_are_booked_details_alone_are_no_task(tmp_path: Path) -> None:
    """Nobody was promised anything; what was told is kept all the same, should the store have missed it."""
    async with desk(tmp_path) as one:
        await ended(one, facts(lead=TOLD))
        (row,) = await one.store.report.calls()
        assert row.outcome is Outcome.ENDED
        assert await one.store.report.callbacks() == []
        assert [kept.lead for kept in await one.store.report.leads()] == [TOLD]


async def test_what_was_told_after_a_message_reaches_its_task(tmp_path: Path) -> None:
    """The call's end writes it once more: one task, with the number that was told last."""
    async with desk(tmp_path) as one:
        known = facts(message_taken=True, messages=[Message("The roof leaks.")])
        for task in tasks_left(BOOKINGS, known):
            await ask(one.store.bookings, BOOKINGS, task, now=BEGIN)
        known.lead = TOLD
        await ended(one, known)
        (kept,) = await one.store.report.callbacks()
        assert (kept.name, kept.reason) == ("Dana Reed", "message")
        told = "Asked to be called at: +12025550199\nReason: a broken tooth"
        assert kept.message == f"The roof leaks.\n{told}"


@in_no_time
async def test_a_message_that_the_store_did_not_take_is_written_at_the_end(tmp_path: Path) -> None:
    """Once, however often the call's end is written; also where something else was promised in the call."""
    async with desk(tmp_path) as one:
        for _ in range(2):
            await ended(one, facts(messages=[Message("Ring me.")]))
        (task,) = await one.store.report.callbacks()
        assert (task.reason, task.message) == ("message", "Ring me.")


@pytest.mark.parametrize("reason", EndReason)
def test_outcomes_without_any_fact(reason: EndReason) -> None:
    """How a call counts in which nothing was done, for every way to end."""
    expected = {
        EndReason.CALLER_HUNG_UP: Outcome.CALLER_HUNG_UP,
        EndReason.SAID_GOODBYE: Outcome.ENDED,
        EndReason.CALLER_SILENT: Outcome.ENDED,
        EndReason.TRANSFER: Outcome.TRANSFERRED,
        EndReason.KEY_ZERO: Outcome.TRANSFERRED,
        EndReason.NOT_UNDERSTOOD: Outcome.TRANSFERRED,
        **dict.fromkeys((EndReason.CALL_TOO_LONG, EndReason.CALL_TOO_DEAR), Outcome.TRANSFERRED),
    }
    outcome = call_outcome(facts(), reason)
    assert outcome is expected.get(reason, Outcome.FAILED)
    assert call_summary(facts(), outcome) == SUMMARIES[outcome]


@pytest.mark.parametrize("reason", EndReason)
def test_a_booking_counts_before_everything(reason: EndReason) -> None:
    """However the call broke off afterwards, it brought a booking."""
    assert call_outcome(booked(message_taken=True, questions_answered=2), reason) is Outcome.BOOKED


@pytest.mark.parametrize("reason", EndReason)
def test_changes_of_bookings_count_next(reason: EndReason) -> None:
    """A move counts before a cancellation, and either before a message."""
    moved, cancelled = done(Claim.MOVED, was=TWO_PM), done(Claim.CANCELLED)
    both = {"booking_1": cancelled["booking_1"], "booking_2": moved["booking_1"]}
    assert call_outcome(facts(done=moved, message_taken=True), reason) is Outcome.RESCHEDULED
    assert call_outcome(facts(done=cancelled, message_taken=True), reason) is Outcome.CANCELLED
    assert call_outcome(facts(done=both), reason) is Outcome.RESCHEDULED
    assert call_outcome(facts(done=both | booked().done), reason) is Outcome.BOOKED


def test_weaker_facts() -> None:
    """A message counts before how the call ended, an answered question only where it ended well."""
    assert call_outcome(facts(message_taken=True), EndReason.MODEL_LOST) is Outcome.MESSAGE_TAKEN
    assert call_outcome(facts(message_taken=True), EndReason.TRANSFER) is Outcome.TRANSFERRED
    assert call_outcome(facts(questions_answered=1), EndReason.CALLER_HUNG_UP) is Outcome.QUESTION_ANSWERED
    assert call_outcome(facts(questions_answered=1), EndReason.MODEL_LOST) is Outcome.FAILED
    assert call_outcome(facts(), EndReason.MODEL_LOST, lead_taken=True) is Outcome.LEAD_TAKEN
    assert call_outcome(facts(message_taken=True), EndReason.SAID_GOODBYE, lead_taken=True) is (
        Outcome.MESSAGE_TAKEN
    )
    assert call_outcome(facts(), EndReason.TRANSFER, lead_taken=True) is Outcome.TRANSFERRED


@pytest.mark.parametrize(
    ("known", "summary"),
    [
        (
            booked(confirmation_sent=True),
            "Booked: cleaning, Wednesday 25 November 2026 at 14:00. The confirmation text was sent.",
        ),
        (
            booked(questions_answered=2),
            "Booked: cleaning, Wednesday 25 November 2026 at 14:00. The confirmation text is not known to "
            "have been sent. Questions answered: 2.",
        ),
        (
            facts(done=done(Claim.MOVED, was=TWO_PM - timedelta(days=1))),
            "Moved: cleaning, from Tuesday 24 November 2026 at 14:00 to Wednesday 25 November 2026 at 14:00.",
        ),
        (
            facts(done=done(Claim.CANCELLED)),
            "Cancelled: cleaning, Wednesday 25 November 2026 at 14:00.",
        ),
        (
            facts(cancelling="booking_1"),
            "Whether a booking was cancelled is not known; please look in the calendar.",
        ),
        (
            facts(unconfirmed_id="hold"),
            "Whether a booking was made is not known; please look in the calendar.",
        ),
        (
            facts(message_taken=True, transfer_reason="upset_or_confused"),
            "A message was taken; please call back. Asked for a person (upset or confused).",
        ),
    ],
)
def test_summaries(known: CallFacts, summary: str) -> None:
    """A sentence for each committed fact, and none that claims more."""
    assert call_summary(known, Outcome.ENDED) == summary
