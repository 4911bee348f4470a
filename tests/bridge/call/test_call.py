"""Whole calls, by the way they end: what comes next, what is written down, and that nothing is left.

Each runs on the real server (tests/server.py), which fails a test that leaves a task, thread or
socket behind. What the session decides is in test_session.py; recorded calls are in
tests/test_recordings.py.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from http import HTTPStatus

import msgspec
import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from bridge.call.model_leg import MOST_REOPENINGS
from bridge.call.silence import NEXT_STEP_S
from bridge.harness.model.policy_types import CallTool, Say
from tests.bridge.harness.model_fakes import STUCK
from tests.line import Line
from tests.server import PERSON, Server, in_no_time, serving, until

CALL = "CA" + "1" * 32
HANG_UP = "<Response><Hangup /></Response>"
DIAL = f"<Number>{PERSON}</Number>"
RESUMED = ("cut off for a moment", "<Stream ")  # the call goes on
TROUBLE = "<Say>"  # the apology before somebody is fetched
PATIENT_S = NEXT_STEP_S + 2


class End(msgspec.Struct, frozen=True, kw_only=True):
    """How a call must have ended."""

    outcome: str
    reason: str
    next_step: str
    answer: tuple[str, ...]  # what the next document says


HUNG_UP = End(outcome="caller_hung_up", reason="caller_hung_up", next_step="hang_up", answer=(HANG_UP,))
GOODBYE = End(outcome="ended", reason="said_goodbye", next_step="hang_up", answer=(HANG_UP,))
LOST = End(outcome="failed", reason="stream_lost", next_step="trouble", answer=RESUMED)


def broken(reason: str) -> End:
    """We could not go on: an apology, and a person."""
    return End(outcome="failed", reason=reason, next_step="trouble", answer=(TROUBLE, DIAL))


def person(reason: str) -> End:
    """The caller is put through, as agreed."""
    return End(outcome="transferred", reason=reason, next_step="person", answer=(DIAL,))


async def ended(server: Server, end: End) -> None:
    """Check the row, the next step, the log line, and that the model is rid of us."""
    row = await server.call(CALL)
    assert (row.outcome, row.reason, row.next_step) == (end.outcome, end.reason, end.next_step)
    assert row.ended_at is not None
    assert row.summary
    answer = await server.post("/twilio/next", CALL)
    for part in end.answer:
        assert part in answer.body
    line = await server.call_ended()
    assert (line["outcome"], line["reason"], line["call_sid"]) == (end.outcome, end.reason, CALL)
    await until(lambda: not server.model.open_connections)
    assert server.stand.stage.breaches() == []


# --- the caller's end -------------------------------------------------------------


async def hang_up(line: Line) -> None:
    assert await line.hang_up() == 1000


async def close_only(line: Line) -> None:
    await line.socket.close()


async def abort(line: Line) -> None:
    line.abort()


async def press_zero(line: Line) -> None:
    await line.send(line.writer.dtmf("0"))
    assert await line.closed() == 1000


@pytest.mark.parametrize(
    ("act", "end"),
    [(hang_up, HUNG_UP), (close_only, LOST), (abort, LOST), (press_zero, person("key_zero"))],
)
@in_no_time
async def test_the_line_ends(act: Callable[[Line], Awaitable[None]], end: End) -> None:
    """Hanging up ends the call; a stream that breaks without `stop` sends the caller to a person."""
    async with serving() as server:
        line = await server.talking(CALL)
        await act(line)
        await ended(server, end)


@pytest.mark.parametrize("act", [hang_up, abort])
@in_no_time
async def test_the_line_ends_while_the_agent_speaks(act: Callable[[Line], Awaitable[None]]) -> None:
    """A turn half generated and a queue half played do not keep a call alive."""
    async with serving([Say("This goes on and on and on and on.")], pace=STUCK) as server:
        line = await server.talking(CALL)
        await act(line)
        await ended(server, HUNG_UP if act is hang_up else LOST)


@pytest.mark.parametrize("act", [hang_up, abort])
@in_no_time
async def test_the_line_ends_while_the_model_is_called(act: Callable[[Line], Awaitable[None]]) -> None:
    """A caller who is gone before the model's session opens leaves no half-open one."""
    async with silent_host() as url, serving(OPENAI_REALTIME_URL=url) as server:
        line = await server.stream(CALL)
        await line.start(await server.token(CALL))
        await line.silence(5)
        await act(line)
        await ended(server, HUNG_UP if act is hang_up else LOST)


