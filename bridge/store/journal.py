"""Writes that nobody waits for: kept, carried out one by one, tried again while the database is away.

A call puts its turns, tool calls and its end here, so that a slow or lost database never
delays a frame. `put` only appends; one task does the writing, in order. The memory is
bounded: when it is full the oldest write is dropped, counted, and the log says so.
What is put here may be carried out twice (an answer was lost), so it must bear that.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

import structlog

from tools.store import StoreUnavailable

log = structlog.get_logger(__name__)

LIMIT = 5000  # writes; about 2 kB each
FIRST_WAIT_S = 0.25
LONGEST_WAIT_S = 15.0
CLOSE_S = 5.0

Write = Callable[[], Awaitable[object]]


class Journal:
    """One process's journal. Built inside the loop that runs it; `close` ends its task."""

    def __init__(
        self,
        *,
        limit: int = LIMIT,
        first_wait_s: float = FIRST_WAIT_S,
        longest_wait_s: float = LONGEST_WAIT_S,
    ) -> None:
        self.dropped = 0  # never tried to the end, since the process began
        self._limit = limit
        self._first_wait_s = first_wait_s
        self._longest_wait_s = longest_wait_s
        self._waiting: deque[Write] = deque()
        self._dropped_said = 0
        self._closed = False
        self._something = asyncio.Event()  # there is something to write
        self._nothing = asyncio.Event()  # and now there is not
        self._nothing.set()
        self._hurry = asyncio.Event()  # somebody is waiting in `flush`: cut a wait short
        self._worker = asyncio.create_task(self._work(), name="journal")

    @property
    def waiting(self) -> int:
        """Writes not yet done, the one being tried included."""
        return len(self._waiting)

    def put(self, write: Write) -> None:
        """Have `write` carried out some time soon. Returns at once, whatever the database does."""
        if self._closed:
            self.dropped += 1
            self._say_what_was_dropped()
            return
        if len(self._waiting) >= self._limit:
            self._waiting.popleft()
            self.dropped += 1
        self._waiting.append(write)
        self._nothing.clear()
        self._something.set()

    async def flush(self, deadline_s: float) -> bool:
        """Wait until everything put so far and meanwhile is written; false after `deadline_s` seconds."""
        self._hurry.set()
        try:
            async with asyncio.timeout(deadline_s):
                await self._nothing.wait()
        except TimeoutError:
            return False
        finally:
            self._hurry.clear()
        return True

    async def close(self, deadline_s: float = CLOSE_S) -> None:
        """Write what can be written in `deadline_s` seconds, then stop; the log says what is lost."""
        await self.flush(deadline_s)
        self._closed = True
        self._worker.cancel()
        await asyncio.wait({self._worker})
        self.dropped += len(self._waiting)
        self._waiting.clear()
        self._nothing.set()
        self._say_what_was_dropped()

    async def _work(self) -> None:
        wait_s = self._first_wait_s
        while True:
            await self._something.wait()
            write = self._waiting[0]
            try:
                await write()
            except StoreUnavailable as error:
                log.warning(
                    "journal_waits", error=str(error), waiting=len(self._waiting), seconds=round(wait_s, 2)
                )
                self._say_what_was_dropped()
                await self._wait(wait_s)
                wait_s = min(wait_s * 2, self._longest_wait_s)
                continue
            except Exception as error:
                # A fault of ours: trying again would fail again and hold up everything behind it.
                log.error("journal_write_failed", error=type(error).__name__)
                self.dropped += 1
            wait_s = self._first_wait_s
            self._say_what_was_dropped()
            # It may have been dropped while it was being written.
            if self._waiting and self._waiting[0] is write:
                self._waiting.popleft()
            if not self._waiting:
                self._something.clear()
                self._nothing.set()

    async def _wait(self, seconds: float) -> None:
        if self._hurry.is_set():
            seconds = min(seconds, self._first_wait_s)
            await asyncio.sleep(seconds)
            return
        try:
            async with asyncio.timeout(seconds):
                await self._hurry.wait()
        except TimeoutError:
            pass

    def _say_what_was_dropped(self) -> None:
        # Not from `put` of an open journal, which must cost nothing, and not a line for each.
        if self.dropped > self._dropped_said:
            log.error("journal_dropped", now=self.dropped - self._dropped_said, total=self.dropped)
            self._dropped_said = self.dropped
