"""When the agent can be heard: stretches of audible frames, told by their energy.

Pure. The telephone writes them into its ledger and the caller times the next line by them;
both therefore speak of what was played out, not of what was sent. Read next: caller.py.
"""

import enum

from bridge.harness.sound import from_mulaw

FRAME_MS = 20
HANG_MS = 400  # shorter gaps (between words, at a comma, between bursts) do not end a stretch

_LOUD_STEP = 256  # of 32768; line noise and silence stay below 16, the softest speech passes it
_LOUD_SAMPLES = 16  # of the 160 in a frame; one click is no speech
_LOUD = bytes(abs(step) >= _LOUD_STEP for step in from_mulaw(bytes(range(256))).tolist())


def is_audible(frame: bytes) -> bool:
    """True when a mu-law frame of 160 bytes carries more than line noise."""
    return frame.translate(_LOUD).count(1) >= _LOUD_SAMPLES


class Turn(enum.Enum):
    """What a frame changed."""

    BEGAN = "began"
    ENDED = "ended"


class Stretches:
    """Follows one voice frame by frame."""

    def __init__(self) -> None:
        self.count = 0  # stretches begun so far
        self.length_ms = 0  # since the current stretch began; 0 between stretches
        self.quiet_ms = 0  # since the last audible frame, also within a stretch

    def hear(self, frame: bytes) -> Turn | None:
        """Take the next 20 ms."""
        if is_audible(frame):
            self.quiet_ms = 0
            began = self.length_ms == 0
            self.count += began
            self.length_ms += FRAME_MS
            return Turn.BEGAN if began else None
        self.quiet_ms += FRAME_MS
        if self.length_ms == 0:
            return None
        self.length_ms += FRAME_MS
        return self.stop() if self.quiet_ms >= HANG_MS else None

    def stop(self) -> Turn | None:
        """End the current stretch, if there is one: silence, or the stream is over."""
        if self.length_ms == 0:
            return None
        self.length_ms = 0
        return Turn.ENDED
