"""What the model stand-in hears: appended audio in, beginnings and ends of utterances out.

No clock and no socket: times are milliseconds of audio appended. Source: OpenAI, Realtime API,
input_audio_buffer.*. Read next: hearing.py for the ear, model/session.py for what follows.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from bridge.harness import sound
from bridge.harness.hearing import Began
from bridge.harness.model.audio import mulaw_of
from bridge.harness.model.senses import Ear
from bridge.harness.model.settings import Settings
from bridge.harness.model.shapes import Fault

SHORTEST_COMMIT_MS = 100


class Speaking(msgspec.Struct, frozen=True):
    """The caller began to speak."""

    item_id: str  # of the utterance to come
    audio_start_ms: int  # padding before it included


class Utterance(msgspec.Struct, frozen=True):
    """The caller fell silent."""

    item_id: str
    audio_end_ms: int
    mulaw: bytes  # what was said, with the padding before it


class Listening:
    """One session's input buffer and ear."""

    def __init__(self, ear_factory: Callable[[], Ear], new_item_id: Callable[[], str]) -> None:
        self._new_ear = ear_factory
        self._new_item_id = new_item_id
        self._ear = ear_factory()
        self._ear_began_ms = 0.0  # the ear counts from when it was made
        self._format: dict[str, Any] = {}
        self._detection: dict[str, Any] | None = None
        self._heard = bytearray()  # everything appended, as mu-law
        self._taken = 0  # bytes of it that are committed or cleared
        self._item_id: str | None = None  # of the utterance going on

    def configure(self, settings: Settings) -> None:
        """Listen as the session's settings say from now on."""
        self._format = settings["audio"]["input"]["format"]
        self._detection = settings["audio"]["input"]["turn_detection"]
        self._tune()

    def append(self, audio: bytes) -> list[Speaking | Utterance]:
        """Take in audio in the session's format; what became certain with it."""
        mulaw = mulaw_of(self._format, audio)
        self._heard += mulaw
        if self._detection is None:
            return []
        return [self._noticed(event) for event in self._ear.feed(mulaw)]

    def commit(self) -> bytes:
        """Everything since the last utterance, as one. Raises Fault when that is next to nothing."""
        if (len(self._heard) - self._taken) < SHORTEST_COMMIT_MS * sound.BYTES_PER_MS:
            message = "Error committing input audio buffer: buffer too small, expected at least 100ms."
            raise Fault("input_audio_buffer_commit_empty", message, breach=False)
        return self._take(self._taken, len(self._heard))

    def clear(self) -> None:
        """Forget what is not committed, the beginning of an utterance included."""
        self._taken = len(self._heard)
        self._item_id = None
        self._ear = self._new_ear()
        self._ear_began_ms = sound.length_ms(self._heard)
        self._tune()

    def _tune(self) -> None:
        if self._detection is not None and self._detection["type"] == "server_vad":
            self._ear.silence_ms = self._detection["silence_duration_ms"]
            self._ear.threshold = self._detection["threshold"]

    def _noticed(self, event: Any) -> Speaking | Utterance:
        padding_ms = (self._detection or {}).get("prefix_padding_ms", 0)
        if isinstance(event, Began):
            self._item_id = self._new_item_id()
            start_ms = max(0, round(self._ear_began_ms + event.at_ms - padding_ms))
            return Speaking(self._item_id, start_ms)
        item_id, self._item_id = self._item_id or self._new_item_id(), None
        start_ms = max(0, round(self._ear_began_ms + event.start_ms - padding_ms))
        end_ms = round(self._ear_began_ms + event.end_ms)
        said = self._take(start_ms * sound.BYTES_PER_MS, end_ms * sound.BYTES_PER_MS)
        return Utterance(item_id, end_ms, said)

    def _take(self, start: int, end: int) -> bytes:
        self._taken = max(self._taken, end)
        return bytes(self._heard[start:end])
