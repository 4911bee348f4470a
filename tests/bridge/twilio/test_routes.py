"""What Twilio is answered. Refusals are in tests/test_signatures.py and tests/test_stream_refused.py."""

import re
import sqlite3
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from bridge.call.messages import NextStep
from bridge.store.report import Report
from bridge.store.store import Store
from tests.server import (
    BEGIN,
    BUSINESS,
    CALLER,
    NUMBER,
    PERSON,
    PUBLIC,
    Server,
    in_no_time,
    serving,
    until,
)
from tools.business_file import load_business

CALL = "CA" + "1" * 32
WORDING = load_business(BUSINESS).wording


def verbs(body: str) -> list[str]:
    """Names of a document's verbs, in order."""
    return [element.tag for element in ET.fromstring(body)]  # noqa: S314 - our own document


async def decided(server: Server, step: NextStep | str) -> None:
    """Commit a call's next step, as another process would."""
    store = await Store.open(server.database_url)
    await store.calls.set_next_step(call_sid=CALL, step=str(step), reason="test", now=BEGIN)
    await store.close()


# --- the call comes in ------------------------------------------------------------


@in_no_time
async def test_a_call_is_connected_to_the_stream() -> None:
    """The first answer opens the stream with a token, names the next step, and asks for retries."""
    async with serving() as server:
        answer = await server.post("/twilio/voice", CALL)
        assert (answer.status, answer.content_type) == (200, "text/xml")
        (connect,) = ET.fromstring(answer.body)  # noqa: S314 - our own document
        (stream,) = connect
        parameter, took = stream
        assert connect.tag == "Connect"
        assert connect.attrib == {"action": f"{PUBLIC}/twilio/next#rc=3&rp=all", "method": "POST"}
        assert stream.attrib == {
            "url": "wss://voice.example.test/twilio/stream",
            "statusCallback": f"{PUBLIC}/twilio/status",
        }
        assert (parameter.get("name"), took.get("name")) == ("token", "answered_ms")
        row = (await server.rows(Report.calls))[0]
        assert (row.call_sid, row.caller_number, row.our_number) == (CALL, CALLER, NUMBER)
        assert row.started_at >= BEGIN
        assert row.outcome is None


@in_no_time
async def test_a_webhook_sent_again() -> None:
    """Twilio may ask twice: each answer has a token of its own, and there is one call."""
    async with serving() as server:
        tokens = {await server.token(CALL) for _ in range(3)}
        assert len(tokens) == 3
        assert len(await server.rows(Report.calls)) == 1


@in_no_time
async def test_a_withheld_number() -> None:
    """Twilio's words for "no number" are no numbers."""
    async with serving() as server:
        await server.post("/twilio/voice", CALL, From="anonymous")
        (row,) = await server.rows(Report.calls)
        assert row.caller_number is None


@in_no_time
async def test_the_store_is_slow(tmp_path: Path) -> None:
    """While the database is locked callers are let in all the same; their row is written later."""
    async with serving(folder=tmp_path) as server:
        lock = sqlite3.connect(tmp_path / "bridge.db", isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
        answer = await server.post("/twilio/voice", CALL)
        assert verbs(answer.body) == ["Connect"]
        assert lock.execute("SELECT count(*) FROM calls").fetchone() == (0,)
        lock.execute("ROLLBACK")
        lock.close()

        def written() -> bool:
            reader = sqlite3.connect(tmp_path / "bridge.db")
            (count,) = reader.execute("SELECT count(*) FROM calls WHERE our_number IS NOT NULL").fetchone()
            reader.close()
            return bool(count)

        await until(written)


# --- what comes next --------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (NextStep.HANG_UP, ["Hangup"]),
        (NextStep.PERSON, ["Dial"]),
        (NextStep.TROUBLE, ["Say", "Dial"]),
        ("something of tomorrow", ["Say", "Dial"]),
        (None, ["Say", "Dial"]),
    ],
)
@in_no_time
async def test_the_next_step(step: NextStep | str | None, expected: list[str]) -> None:
    """What was committed is done; where nothing is known, the caller gets an apology and a person."""
    async with serving() as server:
        if step is not None:
            await decided(server, step)
        answer = await server.post("/twilio/next", CALL)
        assert verbs(answer.body) == expected
        if "Dial" in expected:
            assert f"<Number>{PERSON}</Number>" in answer.body
            assert f'action="{PUBLIC}/twilio/handoff"' in answer.body
        if "Say" in expected:
            assert WORDING.trouble in answer.body


