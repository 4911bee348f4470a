"""The switchboard: how many calls at once, who is sent elsewhere, and how all of them end."""

import asyncio

from bridge.app import STOP_S
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
