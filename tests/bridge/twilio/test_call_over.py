"""A call that Twilio says is over, and whose end nobody saw: what is written, and who calls back."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bridge.call.snapshot import Snapshot, encode
from bridge.handoff.states import Happened
from bridge.harness.telephone.signed import Answer
from bridge.store.calls import CallRow, CallStore, Outcome
from bridge.store.migrate import migrate
from bridge.store.report import CallbackRow, Report
from bridge.store.store import Store
from bridge.twilio.call_over import FINISHING_S, GRACE_S
from tests.line import Line
from tests.server import BEGIN, CALLER, NUMBER, TOKEN, Server, in_no_time, serving, until
from tools.callbacks import Callback
from tools.facts import CallFacts
from tools.store import Lead, StoreUnavailable

CALL = "CA" + "1" * 32
CHAIR = "chair-1@maplestreet.example"


async def left_by_a_killed_process(url: str, *, booked: bool = False, **known: Any) -> None:
    """A call with a stream, a snapshot with these facts, and perhaps a booking that came after it."""
    await migrate(url)
    store = await Store.open(url)
    await store.calls.open_call(
        call_sid=CALL, caller_number=CALLER, our_number=NUMBER, attested=False, now=BEGIN
    )
    facts = CallFacts(call_sid=CALL, caller_number=CALLER, our_number=NUMBER, **known)
    await store.resuming.save_snapshot(
        call_sid=CALL, stream=0, snapshot=encode(Snapshot(facts=facts, greeted=True))
    )
    if booked:
        start = BEGIN + timedelta(days=1)
        held = await store.bookings.hold(
            calendar_id=CHAIR,
            service="cleaning",
            start=start,
            end=start + timedelta(minutes=30),
            call_sid=CALL,
            caller_number=CALLER,
            now=BEGIN,
            keep_for=timedelta(minutes=5),
        )
        row = await store.bookings.begin_booking(
            hold_id=held.id, call_sid=CALL, event_id="abc00", customer_name="Dana Reed", now=BEGIN
        )
        await store.bookings.finish_booking(reservation_id=row.id, now=BEGIN)
    await store.close()


async def over(server: Server) -> list[CallbackRow]:
    """Twilio says so, twice; the tasks for a person when all is written."""
    for _ in range(2):
        assert (await server.post("/twilio/status", CALL, CallStatus="completed")).status == 204
    await server.call(CALL)
    await server.stop()
    return await server.rows(Report.callbacks)


@in_no_time
async def test_what_was_told_is_passed_on(tmp_path: Path) -> None:
    """Whoever calls back knows the name and what it was about; one task, however often Twilio says so."""
    url = f"sqlite:///{tmp_path}/bridge.db"
    await left_by_a_killed_process(url, lead=Lead(name="Dana Reed", reason="a broken tooth"))
    async with serving(folder=tmp_path) as server:
        [task] = await over(server)
        assert (task.number, task.name, task.reason) == (CALLER, "Dana Reed", "end_unknown")
        assert "a broken tooth" in task.message
        [row] = await server.rows(Report.calls)
        assert (row.outcome, row.reason) == ("failed", "end_unknown")


@in_no_time
async def test_a_booking_that_was_made_counts(tmp_path: Path) -> None:
    """The rows know more than the snapshot: the call is booked, and whoever calls back is told so."""
    await left_by_a_killed_process(f"sqlite:///{tmp_path}/bridge.db", booked=True)
    async with serving(folder=tmp_path) as server:
        [task] = await over(server)
        assert "Booked: cleaning" in task.message
        [row] = await server.rows(Report.calls)
        assert (row.outcome, row.reason) == ("booked", "end_unknown")


@in_no_time
async def test_a_snapshot_that_cannot_be_read(tmp_path: Path) -> None:
    """Then the rows are all there is, and somebody calls back all the same."""
    url = f"sqlite:///{tmp_path}/bridge.db"
    await left_by_a_killed_process(url)
    store = await Store.open(url)
    await store.resuming.save_snapshot(call_sid=CALL, stream=0, snapshot="of another world")
    await store.close()
    async with serving(folder=tmp_path) as server:
        [task] = await over(server)
        assert task.number == CALLER
        assert server.logged("snapshot_unread")


@pytest.mark.parametrize("finishes", [True, False])
@in_no_time
async def test_a_tool_still_runs_in_another_process(finishes: bool, tmp_path: Path) -> None:
    """A process that has seen the stream end gets time to say how; if it never does, it was killed."""
    url = f"sqlite:///{tmp_path}/bridge.db"
    await left_by_a_killed_process(url, lead=Lead(name="Dana Reed"))
    async with serving(folder=tmp_path) as server:
        store = await Store.open(url)
        await store.calls.set_next_step(call_sid=CALL, step="hang_up", reason="caller_hung_up", now=BEGIN)
        await server.post("/twilio/status", CALL, CallStatus="completed")
        await asyncio.sleep(GRACE_S + 5)
        [row] = await server.rows(Report.calls)
        assert row.outcome is None
        if finishes:
            await store.calls.close_call(
                call_sid=CALL, outcome=Outcome.BOOKED, reason="caller_hung_up", summary="Booked.", now=BEGIN
            )
        await store.close()
        await asyncio.sleep(FINISHING_S)
        row = await server.call(CALL)
        assert row.reason == ("caller_hung_up" if finishes else "end_unknown")
        tasks = await server.rows(Report.callbacks)
        assert [task.reason for task in tasks] == ([] if finishes else ["end_unknown"])


@pytest.mark.parametrize("asked", [True, False])
@in_no_time
async def test_a_stream_that_was_lost(asked: bool) -> None:
    """A person calls back only where Twilio never asked what comes next."""
    async with serving(MAX_CALLS="1") as server:
        line = await server.talking(CALL)
        line.abort()
        await server.call(CALL)
        if asked:
            for _ in range(3):
                await server.post("/twilio/next", CALL)
        await server.post("/twilio/status", CALL, CallStatus="completed")
        await server.stop()
        reasons = [task.reason for task in await server.rows(Report.callbacks)]
        # Asked three times and never streamed again: the call was opened anew, and nobody saw its end.
        assert reasons == (["end_unknown"] if asked else ["stream_lost"])


@in_no_time
async def test_told_before_our_own_end() -> None:
    """Twilio's word may come before we know that the stream is lost: it is looked at again then."""
    async with serving() as server:
        line = await server.talking(CALL)
        await server.post("/twilio/status", CALL, CallStatus="completed")
        line.abort()
        await server.call(CALL)
        await until(lambda: bool(server.logged("call_ended")))
        await server.stop()
        assert [task.reason for task in await server.rows(Report.callbacks)] == ["stream_lost"]


