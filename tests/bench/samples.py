"""What is counted while a window is open.

One per generator; calls and sessions write into it. Times are seconds of one monotonic clock.
"""

import time
from array import array

now = time.monotonic  # the one clock of the generator: everything is measured with it


class Samples:
    """Everything of one window, in seconds; closed at first, and again after it."""

    def __init__(self) -> None:
        self.is_open = False
        self.reset()

    def reset(self) -> None:
        self.to_model = array("d")
        self.to_caller = array("d")
        self.clears = array("d")
        self.cuts = array("d")  # told minus heard
        self.lateness = array("d")
        self.frames = 0
        self.lost = 0
        self.overdue = 0
        self.uncleared = 0

    def open(self) -> None:
        """From now on everything counts."""
        self.reset()
        self.is_open = True

    def close(self) -> None:
        self.is_open = False


class Arrivals:
    """How calls came in, since it was last emptied; in seconds."""

    def __init__(self) -> None:
        self.webhooks: list[float] = []
        self.first_audio: list[float] = []

    def take(self) -> tuple[list[float], list[float]]:
        """Both, and begin anew."""
        taken = self.webhooks, self.first_audio
        self.webhooks, self.first_audio = [], []
        return taken
