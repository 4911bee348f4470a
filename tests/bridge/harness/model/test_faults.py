"""The faults of the model stand-in, as a client meets them."""

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from bridge.harness.model.faults import EXPIRED, GOING_AWAY, HOUR_IS_OVER
from bridge.harness.model.policy_types import Say
from tests.bridge.harness.model_fakes import stage_with, talk
from tests.server import in_no_time


async def test_an_upgrade_is_refused_as_often_as_told() -> None:
    """Then the next one is let in."""
    async with stage_with() as stage:
        stage.standin.faults.refuse_next(429)
        with pytest.raises(InvalidStatus) as refused:
            async with stage.client():
                pass
        assert refused.value.response.status_code == 429
        async with stage.client() as client:
            assert (await client.next())["type"] == "session.created"
        assert stage.breaches() == []


@in_no_time
async def test_a_mute_session_opens_and_says_nothing() -> None:
    """Not even that it was created."""
    async with stage_with() as stage:
        stage.standin.faults.mute_next()
        async with stage.client() as client:
            await client.send("session.update", session={"type": "realtime"})
            with pytest.raises(TimeoutError):
                await client.next()


@in_no_time
async def test_a_stalled_session_stays_open_and_takes_nothing_in() -> None:
    """What the client sends goes nowhere; the policy is not asked."""
    async with talk([Say("Hello.")]) as (client, stage):
        stage.standin.faults.stall()
        told = list(stage.policy.told)
        await client.note("Are you there?")
        await client.send("response.create")
        with pytest.raises(TimeoutError):
            await client.next()
        assert stage.policy.told == told
        assert stage.standin.open_connections == 1


@pytest.mark.parametrize("told", [True, False])
async def test_the_hour_is_over(told: bool) -> None:
    """An error and close 1001, or the close alone."""
    async with talk() as (client, stage):
        stage.standin.faults.expire(told=told)
        if told:
            assert (await client.fault())["code"] == EXPIRED
        with pytest.raises(ConnectionClosed):
            await client.next()
        assert (client.websocket.close_code, client.websocket.close_reason) == (GOING_AWAY, HOUR_IS_OVER)
        assert stage.breaches() == []


async def test_a_connection_that_is_gone() -> None:
    """No close frame."""
    async with talk() as (client, stage):
        stage.standin.faults.vanish()
        with pytest.raises(ConnectionClosed):
            await client.next()
        assert client.websocket.close_code == 1006


async def test_a_failed_turn_says_why() -> None:
    """With the message that a client may read the time from."""
    async with talk([Say("Hello.")]) as (client, stage):
        stage.standin.faults.fail_next_turn("rate_limit_exceeded", "Please try again in 1.2s.")
        await client.send("response.create")
        done = (await client.until("response.done"))["response"]
        assert done["status_details"]["error"]["message"] == "Please try again in 1.2s."


async def test_a_turn_that_is_written_has_no_sound() -> None:
    """Completed, and as silent as none; asking once more is right."""
    async with talk([Say("Hello.")], [Say("Hello again.")]) as (client, stage):
        stage.standin.faults.write_next_turn()
        await client.send("response.create")
        done = (await client.until("response.done"))["response"]
        assert done["status"] == "completed"
        assert client.of("response.output_audio.delta") == []
        await client.send("response.create")
        await client.until("response.output_audio.delta")
        assert stage.breaches() == []


async def test_a_session_that_is_turned_away() -> None:
    """Let in, told why not, and closed; the next one is served."""
    async with stage_with() as stage:
        stage.standin.faults.turn_away_next("server_error")
        async with stage.client() as client:
            assert (await client.fault())["code"] == "server_error"
            with pytest.raises(ConnectionClosed):
                await client.next()
            assert client.websocket.close_code == 4000
        async with stage.client() as client:
            assert (await client.next())["type"] == "session.created"


async def test_a_session_that_babbles() -> None:
    """Whatever it is told to, in every open session."""
    async with talk() as (client, stage):
        stage.standin.faults.babble(("{", b"\xff"))
        assert await client.websocket.recv() == "{"
        assert await client.websocket.recv() == b"\xff"
