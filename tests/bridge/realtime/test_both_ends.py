"""Our connection and codec against the stand-in: a conversation in our own words."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

import pytest

from bridge.call import messages as m
from bridge.call.leg import SocketClosed
from bridge.harness.model.policy_types import CallTool, Say
from bridge.realtime import codec
from bridge.realtime.connection import ModelSocket, ModelUnreachable, connect
from bridge.realtime.session_config import SessionConfig
from tests.bridge.harness.model_fakes import INSTANT, Stage, stage_with

E = TypeVar("E", bound=m.Event)

CONFIG = SessionConfig(instructions="Be kind.", transcription_model="gpt-transcribe")
FRAME_OF_VOICE = m.SendFrame("A" * 213 + "A==")  # 160 bytes of 0x00
FRAME_OF_SILENCE = m.SendFrame("/" * 213 + "w==")  # 160 bytes of 0xFF


class Talk:
    """Sends orders and waits for events."""

    def __init__(self, socket: ModelSocket) -> None:
        self.socket = socket

    async def order(self, *actions: m.Action) -> None:
        for action in actions:
            if isinstance(action, m.ConfigureModel | m.SetListening):
                await self.socket.send(CONFIG.encode(action))
            else:
                await self.socket.send(codec.encode(action))

    async def until(self, kind: type[E]) -> E:
        while True:
            event = codec.decode(await self.socket.receive())
            if isinstance(event, kind):
                return event


@asynccontextmanager
async def configured(*turns: list[Say | CallTool]) -> AsyncIterator[tuple[Talk, Stage]]:
    async with stage_with(*turns, pace=INSTANT) as stage:
        talk = Talk(await connect(stage.standin.url, CONFIG.model, "key"))
        await talk.until(m.ModelOpened)
        await talk.order(m.ConfigureModel("configure_1", interruptible=False))
        told = await talk.until(m.ModelConfigured)
        assert told == m.ModelConfigured("audio/pcmu", "audio/pcmu")
        yield talk, stage
        await talk.socket.close()
        assert stage.breaches() == []


async def test_a_greeting_a_tool_and_a_cut() -> None:
    """Turns, tools, cuts and notes go back and forth without a single breach."""
    async with configured(
        [Say("Hello, this is the agent.")],
        [Say("One moment."), CallTool("check_availability", {"service": "cleaning"})],
        [Say("I have Thursday.")],
    ) as (talk, stage):
        await talk.order(m.CreateTurn("ask_1", tools_allowed=False))
        assert (await talk.until(m.TurnStarted)).asked_by == "ask_1"
        assert (await talk.until(m.SpokenWordsArrived)).words == "Hello"
        greeting = await talk.until(m.ItemFinished)
        assert (await talk.until(m.TurnFinished)).status == "completed"

        await talk.order(m.SetListening("listen_1", interruptible=True, threshold=0.6))
        await talk.until(m.ModelConfigured)
        await talk.order(*[FRAME_OF_VOICE] * 20, *[FRAME_OF_SILENCE] * 40)
        assert (await talk.until(m.SpeechStarted)).audio_start_ms == 0
        assert (await talk.until(m.SpeechStopped)).audio_end_ms == 400
        await talk.order(m.TruncateItem("truncate_1", greeting.item_id, 500))
        assert (await talk.until(m.TurnStarted)).asked_by is None
        call = await talk.until(m.ToolCalled)
        assert call.arguments_json == '{"service": "cleaning"}'
        await talk.until(m.TurnFinished)

        await talk.order(m.SendToolOutput("answer_1", "output_1", call.call_id, '{"ok":true}'))
        added = await talk.until(m.ItemAdded)
        assert added == m.ItemAdded("output_1", "function_call_output", call.call_id)
        await talk.order(m.SendNote("tell_1", "note_1", "user", "(The caller pressed 1.)"))
        assert await talk.until(m.ItemAdded) == m.ItemAdded("note_1", "message")
        await talk.order(m.CreateTurn("ask_2"), m.ClearInput("clear_1"))
        assert (await talk.until(m.TurnFinished)).usage != m.Usage()
        await talk.order(m.DeleteItem("delete_1", greeting.item_id), m.CancelTurn("cancel_1", call.turn_id))
        late = await talk.until(m.ModelFaulted)
        assert (late.code, late.about) == ("response_cancel_not_active", "cancel_1")
        assert len(stage.standin.received_audio) == 60 * 160


async def test_a_model_that_does_not_exist() -> None:
    """The socket opens, tells the fault, and closes with its name."""
    async with stage_with() as stage:
        talk = Talk(await connect(stage.standin.url, "gpt-unknown", "key"))
        assert (await talk.until(m.ModelFaulted)).code == "invalid_model"
        with pytest.raises(SocketClosed) as closed:
            await talk.until(m.ModelOpened)
        assert closed.value.code == 4000


async def test_no_key() -> None:
    """The upgrade is refused and says so."""
    async with stage_with() as stage:
        with pytest.raises(ModelUnreachable) as refused:
            await connect(stage.standin.url, CONFIG.model, "")
        assert refused.value.status == 401
