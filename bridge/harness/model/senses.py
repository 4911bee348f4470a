"""What the model stand-in is given to hear and speak with, as protocols.

Pure. The real ones are `Ear` and `Recogniser` in hearing.py and `PhraseBank` in speech.py; the
stand-in's own tests bring smaller ones. Read next: model.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # only their shapes: the module itself loads the detector
    from bridge.harness.hearing import Began, Ended


class Ear(Protocol):
    """Decides when the caller begins and ends to speak."""

    silence_ms: float  # of no voice end an utterance
    threshold: float  # 0-1; higher hears less

    def feed(self, mulaw: bytes) -> list[Began | Ended]:
        """What became certain with this audio; times are milliseconds of all audio fed."""


class Recognised(Protocol):
    """Which recorded clip an utterance was."""

    @property
    def clip(self) -> str | None: ...
    @property
    def score(self) -> float: ...


class Recogniser(Protocol):
    """Tells which clip of the recording an utterance is."""

    def recognise(self, mulaw: bytes) -> Recognised: ...


class Bank(Protocol):
    """Speaks sentences."""

    def speak(self, text: str) -> bytes:
        """Mu-law, 8 kHz."""
