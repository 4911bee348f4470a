"""The model's codec: what each event means to us, and what each order looks like on the wire."""

import json
from typing import Any

import msgspec
import pytest

from bridge.call import messages as m
from bridge.harness.model.rules import client_event
from bridge.realtime import codec, wire
from bridge.realtime.session_config import SessionConfig
from tests.bridge.realtime.orders import model_orders

ITEM = {"id": "item_1", "type": "message", "status": "completed", "role": "assistant", "content": []}
CALL = {
    "id": "item_2",
    "type": "function_call",
    "status": "completed",
    "call_id": "call_1",
    "name": "hold_slot",
    "arguments": '{"slot_id":"slot_1"}',
}
USAGE = {
    "total_tokens": 205,
    "input_tokens": 41,
    "output_tokens": 164,
    "input_token_details": {
        "text_tokens": 14,
        "audio_tokens": 27,
        "cached_tokens": 15,
        "cached_tokens_details": {"text_tokens": 5, "audio_tokens": 10},
    },
    "output_token_details": {"text_tokens": 28, "audio_tokens": 136},
}
IDS = {"response_id": "resp_1", "item_id": "item_1", "output_index": 0, "content_index": 0}
PHONE = {"format": {"type": "audio/pcmu"}}


def response(**keys: Any) -> dict[str, Any]:
    body = {"id": "resp_1", "object": "realtime.response", "conversation_id": "conv_1", "usage": None}
    return {"response": {**body, "status": "completed", "status_details": None, "output": [], **keys}}


# An event of each kind that the codec reads, and what it means.
READ: list[tuple[str, dict[str, Any], m.Event]] = [
    (
        "session.created",
        {"session": {"id": "sess_1", "expires_at": 1_800_000_000, "audio": {}}},
        m.ModelOpened("sess_1", 1_800_000_000),
    ),
    ("session.created", {"session": {"id": "sess_1"}}, m.ModelOpened("sess_1", 0)),
    (
        "session.updated",
        {"session": {"id": "sess_1", "audio": {"input": PHONE, "output": PHONE}}},
        m.ModelConfigured("audio/pcmu", "audio/pcmu"),
    ),
    (
        "input_audio_buffer.speech_started",
        {"item_id": "item_1", "audio_start_ms": 1460},
        m.SpeechStarted("item_1", 1460),
    ),
    (
        "input_audio_buffer.speech_stopped",
        {"item_id": "item_1", "audio_end_ms": 4256},
        m.SpeechStopped("item_1", 4256),
    ),
    (
        "input_audio_buffer.committed",
        {"item_id": "item_1", "previous_item_id": None},
        m.UtteranceCommitted("item_1"),
    ),
    (
        "conversation.item.input_audio_transcription.completed",
        {"item_id": "item_1", "content_index": 0, "transcript": "Hello.", "usage": {"type": "duration"}},
        m.UtteranceTranscribed("item_1", "Hello."),
    ),
    ("conversation.item.added", {"item": ITEM}, m.ItemAdded("item_1", "message")),
    ("conversation.item.added", {"item": CALL}, m.ItemAdded("item_2", "function_call", "call_1")),
    ("response.created", response(status="in_progress"), m.TurnStarted("resp_1")),
    ("response.created", response(metadata={"asked_by": "ask_3"}), m.TurnStarted("resp_1", "ask_3")),
    (
        "response.output_audio.delta",
        {**IDS, "delta": "AAAA"},
        m.SpokenAudioArrived("resp_1", "item_1", "AAAA"),
    ),
    (
        "response.output_audio_transcript.delta",
        {**IDS, "delta": " Hello", "obfuscation": "x"},
        m.SpokenWordsArrived("resp_1", "item_1", " Hello"),
    ),
    (
        "response.output_item.done",
        {"response_id": "resp_1", "output_index": 0, "item": ITEM},
        m.ItemFinished("resp_1", "item_1", "message", True),
    ),
    (
        "response.output_item.done",
        {"response_id": "resp_1", "output_index": 0, "item": {**ITEM, "status": "incomplete"}},
        m.ItemFinished("resp_1", "item_1", "message", False),
    ),
    (
        "response.output_item.done",
        {"response_id": "resp_1", "output_index": 1, "item": CALL},
        m.ToolCalled("resp_1", "item_2", "call_1", "hold_slot", '{"slot_id":"slot_1"}'),
    ),
    (
        "response.output_item.done",
        {
            "response_id": "resp_1",
            "output_index": 1,
            "item": {**CALL, "status": "incomplete", "arguments": "{"},
        },
        m.ItemFinished("resp_1", "item_2", "function_call", False),
    ),
    (
        "response.done",
        response(usage=USAGE),
        m.TurnFinished(
            "resp_1",
            "completed",
            usage=m.Usage(
                input_text=14,
                input_audio=27,
                cached_text=5,
                cached_audio=10,
                output_text=28,
                output_audio=136,
            ),
        ),
    ),
    (
        "response.done",
        response(status="cancelled", status_details={"type": "cancelled", "reason": "turn_detected"}),
        m.TurnFinished("resp_1", "cancelled", "turn_detected"),
    ),
    (
        "response.done",
        response(status="failed", status_details={"error": {"type": "server_error", "code": None}}, usage={}),
        m.TurnFinished("resp_1", "failed", None, "server_error", m.Usage()),
    ),
    (
        "error",
        {"error": {"type": "invalid_request_error", "code": "c", "message": "m", "event_id": "ask_1"}},
        m.ModelFaulted("c", "m", "ask_1"),
    ),
    (
        "error",
        {"error": {"type": "server_error", "code": None, "message": "m", "event_id": None}},
        m.ModelFaulted("server_error", "m"),
    ),
]


