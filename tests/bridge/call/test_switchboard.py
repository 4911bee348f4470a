"""The switchboard: how many calls at once, who is sent elsewhere, and how all of them end."""

import asyncio

from bridge.app import STOP_S
from bridge.call.places import Places
from tests.server import PERSON, in_no_time, serving, until

FIRST, SECOND, THIRD = ("CA" + digit * 32 for digit in "123")
DIAL = f"<Number>{PERSON}</Number>"


@in_no_time
async def test_the_next_caller_is_put_through_to_a_person() -> None:
    """With all lines taken a caller hears so and reaches a person; the call is written down as refused."""
    async with serving(MAX_CALLS="1") as server:
        await server.talking(FIRST)
        answer = await server.post("/twilio/voice", SECOND)
        assert answer.status == 200
        assert "<Stream" not in answer.body
        assert "<Say>" in answer.body
        assert DIAL in answer.body
        row = await server.call(SECOND)
        assert (row.outcome, row.reason) == ("refused", "full")
        assert [line["reason"] for line in server.logged("call_refused")] == ["full"]
        assert server.model.connections == 1


@in_no_time
async def test_a_line_is_free_again() -> None:
    """When a call ends its place is free at once, for the very next webhook."""
    async with serving(MAX_CALLS="1") as server:
        for call_sid in (FIRST, SECOND, THIRD):
            line = await server.talking(call_sid)
            async with server.session.get(f"{server.url}/readyz") as ready:
                assert ready.status == 503
            await line.hang_up()
            await server.call(call_sid)
            async with server.session.get(f"{server.url}/readyz") as ready:
                assert ready.status == 200


@in_no_time
async def test_a_webhook_answered_before_the_place_was_taken() -> None:
    """Two callers were let in for one place: the later stream is refused and reaches a person."""
    async with serving(MAX_CALLS="1") as server:
        late = await server.token(SECOND)
        await server.talking(FIRST)
        line = await server.stream(SECOND)
        await line.start(late)
        assert await line.closed() == 1008
        assert DIAL in (await server.post("/twilio/next", SECOND)).body
        assert server.model.connections == 1


@in_no_time
async def test_calls_do_not_mind_each_other() -> None:
    """Several calls at once: each has its own session, and one that breaks leaves the others alone."""
    async with serving() as server:
        lines = await asyncio.gather(*(server.talking(call_sid) for call_sid in (FIRST, SECOND, THIRD)))
        async with server.session.get(f"{server.url}/healthz") as healthy:
            assert await healthy.json() == {"ok": True, "live_calls": 3}
        lines[1].abort()
        await server.call(SECOND)
        assert server.model.open_connections == 2
        assert await lines[0].hang_up() == 1000
        assert await lines[2].hang_up() == 1000
        assert (await server.call(FIRST)).reason == (await server.call(THIRD)).reason == "caller_hung_up"


@in_no_time
async def test_stopping_sends_everybody_on() -> None:
    """When the process ends every caller's next step is committed, and only then the stream closes."""
    async with serving() as server:
        lines = [await server.talking(call_sid) for call_sid in (FIRST, SECOND)]
        began = asyncio.get_running_loop().time()
        stopping = asyncio.create_task(server.stop())
        assert await asyncio.gather(*(line.closed() for line in lines)) == [1000, 1000]
        for call_sid in (FIRST, SECOND):
            row = await server.call(call_sid)
            assert (row.outcome, row.reason, row.next_step) == ("failed", "server_stopping", "trouble")
        await stopping
        assert asyncio.get_running_loop().time() - began < STOP_S
        await until(lambda: not server.model.open_connections)
        assert server.logged("calls_left_at_stop") == []


# --- the model's leg that waits -----------------------------------------------------


@in_no_time
async def test_the_model_is_ready_when_the_stream_comes() -> None:
    """Its leg is opened by the webhook, asked for nothing before the stream, and is the call's only one."""
    async with serving(OPEN_MODEL_EARLY="yes") as server:
        token = await server.token(FIRST)
        await until(lambda: bool(list(server.said.of("configured"))))
        await asyncio.sleep(1)
        assert not list(server.said.of("turn_started"))
        line = await server.stream(FIRST)
        await line.start(token, answered_ms="3")
        await line.until("media")
        await line.hang_up()
        row = await server.call(FIRST)
        assert server.model.connections == 1
        await until(lambda: bool(server.logged("call_ended")))
        assert row.reason == "caller_hung_up"
        (logged,) = server.logged("call_ended")
        began = logged["time_line"]
        assert began["answered_ms"] == 3
        assert 1000 <= began["stream_ms"] <= began["configured_ms"] <= began["first_audio_ms"]


@in_no_time
async def test_no_leg_waits_in_one_of_several_workers() -> None:
    """The stream may reach another one: its leg is opened there, whatever is set."""
    async with serving(OPEN_MODEL_EARLY="yes", places=Places(2, workers=2)) as server:
        token = await server.token(FIRST)
        await asyncio.sleep(1)
        assert server.model.connections == 0
        line = await server.stream(FIRST)
        await line.start(token)
        await line.until("media")
        assert server.model.connections == 1


@in_no_time
async def test_no_more_legs_wait_than_calls_may_come() -> None:
    """Two are let in for one place, one leg waits; the call without one opens its own."""
    async with serving(MAX_CALLS="1", OPEN_MODEL_EARLY="yes") as server:
        await server.token(FIRST)
        token = await server.token(SECOND)
        await until(lambda: bool(list(server.said.of("configured"))))
        await asyncio.sleep(1)
        assert server.model.connections == 1
        line = await server.stream(SECOND)
        await line.start(token)
        await line.until("media")
        assert server.model.connections == 2
        assert await line.hang_up() == 1000
        await server.post("/twilio/status", FIRST, CallStatus="completed")
        await until(lambda: not server.model.open_connections, within_s=2)


@in_no_time
async def test_a_leg_waits_when_the_process_ends() -> None:
    """It is closed with everything else; `serving` sees that nothing is left."""
    async with serving(OPEN_MODEL_EARLY="yes") as server:
        await server.token(FIRST)
        await until(lambda: bool(list(server.said.of("configured"))))
        await server.stop()
        await until(lambda: not server.model.open_connections, within_s=2)


@in_no_time
async def test_a_leg_does_not_outlast_a_refused_stream() -> None:
    """The telephone asks what comes next, so the call has no use for a session any more."""
    async with serving(OPEN_MODEL_EARLY="yes") as server:
        await server.token(FIRST)
        await until(lambda: bool(list(server.said.of("configured"))))
        line = await server.stream(FIRST)
        await line.start("forged")
        assert await line.closed() == 1008
        assert server.model.open_connections == 1
        assert DIAL in (await server.post("/twilio/next", FIRST)).body
        await until(lambda: not server.model.open_connections, within_s=2)
