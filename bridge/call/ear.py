"""When the caller speaks, as the model's ear tells it, and what of that is only noise.

Pure. The ear says when speech begins and ends. A short noise must not cut the greeting, and
speech that never ends is a television: both are decided here, by time. Read `session.py` next.
"""

from bridge.call.manners import ENDLESS_SPEECH_S, GREETING_NOISE_S


class CallerEar:
    """The caller's side of one call. All `now` are seconds of the call's clock."""

    def __init__(self) -> None:
        self._since: float | None = None  # the caller speaks
        self._interrupt_at: float | None = None  # then it is no short noise any more
        self.endless = 0  # how often in a row speech never ended
        self.is_noisy = False  # it has not ended since; what is heard now is the same, for all we know

    @property
    def hears_speech(self) -> bool:
        return self._since is not None

    @property
    def endless_at(self) -> float | None:
        """When the speech that is heard will have gone on for longer than anybody speaks."""
        return None if self._since is None else self._since + ENDLESS_SPEECH_S

    def began(self, now: float) -> None:
        self._since = now

    def stopped(self) -> None:
        if self.hears_speech:
            self.endless = 0
        self.is_noisy = False
        self._since = None
        self._interrupt_at = None  # too short to cut the greeting

    def may_be_noise(self, now: float, silence_s: float) -> None:
        """Wait before anything is cut. `silence_s`: what the ear needs of it to say that speech is over."""
        self._interrupt_at = now + GREETING_NOISE_S + silence_s

    def take_meant(self, now: float) -> bool:
        """True, once, when it turned out not to be a short noise."""
        due = self._interrupt_at is not None and now >= self._interrupt_at
        if due:
            self._interrupt_at = None
        return due

    def take_endless(self, now: float) -> bool:
        """True, once, when the speech has gone on for longer than anybody speaks."""
        due = self.endless_at is not None and now >= self.endless_at
        if due:
            self._since = None
            self.endless += 1
            self.is_noisy = True
        return due

    def deadline(self, *, talking: bool) -> float | None:
        """When one of the two may be due. `talking`: endless speech matters."""
        wishes = [self._interrupt_at, self.endless_at if talking else None]
        return min((wish for wish in wishes if wish is not None), default=None)
