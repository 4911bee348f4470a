"""Leaving: what is decided about a call's end before it comes.

Pure. A goodbye or a handoff is decided first and carried out when everything said so far has
been heard, bounded; until then a goodbye may be taken back. Read `session.py` next.
"""

from bridge.call.manners import LEAVING_S
from bridge.call.messages import NextStep
from bridge.call.phases import EndReason


class Leaving:
    """How one call will end. All `now` are seconds of the call's clock."""

    def __init__(self) -> None:
        self.decided: tuple[NextStep, EndReason] | None = None
        self.by = 0.0  # then it ends, whatever was heard

    def decide(self, step: NextStep, reason: EndReason, now: float) -> None:
        self.decided = (step, reason)
        self.by = now + LEAVING_S

    def unless_decided(self, step: NextStep, reason: EndReason) -> None:
        """The end comes now; what was decided before stands."""
        self.decided = self.decided or (step, reason)

    @property
    def is_goodbye(self) -> bool:
        """Whatever the caller says to it takes it back; a handoff stands."""
        return self.decided is not None and self.decided[0] is NextStep.HANG_UP

    def take_back_goodbye(self) -> bool:
        """There is more to say. False when it is no goodbye but a handoff, which stands."""
        if not self.is_goodbye:
            return False
        self.decided = None
        return True

    def end(self) -> tuple[NextStep, EndReason]:
        """The next step and the reason. Raises RuntimeError when nobody decided one."""
        if self.decided is None:
            raise RuntimeError("a call ended without a next step: every way out sets one")
        return self.decided
