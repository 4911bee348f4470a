"""A stopping process passes callers on: wait a moment, ask again, and another process may answer.

Shell. Twilio asks the public address again, which by then may lead to a new process; while it leads
here, the caller is asked to wait a little longer, a few times, and then gets a person. The process
listens for as long as somebody may come back. Read `routes.py` for who is passed on.
"""

import asyncio

from bridge.call.switchboard import Switchboard
from tools.clock import Clock

PAUSE_S = 2  # a caller who rings waits so long before Twilio asks again
WAIT_S = 1  # one who was cut off hears a word, and then waits so long
MOST_PAUSES = 3
ROUND_S = 1.5  # for Twilio's question to get here after the pause
LINGER_S = 2.0  # after the last stream was ended, for Twilio to ask what comes next
HAND_OVER_S = 9.0  # all of it; with the calls' own end well within a platform's 30 seconds


class Handover:
    """Who was asked to wait, and may come back."""

    def __init__(self, switchboard: Switchboard, clock: Clock) -> None:
        self._switchboard = switchboard
        self._clock = clock
        self._pauses: dict[str, int] = {}
        self._waiting: dict[str, float] = {}  # until when a caller may come back, by call sid
        self._until: float | None = None  # nobody is listening after this

    def passes_on(self, call_sid: str) -> bool:
        """True when whoever asks should wait and ask again: this process is about to end."""
        self._waiting.pop(call_sid, None)
        if not self._switchboard.stopping:
            return False
        now, pauses = self._clock.monotonic(), self._pauses.get(call_sid, 0)
        back_by = now + PAUSE_S + ROUND_S
        if pauses >= MOST_PAUSES or (self._until is not None and back_by > self._until):
            return False
        self._pauses[call_sid] = pauses + 1
        self._waiting[call_sid] = back_by
        return True

    async def done(self, *, expected: bool) -> None:
        """Returns when nobody can come back any more. `expected`: streams were ended just now."""
        now = self._clock.monotonic()
        self._until = now + HAND_OVER_S
        if expected:
            await asyncio.sleep(LINGER_S)
        while back_by := max(self._waiting.values(), default=0.0):
            now = self._clock.monotonic()
            if now >= min(back_by, self._until):
                return
            await asyncio.sleep(min(back_by, self._until) - now)
