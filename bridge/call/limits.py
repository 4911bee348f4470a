"""How long one call may last and what it may cost: a warning first, then the next step.

Pure. Kept beside the session: the shell tells it the time and what was spent, and passes on to the
session the events that follow. Read `call.py` next.
"""

import enum

import msgspec

from bridge.call import messages as m
from bridge.call.phases import EndReason

WARNING_S = 60.0  # the caller is told so long before the end
AGAIN_S = 30.0
AT_ONCE = 0.0
WARNING_SHARE = 0.8  # or when so much of the money is spent
WARNING = (
    "This call can last only one more minute. Tell the caller so in one short sentence, and bring to an end "
    "what can be; for the rest offer a person or a message."
)


class CallLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What one call may take."""

    longest_s: float = 20 * 60.0
    most_micros: int | None = None  # millionths of a dollar; None: whatever it costs


class _Stage(enum.Enum):
    FREE = enum.auto()
    WARNED = enum.auto()
    OVER = enum.auto()


class Budget:
    """What is left of one call. All `now` are seconds of the call's clock."""

    def __init__(self, limits: CallLimits, now: float, *, lasted_s: float = 0.0, spent: int = 0) -> None:
        """`lasted_s` and `spent`: by earlier streams of the call."""
        self.spent = spent
        self._limits = limits
        self._ends = now + limits.longest_s - lasted_s
        self._stage = _Stage.FREE
        self._again = now  # when an end that was reached is said again
        self._deadline = self._next_deadline()

    def spend(self, micros: int) -> None:
        self.spent += micros
        self._deadline = self._next_deadline()

    def deadline(self) -> float:
        """When `due` may have something next; in the past when it is due at once."""
        return self._deadline

    def due(self, now: float) -> m.Event | None:
        """What the session must be told now; None when nothing."""
        if now < self._deadline:
            return None
        event: m.Event | None = None
        reason = self._over(now)
        if reason is not None and (self._stage is not _Stage.OVER or now >= self._again):
            # Again, for a goodbye that was under way may be taken back.
            self._stage, self._again = _Stage.OVER, now + AGAIN_S
            event = m.LimitReached(reason)
        elif self._stage is _Stage.FREE and (now >= self._ends - WARNING_S or self._is_spent(WARNING_SHARE)):
            self._stage = _Stage.WARNED
            event = m.Advised(WARNING)
        self._deadline = self._next_deadline()
        return event

    def _next_deadline(self) -> float:
        match self._stage:
            case _Stage.FREE:
                return AT_ONCE if self._is_spent(WARNING_SHARE) else self._ends - WARNING_S
            case _Stage.WARNED:
                return AT_ONCE if self._is_spent(1) else self._ends
            case _Stage.OVER:
                return self._again

    def _over(self, now: float) -> str | None:
        if now >= self._ends:
            return EndReason.CALL_TOO_LONG
        return EndReason.CALL_TOO_DEAR if self._is_spent(1) else None

    def _is_spent(self, share: float) -> bool:
        most = self._limits.most_micros
        return most is not None and self.spent >= most * share
