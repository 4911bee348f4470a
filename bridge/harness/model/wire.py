"""Ids and the larger objects that the model stand-in sends, as the Realtime service shapes them.

Pure. Shapes are those of recorded sessions. Read next: model/turn.py, model/session.py.
"""

import random
import string
from typing import Any

from bridge.harness.model.conversation import text_tokens
from bridge.harness.model.settings import Settings

_LETTERS = string.ascii_letters + string.digits
_CACHE_STEP = 64  # the service caches a beginning of this many tokens, or a multiple


def new_id(prefix: str, rng: random.Random) -> str:
    """An id such as `item_E6U0xWSFIFri2uw2kTLLq`."""
    return f"{prefix}_{''.join(rng.choices(_LETTERS, k=21))}"


def obfuscation(rng: random.Random) -> str:
    """Padding the service puts on deltas so that their length tells nothing."""
    return "".join(rng.choices(_LETTERS, k=rng.randint(1, 16)))


def turn_body(
    turn_id: str, conversation_id: str, settings: Settings, params: dict[str, Any], status: str
) -> dict[str, Any]:
    """A `response` object without items; `params` are what the client asked for in this turn."""
    output = {**settings["audio"]["output"], **params.get("audio", {}).get("output", {})}
    return {
        "object": "realtime.response",
        "id": turn_id,
        "status": status,
        "status_details": None,
        "output": [],
        "conversation_id": conversation_id,
        "output_modalities": params.get("output_modalities", settings["output_modalities"]),
        "max_output_tokens": params.get("max_output_tokens", settings["max_output_tokens"]),
        "audio": {"output": {"format": output["format"], "voice": output["voice"]}},
        "usage": None,
        "metadata": params.get("metadata"),
    }


class Meter:
    """Counts tokens from turn to turn: all of the history is paid for each time, mostly cached."""

    def __init__(self) -> None:
        self._known_text = 0
        self._known_audio = 0

    def usage(self, settings: Settings, history: tuple[int, int], made: tuple[int, int]) -> dict[str, Any]:
        """`usage` of a turn; `history` and `made` are (text, audio) tokens."""
        text = history[0] + text_tokens(settings["instructions"]) + text_tokens(str(settings["tools"]))
        audio = history[1]
        cached_text = min(self._known_text, text) // _CACHE_STEP * _CACHE_STEP
        cached_audio = min(self._known_audio, audio) // _CACHE_STEP * _CACHE_STEP
        self._known_text, self._known_audio = text, audio
        return {
            "total_tokens": text + audio + sum(made),
            "input_tokens": text + audio,
            "output_tokens": sum(made),
            "input_token_details": {
                "text_tokens": text,
                "audio_tokens": audio,
                "image_tokens": 0,
                "cached_tokens": cached_text + cached_audio,
                "cached_tokens_details": {
                    "text_tokens": cached_text,
                    "audio_tokens": cached_audio,
                    "image_tokens": 0,
                },
            },
            "output_token_details": {"text_tokens": made[0], "audio_tokens": made[1]},
        }


def no_usage() -> dict[str, Any]:
    """`usage` of a turn that failed before anything was read."""
    return Meter().usage({"instructions": "", "tools": ""}, (0, 0), (0, 0))
