"""A stopping server passes its callers on, and leaves nobody behind."""

import asyncio
from pathlib import Path
from typing import Any

from bridge.harness.model.policy_types import CallTool, Say
from bridge.store.report import Report
from bridge.twilio.handover import HAND_OVER_S, MOST_PAUSES, PAUSE_S, WAIT_S
from tests.bridge.harness.model_fakes import LOUD
from tests.line import Line
from tests.server import BUSINESS, PERSON, PUBLIC, TOKEN, Server, in_no_time, serving, until
from tools.business_file import load_business

CALL, NEXT_CALL = ("CA" + digit * 32 for digit in "12")
DIAL = f"<Number>{PERSON}</Number>"
WORDING = load_business(BUSINESS).wording
WHOLE_S = 20.0  # a platform kills after 30


def waits(body: str, path: str) -> bool:
    """True for a document that lets the caller wait and asks again; who was cut off hears a word before."""
    again = f'<Redirect method="POST">{PUBLIC}{path}#rc=3&amp;rp=all</Redirect>'
    pause = f'<Say>{WORDING.wait}</Say><Pause length="{WAIT_S}" />'
    if path == "/twilio/voice":
        pause = f'<Response><Pause length="{PAUSE_S}" />'
    return f"{pause}{again}" in body


async def stopping(server: Server, line: Line) -> asyncio.Task[None]:
    """SIGTERM; returns when the stream of `line` is closed."""
    task = asyncio.create_task(server.leave())
    assert await line.closed() == 1000
    return task


def beside(server: Server) -> dict[str, Any]:
    """Settings of a second server with the same neighbours."""
    names = (
        "OPENAI_REALTIME_URL",
        "TWILIO_API_URL",
        "GOOGLE_CALENDAR_API_URL",
        "GOOGLE_SERVICE_ACCOUNT_JSON",
    )
    return {name: server.stand.environment(Path())[name] for name in names}


@in_no_time
async def test_nobody_comes() -> None:
    """The caller waits a few times, then gets a person; the server is gone within seconds."""
    async with serving() as server:
        line = await server.talking(CALL)
        began = asyncio.get_running_loop().time()
        ended = await stopping(server, line)
        for _ in range(MOST_PAUSES):
            assert waits((await server.post("/twilio/next", CALL)).body, "/twilio/next")
        answer = await server.post("/twilio/next", CALL)
        assert DIAL in answer.body
        assert "<Say>" in answer.body
        await ended
        assert asyncio.get_running_loop().time() - began < WHOLE_S
        [row] = await server.rows(Report.calls)
        assert (row.reason, row.next_step, row.resumes) == ("server_stopping", "trouble", 0)
        assert row.next_asked_at is not None


@in_no_time
async def test_another_process_takes_the_call(tmp_path: Path) -> None:
    """The old process lets the caller wait; the new one, asked next, goes on with the call."""
    async with serving(folder=tmp_path) as old, serving(folder=tmp_path, **beside(old)) as new:
        line = await old.talking(CALL)
        ended = await stopping(old, line)
        assert waits((await old.post("/twilio/next", CALL)).body, "/twilio/next")
        found = TOKEN.search((await new.post("/twilio/next", CALL)).body)
        assert found is not None
        again = await new.stream(CALL)
        await again.start(found[1])
        await again.until("media")
        await again.hang_up()
        await ended
        row = await new.call(CALL)
        assert (row.reason, row.resumes) == ("caller_hung_up", 1)


@in_no_time
async def test_a_call_that_comes_in_meanwhile() -> None:
    """It waits for another process, and gets a person when there is none."""
    async with serving() as server:
        ended = await stopping(server, await server.talking(CALL))
        for _ in range(MOST_PAUSES):
            assert waits((await server.post("/twilio/voice", NEXT_CALL)).body, "/twilio/voice")
            await asyncio.sleep(PAUSE_S)
        assert DIAL in (await server.post("/twilio/voice", NEXT_CALL)).body
        await ended
        rows = {row.call_sid: row for row in await server.rows(Report.calls)}
        assert (rows[NEXT_CALL].outcome, rows[NEXT_CALL].reason) == ("refused", "stopping")


@in_no_time
async def test_a_tool_that_hangs() -> None:
    """It is waited for, and the caller meanwhile, but never until the platform kills."""
    wish = {"service": "cleaning", "from_date": "2026-11-25", "to_date": "2026-11-25"}
    async with serving([Say("Hello.")], [CallTool("check_availability", wish)]) as server:
        line = await server.talking(CALL)
        server.stand.calendar.delay("freebusy", 10.0)
        server.stand.calendar.delay("list", 10.0)
        for number in range(30):
            await line.send(line.writer.media(LOUD * 160, 20 * number))
        await line.silence(60)
        await until(lambda: any(server.said.of("tool_asked")))
        began = asyncio.get_running_loop().time()
        ended = await stopping(server, line)
        answers = [(await server.post("/twilio/next", CALL)).body for _ in range(MOST_PAUSES + 1)]
        assert [waits(body, "/twilio/next") for body in answers] == [True] * MOST_PAUSES + [False]
        assert DIAL in answers[-1]
        await ended
        assert asyncio.get_running_loop().time() - began < WHOLE_S
        await asyncio.sleep(10)  # until the calendar has answered whoever is gone


@in_no_time
async def test_not_ready_at_once() -> None:
    """Whoever asks while calls are still being ended is told to send no more."""
    async with serving() as server:
        line = await server.talking(CALL)
        ended = asyncio.create_task(server.leave())
        await asyncio.sleep(0)
        async with server.session.get(f"{server.url}/readyz") as ready:
            assert ready.status == 503
        await line.closed()
        await ended


@in_no_time
async def test_nobody_is_there() -> None:
    """Without calls a server ends at once."""
    async with serving() as server:
        began = asyncio.get_running_loop().time()
        await server.leave()
        assert asyncio.get_running_loop().time() - began < 1


@in_no_time
async def test_somebody_who_asks_late() -> None:
    """Nobody is asked to come back when nobody will be listening: they get a person."""
    async with serving() as server:
        ended = await stopping(server, await server.talking(CALL))
        patient = asyncio.create_task(keep_waiting(server, ended))
        await ended
        assert await patient < HAND_OVER_S + WHOLE_S / 2


async def keep_waiting(server: Server, ended: asyncio.Task[None]) -> float:
    """Other callers come in, one after another, until one gets a person; how long that took."""
    began = asyncio.get_running_loop().time()
    number = 0
    while not ended.done():
        number += 1
        answer = await server.post("/twilio/voice", f"CA{number:032}")
        if DIAL in answer.body:
            return asyncio.get_running_loop().time() - began
        await asyncio.sleep(1)
    raise AssertionError("the server went while somebody was waiting")
