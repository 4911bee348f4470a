"""How a model session is set up for a telephone: the body of OpenAI's `session.update`.

Pure. A `SessionConfig` is checked when it is made, so a wrong voice is found before the
first call and not by a caller who hears nothing. The field rules are OpenAI's (Realtime API,
GA: session.update). Read next: `codec.py`, which encodes everything else we send.
"""

import re
from typing import Any, Literal

import msgspec

from bridge.call.messages import ConfigureModel, SetListening

PHONE_FORMAT = {"type": "audio/pcmu"}  # with a `rate` the service refuses it as an unknown parameter
VOICES = ("alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar")
EFFORTS = ("minimal", "low", "medium", "high", "xhigh")
# These take a list `languages`; every other transcription model takes one `language`.
MANY_LANGUAGES = ("gpt-transcribe", "gpt-live-transcribe")
# The brake on cost: older turns are dropped beyond this many tokens, a fifth at a time so that
# the cached beginning of the conversation stays valid in between.
HISTORY_TOKENS = 16_000
HISTORY_KEPT = 0.8

# "gpt-realtime-2025-08-28" is not of the 2.x family.
_REASONING_MODEL = re.compile(r"gpt-realtime-2(?!\d)")
_CUSTOM_VOICE = re.compile(r"voice_\w+")


class ConfigError(ValueError):
    """The session cannot be set up so; the text names the field and what would be right."""


def is_reasoning(model: str) -> bool:
    """True for models that know `reasoning` and `parallel_tool_calls`; the others refuse both.

    An Azure deployment may have any name; unless it begins like the model it is taken for
    one of the others, which works with both kinds.
    """
    return _REASONING_MODEL.match(model) is not None


class SessionConfig(msgspec.Struct, frozen=True, kw_only=True):
    """One session's settings. Raises ConfigError when a value cannot be right."""

    instructions: str
    tools: tuple[dict[str, Any], ...] = ()  # flat function objects: type, name, description, parameters
    model: str = "gpt-realtime-2.1"
    voice: str = "marin"  # one of VOICES, or a custom voice's id, voice_…
    transcription_model: str | None = None  # None: the caller's words are not written down
    language: str = "en"  # ISO 639-1, of the caller; unpinned transcripts come in wrong languages
    noise_reduction: Literal["near_field", "far_field"] | None = "near_field"
    threshold: float = 0.5  # 0-1; higher hears less
    silence_ms: int = 500  # of silence end a turn
    prefix_ms: int = 300  # of sound before the onset belong to the utterance
    reasoning_effort: str | None = "low"  # one of EFFORTS; None leaves it to the model

    def __post_init__(self) -> None:
        for problem in _problems(self):
            raise ConfigError(problem)

    def encode(self, action: ConfigureModel | SetListening) -> str:
        """The `session.update` for an action: everything once, or only how to listen."""
        match action:
            case ConfigureModel(event_id=event_id, interruptible=interruptible):
                session = self._whole(interruptible)
            case SetListening(event_id=event_id, interruptible=interruptible, threshold=threshold):
                # A later update that named a format would change it, so nothing else is in here.
                listening = self._turn_detection(interruptible, threshold)
                session = {"type": "realtime", "audio": {"input": {"turn_detection": listening}}}
        update = {"type": "session.update", "event_id": event_id, "session": session}
        return msgspec.json.encode(update).decode()

    def _whole(self, interruptible: bool) -> dict[str, Any]:
        session: dict[str, Any] = {
            "type": "realtime",
            "output_modalities": ["audio"],
            "instructions": self.instructions,
            "audio": {
                "input": {
                    "format": PHONE_FORMAT,
                    "noise_reduction": self.noise_reduction and {"type": self.noise_reduction},
                    "transcription": self._transcription(),
                    "turn_detection": self._turn_detection(interruptible, self.threshold),
                },
                "output": {
                    "format": PHONE_FORMAT,
                    "voice": self.voice if self.voice in VOICES else {"id": self.voice},
                },
            },
            "tools": self.tools,
            "tool_choice": "auto",
            "max_output_tokens": "inf",  # a cap would cut speech in mid-sentence
            "truncation": {
                "type": "retention_ratio",
                "retention_ratio": HISTORY_KEPT,
                "token_limits": {"post_instructions": HISTORY_TOKENS},
            },
        }
        if is_reasoning(self.model):
            session["parallel_tool_calls"] = True
            if self.reasoning_effort is not None:
                session["reasoning"] = {"effort": self.reasoning_effort}
        return session

    def _transcription(self) -> dict[str, Any] | None:
        if self.transcription_model is None:
            return None
        if self.transcription_model in MANY_LANGUAGES:
            return {"model": self.transcription_model, "languages": [self.language]}
        return {"model": self.transcription_model, "language": self.language}

    def _turn_detection(self, interruptible: bool, threshold: float) -> dict[str, Any]:
        # Always the whole object, so that nothing falls back to a default: the service's own
        # silence is 200 ms, which cuts callers off. No idle timeout: it counts from what was
        # sent, not from what the caller heard; the session keeps that time itself.
        return {
            "type": "server_vad",
            "threshold": threshold,
            "prefix_padding_ms": self.prefix_ms,
            "silence_duration_ms": self.silence_ms,
            "create_response": True,
            "interrupt_response": interruptible,
        }


def _problems(config: SessionConfig) -> list[str]:
    """What is wrong with `config`, in words for whoever set it."""
    found = []
    if not config.model:
        found.append("model: name one, such as gpt-realtime-2.1")
    if config.voice not in VOICES and not _CUSTOM_VOICE.fullmatch(config.voice):
        found.append(f"voice: {config.voice!r} is none of {', '.join(VOICES)}, nor a custom voice_…")
    if config.transcription_model == "":
        found.append("transcription_model: give a name, or None for no transcripts")
    if not re.fullmatch(r"[a-z]{2}", config.language):
        found.append(f"language: {config.language!r} is not a two-letter code such as en")
    if config.noise_reduction not in (None, "near_field", "far_field"):
        found.append(f"noise_reduction: {config.noise_reduction!r} is not near_field, far_field or None")
    if not 0 <= config.threshold <= 1:
        found.append(f"threshold: {config.threshold} does not lie between 0 and 1")
    if config.silence_ms <= 0:
        found.append(f"silence_ms: {config.silence_ms} must be more than 0")
    if config.prefix_ms < 0:
        found.append(f"prefix_ms: {config.prefix_ms} must not be below 0")
    if config.reasoning_effort is not None and config.reasoning_effort not in EFFORTS:
        found.append(f"reasoning_effort: {config.reasoning_effort!r} is none of {', '.join(EFFORTS)}")
    names = [tool.get("name") for tool in config.tools]
    for tool in config.tools:
        if tool.get("type") != "function" or not tool.get("name"):
            found.append(f"tools: {tool.get('name')!r} is not a function object with a name")
        elif unknown := set(tool) - {"type", "name", "description", "parameters"}:
            found.append(f"tools: {tool['name']} has {', '.join(sorted(unknown))}, which Realtime refuses")
    if len(set(names)) != len(names):
        found.append("tools: two have the same name")
    return found
