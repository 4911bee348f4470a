"""What the telephone has been told to do wrong on a call's streams: lose them, start them late, garble.

Pure. The runner and tests set it; phone_call.py asks it before a stream, stream_client.py at every tick.
Read next: stream_client.py.
"""

from collections import deque
from collections.abc import Sequence
from typing import Protocol

EVERY = 50  # frames: so many are right for one that is not


class Afflicted(Protocol):
    """A stream that is up, as a fault sees it."""

    def lose(self) -> None:
        """It breaks: no `stop`, no close frame."""


class LineFaults:
    """What goes wrong on the streams of one telephone."""

    def __init__(self, *, asks_after_loss: bool = True) -> None:
        """`asks_after_loss`: whether a stream that broke is followed by its `action`, or by the end of
        the call. Twilio's documents promise the first where the server closes, and nothing else."""
        self.asks_after_loss = asks_after_loss
        self.keeps_marks = False  # no mark comes back any more
        self.repeats_frames = False
        self.swaps_frames = False
        self.drops_frames = False
        self.stream: Afflicted | None = None  # the one that is up
        self._starts: deque[float | None] = deque()
        self._said: list[str | bytes] = []
        self._frames = 0
        self._held_back = ""  # a frame that has to let the next one go first

    # --- next -----------------------------------------------------------------------

    def start_late(self, seconds: float) -> None:
        """The next stream's `start` comes so long after `connected`; frames come all the while."""
        self._starts.append(seconds)

    def lose_start(self, times: int = 1) -> None:
        """The `start` of the next streams never comes."""
        self._starts.extend([None] * times)

    def take_start(self) -> float | None:
        """After how many seconds the stream that begins now has its `start`; None: never."""
        return self._starts.popleft() if self._starts else 0.0

    # --- now ------------------------------------------------------------------------

    def lose_stream(self) -> None:
        """The stream that is up breaks; nothing happens when there is none."""
        if self.stream is not None:
            self.stream.lose()

    def say(self, messages: Sequence[str | bytes]) -> None:
        """Put these on the stream, between two frames, whatever they are."""
        self._said.extend(messages)

    def take_said(self) -> list[str | bytes]:
        said, self._said = self._said, []
        return said

    def frames(self, message: str) -> list[str]:
        """What is sent in the place of a `media` message: it, nothing, or two of them."""
        self._frames += 1
        if held := self._held_back:
            self._held_back = ""
            return [message, held]
        if self.swaps_frames and self._frames % EVERY == 0:
            self._held_back = message
            return []
        if self.drops_frames and self._frames % EVERY == 0:
            return []
        if self.repeats_frames and self._frames % EVERY == 0:
            return [message, message]
        return [message]
