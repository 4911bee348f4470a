"""What an update makes of a session's settings."""

from typing import Any

import pytest

from bridge.harness.model.settings import first_settings, updated_settings
from bridge.harness.model.shapes import Fault

FIRST = first_settings("sess_1", "gpt-realtime-2.1", 1_800_000_000)


def updated(patch: dict[str, Any], *, has_spoken: bool = False) -> dict[str, Any]:
    return updated_settings(FIRST, {"type": "realtime", **patch}, has_spoken=has_spoken)


def test_only_the_keys_of_a_patch_change() -> None:
    """An update is a patch, down to the keys of audio.input and audio.output."""
    new = updated({"audio": {"input": {"format": {"type": "audio/pcmu"}}}})
    assert new["audio"]["input"]["format"] == {"type": "audio/pcmu"}
    assert new["audio"]["input"]["turn_detection"] == FIRST["audio"]["input"]["turn_detection"]
    assert new["audio"]["output"] == FIRST["audio"]["output"]
    assert new["instructions"] == FIRST["instructions"]
    assert FIRST["audio"]["input"]["format"]["type"] == "audio/pcm"


def test_turn_detection_is_taken_as_a_whole() -> None:
    """What is missing in turn_detection becomes the default, not what it was before."""
    old = updated(
        {"audio": {"input": {"turn_detection": {"type": "server_vad", "silence_duration_ms": 700}}}}
    )
    patch = {"audio": {"input": {"turn_detection": {"type": "server_vad", "threshold": 0.8}}}}
    new = updated_settings(old, patch, has_spoken=False)["audio"]["input"]["turn_detection"]
    assert (new["threshold"], new["silence_duration_ms"]) == (0.8, 200)


def test_null_switches_off() -> None:
    """Transcription and turn detection can be switched off again."""
    new = updated({"audio": {"input": {"transcription": None, "turn_detection": None}}})
    assert new["audio"]["input"]["transcription"] is None
    assert new["audio"]["input"]["turn_detection"] is None


def test_transcription_is_echoed_with_its_empty_fields() -> None:
    """As recorded sessions show it."""
    new = updated({"audio": {"input": {"transcription": {"model": "gpt-realtime-whisper"}}}})
    assert new["audio"]["input"]["transcription"] == {
        "model": "gpt-realtime-whisper",
        "language": None,
        "prompt": None,
    }


def test_the_voice_is_locked_once_it_was_heard() -> None:
    """Naming the same voice again is fine, another one is not."""
    with pytest.raises(Fault) as caught:
        updated({"audio": {"output": {"voice": "marin"}}}, has_spoken=True)
    assert caught.value.code == "cannot_update_voice"
    updated({"audio": {"output": {"voice": "alloy"}}}, has_spoken=True)
    updated({"audio": {"output": {"voice": "marin"}}}, has_spoken=False)


@pytest.mark.parametrize(
    ("model", "patch", "param"),
    [
        ("gpt-realtime", {"model": "gpt-realtime-2.1"}, "session.model"),
        ("gpt-realtime", {"reasoning": {"effort": "low"}}, "session.reasoning"),
        ("gpt-realtime-2025-08-28", {"parallel_tool_calls": True}, "session.parallel_tool_calls"),
        (
            "gpt-realtime",
            {"audio": {"input": {"format": {"type": "audio/pcma"}}}},
            "session.audio.input.format.type",
        ),
    ],
)
def test_what_cannot_be_set(model: str, patch: dict[str, Any], param: str) -> None:
    """The model is fixed, older models do not reason, and the stand-in has no A-law."""
    with pytest.raises(Fault) as caught:
        updated_settings(first_settings("s", model, 0), patch, has_spoken=False)
    assert (caught.value.code, caught.value.param) == ("invalid_value", param)
