"""Whether a call that comes in is taken: places, the caller's own calls, and the day's money.

Shell. It never waits long for the store, and asks for what all calls share only every few seconds:
better a call too many than a caller turned away by our own trouble. Read `routes.py` for what whoever is
refused gets instead: a person, or a promise to call back.
"""

import asyncio
from datetime import timedelta

from bridge.call.switchboard import Switchboard
from bridge.store.calls import CallStore
from bridge.store.spending import Spending
from tools.business import Business
from tools.clock import Clock
from tools.store import StoreError

STORE_S = 0.4  # the webhook answers without the store rather than late
SPEND_KNOWN_S = 5.0  # the day's sum is asked for again after this
HOUR = timedelta(hours=1)
REFUSALS = {
    "stopping": "The server was about to stop.",
    "full": "All lines were busy.",
    "too_many_calls": "This number had called too often within an hour.",
    "spent": "The day's budget for the agent was used up.",
}


class Admission:
    """Says who is let in."""

    def __init__(
        self,
        *,
        calls_per_hour: int,
        micros_per_day: int | None,
        business: Business,
        switchboard: Switchboard,
        calls: CallStore,
        spending: Spending,
        clock: Clock,
    ) -> None:
        """`micros_per_day`: millionths of a dollar; None: whatever it costs."""
        self._calls_per_hour = calls_per_hour
        self._micros_per_day = micros_per_day
        self._business = business
        self._switchboard = switchboard
        self._calls = calls
        self._spending = spending
        self._clock = clock
        self._spent = 0
        self._spent_at: float | None = None  # when that was asked for

    async def refusal(self, caller: str | None) -> str | None:
        """Why this call is not taken, a key of REFUSALS; None when it is."""
        if self._switchboard.stopping:
            return "stopping"
        if self._switchboard.is_full:
            return "full"
        try:
            async with asyncio.timeout(STORE_S):
                if await self._is_spent():
                    return "spent"
                return "too_many_calls" if await self._calls_too_often(caller) else None
        except (TimeoutError, StoreError):
            return None

    async def _calls_too_often(self, caller: str | None) -> bool:
        if caller is None:
            return False
        since = self._clock.now() - HOUR
        return await self._calls.calls_since(caller_number=caller, since=since) > self._calls_per_hour

    async def _is_spent(self) -> bool:
        if self._micros_per_day is None:
            return False
        now = self._clock.monotonic()
        if self._spent_at is None or now >= self._spent_at + SPEND_KNOWN_S:
            self._spent_at = now  # one question at a time, also while the answer is late
            self._spent = await self._spending.of(self._clock.now().astimezone(self._business.tz).date())
        return self._spent >= self._micros_per_day
