"""What the Realtime service accepts from its clients, as tables.

Pure. `client_event` reads one message and raises model_shapes.Fault as the service would.
Written from OpenAI's documents and recorded sessions, not from our own codec: an error there must
not be mirrored here. Rules that need the state of a session are in model/conversation.py and
model/settings.py. Source: OpenAI, Realtime API reference (GA), client events.
"""

import json
from typing import Any

from bridge.harness.model.shapes import (
    Anything,
    Choice,
    Either,
    Fault,
    Flag,
    ListOf,
    Nullable,
    Number,
    Object,
    Shape,
    Tagged,
    Text,
)

VOICES = ("alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar")
REASONING_MODELS = ("gpt-realtime-2", "gpt-realtime-2.1", "gpt-realtime-2.1-mini")
OTHER_MODELS = (
    "gpt-realtime",
    "gpt-realtime-2025-08-28",
    "gpt-realtime-1.5",
    "gpt-realtime-mini",
    "gpt-realtime-mini-2025-12-15",
)
MODELS = REASONING_MODELS + OTHER_MODELS
TRANSCRIBERS = (
    "gpt-transcribe",
    "gpt-live-transcribe",
    "gpt-realtime-whisper",
    "whisper-1",
    "gpt-4o-transcribe",
    "gpt-4o-transcribe-diarize",
    "gpt-4o-mini-transcribe",
    "gpt-4o-mini-transcribe-2025-12-15",
)
ANY_NUMBER = float("inf")
ITEM_ID_LONGEST = 32
EFFORTS = ("minimal", "low", "medium", "high", "xhigh")

_TEXT = Text()
_ID = Text(ITEM_ID_LONGEST)
_FORMAT = Tagged(
    "type",
    {
        "audio/pcm": Object({"type": _TEXT, "rate": Number(24000, 24000, whole=True)}, ("type", "rate")),
        # The phone formats have one rate and no field for it.
        "audio/pcmu": Object({"type": _TEXT}),
        "audio/pcma": Object({"type": _TEXT}),
    },
)
_VOICE = Either(Choice(VOICES), Object({"id": _TEXT}, ("id",)))
_TURN_DETECTION = Tagged(
    "type",
    {
        "server_vad": Object(
            {
                "type": _TEXT,
                "threshold": Number(0, 1),
                "prefix_padding_ms": Number(0, ANY_NUMBER, whole=True),
                "silence_duration_ms": Number(0, ANY_NUMBER, whole=True),
                "create_response": Flag(),
                "interrupt_response": Flag(),
                "idle_timeout_ms": Nullable(Number(5_000, 30_000, whole=True)),
            }
        ),
        "semantic_vad": Object(
            {
                "type": _TEXT,
                "eagerness": Choice(("low", "medium", "high", "auto")),
                "create_response": Flag(),
                "interrupt_response": Flag(),
            }
        ),
    },
)
_TRANSCRIPTION = Object(
    {
        "model": Choice(TRANSCRIBERS),
        "language": _TEXT,
        "languages": ListOf(_TEXT),
        "keywords": ListOf(_TEXT),
        "prompt": _TEXT,
        "delay": Choice(EFFORTS),
    }
)
_TOOL = Tagged(
    "type",
    {
        "function": Object(
            {"type": _TEXT, "name": _TEXT, "description": _TEXT, "parameters": Anything()}, ("type", "name")
        ),
    },
)
_TOOL_CHOICE = Either(
    Choice(("auto", "none", "required")),
    Tagged("type", {"function": Object({"type": _TEXT, "name": _TEXT}, ("name",))}),
)
_MODALITIES = ListOf(Choice(("audio", "text")), length=1)  # both at once is refused
_LONGEST = Either(Choice(("inf",)), Number(1, 4096, whole=True))
_REASONING = Object({"effort": Choice(EFFORTS)})
_METADATA = Anything()
_TRUNCATION = Either(
    Choice(("auto", "disabled")),
    Tagged(
        "type",
        {
            "retention_ratio": Object(
                {
                    "type": _TEXT,
                    "retention_ratio": Number(0, 1),
                    "token_limits": Object({"post_instructions": Number(0, ANY_NUMBER, whole=True)}),
                },
                ("retention_ratio",),
            )
        },
    ),
)
_SESSION = Object(
    {
        "type": Choice(("realtime",)),
        "model": _TEXT,
        "output_modalities": _MODALITIES,
        "instructions": _TEXT,
        "audio": Object(
            {
                "input": Object(
                    {
                        "format": _FORMAT,
                        "noise_reduction": Nullable(Object({"type": Choice(("near_field", "far_field"))})),
                        "transcription": Nullable(_TRANSCRIPTION),
                        "turn_detection": Nullable(_TURN_DETECTION),
                    }
                ),
                "output": Object({"format": _FORMAT, "voice": _VOICE, "speed": Number(0.25, 1.5)}),
            }
        ),
        "tools": ListOf(_TOOL),
        "tool_choice": _TOOL_CHOICE,
        "parallel_tool_calls": Flag(),
        "reasoning": _REASONING,
        "max_output_tokens": _LONGEST,
        "truncation": _TRUNCATION,
        "tracing": Nullable(Either(Choice(("auto",)), Anything())),
        "include": Nullable(ListOf(Choice(("item.input_audio_transcription.logprobs",)))),
        "prompt": Nullable(Anything()),
    },
    ("type",),
)
_RESPONSE = Object(
    {
        "instructions": _TEXT,
        "output_modalities": _MODALITIES,
        "audio": Object({"output": Object({"format": _FORMAT, "voice": _VOICE})}),
        "tools": ListOf(_TOOL),
        "tool_choice": _TOOL_CHOICE,
        "conversation": Choice(("auto",)),  # the stand-in has no turns out of band
        "input": ListOf(Anything()),
        "metadata": _METADATA,
        "max_output_tokens": _LONGEST,
        "reasoning": _REASONING,
        "parallel_tool_calls": Flag(),
    }
)


