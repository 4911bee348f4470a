"""What the caller's end of the line sends: the clip being said, else very quiet line noise.

Pure. Real lines never go silent and Twilio never stops sending, so neither do we. The noise
stays within two steps of mu-law zero, far below any voice detector, yet is random, so that
no two stretches of a call are alike and a lost frame shows. Read next: stream_client.py.
"""

import random

from bridge.harness.telephone.playout import FRAME_BYTES

_NEAR_ZERO = bytes((0xFF, 0x7F, 0xFE, 0x7E)[code & 3] for code in range(256))


class Mouthpiece:
    """Cuts what is said into frames of 160 bytes."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._clip = memoryview(b"")

    @property
    def speaking(self) -> bool:
        return len(self._clip) > 0

    def say(self, mulaw: bytes) -> None:
        """Say a clip (mu-law, 8 kHz, no header) from the next frame on."""
        self._clip = memoryview(mulaw)

    def fall_silent(self) -> None:
        """Drop the rest of the clip: the stream is over."""
        self._clip = memoryview(b"")

    def frame(self) -> bytes:
        """The next 20 ms; the end of a clip is filled up with noise."""
        said = bytes(self._clip[:FRAME_BYTES])
        self._clip = self._clip[FRAME_BYTES:]
        return said + self._noise(FRAME_BYTES - len(said)) if len(said) < FRAME_BYTES else said

    def _noise(self, length: int) -> bytes:
        return self._random.randbytes(length).translate(_NEAR_ZERO)