@in_no_time
async def test_the_line_ends_while_a_tool_runs() -> None:
    """A hang-up does not wait for a slow calendar, and the tool's answer is still written down."""
    wish = {"service": "cleaning", "from_date": "2026-11-25", "to_date": "2026-11-25"}
    async with serving([Say("Hello.")], [CallTool("check_availability", wish)]) as server:
        server.stand.calendar.delay("freebusy", 0.3)
        line = await server.talking(CALL)
        await line.send(line.writer.dtmf("5"))
        await until(lambda: any(server.said.of("tool_asked")))
        assert await line.hang_up() == 1000
        await ended(server, HUNG_UP)
        assert [call["ok"] for call in server.logged("tool_call")] == [True]


# --- the model's end --------------------------------------------------------------


@pytest.mark.parametrize("code", [1011, 1001, 1000, 4000])
@in_no_time
async def test_the_model_closes(code: int) -> None:
    """However politely the model leaves in mid-call, another session of it goes on; the third is the last."""
    async with serving() as server:
        line = await server.talking(CALL)
        for number in range(MOST_REOPENINGS):
            await model_sockets(server)[-1].close(code, "for whatever reason")
            await goes_on(server, line, number + 2)
        await model_sockets(server)[-1].close(code, "for whatever reason")
        assert await line.closed() == 1000
        await ended(server, broken("model_lost"))


@in_no_time
async def test_the_model_is_cut_off() -> None:
    """The same when its connection is simply gone (1006)."""
    async with serving() as server:
        line = await server.talking(CALL)
        for number in range(MOST_REOPENINGS):
            model_sockets(server)[-1].transport.abort()
            await goes_on(server, line, number + 2)
        model_sockets(server)[-1].transport.abort()
        assert await line.closed() == 1000
        await ended(server, broken("model_lost"))


async def goes_on(server: Server, line: Line, session: int) -> None:
    """Check that the model's session of this number answers the caller."""
    await until(lambda: len(list(server.said.of("configured"))) >= session)
    await until(lambda: len(model_sockets(server)) == 1)
    said = len(list(server.said.of("said")))
    await line.send(line.writer.dtmf("5"))
    await until(lambda: len(list(server.said.of("said"))) > said)


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503, 302])
@in_no_time
async def test_the_model_refuses_the_upgrade(status: int) -> None:
    """A wrong key, no quota or an outage: the caller hears it at once and reaches a person."""
    async with refusing_host(status) as url, serving(OPENAI_REALTIME_URL=url) as server:
        line = await server.stream(CALL)
        await line.start(await server.token(CALL))
        assert await line.closed() == 1000
        await ended(server, broken("model_lost"))


@in_no_time
async def test_nobody_answers_where_the_model_should_be() -> None:
    """A refused connection is an outage like any other."""
    async with silent_host() as url:
        pass  # its port is free again
    async with serving(OPENAI_REALTIME_URL=url) as server:
        line = await server.stream(CALL)
        await line.start(await server.token(CALL))
        assert await line.closed() == 1000
        await ended(server, broken("model_lost"))


@in_no_time
async def test_the_model_takes_the_call_and_says_nothing() -> None:
    """A connection that is accepted and then silent is given up after seconds, and so is a second one."""
    async with silent_host() as url, serving(OPENAI_REALTIME_URL=url) as server:
        began = asyncio.get_running_loop().time()
        line = await server.stream(CALL)
        await line.start(await server.token(CALL))
        assert await line.closed() == 1000
        assert asyncio.get_running_loop().time() - began < PATIENT_S
        await ended(server, broken("model_slow"))


