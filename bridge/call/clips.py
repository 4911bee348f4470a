"""Clips: short lines with their sound, for when the model does not speak.

Pure. Which line a clip speaks, how long it is, and which of several is next: the same is never
said twice in a row. `clip_files.py` reads them from disk; `speech.py` plays them through the same
ledger as everything else.
"""

import enum
from collections.abc import Mapping, Sequence

import msgspec


class Line(enum.StrEnum):
    """What is said: a closed list, in prompts/lines.toml. Several clips may say it in other words."""

    ONE_MOMENT = "one_moment"  # while something takes long
    STILL_WORKING = "still_working"  # while it takes even longer
    STILL_THERE = "still_there"  # to a silent caller, when the model cannot ask
    TROUBLE = "trouble"  # the model is gone, and another one is fetched
    CONNECTING = "connecting"  # to a person, when the model has not said so
    GOODBYE = "goodbye"  # to a caller who has not answered


class Clip(msgspec.Struct, frozen=True):
    """One line as it is played."""

    name: str  # of its file, without the ending
    text: str
    audio_b64: str  # mu-law, 8 kHz


Clips = Mapping[Line, Sequence[Clip]]  # nothing is played for a line without clips


class ClipChooser:
    """Chooses the clips of one call."""

    def __init__(self, clips: Clips) -> None:
        self._clips = clips
        self._said: dict[Line, int] = {}  # how often each line was said

    def next(self, line: Line) -> Clip | None:
        """The next clip that says `line`, in turn; None when there is none."""
        clips = self._clips.get(line, ())
        if not clips:
            return None
        number = self._said.get(line, 0)
        self._said[line] = number + 1
        return clips[number % len(clips)]