@in_no_time
async def test_the_store_is_lost(tmp_path: Path) -> None:
    """Without a database nobody knows what was decided: a person is right in any case."""
    async with serving(folder=tmp_path) as server:
        database = sqlite3.connect(tmp_path / "bridge.db")
        database.execute("DROP TABLE calls")
        database.close()
        answer = await server.post("/twilio/next", CALL)
        assert verbs(answer.body) == ["Say", "Dial"]
        assert len(server.logged("next_step_unknown")) == 1


@pytest.mark.parametrize("status", ["completed", "answered"])
@in_no_time
async def test_the_person_has_hung_up(status: str) -> None:
    """After a talk with a person the call is over."""
    async with serving() as server:
        answer = await server.post("/twilio/handoff", CALL, DialCallStatus=status)
        assert verbs(answer.body) == ["Hangup"]
        assert await server.rows(Report.callbacks) == []


@pytest.mark.parametrize("status", ["no-answer", "busy", "failed", "canceled", ""])
@in_no_time
async def test_the_person_did_not_answer(status: str) -> None:
    """Nobody is lost: a promise to call back, and a task for a person that keeps it."""
    async with serving() as server:
        answer = await server.post("/twilio/handoff", CALL, DialCallStatus=status)
        assert verbs(answer.body) == ["Say", "Hangup"]
        assert WORDING.call_back in answer.body
        (task,) = await server.rows(Report.callbacks)
        assert (task.call_sid, task.number, task.reason) == (CALL, CALLER, "nobody_answered")


@in_no_time
async def test_a_business_without_a_person(tmp_path: Path) -> None:
    """Where there is nobody to ring, the caller is promised a call and a task is written."""
    text = re.sub(r"^handoff_number = .*$", "", BUSINESS.read_text(encoding="utf-8"), flags=re.MULTILINE)
    (tmp_path / "alone.toml").write_text(text, encoding="utf-8")
    async with serving(BUSINESS_FILE=str(tmp_path / "alone.toml")) as server:
        answer = await server.post("/twilio/next", CALL)
        assert verbs(answer.body) == ["Say", "Hangup"]
        (task,) = await server.rows(Report.callbacks)
        assert (task.number, task.reason) == (CALLER, "no_person")


# --- callbacks --------------------------------------------------------------------


@pytest.mark.parametrize("status", ["completed", "busy", "failed", "no-answer", "canceled"])
@in_no_time
async def test_a_call_that_never_streamed_is_closed(status: str) -> None:
    """Twilio says the call is over, and nobody else has: its row gets an end, and a person a task."""
    async with serving() as server:
        await server.post("/twilio/voice", CALL)
        assert (await server.post("/twilio/status", CALL, CallStatus=status)).status == 204
        row = await server.call(CALL)
        assert (row.outcome, row.reason) == ("failed", "end_unknown")
        await server.stop()
        (task,) = await server.rows(Report.callbacks)
        assert (task.call_sid, task.number, task.reason) == (CALL, CALLER, "end_unknown")


@in_no_time
async def test_the_end_of_a_call_is_not_overwritten() -> None:
    """The callback that follows every call leaves alone what the call itself has written."""
    async with serving() as server:
        line = await server.talking(CALL)
        await server.post("/twilio/status", CALL, CallStatus="in-progress")
        await line.hang_up()
        await server.call(CALL)
        await server.post("/twilio/status", CALL, CallStatus="completed")
        await server.stop()
        (row,) = await server.rows(Report.calls)
        assert (row.outcome, row.reason) == ("caller_hung_up", "caller_hung_up")


@in_no_time
async def test_a_call_that_is_still_here_closes_itself() -> None:
    """The callback may be quicker than the end of the call's own legs: nobody is told to call back for it."""
    async with serving() as server:
        line = await server.talking(CALL)
        await server.post("/twilio/status", CALL, CallStatus="completed")
        await line.hang_up()
        await server.stop()
        (row,) = await server.rows(Report.calls)
        assert (row.outcome, row.reason) == ("caller_hung_up", "caller_hung_up")
        assert await server.rows(Report.callbacks) == []


@in_no_time
async def test_a_stream_that_failed_is_told() -> None:
    """A handshake that Twilio could not make is in our log, and the call goes on to its next step."""
    error = {"StreamEvent": "stream-error", "StreamError": "31920 Stream: handshake error: 403"}
    async with serving() as server:
        assert (await server.post("/twilio/status", CALL, **error)).status == 204
        (line,) = server.logged("stream_failed")
        assert (line["call_sid"], line["error"]) == (CALL, error["StreamError"])
        assert await server.is_empty()


@in_no_time
async def test_a_text_that_comes_in() -> None:
    """Texts are taken and not answered."""
    async with serving() as server:
        answer = await server.client.post(
            "/twilio/sms", {"MessageSid": "SM1", "From": CALLER, "Body": "STOP"}
        )
        assert (answer.status, verbs(answer.body)) == (200, [])