def _item(required: tuple[str, ...], **keys: Shape) -> Object:
    common: dict[str, Shape] = {
        "id": _ID,
        "type": _TEXT,
        "object": Choice(("realtime.item",)),
        "status": Choice(("in_progress", "completed", "incomplete")),
    }
    return Object({**common, **keys}, required)


def _message(role: str, **parts: Object) -> Object:
    return _item(("role", "content"), role=Choice((role,)), content=ListOf(Tagged("type", parts)))


_INPUT_TEXT = Object({"type": _TEXT, "text": _TEXT}, ("text",))
_ITEM = Tagged(
    "type",
    {
        "message": Tagged(
            "role",
            {
                "system": _message("system", input_text=_INPUT_TEXT),
                "user": _message("user", input_text=_INPUT_TEXT),
                # Speech of the model's cannot be made by a client, only its text.
                "assistant": _message("assistant", output_text=_INPUT_TEXT),
            },
        ),
        "function_call": _item(("name", "arguments"), name=_TEXT, arguments=_TEXT, call_id=_TEXT),
        "function_call_output": _item(("call_id", "output"), call_id=_TEXT, output=_TEXT),
    },
)


def _event(required: tuple[str, ...] = (), **keys: Shape) -> Object:
    return Object({"type": _TEXT, "event_id": Text(512), **keys}, required)


_EVENT = Tagged(
    "type",
    {
        "session.update": _event(("session",), session=_SESSION),
        "input_audio_buffer.append": _event(("audio",), audio=_TEXT),
        "input_audio_buffer.commit": _event(),
        "input_audio_buffer.clear": _event(),
        "conversation.item.create": _event(("item",), item=_ITEM, previous_item_id=Nullable(_TEXT)),
        "conversation.item.delete": _event(("item_id",), item_id=_TEXT),
        "conversation.item.retrieve": _event(("item_id",), item_id=_TEXT),
        "conversation.item.truncate": _event(
            ("item_id", "content_index", "audio_end_ms"),
            item_id=_TEXT,
            content_index=Number(0, 0, whole=True),
            audio_end_ms=Number(0, ANY_NUMBER, whole=True),
        ),
        "response.create": _event(response=_RESPONSE),
        "response.cancel": _event(response_id=_TEXT),
    },
)


def client_event(text: str | bytes) -> dict[str, Any]:
    """One client event. Raises Fault; `event_id_of` finds what the fault is about."""
    if isinstance(text, bytes):
        raise Fault("invalid_event", "Events are text frames.")
    try:
        event = json.loads(text)
    except ValueError:
        raise Fault("invalid_json", "We could not parse the JSON body of your event.") from None
    if not isinstance(event, dict) or "type" not in event:
        raise Fault("invalid_event", "The event has no 'type' field.", "type")
    _EVENT.check(event, "")
    if event["type"] == "response.create":
        _check_metadata(event.get("response", {}).get("metadata", {}))
    return event


def event_id_of(text: str | bytes) -> str | None:
    """The client's own id of a message, where it can be made out."""
    try:
        event = json.loads(text)
    except ValueError:
        return None
    event_id = event.get("event_id") if isinstance(event, dict) else None
    return event_id if isinstance(event_id, str) else None


def _check_metadata(metadata: dict[str, Any]) -> None:
    if len(metadata) > 16:
        raise Fault("invalid_value", "At most 16 pairs of metadata.", "response.metadata")
    for key, value in metadata.items():
        Text(64).check(key, "response.metadata")
        Text(512).check(value, f"response.metadata.{key}")
