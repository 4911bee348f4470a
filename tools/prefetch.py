"""Free/busy asked for before anybody wants it, so that an offer needs no way to Google.

While at least one call lasts, the busy times of every calendar are asked for again and again,
once for all calls together. An answer is used for 30 s at most; without a young one, or for
days further ahead, the calendar is asked for real. It serves offers only: a hold and a booking
always look for themselves, and our own live rows are laid over it by `availability.py`.
"""

import asyncio
import contextlib
import contextvars
from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec
import structlog

from tools.business import Business
from tools.clock import Clock
from tools.ports import Busy, CalendarError, CalendarPort

log = structlog.get_logger(__name__)

OLDEST_S = 30.0  # an answer this old is not used; a person may have written since
AGAIN_S = 20.0  # from one question to the next: three a minute, whatever the number of calls
DAYS_AHEAD = 56  # a month, and the two weeks after it that are offered instead; one question to Google
MARGIN = timedelta(days=3)  # an appointment with its buffer may pass the last day's midnight


class _Answer(msgspec.Struct, frozen=True):
    """Everything busy from `start` to `end`, as it was at `asked_at`."""

    asked_at: float  # loop's seconds, when the question was sent
    start: datetime
    end: datetime
    busy: dict[str, list[Busy]]


class FreeBusy:
    """Free/busy of one business. One object per process, shared by all calls; `close` it at the end."""

    def __init__(self, business: Business, calendar: CalendarPort, clock: Clock) -> None:
        """Asks nothing yet."""
        # Where nothing is booked nobody wants to know.
        self._calendars = [calendar.id for calendar in business.calendars if business.takes_bookings]
        self._ahead = timedelta(days=min(business.horizon_days, DAYS_AHEAD)) + MARGIN
        self._calendar = calendar
        self._clock = clock
        self._answer: _Answer | None = None
        self._out_of_date = asyncio.Event()  # what was answered, or is being asked, no longer counts
        self._calls = 0
        self._asking: asyncio.Task[None] | None = None

    @contextlib.contextmanager
    def kept_fresh(self) -> Iterator[None]:
        """For as long as a call lasts."""
        if not self._calendars:
            yield
            return
        self._calls += 1
        if self._asking is None:
            self._asking = asyncio.create_task(
                self._ask_again_and_again(),
                name="free/busy prefetch",
                context=contextvars.Context(),  # it serves all calls: no call's id belongs on its log lines
            )
        try:
            yield
        finally:
            self._calls -= 1
            if not self._calls:
                self._stop()

    async def between(self, calendar_ids: list[str], start: datetime, end: datetime) -> dict[str, list[Busy]]:
        """At least all busy stretches in [start, end) of each calendar. Raises CalendarUnavailable."""
        answer = self._answer
        if (
            answer is not None
            and self._clock.monotonic() - answer.asked_at < OLDEST_S
            and answer.start <= start
            and end <= answer.end
            and answer.busy.keys() >= set(calendar_ids)
        ):
            return {calendar_id: answer.busy[calendar_id] for calendar_id in calendar_ids}
        return await self._calendar.free_busy(calendar_ids, start, end)

    def forget(self) -> None:
        """Something turned out differently: until it was asked anew, nothing is known."""
        self._answer = None
        self._out_of_date.set()

    async def close(self) -> None:
        """Ask nothing more."""
        asking = self._asking
        self._stop()
        if asking is not None:
            await asyncio.wait([asking])

    def _stop(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
        self._asking = None
        self._answer = None

    async def _ask_again_and_again(self) -> None:
        while True:
            self._out_of_date.clear()
            try:
                await self._ask()
            except CalendarError as error:
                # Nobody waits for this; a tool that needs to know asks for itself and says what it finds.
                log.info("prefetch_failed", code=error.code)
            except Exception as error:  # a mistake of ours, which must not cost the calls to come theirs
                log.error("prefetch_broke", error=type(error).__name__)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(AGAIN_S):
                    await self._out_of_date.wait()

    async def _ask(self) -> None:
        asked_at, start = self._clock.monotonic(), self._clock.now().replace(microsecond=0)
        end = start + self._ahead
        busy = await self._calendar.free_busy(self._calendars, start, end)
        if not self._out_of_date.is_set():
            self._answer = _Answer(asked_at, start, end, busy)
