"""The model stand-in as a server: who gets in, and what is left when it stops."""

import asyncio
import json

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from bridge.harness.model.policy_types import Say
from tests.bridge.harness.model_fakes import STUCK, stage_with, talk


async def test_no_key_is_refused_with_401() -> None:
    """An upgrade without Authorization or api-key never becomes a session, and is a breach."""
    async with stage_with() as stage:
        with pytest.raises(InvalidStatus) as refused:
            async with stage.client(headers={}):
                pass
        assert refused.value.response.status_code == 401
        assert stage.breaches() == ["no key"]
        assert stage.standin.connections == 0


async def test_another_path_is_not_found() -> None:
    """Only the Realtime paths exist."""
    async with stage_with() as stage:
        with pytest.raises(InvalidStatus) as refused:
            async with stage.client(path="/v1/elsewhere"):
                pass
        assert refused.value.response.status_code == 404


async def test_azure_takes_an_api_key_and_any_deployment_name() -> None:
    """Azure's path and header open the same session."""
    async with (
        stage_with() as stage,
        stage.client("?model=front-desk", "/openai/v1/realtime", {"api-key": "key"}) as client,
    ):
        created = await client.next()
        assert created["session"]["model"] == "front-desk"
        (connected,) = stage.ledger.of("connected")
        assert connected.data == {
            "authorization": False,
            "path": "/openai/v1/realtime?model=front-desk",
        }


@pytest.mark.parametrize(
    ("query", "headers", "code"),
    [
        ("?model=gpt-unknown", {}, "invalid_model"),
        ("", {}, "invalid_model"),
        ("?model=gpt-realtime", {"OpenAI-Beta": "realtime=v1"}, "beta_api_shape_disabled"),
    ],
)
async def test_a_refused_session_gets_an_error_and_close_4000(
    query: str, headers: dict[str, str], code: str
) -> None:
    """The upgrade succeeds, the first frame is an error and the socket closes with its name."""
    async with stage_with() as stage:
        async with stage.client(query, headers={"Authorization": "Bearer key", **headers}) as client:
            event = await client.next()
            assert (event["type"], event["error"]["code"]) == ("error", code)
            with pytest.raises(ConnectionClosed):
                await client.next()
            assert client.websocket.close_code == 4000
            assert client.websocket.close_reason == f"invalid_request_error.{code}"
        assert stage.breaches() == (["beta"] if headers else [])
        assert [entry.data["code"] for entry in stage.ledger.of("fault_sent")] == [code]


async def test_session_created_tells_the_defaults_of_the_service() -> None:
    """A session begins with PCM at 24 kHz both ways, which is not what a telephone speaks."""
    async with stage_with() as stage, stage.client() as client:
        session = (await client.next())["session"]
        pcm = {"type": "audio/pcm", "rate": 24000}
        assert session["audio"]["input"]["format"] == pcm
        assert session["audio"]["output"]["format"] == pcm
        assert session["audio"]["input"]["turn_detection"]["silence_duration_ms"] == 200
        assert session["id"].startswith("sess_")
        assert session["expires_at"] == int(stage.standin._now().timestamp()) + 3600


async def test_pings_are_answered() -> None:
    """The connection is kept alive with websocket pings."""
    async with talk() as (client, _):
        assert await (await client.websocket.ping()) >= 0


async def test_two_sessions_do_not_share_a_conversation() -> None:
    """Ids and items of one session mean nothing in another."""
    async with stage_with([Say("Hello.")]) as stage, stage.client() as one, stage.client() as two:
        await one.until("session.created")
        await one.configure()
        await one.send("response.create")
        item_id = (await one.until("response.output_item.added"))["item"]["id"]
        await one.until("response.done")
        await two.until("session.created")
        await two.send("conversation.item.retrieve", item_id=item_id)
        assert (await two.fault())["code"] == "item_retrieve_invalid_item_id"
        assert stage.standin.connections == stage.standin.open_connections == 2


async def test_a_close_of_the_client_is_noted() -> None:
    """When the client hangs up, the session is over and the ledger says how."""
    async with talk() as (client, stage):
        closed = asyncio.Event()
        stage.ledger.watch(lambda _, entry: closed.set() if entry.kind == "closed" else None)
        await client.websocket.close(1000)
        await asyncio.wait_for(closed.wait(), 5)
        assert [entry.data["code"] for entry in stage.ledger.of("closed")] == [1000]
        assert stage.standin.open_connections == 0


async def test_stop_leaves_no_task_behind() -> None:
    """Stopping in the middle of a turn ends everything the stand-in began."""
    before = asyncio.all_tasks()
    async with talk([Say("A sentence that takes a while.")], pace=STUCK) as (client, stage):
        await client.send("response.create")
        await client.until("response.output_audio.delta")
        await stage.standin.stop()
        with pytest.raises(ConnectionClosed):
            await client.until("never")
        with pytest.raises(RuntimeError):
            _ = stage.standin.url
    assert asyncio.all_tasks() == before


async def test_a_failing_policy_fails_the_run() -> None:
    """A mistake of the harness is written where the checker looks, and the session is closed."""
    async with talk() as (client, stage):
        stage.policy.next_turn = None  # type: ignore[assignment,method-assign]
        await client.send("response.create")
        with pytest.raises(ConnectionClosed):
            await client.until("response.created")
        assert client.websocket.close_code == 1011
        assert stage.breaches() == ["the model stand-in broke"]


async def test_the_same_seed_gives_the_same_events() -> None:
    """Ids, bursts and paddings come from the seed alone."""
    runs = []
    for _ in range(2):
        async with talk([Say("Good morning, how can I help?")]) as (client, _):
            await client.send("response.create")
            await client.until("rate_limits.updated")
            runs.append(json.dumps(client.events))
    assert runs[0] == runs[1]
