"""Faults a REST stand-in has been told to play: refuse, lose the answer, be slow.

Pure. The runner and tests set them; the stand-in asks for them once per request.
Used by `calendar.py` and `twilio_rest/standin.py`.
"""

from collections import defaultdict, deque

import msgspec


class Failure(msgspec.Struct, frozen=True):
    """Answer the next request with an error."""

    status: int  # HTTP
    reason: str  # Google's reason, or Twilio's code
    after: bool  # do what was asked first: the error is then a lie


class Delay(msgspec.Struct, frozen=True):
    """Be slow, from now on."""

    seconds: float
    after: bool  # do what was asked first, then wait before answering


class Faults:
    """What goes wrong next, by operation."""

    def __init__(self, operations: frozenset[str]) -> None:
        self._operations = operations
        self._failures: defaultdict[str, deque[Failure]] = defaultdict(deque)
        self._losses: defaultdict[str, int] = defaultdict(int)
        self._delays: dict[str, Delay] = {}
        self._down: dict[str, Failure] = {}

    def fail_next(
        self, operation: str, status: int, reason: str, times: int = 1, *, after: bool = False
    ) -> None:
        """Answer the next `times` requests with an error."""
        self._failures[self._known(operation)].extend([Failure(status, reason, after)] * times)

    def be_down(self, operation: str, status: int, reason: str) -> None:
        """Answer every request from now on with an error."""
        self._down[self._known(operation)] = Failure(status, reason, after=False)

    def lose_answer_next(self, operation: str, times: int = 1) -> None:
        """Do what the next `times` requests ask, then drop the connection without an answer."""
        self._losses[self._known(operation)] += times

    def delay(self, operation: str, seconds: float, *, after: bool = False) -> None:
        """Be slow at every request from now on; 0 ends it."""
        self._delays[self._known(operation)] = Delay(seconds, after)

    def take_failure(self, operation: str) -> Failure | None:
        waiting = self._failures[operation]
        return waiting.popleft() if waiting else self._down.get(operation)

    def take_loss(self, operation: str) -> bool:
        if not self._losses[operation]:
            return False
        self._losses[operation] -= 1
        return True

    def seconds_before(self, operation: str) -> float:
        delay = self._delays.get(operation)
        return delay.seconds if delay is not None and not delay.after else 0.0

    def seconds_after(self, operation: str) -> float:
        delay = self._delays.get(operation)
        return delay.seconds if delay is not None and delay.after else 0.0

    def _known(self, operation: str) -> str:
        if operation not in self._operations:
            raise ValueError(f"no such operation: {operation!r}; there are {sorted(self._operations)}")
        return operation
