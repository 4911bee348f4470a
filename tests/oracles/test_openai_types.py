"""Everything on the model's wire against the types that OpenAI ships, strictly.

Both ends are checked: what our codec writes, and what the stand-in sends. So neither can have
learnt a mistake from the other.
"""

import json
from typing import Any, get_args

import pydantic
import pytest
from openai.types.realtime import RealtimeAudioConfigOutput, RealtimeReasoning

from bridge.call import messages as m
from bridge.harness.model.outbox import EXTRA_FIELD
from bridge.harness.model.policy_types import CallTool, Say
from bridge.harness.model.rules import client_event
from bridge.realtime import codec
from bridge.realtime.session_config import EFFORTS, VOICES, SessionConfig
from tests.bridge.harness.model_fakes import INSTANT, LISTENING, LOUD, STUCK, stage_with, talk
from tests.bridge.realtime.orders import model_orders
from tests.oracles.strict import unknown_in_client_event, unknown_in_server_event

# Fields that are on the wire and not in the package, each with how we know.
KNOWN_EXTRAS = {
    EXTRA_FIELD,  # ours: the stand-in sends it so that clients learn to ignore what they do not know
    "session.id",  # recorded sessions; also in OpenAI's own examples
    "session.object",  # the same
    "session.expires_at",  # the same
    "obfuscation",  # recorded sessions, on deltas of text
}

TOOL = {
    "type": "function",
    "name": "check_availability",
    "description": "Free times.",
    "parameters": {"type": "object", "properties": {"service": {"type": "string"}}, "required": ["service"]},
}
CONFIGS = [
    SessionConfig(instructions="Be kind."),
    SessionConfig(instructions="", tools=(TOOL,), transcription_model="gpt-transcribe", silence_ms=700),
    SessionConfig(instructions="x", model="gpt-realtime", transcription_model="whisper-1", voice="voice_12"),
    SessionConfig(instructions="x", noise_reduction=None, reasoning_effort=None),
    SessionConfig(instructions="x", noise_reduction="far_field", threshold=1, prefix_ms=0),
    *(SessionConfig(instructions="x", voice=voice) for voice in VOICES),
    *(SessionConfig(instructions="x", reasoning_effort=effort) for effort in EFFORTS),
]
ORDERS: list[m.Action] = [
    m.SendFrame("/" * 212 + "//8="),
    m.SendFrame(""),
    m.ClearInput("clear_1"),
    m.CreateTurn("ask_1"),
    m.CreateTurn("ask_2", tools_allowed=False),
    m.CancelTurn("cancel_1", "resp_1"),
    m.TruncateItem("truncate_1", "item_1", 0),
    m.TruncateItem("truncate_2", "item_1", 123456),
    m.DeleteItem("delete_1", "item_1"),
    m.SendToolOutput("answer_1", "output_1", "call_1", "{}"),
    m.SendToolOutput("answer_2", "output_2", "call_1", '{"say":"Zo\u00eb \\"x\\"\\n"}'),
    m.SendNote("tell_1", "note_1", "user", "(The caller pressed 1.)"),
    m.SendNote("tell_2", "note_2", "system", "Zo\u00eb"),
]


def written() -> list[str]:
    """Client events of every kind that we send, varied."""
    settings = [
        config.encode(action)
        for config in CONFIGS
        for action in (
            m.ConfigureModel("configure_1", interruptible=False),
            m.ConfigureModel("configure_1", interruptible=True),
            m.SetListening("listen_1", interruptible=True, threshold=0.85),
        )
    ]
    return settings + [codec.encode(order) for order in ORDERS]


@pytest.mark.parametrize("text", written())
def test_what_we_send_is_what_openai_documents(text: str) -> None:
    """Each event parses, has no field the package does not know, and keeps the stand-in's rules."""
    assert unknown_in_client_event(text) == []
    assert client_event(text) == json.loads(text)


def test_every_order_is_among_them() -> None:
    """An order that has no example here would go unchecked."""
    kinds = {type(order) for order in ORDERS} | {m.ConfigureModel, m.SetListening}
    assert kinds == set(model_orders())
    event_types = {json.loads(text)["type"] for text in written()}
    assert event_types == {
        "session.update",
        "input_audio_buffer.append",
        "input_audio_buffer.clear",
        "response.create",
        "response.cancel",
        "conversation.item.create",
        "conversation.item.truncate",
        "conversation.item.delete",
    }


@pytest.mark.parametrize(
    ("event", "unknown"),
    [
        (
            {
                "type": "session.update",
                "session": {
                    "type": "realtime",
                    "audio": {"input": {"format": {"type": "audio/pcmu", "rate": 8000}}},
                },
            },
            ["session.audio.input.format.rate"],
        ),
        (
            {"type": "session.update", "session": {"type": "realtime", "voice": "marin", "temperature": 1}},
            ["session.temperature", "session.voice"],
        ),
        ({"type": "response.create", "response": {"modalities": ["audio"]}}, ["response.modalities"]),
    ],
)
def test_the_search_finds_what_the_types_let_pass(event: dict[str, Any], unknown: list[str]) -> None:
    """Beta names and a rate on pcmu parse, and are found."""
    assert unknown_in_client_event(json.dumps(event)) == unknown


