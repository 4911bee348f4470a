"""The one clock. Built in `bridge/app.py` and handed to everything that asks the time.

The harness pins it to a recording's date; `replay --fast` runs it on a loop whose time
jumps. Nothing else in the project may call `datetime.now` or `time.time`.
"""

import asyncio
from datetime import UTC, datetime, timedelta


class Clock:
    """Dates and seconds from one source, so that they can never disagree."""

    def __init__(self, pinned: datetime | None = None) -> None:
        """`pinned`: aware instant that counts as now from this moment on; None for the real date."""
        if pinned is not None and pinned.tzinfo is None:
            raise ValueError("a clock is pinned to an aware datetime")
        self._pinned = pinned
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()

    def monotonic(self) -> float:
        """Seconds of the event loop, comparable only with each other."""
        return self._loop.time()

    def now(self) -> datetime:
        """Aware UTC instant."""
        if self._pinned is None:
            return datetime.now(UTC)
        return self._pinned.astimezone(UTC) + timedelta(seconds=self._loop.time() - self._began)