@pytest.mark.parametrize(("kind", "fields", "event"), READ)
@pytest.mark.parametrize("as_bytes", [False, True])
def test_decode(kind: str, fields: dict[str, Any], event: m.Event, as_bytes: bool) -> None:
    """Each event means what it should, as text and as bytes, with fields we never heard of in it."""
    text = json.dumps({"type": kind, "event_id": "event_1", "field_of_the_future": {"a": 1}, **fields})
    assert codec.decode(text.encode() if as_bytes else text) == event


def test_every_event_that_is_read_is_tested() -> None:
    """A struct added to the wire without a row above fails here."""
    assert {kind for kind, _, _ in READ} == codec.READ_TYPES
    assert len(wire.Received.__subclasses__()) == len(codec.READ_TYPES)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("response.output_audio.done", IDS),
        ("response.content_part.added", {**IDS, "part": {"type": "audio"}}),
        ("rate_limits.updated", {"rate_limits": []}),
        ("conversation.item.input_audio_transcription.failed", {"item_id": "i", "error": {}}),
        ("event.of.the.future", {"session": 5}),
        ("response.created", response(conversation_id=None)),
    ],
)
def test_what_means_nothing_to_us(kind: str, fields: dict[str, Any]) -> None:
    """Events we do not use, unknown ones, and turns outside the conversation are passed over."""
    assert codec.decode(json.dumps({"type": kind, **fields})) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        b"\xff\xfe",
        '{"event_id":"e"}',
        '{"type":5}',
        '{"type":"error"}',
        '{"type":"error","error":"flat"}',
        '{"type":"input_audio_buffer.speech_started","item_id":"i","audio_start_ms":"1"}',
        '{"type":"response.output_audio.delta","response_id":"r","item_id":"i","delta":null}',
        '{"type":"response.output_audio.delta","response_id":"r","item_id":"i","delta":"A"',
        b'{"type":"response.output_audio_transcript.delta","response_id":"r","item_id":"i","delta":"\xff"}',
        '{"type":"response.output_item.done","response_id":"r","item":'
        '{"id":"i","type":"function_call","status":"completed"}}',
    ],
)
def test_what_cannot_be_right(text: str | bytes) -> None:
    """Not JSON, or not the shape its type promises: CodecError, and nothing else ever."""
    with pytest.raises(m.CodecError):
        codec.decode(text)


CONFIG = SessionConfig(instructions="Be kind.")

