"""kill -9 of the server in the middle of a call, with a second one on the same database.

Real processes, really killed, in real time. Where Twilio asks what comes next, the second goes on with the
call and the booking is made once; where it does not, a person is asked to call back. Other moments, and
processes that are told to stop: `make faults`, tests/faults/kills.py.
"""

from pathlib import Path
from typing import Any

import pytest

from bridge.store.report import Report
from tests.bridge.harness.model_fakes import Beeper
from tests.faults.kills import QUICK_LETTER, booker, live_events, swept, two_servers
from tests.resuming import once, ring
from tests.server import BUSINESS, CALLER, rows_in
from tools.business_file import load_business

pytestmark = pytest.mark.timeout(150)  # real time, and processes that have to start
RESUME = load_business(BUSINESS).wording.resume


@pytest.fixture(autouse=True)
def quick_voice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Real time is dear: the agent speaks 15 ms for each letter."""
    monkeypatch.setattr(Beeper, "letter_bytes", QUICK_LETTER)


async def test_the_call_goes_on_in_the_other_process(tmp_path: Path) -> None:
    """The caller is told, the agent knows slots and hold, and the booking is made: once.

    Other moments, in time that jumps: test_resume.py.
    """
    mind = booker()
    async with two_servers(tmp_path, mind) as (second, rung, die, _):
        once(second.said, die, 2.4, kind="tool_answered", name="hold_slot")  # after the read-back
        await ring(rung)
        assert rung.verbs() == ["Connect", RESUME, "Connect", "Hangup"]
        assert "slot_1" in mind.notes[0]
        assert len(live_events(second)) == 1
        row = await second.call(rung.telephone.call_sid or "")
        assert (row.outcome, row.resumes) == ("booked", 1)
        states = [each.state for each in await rows_in(second.database_url, Report.reservations)]
        assert states.count("booked") == 1
        assert "booking" not in states
        assert second.stand.stage.breaches() == []


async def test_killed_while_the_event_is_written(tmp_path: Path) -> None:
    """The event stands and nobody said so: the agent books nothing anew, and the booking is finished."""
    mind = booker()
    async with two_servers(tmp_path, mind) as (second, rung, die, _):
        second.stand.calendar.delay("insert", 2.0, after=True)
        once(second.stand.calendar.ledger, die, 0.0, kind="inserted")
        await ring(rung, utterances=5, patience_ms=4000)
        assert "may or may not have been" in mind.notes[0]
        told = [output["ok"] for name, output in mind.answers if name == "create_event"]
        assert set(told) == {False}
        second.stand.calendar.delay("insert", 0)
        await swept(second)
        assert len(live_events(second)) == 1
        [row] = await rows_in(second.database_url, Report.reservations)
        assert row.state == "booked"
        messages = second.stand.rest.messages
        assert len(messages) == len({message["body"] for message in messages}) <= 1


async def test_twilio_does_not_ask(tmp_path: Path) -> None:
    """The call ends with the process: the second one is told so, and somebody calls back."""
    mind = booker()
    async with two_servers(tmp_path, mind, asks_after_loss=False) as (second, rung, die, _):
        once(second.said, die, 1.0, kind="tool_answered", name="hold_slot")
        await ring(rung)
        assert rung.verbs() == ["Connect"]
        row = await second.call(rung.telephone.call_sid or "")
        assert (row.outcome, row.reason) == ("failed", "end_unknown")
        tasks: list[Any] = []
        while not tasks:
            tasks = await rows_in(second.database_url, Report.callbacks)
        [task] = tasks
        assert (task.number, task.name, task.reason) == (CALLER, "Dana Reed", "end_unknown")
        assert live_events(second) == []