@in_no_time
async def test_told_to_another_process(tmp_path: Path) -> None:
    """Twilio's word reaches a process that never had the call: the one that had it writes its end."""
    async with serving(folder=tmp_path) as has:
        line = await has.talking(CALL)
        # Its connection to the calendar stays: begun later, it would seem to be left over from the other.
        await until(lambda: any("freeBusy" in each.path for each in has.stand.calendar.exchanges))
        async with serving(folder=tmp_path) as other:
            await other.post("/twilio/status", CALL, CallStatus="completed")
            await line.hang_up()
            await asyncio.sleep(2 * GRACE_S)
            [row] = await other.rows(Report.calls)
            assert (row.outcome, row.reason) == ("caller_hung_up", "caller_hung_up")
            assert await other.rows(Report.callbacks) == []


async def put_through(
    url: str, *, handoff: tuple[Happened, ...] = (), asked: bool, reason: str = "transfer"
) -> None:
    """A call that ended with a farewell on the way to a person, and how far it got. `asked`: Twilio has."""
    await migrate(url)
    store = await Store.open(url)
    await store.calls.open_call(
        call_sid=CALL, caller_number=CALLER, our_number=NUMBER, attested=False, now=BEGIN
    )
    await store.calls.set_next_step(call_sid=CALL, step="person", reason=reason, now=BEGIN)
    await store.calls.close_call(
        call_sid=CALL, outcome=Outcome.TRANSFERRED, reason="transfer", summary="Put through.", now=BEGIN
    )
    if asked:
        await store.resuming.after_stream(
            call_sid=CALL, broken=frozenset(), now=BEGIN, begin=False, asked=True
        )
    if handoff:
        await store.handoffs.agree(call_sid=CALL, caller_number=CALLER, brief="", now=BEGIN)
    for happened in handoff:
        await store.handoffs.advance(call_sid=CALL, happened=happened, now=BEGIN)
    await store.close()


# On the way back to the agent, and talked: the caller left the conference after a key was pressed.
BACK = (Happened.NOBODY_THERE, Happened.FETCHED)
TALKED = (Happened.HELD, Happened.RING, Happened.ACCEPTED, Happened.CALLER_LEFT)


@pytest.mark.parametrize(
    ("handoff", "asked", "reasons"),
    [
        ((), False, ["nobody_answered"]),
        ((), True, []),
        (BACK, True, ["nobody_answered"]),
        (TALKED, True, []),
    ],
    ids=["nobody asked whom to ring", "rung", "hung up on the way back", "talked"],
)
@in_no_time
async def test_a_caller_on_the_way_to_a_person(
    handoff: tuple[Happened, ...], asked: bool, reasons: list[str], tmp_path: Path
) -> None:
    """Whoever never got there is called back, and the call does not count as put through."""
    await put_through(f"sqlite:///{tmp_path}/bridge.db", handoff=handoff, asked=asked)
    async with serving(folder=tmp_path) as server:
        assert [task.reason for task in await over(server)] == reasons
        [row] = await server.rows(Report.calls)
        assert row.outcome == (Outcome.ENDED if reasons else Outcome.TRANSFERRED)


