"""Whole calls of returning callers: who is greeted with a booking, and who proves it by a code."""

import asyncio
import contextlib
import json
import re
import sqlite3
from pathlib import Path

import pytest
from multidict import MultiDict
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from bridge.harness.model.policy_types import CallTool, Say
from bridge.store.report import Report
from bridge.store.store import Store
from tests.bridge.store.examples import book
from tests.line import Line
from tests.server import (
    ACCOUNT,
    AUTH_TOKEN,
    BUSINESS,
    CALLER,
    NUMBER,
    PUBLIC,
    Server,
    in_no_time,
    serving,
    until,
)
from tools.business_file import load_business
from tools.codes import HIDDEN

CALL, EARLIER = "CA" + "1" * 32, "CA" + "2" * 32
PASSED = "TN-Validation-Passed-A"
BUSINESS_FACTS = load_business(BUSINESS)
NEUTRAL = f'"{BUSINESS_FACTS.wording.opening}"'
SEEN = "I see your next appointment: cleaning on Thursday, November twenty-sixth at two PM."
DIGITS = re.compile(r"\b[1-9]{6}\b")


async def booked_before(server: Server, number: str = CALLER) -> None:
    """An appointment on Thursday at two, made in an earlier call."""
    store = await Store.open(server.database_url)
    await book(store.bookings, EARLIER, caller_number=number)
    await store.close()


def instructions(server: Server) -> str:
    """What the model was told in the latest call."""
    *_, latest = server.said.of("configured")
    return str(latest.data["session"]["instructions"])


def greeted_with_booking(server: Server) -> bool:
    """By the instructions: either this way or exactly the neutral one."""
    told = instructions(server)
    seen = SEEN in told
    assert seen == ("booking_1" in told)
    assert seen != (NEUTRAL in told)
    return seen


# --- the greeting -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("verdict", "greeted"),
    [
        (PASSED, True),
        ("TN-Validation-Passed-B", False),
        ("TN-Validation-Passed-C", False),
        ("TN-Validation-Passed-A-Diverted", False),
        ("TN-Validation-Passed-A-Passthrough", False),
        ("TN-Validation-Failed", False),
        ("No-TN-Validation", False),
        (None, False),
        ("", False),
        ("tn-validation-passed-a", False),
        (PASSED + " ", False),
    ],
)
@in_no_time
async def test_who_is_greeted_with_the_booking(verdict: str | None, greeted: bool) -> None:
    """Exactly one value of the network's; whoever forges a number hears what a stranger hears."""
    async with serving() as server:
        await booked_before(server)
        await server.talking(CALL, **({} if verdict is None else {"StirVerstat": verdict}))
        assert greeted_with_booking(server) is greeted
        assert "Dana" not in instructions(server)
        (row,) = await server.rows(Report.calls)
        assert row.attested is greeted


@pytest.mark.parametrize("second", [PASSED, "TN-Validation-Failed"])
@in_no_time
async def test_a_verdict_said_twice(second: str) -> None:
    """Rightly signed, and no form of Twilio's all the same: there is no call at all."""
    async with serving() as server:
        form = {"AccountSid": ACCOUNT, "CallSid": CALL, "From": CALLER, "To": NUMBER, "StirVerstat": PASSED}
        fields = MultiDict([*form.items(), ("StirVerstat", second)])
        sign = RequestValidator(AUTH_TOKEN).compute_signature(f"{PUBLIC}/twilio/voice", fields)
        async with server.session.post(
            f"{server.url}/twilio/voice", data=fields, headers={"X-Twilio-Signature": sign}
        ) as answer:
            assert answer.status == 403
        assert await server.is_empty()


@pytest.mark.parametrize("caller", ["anonymous", "+266696687", "+12025550144"])
@in_no_time
async def test_other_numbers(caller: str) -> None:
    """A withheld number is nobody's, and another one has other bookings, or none."""
    async with serving() as server:
        await booked_before(server)
        await server.talking(CALL, From=caller, StirVerstat=PASSED)
        assert not greeted_with_booking(server)


@in_no_time
async def test_a_verdict_that_was_not_written_in_time(tmp_path: Path) -> None:
    """The store was too slow for the webhook: then nobody vouches for anything."""
    async with serving(folder=tmp_path) as server:
        await booked_before(server)
        token = await server.token(CALL, StirVerstat=PASSED)
        with contextlib.closing(sqlite3.connect(tmp_path / "bridge.db")) as database:
            database.execute("DELETE FROM calls")
            database.commit()
        line = await server.stream(CALL)
        await line.start(token)
        await line.until("media")
        assert not greeted_with_booking(server)


@pytest.mark.parametrize(("verdict", "silenced"), [(PASSED, 0), ("TN-Validation-Passed-B", 1)])
@in_no_time
async def test_the_greeting_is_no_untruth(verdict: str, silenced: int) -> None:
    """A voice that words it as a claim is not silenced: the appointment stands. For a stranger it is."""
    claim = "You're booked: cleaning on Thursday, November twenty-sixth at two PM."
    async with serving([Say(claim)], [Say("How can I help you?")]) as server:
        await booked_before(server)
        line = await server.stream(CALL)
        await line.start(await server.token(CALL, StirVerstat=verdict))
        await until(lambda: len(list(server.said.of("turn_ended"))) > silenced)
        await line.hang_up()
        assert len((await server.call_ended())["review"]) == silenced


# --- the code ---------------------------------------------------------------------


async def answer(server: Server, tool: str, times: int = 1) -> dict[str, object]:
    """The tool's answer of this number, once it is there."""
    await until(lambda: sum(e.data["name"] == tool for e in server.said.of("tool_answered")) >= times)
    found = [entry.data["output"] for entry in server.said.of("tool_answered") if entry.data["name"] == tool]
    output = found[times - 1]
    decoded: dict[str, object] = json.loads(output) if isinstance(output, str) else output
    return decoded


def written(folder: Path, text: str) -> bool:
    """Whether it stands in any file of the folder: the database, its log, its index of both."""
    return any(text.encode() in path.read_bytes() for path in folder.iterdir())


async def press(line: Line, keys: str) -> None:
    for key in keys:
        await line.send(line.writer.dtmf(key))
        await asyncio.sleep(0.3)


@in_no_time
async def test_a_code_is_typed_and_never_written_down(tmp_path: Path) -> None:
    """Texted, read, typed, told to the model in one note: and in no log line and no file of the database."""
    async with serving(
        [Say("Hello.")],
        [CallTool("send_code", {})],
        [Say("I've sent you a text with a code.")],
        folder=tmp_path,
    ) as server:
        line = await server.talking(CALL)
        await press(line, "5")  # whatever makes the model speak
        assert (await answer(server, "send_code"))["ok"] is True
        [message] = server.stand.rest.messages
        assert message["to"] == CALLER
        (code,) = DIGITS.findall(message["body"])
        turns = server.stand.stage.policy.turns
        turns += [[CallTool("check_code", {"code": code})], [Say("Thank you, that's right.")]]
        before = len(list(server.said.of("note")))
        await press(line, code)
        assert (await answer(server, "check_code"))["ok"] is True
        told = [note.data["text"] for note in server.said.of("note")][before:]
        assert told == [f"(The caller pressed {code} on the telephone's keypad.)"]
        await line.hang_up()
        await server.call(CALL)
        await server.stop()
        [text] = await server.rows(Report.texts)
        assert HIDDEN in text.body
        assert written(tmp_path, HIDDEN)
        assert not written(tmp_path, code)
        assert code not in server.log()
        assert [call.name for call in await server.rows(Report.tool_calls)] == ["send_code", "check_code"]
