"""Writes that nobody waits for: kept, carried out in order, tried again while the database is away.

A call puts its turns, tool calls and its end here, so that a slow or lost database never
delays a frame. `put` and `note` only append; one task does the writing, in order. Notes that
stand together are written in one transaction, as a transaction costs more than what is in it.
The memory is bounded: when it is full the oldest write is dropped, counted, and the log says so.
What is put here may be carried out twice (an answer was lost), so it must bear that.

After a crash: what was written is a beginning of what was put here, without a gap unless the log
told of one. A process that is killed takes with it what stood here and was not committed: notes of
the last PAUSE_S seconds, more while the database was slow or away. A machine that loses its power
may take the latest notes too (see `Database.write_together`). A normal stop takes nothing.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from itertools import islice

import msgspec
import structlog

from bridge.store.database import Entry, joined
from tools.store import StoreUnavailable

log = structlog.get_logger(__name__)

LIMIT = 5000  # writes; about 2 kB each
FIRST_WAIT_S = 0.25
LONGEST_WAIT_S = 15.0
CLOSE_S = 5.0
PAUSE_S = 0.2  # after notes were written: meanwhile the next ones gather
MOST_TOGETHER = 50  # notes in one transaction: a booking that comes then waits for it

Write = Callable[[], Awaitable[object]]


class Note(msgspec.Struct, frozen=True):
    """A write that others may share a transaction with."""

    make: Callable[[], Entry]


class Journal:
    """One process's journal. Built inside the loop that runs it; `close` ends its task."""

    def __init__(
        self,
        *,
        limit: int = LIMIT,
        first_wait_s: float = FIRST_WAIT_S,
        longest_wait_s: float = LONGEST_WAIT_S,
        pause_s: float = PAUSE_S,
    ) -> None:
        self.dropped = 0  # never tried to the end, since the process began
        self._limit = limit
        self._first_wait_s = first_wait_s
        self._longest_wait_s = longest_wait_s
        self._pause_s = pause_s
        self._waiting: deque[Write | Note] = deque()
        self._one_by_one = 0  # so many of the first notes go alone, for one of them is wrong
        self._dropped_said = 0
        self._closed = False
        self._something = asyncio.Event()  # there is something to write
        self._nothing = asyncio.Event()  # and now there is not
        self._nothing.set()
        self._hurry = asyncio.Event()  # somebody is waiting in `flush`: cut a wait short
        self._enough = asyncio.Event()  # notes gather no longer
        self._worker = asyncio.create_task(self._work(), name="journal")

    @property
    def waiting(self) -> int:
        """Writes not yet done, the one being tried included."""
        return len(self._waiting)

    def put(self, write: Write) -> None:
        """Have `write` carried out some time soon. Returns at once, whatever the database does."""
        self._append(write)
        self._enough.set()

    def note(self, make: Callable[[], Entry]) -> None:
        """As `put`, for a single transaction: together with others, so at most PAUSE_S later.

        `make` is called when its turn comes, and again when it could not be written.
        """
        self._append(Note(make))

    def _append(self, write: Write | Note) -> None:
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
        self._enough.set()
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
            first, notes = self._waiting[0], self._notes_ahead()
            try:
                if isinstance(first, Note):
                    await _write_together(notes)
                else:
                    await first()
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
                if len(notes) > 1:
                    self._one_by_one = len(notes)
                    continue
                log.error("journal_write_failed", error=type(error).__name__)
                self.dropped += 1
            wait_s = self._first_wait_s
            self._one_by_one = max(0, self._one_by_one - 1)
            self._say_what_was_dropped()
            self._forget(notes or [first])
            if notes and not self._one_by_one:
                await self._let_notes_gather()

    def _notes_ahead(self) -> list[Note]:
        """The notes that are written next, together; none if something else is."""
        most = 1 if self._one_by_one else MOST_TOGETHER
        notes: list[Note] = []
        for write in self._waiting:
            if not isinstance(write, Note) or len(notes) == most:
                break
            notes.append(write)
        return notes

    def _forget(self, done: Sequence[Write | Note]) -> None:
        for write in done:
            # It may have been dropped while it was being written.
            if self._waiting and self._waiting[0] is write:
                self._waiting.popleft()
        if not self._waiting:
            self._something.clear()
            self._nothing.set()

    async def _let_notes_gather(self) -> None:
        """For a pause, unless there are many, or somebody is in a hurry, or other writes wait behind them."""
        only_notes = all(isinstance(write, Note) for write in islice(self._waiting, MOST_TOGETHER))
        if self._hurry.is_set() or len(self._waiting) >= MOST_TOGETHER or not only_notes:
            return
        self._enough.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._pause_s):
                await self._enough.wait()

    async def _wait(self, seconds: float) -> None:
        if self._hurry.is_set():
            await asyncio.sleep(min(seconds, self._first_wait_s))
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._hurry.wait()

    def _say_what_was_dropped(self) -> None:
        # Not from `put` of an open journal, which must cost nothing, and not a line for each.
        if self.dropped > self._dropped_said:
            log.error("journal_dropped", now=self.dropped - self._dropped_said, total=self.dropped)
            self._dropped_said = self.dropped


async def _write_together(notes: Sequence[Note]) -> None:
    """In one transaction. Raises ValueError when they do not belong to one database."""
    entries = [note.make() for note in notes]
    [database] = {entry.database for entry in entries}
    await database.write_together(joined(entries))
