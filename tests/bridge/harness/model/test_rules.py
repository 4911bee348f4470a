"""What the stand-in accepts: the service's rules for client events, one by one."""

import json
from typing import Any

import pytest

from bridge.harness.model.rules import client_event, event_id_of
from bridge.harness.model.shapes import Fault
from tests.bridge.harness.model_fakes import PCMU, talk


def fault_of(event: Any) -> tuple[str, str | None]:
    with pytest.raises(Fault) as caught:
        client_event(event if isinstance(event, str) else json.dumps(event))
    return caught.value.code, caught.value.param


def session(**keys: Any) -> dict[str, Any]:
    return {"type": "session.update", "session": {"type": "realtime", **keys}}


def listening(**keys: Any) -> dict[str, Any]:
    return session(audio={"input": {"turn_detection": {"type": "server_vad", **keys}}})


def item(**keys: Any) -> dict[str, Any]:
    return {"type": "conversation.item.create", "item": keys}


TEXT = [{"type": "input_text", "text": "hello"}]

REFUSED: list[tuple[Any, str, str | None]] = [
    ("{", "invalid_json", None),
    ([], "invalid_event", "type"),
    ({"event": "session.update"}, "invalid_event", "type"),
    ({"type": "session.upgrade"}, "invalid_value", "type"),
    ({"type": "output_audio_buffer.clear"}, "invalid_value", "type"),  # SIP and WebRTC only
    ({"type": "session.update"}, "missing_required_parameter", "session"),
    ({"type": "session.update", "session": {}}, "missing_required_parameter", "session.type"),
    (
        {"type": "session.update", "session": {"type": "transcription"}},
        "invalid_value",
        "session.type",
    ),
    # names of the beta
    (session(modalities=["audio"]), "unknown_parameter", "session.modalities"),
    (session(voice="marin"), "unknown_parameter", "session.voice"),
    (session(input_audio_format="g711_ulaw"), "unknown_parameter", "session.input_audio_format"),
    (session(turn_detection=None), "unknown_parameter", "session.turn_detection"),
    (session(temperature=0.8), "unknown_parameter", "session.temperature"),
    # formats
    (
        session(audio={"input": {"format": {**PCMU, "rate": 8000}}}),
        "unknown_parameter",
        "session.audio.input.format.rate",
    ),
    (
        session(audio={"output": {"format": {"type": "audio/pcm"}}}),
        "missing_required_parameter",
        "session.audio.output.format.rate",
    ),
    (session(audio={"input": {"format": None}}), "invalid_type", "session.audio.input.format"),
    (
        session(audio={"input": {"format": {"type": "g711_ulaw"}}}),
        "invalid_value",
        "session.audio.input.format.type",
    ),
    (session(output_modalities=["audio", "text"]), "invalid_value", "session.output_modalities"),
    (session(audio={"output": {"voice": "nova"}}), "invalid_value", "session.audio.output.voice"),
    (session(audio={"output": {"speed": 2}}), "invalid_value", "session.audio.output.speed"),
    # listening
    (listening(idle_timeout_ms=1000), "invalid_value", "session.audio.input.turn_detection.idle_timeout_ms"),
    (listening(idle_timeout_ms=60000), "invalid_value", "session.audio.input.turn_detection.idle_timeout_ms"),
    (listening(threshold=1.5), "invalid_value", "session.audio.input.turn_detection.threshold"),
    (listening(threshold="0.5"), "invalid_type", "session.audio.input.turn_detection.threshold"),
    (listening(eagerness="low"), "unknown_parameter", "session.audio.input.turn_detection.eagerness"),
    (
        session(audio={"input": {"turn_detection": {"create_response": True}}}),
        "missing_required_parameter",
        "session.audio.input.turn_detection.type",
    ),
    (
        session(truncation={"type": "retention_ratio", "retention_ratio": 1.1}),
        "invalid_value",
        "session.truncation.retention_ratio",
    ),
    # tools
    (
        session(tools=[{"type": "function", "function": {"name": "book"}}]),
        "unknown_parameter",
        "session.tools[0].function",
    ),
    (
        session(tools=[{"type": "function", "name": "book", "strict": True}]),
        "unknown_parameter",
        "session.tools[0].strict",
    ),
    (session(tool_choice="always"), "invalid_value", "session.tool_choice"),
    # audio
    ({"type": "input_audio_buffer.append"}, "missing_required_parameter", "audio"),
    ({"type": "input_audio_buffer.append", "audio": "", "rate": 8000}, "unknown_parameter", "rate"),
    # items
    (item(type="message", role="user"), "missing_required_parameter", "item.content"),
    (item(type="message", role="caller", content=TEXT), "invalid_value", "item.role"),
    (
        item(type="message", role="assistant", content=[{"type": "output_audio", "audio": ""}]),
        "invalid_value",
        "item.content[0].type",
    ),
    (
        item(type="message", role="user", content=[{"type": "text", "text": "x"}]),
        "invalid_value",
        "item.content[0].type",
    ),
    (
        item(id="i" * 33, type="message", role="user", content=TEXT),
        "string_above_max_length",
        "item.id",
    ),
    (item(type="function_call_output", output="{}"), "missing_required_parameter", "item.call_id"),
    (item(type="function_call_output", call_id="c", output={}), "invalid_type", "item.output"),
    (
        {"type": "conversation.item.truncate", "item_id": "i", "audio_end_ms": 5},
        "missing_required_parameter",
        "content_index",
    ),
    (
        {"type": "conversation.item.truncate", "item_id": "i", "content_index": 0, "audio_end_ms": 5.5},
        "invalid_type",
        "audio_end_ms",
    ),
    # turns
    (
        {"type": "response.create", "response": {"modalities": ["audio"]}},
        "unknown_parameter",
        "response.modalities",
    ),
    ({"type": "response.create", "response": {"voice": "marin"}}, "unknown_parameter", "response.voice"),
    (
        {"type": "response.create", "response": {"metadata": {"k": "v" * 513}}},
        "string_above_max_length",
        "response.metadata.k",
    ),
    (
        {"type": "response.create", "response": {"metadata": {str(n): "" for n in range(17)}}},
        "invalid_value",
        "response.metadata",
    ),
    (
        {"type": "response.create", "response": {"conversation": "none"}},
        "invalid_value",
        "response.conversation",
    ),
]


