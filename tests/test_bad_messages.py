"""Messages nobody should send, in the middle of a call: counted, ignored, and the call goes on and books.

The real recording is played, and whatever is wrong is put on the stand-ins' sockets beside it.
"""

import contextlib
import json
from collections.abc import Callable
from typing import Any

from bridge.harness.checker import check
from bridge.harness.evidence import Evidence
from bridge.harness.ledger import Entry, Ledger
from bridge.harness.model.policy_types import CallTool, Say
from bridge.harness.recording_file import load_recording
from bridge.harness.run import AUTH_TOKEN, Parties, run_recording
from bridge.harness.virtual_time import run_fast
from bridge.store.report import Report
from tests.faults.bad_messages import FROM_THE_LINE, FROM_THE_MODEL, GIANT, OF_TOMORROW
from tests.server import BUSINESS, in_no_time, serving, until

CALL = "CA" + "1" * 32
BOOKING = load_recording(BUSINESS.parent / "book-a-cleaning")


def booked_all_the_same(evidence: Evidence) -> dict[str, Any]:
    """Check that the call went as if nothing had been said; its line in the log."""
    assert {verdict.rule: verdict.wrong for verdict in check(evidence) if verdict.wrong} == {}
    lines = [json.loads(line) for line in evidence.log_lines]
    for secret in (AUTH_TOKEN, "key-of-the-stand-in", "PRIVATE KEY", "Dana"):
        assert not any(secret in line for line in evidence.log_lines)
    (ended,) = (line for line in lines if line["event"] == "call_ended")
    assert isinstance(ended, dict)
    return ended


def whenever(ledger: Ledger, kind: str, act: Callable[[], None]) -> None:
    """Do something each time an entry of this kind is written."""

    def see(_: str, entry: Entry) -> None:
        if entry.kind == kind:
            act()

    ledger.watch(see)


def test_from_the_line() -> None:
    """Malformed, binary, large, unknown and misdirected stream messages after each of the caller's lines."""

    def arrange(parties: Parties) -> None:
        whenever(parties.telephone.ledger, "line_ended", lambda: parties.telephone.faults.say(FROM_THE_LINE))

    evidence = run_fast(run_recording(BOOKING, arrange=arrange))
    ended = booked_all_the_same(evidence)
    assert ended["ignored_from_caller"] == len(FROM_THE_LINE) * len(BOOKING.lines)


def test_from_the_model() -> None:
    """Malformed events, and well-formed ones of tomorrow, each time the model has heard the caller."""

    def arrange(parties: Parties) -> None:
        babble = parties.model.faults.babble
        whenever(parties.model.ledger, "heard", lambda: babble((*FROM_THE_MODEL, *OF_TOMORROW)))

    evidence = run_fast(run_recording(BOOKING, arrange=arrange))
    ended = booked_all_the_same(evidence)
    assert ended["ignored_from_model"] == len(FROM_THE_MODEL) * len(BOOKING.lines)


@in_no_time
async def test_a_message_beyond_all_measure() -> None:
    """What is larger than any message of Twilio's ends the stream, and the call goes on in another."""
    async with serving() as server:
        line = await server.talking(CALL)
        with contextlib.suppress(ConnectionError):  # the server does not read it to its end
            await line.send(GIANT)
        await line.closed()
        row = await server.call(CALL)
        assert (row.outcome, row.reason, row.next_step) == ("failed", "stream_lost", "trouble")
        assert "<Stream " in (await server.post("/twilio/next", CALL)).body


WISH = {"service": "cleaning", "from_date": "2026-11-25", "to_date": "2026-11-25"}
MISTAKES: tuple[tuple[CallTool, str], ...] = (
    (CallTool("open_the_safe", {}), "there is no such tool; the tools are check_availability, "),
    (CallTool("check_availability", {}), "missing required field `service`"),
    (CallTool("check_availability", {**WISH, "from_date": "tomorrow"}), "from_date: "),
    (CallTool("check_availability", {**WISH, "from_date": "2026-02-30"}), "from_date: "),
    (CallTool("check_availability", {**WISH, "part_of_day": "teatime"}), "part_of_day: "),
    (CallTool("check_availability", {**WISH, "to_date": 5}), "to_date: Expected `date`, got `int`"),
    (CallTool("check_availability", {**WISH, "date": "2026-11-25"}), "unknown field `date`"),
    (
        CallTool("check_availability", {**WISH, "service": "surgery"}),
        "service: unknown; expected one of cleaning",
    ),
    (CallTool("check_availability", {**WISH, "to_date": "2026-11-24"}), "to_date: is before from_date"),
    (CallTool("hold_slot", {"slot_id": "slot_1", "customer_name": "+12025550143"}), "customer_name: "),
    (CallTool("hold_slot", {"slot_id": "the first", "customer_name": "Dana"}), "slot_id: "),
    (CallTool("hold_slot", {"slot_id": "slot_99", "customer_name": "Dana"}), "slot_id"),
    (CallTool("create_event", {"hold_id": "../../etc", "customer_name": "Dana"}), "hold_id: "),
    (CallTool("create_event", {"hold_id": "made_up", "customer_name": "Dana"}), "hold"),
    (CallTool("send_confirmation", {"to": "+12025550199"}), "unknown field `to`"),
    (CallTool("send_confirmation", {}), "create_event comes first"),
    (CallTool("transfer_to_human", {"reason": "bored"}), "reason: "),
    (CallTool("transfer_to_human", {"reason": "emergency", "number": "+1900"}), "unknown field `number`"),
    (CallTool("take_message", {"message": ""}), "message: "),
)


@in_no_time
async def test_tool_arguments_that_do_not_fit() -> None:
    """The output names the field and what is expected, nothing is done, and the call goes on."""
    mistakes: list[list[Say | CallTool]] = [[call] for call, _ in MISTAKES]
    turns: list[list[Say | CallTool]] = [[Say("Hello.")], *mistakes, [Say("Sorry.")]]
    async with serving(*turns) as server:
        line = await server.talking(CALL)
        await line.send(line.writer.dtmf("5"))
        await until(lambda: any(entry.data["text"] == "Sorry." for entry in server.said.of("said")))
        answers = [entry.data for entry in server.said.of("tool_answered")]
        assert [answer["name"] for answer in answers] == [call.name for call, _ in MISTAKES]
        for answer, (call, expected) in zip(answers, MISTAKES, strict=True):
            output = answer["output"]
            assert output["ok"] is False, call
            assert expected in output["problem"], (call, output)
        assert server.stand.stage.breaches() == []
        assert list(server.stand.calendar.ledger.of("inserted", "deleted")) == []
        assert server.stand.rest.ledger.entries == []
        assert await server.rows(Report.reservations) == []
        assert await line.hang_up() == 1000
        assert (await server.call(CALL)).reason == "caller_hung_up"
