"""A call whose stream breaks goes on in another: with its facts, its slots and its booking, once."""

from pathlib import Path

import pytest

from bridge.call.messages import NextStep
from bridge.store.report import Report
from tests.resuming import GO_ON, GREETING, Booker, Rung, once, ring, telephone_for
from tests.server import BUSINESS, CALLER, TOKEN, Server, in_no_time, serving, until
from tools import spoken
from tools.business_file import load_business

CALL, OTHER = ("CA" + digit * 32 for digit in "12")
WORDING = load_business(BUSINESS).wording


async def booked_once(server: Server, rung: Rung) -> None:
    """One event, one reservation and one text; nobody broke a rule; the call counts as booked."""
    live = [
        event
        for events in server.stand.calendar.events.values()
        for event in events.values()
        if event["status"] != "cancelled"
    ]
    assert len(live) == 1
    assert [row.state for row in await server.rows(Report.reservations) if row.state == "booked"] == [
        "booked"
    ]
    call_sid = rung.telephone.call_sid
    assert call_sid is not None
    row = await server.call(call_sid)
    assert row.outcome == "booked"
    assert rung.ledger.breaches() == []
    assert server.stand.stage.breaches() == []


@in_no_time
async def test_cut_off_in_the_middle_of_an_offer() -> None:
    """The caller hears that we were cut off, the agent goes on without greeting, and the slot has its id."""
    async with serving() as server:
        mind = Booker()
        rung = telephone_for(server, mind)
        once(server.said, rung.telephone.lose_stream, 1.0, kind="tool_answered", name="check_availability")
        await ring(rung)
        assert rung.verbs() == ["Connect", WORDING.resume, "Connect", "Hangup"]
        [note] = mind.notes
        assert "slot_1, cleaning, Wednesday, November twenty-fifth at noon" in note
        assert [name for name, _ in mind.answers][:3] == ["check_availability", "hold_slot", "create_event"]
        said = [entry.data["text"] for entry in server.said.of("said")]
        assert said.count(GREETING) == 1
        assert said.count(GO_ON) == 1
        await booked_once(server, rung)


@in_no_time
async def test_what_was_read_back_is_read_back_again() -> None:
    """Cut off after the read-back: the hold is kept, but a yes in the new stream books nothing by itself."""
    async with serving() as server:
        mind = Booker()
        rung = telephone_for(server, mind)
        once(server.said, rung.telephone.lose_stream, 6.2, kind="tool_answered", name="hold_slot")
        await ring(rung)
        assert "slot_1 is kept for Dana Reed, and not booked" in mind.notes[0]
        holds = [output["hold_id"] for name, output in mind.answers if name == "hold_slot"]
        assert len(set(holds)) == 2
        await booked_once(server, rung)


@pytest.mark.parametrize("slow_s", [0.0, 2.0])
@in_no_time
async def test_cut_off_after_the_yes(slow_s: float) -> None:
    """The booking that was under way is finished, found done in the new stream, and never made again."""
    async with serving() as server:
        mind = Booker()
        rung = telephone_for(server, mind)
        server.stand.calendar.delay("insert", slow_s)
        once(server.said, rung.telephone.lose_stream, 0.1, kind="tool_asked", name="create_event")
        await ring(rung)
        assert rung.verbs()[:3] == ["Connect", WORDING.resume, "Connect"]
        known = "Done in this call, and not to be done again" in mind.notes[0]
        assert known or "may or may not have been" in mind.notes[0]
        assert mind.answers[-2][0] == "create_event"
        assert mind.answers[-2][1]["ok"]
        await booked_once(server, rung)


@in_no_time
async def test_a_booking_whose_outcome_is_not_known() -> None:
    """The calendar hangs while we are cut off: the agent never books anew, and learns what has come of it."""
    async with serving() as server:
        mind = Booker()
        rung = telephone_for(server, mind)
        calendar = server.stand.calendar
        calendar.delay("insert", 30.0, after=True)
        calendar.fail_next("get", 503, "backendError", 3)
        once(server.said, rung.telephone.lose_stream, 0.1, kind="tool_asked", name="create_event")
        once(server.said, lambda: calendar.delay("insert", 0), 20.0, kind="tool_asked", name="create_event")
        await ring(rung, utterances=30)
        assert "may or may not have been" in mind.notes[0]
        told = [output["ok"] for name, output in mind.answers if name == "create_event"]
        assert told[0] is False
        unsure = [
            output["say"] for name, output in mind.answers if name == "create_event" and not output["ok"]
        ]
        assert set(unsure) == {spoken.booking_unknown(promised=True)}
        assert told[-1] is True
        await booked_once(server, rung)