@pytest.mark.parametrize(("event", "code", "param"), REFUSED)
def test_refused(event: Any, code: str, param: str | None) -> None:
    """An event that breaks a rule is refused with the service's code and the dotted path."""
    assert fault_of(event) == (code, param)


@pytest.mark.parametrize(
    "event",
    [
        session(
            audio={"input": {"format": PCMU, "transcription": None}, "output": {"voice": {"id": "voice_1"}}}
        ),
        session(tools=[], instructions="", tool_choice={"type": "function", "name": "book"}),
        session(max_output_tokens="inf", truncation="auto", tracing=None),
        listening(idle_timeout_ms=None),
        session(audio={"input": {"turn_detection": {"type": "semantic_vad", "eagerness": "low"}}}),
        {"type": "response.create"},
        {"type": "response.create", "response": {"tool_choice": "none", "metadata": {"a": "b"}}},
        {"type": "response.cancel"},
        item(type="message", role="system", content=TEXT),
    ],
)
def test_accepted(event: dict[str, Any]) -> None:
    """What the service documents is accepted."""
    assert client_event(json.dumps(event)) == event


def test_binary_frames_are_refused() -> None:
    """Events are text frames; audio never travels as binary."""
    with pytest.raises(Fault) as caught:
        client_event(b"{}")
    assert caught.value.code == "invalid_event"


@pytest.mark.parametrize(("text", "event_id"), [('{"event_id":"e"}', "e"), ("[]", None), ("{", None)])
def test_event_id_of(text: str, event_id: str | None) -> None:
    """The id is found in an event that is wrong otherwise, where there is one."""
    assert event_id_of(text) == event_id


async def test_an_error_names_the_event_and_leaves_the_session_open() -> None:
    """A refused event is answered with its own id, is a breach, and changes nothing."""
    async with talk() as (client, stage):
        before = client.events[-1]["session"]
        event_id = await client.send("session.update", session={"type": "realtime", "speed": 1})
        assert await client.fault() == {
            "type": "invalid_request_error",
            "code": "unknown_parameter",
            "message": "Unknown parameter: 'session.speed'.",
            "param": "session.speed",
            "event_id": event_id,
        }
        await client.websocket.send("{")
        assert (await client.fault())["event_id"] is None
        assert (await client.configure())["session"] == before
        assert stage.breaches() == ["unknown_parameter", "invalid_json"]
        assert [entry.data["code"] for entry in stage.ledger.of("fault_sent")] == stage.breaches()