# An order of each kind, and the body it becomes (without type and event_id).
WRITTEN: list[tuple[m.Action, str, dict[str, Any]]] = [
    (m.SendFrame("/////w=="), "input_audio_buffer.append", {"audio": "/////w=="}),
    (m.ClearInput("e"), "input_audio_buffer.clear", {}),
    (m.CreateTurn("e"), "response.create", {"response": {"metadata": {"asked_by": "e"}}}),
    (
        m.CreateTurn("e", tools_allowed=False),
        "response.create",
        {"response": {"metadata": {"asked_by": "e"}, "tool_choice": "none"}},
    ),
    (m.CancelTurn("e", "resp_1"), "response.cancel", {"response_id": "resp_1"}),
    (
        m.TruncateItem("e", "item_1", 1200),
        "conversation.item.truncate",
        {"item_id": "item_1", "content_index": 0, "audio_end_ms": 1200},
    ),
    (m.DeleteItem("e", "item_1"), "conversation.item.delete", {"item_id": "item_1"}),
    (
        m.SendToolOutput("e", "output_1", "call_1", '{"ok":true,"say":"Zoë"}'),
        "conversation.item.create",
        {
            "item": {
                "id": "output_1",
                "type": "function_call_output",
                "call_id": "call_1",
                "output": '{"ok":true,"say":"Zoë"}',
            }
        },
    ),
    (
        m.SendNote("e", "note_1", "system", 'a "note"'),
        "conversation.item.create",
        {
            "item": {
                "id": "note_1",
                "type": "message",
                "role": "system",
                "content": [{"type": "input_text", "text": 'a "note"'}],
            }
        },
    ),
]


@pytest.mark.parametrize(
    ("message", "seconds"),
    [
        ("Rate limit reached for gpt-realtime. Please try again in 6.2s. Visit the page.", 6.2),
        ("Please try again in 350ms.", 0.35),
        ("Please try again in 1 s", 1.0),
        ("Please try again in 1m30s.", None),
        ("Please try again in 99999999999s.", None),
        ("Please try again later.", None),
        ("", None),
    ],
)
def test_a_refusal_names_its_time(message: str, seconds: float | None) -> None:
    """In a failed turn as in an error; a form that we do not know names none."""
    error = {"type": "tokens", "code": "rate_limit_exceeded", "message": message}
    response = {"id": "resp_1", "status": "failed", "status_details": {"error": error}}
    done = codec.decode(json.dumps({"type": "response.done", "response": response}))
    fault = codec.decode(json.dumps({"type": "error", "error": error}))
    assert isinstance(done, m.TurnFinished)
    assert isinstance(fault, m.ModelFaulted)
    assert (done.retry_after_s, fault.retry_after_s) == (seconds, seconds)


@pytest.mark.parametrize(("action", "kind", "body"), WRITTEN)
def test_encode(action: m.Action, kind: str, body: dict[str, Any]) -> None:
    """Each order is written in the GA's shape, with our event id on all but audio."""
    event_id = {} if isinstance(action, m.SendFrame) else {"event_id": "e"}
    event = json.loads(codec.encode(action))
    assert event == {"type": kind, **event_id, **body}
    assert client_event(json.dumps(event)) == event  # the stand-in's rules, written on their own


@pytest.mark.parametrize("kind", model_orders())
def test_every_order_for_the_model_is_written(kind: type[m.Action]) -> None:
    """Found by import: an order added to messages.py without an encoding fails from its first day."""
    samples: dict[Any, Any] = {str: "text", int: 5, float: 0.5, bool: True}
    action = kind(*(samples[field.type] for field in msgspec.structs.fields(kind)))
    if isinstance(action, m.ConfigureModel | m.SetListening):
        text = CONFIG.encode(action)
    elif isinstance(action, m.SendNote):
        text = codec.encode(m.SendNote("text", "text", "user", "text"))
    else:
        text = codec.encode(action)
    event = client_event(text)
    assert event.get("event_id", "text") == "text"


@pytest.mark.parametrize(
    "action", [m.ClearPlayback(), m.SendMark("m"), m.ConfigureModel("e", interruptible=True)]
)
def test_orders_for_others(action: m.Action) -> None:
    """An order that is not for the model, or needs the session's settings, is our own mistake."""
    with pytest.raises(TypeError):
        codec.encode(action)


def test_what_no_database_takes_is_left_out() -> None:
    """U+0000 is in no word; in JSON it is escaped, and stays well-formed without it."""
    ids = {"response_id": "resp_1", "item_id": "item_1", "output_index": 0, "content_index": 0}
    said = {"type": "response.output_audio_transcript.delta", "event_id": "e", **ids, "delta": "Hel\0lo"}
    assert codec.decode(json.dumps(said)) == m.SpokenWordsArrived("resp_1", "item_1", "Hello")
    item = {"id": "item_2", "type": "function_call", "status": "completed", "call_id": "call_1"}
    done = {"type": "response.output_item.done", "event_id": "e", "response_id": "resp_1", "output_index": 0}
    call = codec.decode(
        json.dumps(
            {**done, "item": {**item, "name": "take_message", "arguments": json.dumps({"name": "D\0"})}}
        )
    )
    assert isinstance(call, m.ToolCalled)
    assert json.loads(call.arguments_json) == {"name": "D"}