def test_the_types_are_taken_strictly() -> None:
    """A number as text is no number."""
    event = {"type": "conversation.item.truncate", "item_id": "i", "content_index": 0, "audio_end_ms": "5"}
    with pytest.raises(pydantic.ValidationError):
        unknown_in_client_event(json.dumps(event))


async def everything_the_standin_says() -> list[dict[str, Any]]:
    """Events of scripts that make the stand-in send all that it can send."""
    events: list[dict[str, Any]] = []
    turns: list[list[Say | CallTool]] = [
        [Say("One moment, please."), CallTool("check_availability", {"service": "cleaning"})],
        [Say("I have Thursday at two PM.")],
        [Say("It is foggy.")],
        [],
    ]
    more: dict[str, Any] = {
        "tools": [TOOL],
        "reasoning": {"effort": "low"},
        "parallel_tool_calls": True,
        "truncation": {"type": "retention_ratio", "retention_ratio": 0.8},
    }
    async with talk(*turns, pace=INSTANT, **more) as (client, stage):
        transcribing = {
            "noise_reduction": {"type": "near_field"},
            "transcription": {"model": "gpt-transcribe", "languages": ["en"]},
        }
        await client.send("session.update", session={"type": "realtime", "audio": {"input": transcribing}})
        await client.speak()
        await client.until("conversation.item.input_audio_transcription.completed")
        while not client.of("rate_limits.updated"):
            await client.next()
        spoken, call = client.of("response.done")[0]["response"]["output"]
        await client.answer(call["call_id"], ok=True)
        await client.send("response.create", response={"metadata": {"asked_by": "ask_1"}})
        await client.until("rate_limits.updated")
        await client.send(
            "conversation.item.truncate", item_id=spoken["id"], content_index=0, audio_end_ms=100
        )
        await client.send("conversation.item.retrieve", item_id=spoken["id"])
        await client.send("conversation.item.delete", item_id=spoken["id"])
        await client.send("conversation.item.delete", item_id=spoken["id"])
        await client.send("input_audio_buffer.clear")
        await client.until("input_audio_buffer.cleared")
        await client.send("session.update", session={"type": "realtime", "output_modalities": ["text"]})
        await client.note("And the weather?")
        await client.send("response.create")
        await client.until("rate_limits.updated")
        await client.send("response.create")
        await client.until("rate_limits.updated")
        stage.standin.fail_next_turn("server_error")
        await client.send("response.create")
        await client.until("rate_limits.updated")
        semantic = {"input": {"turn_detection": {"type": "semantic_vad"}, "noise_reduction": None}}
        await client.send("session.update", session={"type": "realtime", "audio": semantic})
        await client.until("session.updated")
        events += client.events
    for part in (Say("A rather long sentence."), CallTool("check_availability", {"service": "cleaning"})):
        async with talk([part], pace=STUCK) as (client, _):
            await client.send("response.create")
            await client.until("conversation.item.added")
            await client.next()
            await client.append(LOUD * 800)
            await client.until("rate_limits.updated")
            events += client.events
    async with stage_with() as stage, stage.client("?model=unknown") as client:
        await client.until("error")
        events += client.events
    manual = {"input": {"turn_detection": None}}
    async with talk(audio={**manual}) as (client, _):
        await client.send("input_audio_buffer.commit")
        await client.until("error")
        await client.configure(audio={"input": {"turn_detection": LISTENING}})
        events += client.events
    return events


async def test_what_the_standin_sends_is_what_openai_documents() -> None:
    """Every server event parses and has no unknown field but the known ones."""
    events = await everything_the_standin_says()
    seen: set[str] = set()
    for event in events:
        unknown = set(unknown_in_server_event(json.dumps(event)))
        assert unknown <= KNOWN_EXTRAS, event
        seen |= unknown
    assert seen == KNOWN_EXTRAS  # none is listed for nothing
    assert {event["type"] for event in events} == {
        "session.created",
        "session.updated",
        "error",
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "input_audio_buffer.cleared",
        "conversation.item.added",
        "conversation.item.done",
        "conversation.item.deleted",
        "conversation.item.retrieved",
        "conversation.item.truncated",
        "conversation.item.input_audio_transcription.delta",
        "conversation.item.input_audio_transcription.completed",
        "response.created",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_audio.delta",
        "response.output_audio_transcript.delta",
        "response.output_text.delta",
        "response.function_call_arguments.delta",
        "response.output_audio.done",
        "response.output_audio_transcript.done",
        "response.output_text.done",
        "response.function_call_arguments.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.done",
        "rate_limits.updated",
    }


async def test_our_codec_reads_all_of_it() -> None:
    """No event of the stand-in is refused, and those that mean something to us do."""
    for event in await everything_the_standin_says():
        meaning = codec.decode(json.dumps(event))
        assert (meaning is not None) == (event["type"] in codec.READ_TYPES)


def test_our_lists_are_the_packages() -> None:
    """Voices and efforts that we let pass are those that the package names."""
    voices = get_args(get_args(RealtimeAudioConfigOutput.model_fields["voice"].annotation)[1])
    assert set(VOICES) == set(voices)
    with pytest.raises(pydantic.ValidationError):
        RealtimeReasoning.model_validate({"effort": "none at all"})
    for effort in EFFORTS:
        RealtimeReasoning.model_validate({"effort": effort})
