"""Setting up a model session for a telephone."""

import json
from typing import Any

import pytest

from bridge.call.messages import ConfigureModel, SetListening
from bridge.harness.model.rules import client_event
from bridge.realtime.session_config import ConfigError, SessionConfig, is_reasoning

TOOL = {"type": "function", "name": "end_call", "description": "Ends it.", "parameters": {"type": "object"}}
WHOLE = ConfigureModel("configure_1", interruptible=False)


def config(**keys: Any) -> SessionConfig:
    return SessionConfig(instructions="Be kind.", **keys)


def session(config: SessionConfig) -> dict[str, Any]:
    body: dict[str, Any] = client_event(config.encode(WHOLE))["session"]
    return body


def test_the_whole_body() -> None:
    """Everything the reference recommends and nothing else."""
    made = config(tools=(TOOL,), transcription_model="gpt-transcribe", silence_ms=600, threshold=0.6)
    assert json.loads(made.encode(WHOLE)) == {
        "type": "session.update",
        "event_id": "configure_1",
        "session": {
            "type": "realtime",
            "output_modalities": ["audio"],
            "instructions": "Be kind.",
            "audio": {
                "input": {
                    "format": {"type": "audio/pcmu"},
                    "noise_reduction": {"type": "near_field"},
                    "transcription": {"model": "gpt-transcribe", "languages": ["en"]},
                    "turn_detection": {
                        "type": "server_vad",
                        "threshold": 0.6,
                        "prefix_padding_ms": 300,
                        "silence_duration_ms": 600,
                        "create_response": True,
                        "interrupt_response": False,
                    },
                },
                "output": {"format": {"type": "audio/pcmu"}, "voice": "marin"},
            },
            "tools": [TOOL],
            "tool_choice": "auto",
            "max_output_tokens": "inf",
            "truncation": {
                "type": "retention_ratio",
                "retention_ratio": 0.8,
                "token_limits": {"post_instructions": 16000},
            },
            "parallel_tool_calls": True,
            "reasoning": {"effort": "low"},
        },
    }


def test_listening_alone() -> None:
    """A change of listening sends the whole turn_detection and names no format."""
    made = config(silence_ms=600, prefix_ms=250)
    event = client_event(made.encode(SetListening("listen_1", interruptible=True, threshold=0.85)))
    assert event == {
        "type": "session.update",
        "event_id": "listen_1",
        "session": {
            "type": "realtime",
            "audio": {
                "input": {
                    "turn_detection": {
                        "type": "server_vad",
                        "threshold": 0.85,
                        "prefix_padding_ms": 250,
                        "silence_duration_ms": 600,
                        "create_response": True,
                        "interrupt_response": True,
                    }
                }
            },
        },
    }


@pytest.mark.parametrize(
    ("model", "reasons"),
    [
        ("gpt-realtime-2", True),
        ("gpt-realtime-2.1", True),
        ("gpt-realtime-2.1-mini", True),
        ("gpt-realtime", False),
        ("gpt-realtime-1.5", False),
        ("gpt-realtime-2025-08-28", False),  # a date, not a version
        ("gpt-realtime-mini", False),
        ("front-desk", False),
    ],
)
def test_only_reasoning_models_are_told_to_reason(model: str, reasons: bool) -> None:
    """The others refuse `reasoning` and `parallel_tool_calls`."""
    assert is_reasoning(model) == reasons
    body = session(config(model=model))
    assert ("reasoning" in body, "parallel_tool_calls" in body) == (reasons, reasons)


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (None, None),
        ("gpt-live-transcribe", {"model": "gpt-live-transcribe", "languages": ["de"]}),
        ("whisper-1", {"model": "whisper-1", "language": "de"}),
    ],
)
def test_transcription(model: str | None, expected: dict[str, Any] | None) -> None:
    """The language is pinned in the field that the model knows."""
    body = session(config(transcription_model=model, language="de"))
    assert body["audio"]["input"]["transcription"] == expected


def test_what_may_be_left_out() -> None:
    """No noise reduction, no word on reasoning, a voice of one's own."""
    body = session(config(noise_reduction=None, reasoning_effort=None, voice="voice_1234"))
    assert body["audio"]["input"]["noise_reduction"] is None
    assert "reasoning" not in body
    assert body["audio"]["output"]["voice"] == {"id": "voice_1234"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("voice", "nova"),
        ("model", ""),
        ("transcription_model", ""),
        ("language", "english"),
        ("noise_reduction", "car"),
        ("threshold", 1.1),
        ("silence_ms", 0),
        ("prefix_ms", -1),
        ("reasoning_effort", "hard"),
        ("tools", ({"type": "function", "function": {"name": "end_call"}},)),
        ("tools", ({**TOOL, "strict": True},)),
        ("tools", (TOOL, TOOL)),
    ],
)
def test_what_cannot_be_right(field: str, value: Any) -> None:
    """A wrong value is refused when the configuration is made, and named."""
    with pytest.raises(ConfigError, match=f"^{field}: "):
        config(**{field: value})