@in_no_time
async def test_a_call_that_had_to_end_and_never_went_on(tmp_path: Path) -> None:
    """The limit is told as what it is."""
    await put_through(f"sqlite:///{tmp_path}/bridge.db", asked=False, reason="call_too_long")
    async with serving(folder=tmp_path) as server:
        assert [task.reason for task in await over(server)] == ["call_too_long"]


@in_no_time
async def test_a_message_that_was_not_written_outlives_its_process(tmp_path: Path) -> None:
    """The store was away when it was left, and the process was killed: the snapshot has it."""
    left = Callback(
        call_sid=CALL, key="Ring me.", number=CALLER, name=None, message="Ring me.", reason="message"
    )
    await left_by_a_killed_process(f"sqlite:///{tmp_path}/bridge.db", unwritten={left.key: left})
    async with serving(folder=tmp_path) as server:
        assert {task.reason for task in await over(server)} == {"message", "end_unknown"}


@in_no_time
async def test_a_call_that_breaks_twice(tmp_path: Path) -> None:
    """What was asked after the first stream answers nothing about the second: somebody calls back."""
    async with serving(folder=tmp_path) as server:
        line = await server.talking(CALL)
        line.abort()
        await server.call(CALL)
        line = await _streams_on(server, await server.post("/twilio/next", CALL))
        line.abort()
        await server.call(CALL)
        assert [task.reason for task in await over(server)] == ["stream_lost"]


@in_no_time
async def test_the_store_goes_away_in_between(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The call was closed and then nothing more could be read: tried again, it still leaves its task."""
    real, tries = CallStore.call, 0

    async def call(store: CallStore, call_sid: str) -> CallRow | None:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise StoreUnavailable("away")
        return await real(store, call_sid)

    await left_by_a_killed_process(f"sqlite:///{tmp_path}/bridge.db", lead=Lead(name="Dana"))
    monkeypatch.setattr(CallStore, "call", call)
    async with serving(folder=tmp_path) as server:
        assert [(task.reason, task.name) for task in await over(server)] == [("end_unknown", "Dana")]
    assert tries > 1


@in_no_time
async def test_hung_up_on_hold_and_the_order_lost(tmp_path: Path) -> None:
    """Where the handoff is over in vain, the end of the call finds it, whoever should have acted on it."""
    store = await _left(tmp_path)
    await _put_through(store, Outcome.TRANSFERRED, Happened.HELD, Happened.RING, Happened.CALLER_GONE)
    await store.resuming.after_stream(call_sid=CALL, broken=frozenset(), now=BEGIN, begin=False, asked=True)
    await store.close()
    async with serving(folder=tmp_path) as server:
        assert [task.reason for task in await over(server)] == ["nobody_answered"]
        (row,) = await server.rows(Report.calls)
        assert row.reason == "nobody_answered"


@in_no_time
async def test_back_from_hold_what_was_booked_stays_booked(tmp_path: Path) -> None:
    """The call goes on with its facts: its record, and the task to call back, know of the booking."""
    store = await _left(tmp_path, booked=True)
    await _put_through(store, Outcome.BOOKED, Happened.NOBODY_THERE)
    await store.close()
    async with serving(folder=tmp_path) as server:
        line = await _streams_on(server, await server.post("/twilio/handoff/back", CALL))
        await line.hang_up()
        (task,) = await over(server)
        assert (task.reason, "Booked" in task.message) == ("nobody_answered", True)
        (row,) = await server.rows(Report.calls)
        assert row.outcome is Outcome.BOOKED


async def _left(folder: Path, *, booked: bool = False) -> Store:
    url = f"sqlite:///{folder}/bridge.db"
    await left_by_a_killed_process(url, booked=booked)
    return await Store.open(url)


async def _put_through(store: Store, outcome: Outcome, *happened: Happened) -> None:
    """The call's stream ended for a person, and so much became of the handoff."""
    await store.calls.set_next_step(call_sid=CALL, step="person", reason="transfer", now=BEGIN, stream=0)
    await store.calls.close_call(
        call_sid=CALL, outcome=outcome, reason="transfer", summary="", now=BEGIN, stream=0
    )
    await store.handoffs.agree(call_sid=CALL, caller_number=CALLER, brief="", now=BEGIN)
    for each in happened:
        await store.handoffs.advance(call_sid=CALL, happened=each, now=BEGIN)


async def _streams_on(server: Server, answer: Answer) -> Line:
    """The stream that this answer leads to."""
    token = TOKEN.search(answer.body)
    assert token is not None
    line = await server.stream(CALL)
    await line.start(token[1])
    await line.until("media")
    return line