@in_no_time
async def test_cut_off_again_and_again() -> None:
    """Twice the call goes on; the third time whatever breaks would break again, and a person is rung."""
    async with serving() as server:
        rung = telephone_for(server, Booker())
        for text in (GREETING, GO_ON):
            once(server.said, rung.telephone.lose_stream, 2.0, times=2, kind="said", text=text)
        await ring(rung)
        assert rung.verbs() == [
            *("Connect", WORDING.resume, "Connect", WORDING.resume, "Connect", WORDING.trouble, "Dial"),
            "Hangup",
        ]
        assert rung.ledger.breaches() == []
        [row] = await server.rows(Report.calls)
        assert row.resumes == 2


@in_no_time
async def test_twilio_never_asks() -> None:
    """The stream was lost and the call with it: somebody calls back, and knows what was told."""
    async with serving() as server:
        mind = Booker()
        rung = telephone_for(server, mind, asks_after_loss=False)
        once(server.said, rung.telephone.lose_stream, 6.2, kind="tool_answered", name="hold_slot")
        await ring(rung)
        assert rung.verbs() == ["Connect"]
        await server.stop()
        [task] = await server.rows(Report.callbacks)
        assert (task.number, task.name, task.reason) == (CALLER, "Dana Reed", "stream_lost")
        [row] = await server.rows(Report.calls)
        assert (row.outcome, row.reason) == ("failed", "stream_lost")


@in_no_time
async def test_a_token_of_another_call() -> None:
    """What opens the new stream is good for its call only, and once."""
    async with serving() as server:
        first = await server.talking(CALL)
        first.abort()
        await server.call(CALL)
        answer = await server.post("/twilio/next", CALL)
        found = TOKEN.search(answer.body)
        assert found is not None
        spoofed = await server.stream(OTHER)
        await spoofed.start(found[1])
        assert await spoofed.closed() == 1008
        good = await server.stream(CALL)
        await good.start(found[1])
        await good.until("media")
        await good.hang_up()
        await server.call(CALL)
        replayed = await server.stream(CALL)
        await replayed.start(found[1])
        assert await replayed.closed() == 1008
        reasons = [line["reason"] for line in server.logged("stream_refused")]
        assert reasons == ["token forged", "token used before"]


@in_no_time
async def test_a_stream_that_we_still_believe_in() -> None:
    """Twilio asks what comes next while our socket seems fine: the old stream gives up its place."""
    async with serving() as server:
        first = await server.talking(CALL)
        answer = await server.post("/twilio/next", CALL)
        found = TOKEN.search(answer.body)
        assert found is not None
        assert await first.closed() in (1000, 1006)  # nobody answers its close frame, perhaps
        second = await server.stream(CALL)
        await second.start(found[1])
        await second.until("media")
        assert await second.hang_up() == 1000
        row = await server.call(CALL)
        assert (row.reason, row.resumes, row.next_step) == ("caller_hung_up", 1, NextStep.HANG_UP)


@in_no_time
async def test_the_caller_is_gone() -> None:
    """Asked about a call that has ended, nothing is begun; the end is told by the status callback."""
    async with serving() as server:
        line = await server.talking(CALL)
        line.abort()
        await server.call(CALL)
        answer = await server.post("/twilio/next", CALL, CallStatus="completed")
        assert "<Stream" not in answer.body
        await server.post("/twilio/status", CALL, CallStatus="completed")
        await server.stop()
        [row] = await server.rows(Report.calls)
        [task] = await server.rows(Report.callbacks)
        assert (row.resumes, task.reason) == (0, "stream_lost")


@in_no_time
async def test_a_call_that_said_goodbye_is_not_resumed() -> None:
    """Only what broke goes on: whoever said goodbye is hung up on."""
    async with serving() as server:
        line = await server.talking(CALL)
        await line.hang_up()
        await server.call(CALL)
        assert "<Hangup" in (await server.post("/twilio/next", CALL)).body


@in_no_time
async def test_another_process_goes_on(tmp_path: Path) -> None:
    """Nothing that the new stream needs is in the memory of the old one's process."""
    async with serving(folder=tmp_path) as old:
        line = await old.talking(CALL)
        line.abort()
        await old.call(CALL)
    async with serving(folder=tmp_path) as new:
        answer = await new.post("/twilio/next", CALL)
        found = TOKEN.search(answer.body)
        assert found is not None
        again = await new.stream(CALL)
        await again.start(found[1])
        await again.until("media")
        await again.hang_up()
        row = await new.call(CALL)
        assert (row.reason, row.resumes) == ("caller_hung_up", 1)
        await until(lambda: new.model.open_connections == 0)
