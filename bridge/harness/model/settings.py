"""A Realtime session's settings: what they are at first and what an update makes of them.

Pure. The defaults are those of recorded sessions: PCM at 24 kHz, no transcripts, 200 ms of silence.
Source: OpenAI, Realtime API, session.update. Read next: model/session.py.
"""

import copy
from typing import Any

from bridge.harness.model.rules import OTHER_MODELS
from bridge.harness.model.shapes import Fault

Settings = dict[str, Any]  # the `session` object as it is sent

_TURN_DETECTION = {
    "server_vad": {
        "type": "server_vad",
        "threshold": 0.5,
        "prefix_padding_ms": 300,
        "silence_duration_ms": 200,
        "idle_timeout_ms": None,
        "create_response": True,
        "interrupt_response": True,
    },
    "semantic_vad": {
        "type": "semantic_vad",
        "eagerness": "auto",
        "create_response": True,
        "interrupt_response": True,
    },
}
_TRANSCRIPTION = {"language": None, "prompt": None}


def first_settings(session_id: str, model: str, expires_at: int) -> Settings:
    """What `session.created` tells."""
    pcm = {"type": "audio/pcm", "rate": 24000}
    return {
        "type": "realtime",
        "object": "realtime.session",
        "id": session_id,
        "model": model,
        "output_modalities": ["audio"],
        "instructions": "You are a helpful, witty, and friendly AI.",
        "tools": [],
        "tool_choice": "auto",
        "max_output_tokens": "inf",
        "tracing": None,
        "truncation": "auto",
        "prompt": None,
        "expires_at": expires_at,
        "audio": {
            "input": {
                "format": dict(pcm),
                "transcription": None,
                "noise_reduction": None,
                "turn_detection": dict(_TURN_DETECTION["server_vad"]),
            },
            "output": {"format": dict(pcm), "voice": "alloy", "speed": 1.0},
        },
        "include": None,
    }


def updated_settings(old: Settings, patch: dict[str, Any], *, has_spoken: bool) -> Settings:
    """`old` with the keys of `patch`; nothing is changed when it raises Fault.

    `patch` has passed `rules.py`. Objects such as `turn_detection` are taken as a whole: what
    is missing in them is the default again, not what it was. `has_spoken`: the voice is locked.
    """
    model = old["model"]
    if patch.get("model", model) != model:
        raise Fault("invalid_value", "The model of a session cannot be changed.", "session.model")
    for key in ("reasoning", "parallel_tool_calls"):
        if key in patch and model in OTHER_MODELS:
            param = f"session.{key}"
            raise Fault("invalid_value", f"'{param}' is not supported by '{model}'.", param)
    new = copy.deepcopy(old)
    new.update({key: value for key, value in patch.items() if key != "audio"})
    audio = patch.get("audio", {})
    new["audio"]["input"].update(audio.get("input", {}))
    new["audio"]["output"].update(audio.get("output", {}))
    for direction in ("input", "output"):
        if new["audio"][direction]["format"]["type"] == "audio/pcma":
            param = f"session.audio.{direction}.format.type"
            raise Fault("invalid_value", "The stand-in does not speak A-law.", param)
    detection = new["audio"]["input"]["turn_detection"]
    if detection is not None:
        new["audio"]["input"]["turn_detection"] = {**_TURN_DETECTION[detection["type"]], **detection}
    transcription = new["audio"]["input"]["transcription"]
    if transcription is not None:
        new["audio"]["input"]["transcription"] = {**_TRANSCRIPTION, **transcription}
    if has_spoken and new["audio"]["output"]["voice"] != old["audio"]["output"]["voice"]:
        message = "Cannot update a conversation's voice if assistant audio is present."
        raise Fault("cannot_update_voice", message, "session.audio.output.voice")
    return new
