"""A loop whose time jumps: `replay --fast`.

All parties run on this one stock asyncio loop, over real sockets. When nothing is readable
and no job is out in a thread, time jumps to the next timer; while a job is out it passes as it does
outside, and otherwise it stands still. So the order of events is that of a real run, and only the
waiting is left out. Nothing of the server is replaced.
"""

import asyncio
import selectors
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import Any, TypeVar

T = TypeVar("T")

# Real time given to bytes on their way through the loopback device, as a share of the jump: a
# frame's tick needs hardly any, but no time-out may fire because a busy machine was slow.
SETTLE_SHARE = 0.005
LONGEST_SETTLE_S = 0.02


class _JumpingSelector(selectors.DefaultSelector):
    """A selector that keeps the loop's time and, asked to wait, lets it jump where that is safe.

    Time passes in here alone and never past the next timer, so that computing takes none of it: on a
    busy machine everything takes longer outside, and the order and the times of events stay.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now = time.monotonic()  # seconds
        self.jobs_out: Callable[[], bool] = lambda: False

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        if timeout is None or self.jobs_out():
            return self._wait(timeout)
        time.sleep(min(LONGEST_SETTLE_S, timeout * SETTLE_SHARE))
        ready = super().select(0)
        if not ready:
            self.now += timeout
        return ready

    def _wait(self, timeout: float | None) -> list[tuple[selectors.SelectorKey, int]]:
        """As any selector; the time that it takes passes on the loop, too."""
        began = time.monotonic()
        ready = super().select(timeout)
        waited = time.monotonic() - began
        self.now += waited if timeout is None else min(waited, timeout)
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An asyncio loop on a jumping selector."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)
        self._jobs: set[asyncio.Future[Any]] = set()
        self._jumping.jobs_out = lambda: bool(self._jobs)

    def time(self) -> float:
        return self._jumping.now

    def run_in_executor(  # type: ignore[override]
        self, executor: Executor | None, func: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        """As asyncio's, and time does not jump until the job is back."""
        job = super().run_in_executor(executor, func, *args)
        self._jobs.add(job)
        job.add_done_callback(self._jobs.discard)
        return job


def run_fast(main: Coroutine[Any, Any, T]) -> T:
    """Run `main` to its end on a loop whose time jumps."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(main)