@in_no_time
async def test_the_model_opens_a_session_and_says_nothing() -> None:
    """A session that never begins is given up as well."""
    async with mute_host() as url, serving(OPENAI_REALTIME_URL=url) as server:
        began = asyncio.get_running_loop().time()
        line = await server.stream(CALL)
        await line.start(await server.token(CALL))
        assert await line.closed() == 1000
        assert NEXT_STEP_S <= asyncio.get_running_loop().time() - began < PATIENT_S
        await ended(server, broken("model_slow"))


@in_no_time
async def test_the_model_does_not_know_our_model() -> None:
    """An error that no retry can mend ends the call at its first word."""
    async with serving(OPENAI_REALTIME_MODEL="gpt-nonsense") as server:
        line = await server.stream(CALL)
        await line.start(await server.token(CALL))
        assert await line.closed() == 1000
        await ended(server, broken("model_fault"))


@in_no_time
async def test_turns_that_fail() -> None:
    """One failed turn is asked for again; after a second one the caller reaches a person."""
    async with serving() as server:
        server.model.fail_next_turn("server_error")
        line = await server.talking(CALL)
        server.model.fail_next_turn("server_error")
        server.model.fail_next_turn("server_error")
        await line.send(line.writer.dtmf("5"))
        assert await line.closed() == 1000
        await ended(server, broken("model_failed"))


# --- agreed ends ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tool", "end"),
    [
        (CallTool("end_call", {}), GOODBYE),
        (CallTool("transfer_to_human", {"reason": "dispute"}), person("transfer")),
    ],
)
@in_no_time
async def test_agreed_ends(tool: CallTool, end: End) -> None:
    """Goodbye and handoff wait until the telephone says they were heard; then we close."""
    async with serving([Say("Hello.")], [Say("Very well, then."), tool]) as server:
        line = await server.talking(CALL)
        await line.send(line.writer.dtmf("5"))
        await until(lambda: any(server.said.of("tool_answered")))
        await asyncio.sleep(1)  # of the jumping loop: everything that can happen has happened
        assert server.logged("call_ended") == []
        assert await line.closed(returning_marks=True) == 1000
        assert any(message["event"] == "mark" for message in line.heard)
        await ended(server, end)


# --- hosts that are no model ------------------------------------------------------


def model_sockets(server: Server) -> list[ServerConnection]:
    """The model stand-in's sockets: it is never this rude by itself."""
    assert server.model._server is not None
    return list(server.model._server.connections)


@contextlib.asynccontextmanager
async def silent_host() -> AsyncIterator[str]:
    """Accepts connections and answers nothing; the address to connect to."""

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            await reader.read()  # until the other end has gone
        writer.close()

    host = await asyncio.start_server(listen, "127.0.0.1", 0)
    async with host:
        yield f"ws://127.0.0.1:{host.sockets[0].getsockname()[1]}/v1/realtime"


@contextlib.asynccontextmanager
async def refusing_host(status: int) -> AsyncIterator[str]:
    """Answers every upgrade with this HTTP status."""

    def refuse(connection: ServerConnection, request: Request) -> Response:
        response = connection.respond(HTTPStatus(status), "no\n")
        response.headers["Location"] = "ws://127.0.0.1:1/elsewhere"
        return response

    async with serve(nothing, "127.0.0.1", 0, process_request=refuse) as host:
        yield f"ws://127.0.0.1:{next(iter(host.sockets)).getsockname()[1]}/v1/realtime"


@contextlib.asynccontextmanager
async def mute_host() -> AsyncIterator[str]:
    """Opens websockets and never says a word."""
    async with serve(nothing, "127.0.0.1", 0) as host:
        yield f"ws://127.0.0.1:{next(iter(host.sockets)).getsockname()[1]}/v1/realtime"


async def nothing(websocket: ServerConnection) -> None:
    await websocket.wait_closed()
