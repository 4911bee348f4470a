"""A loop whose time jumps: `replay --fast`.

All parties run on this one stock asyncio loop, over real sockets. When nothing is readable
and no job is out in a thread, time jumps to the next timer; otherwise it stands still or
passes as it does outside. So the order of events is that of a real run, and only the
waiting is left out. Nothing of the server is replaced.
"""

import asyncio
import selectors
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import Any, TypeVar

T = TypeVar("T")

SETTLE_S = 0.0001  # real seconds given to bytes on their way through the loopback device


class _JumpingSelector(selectors.DefaultSelector):
    """A selector that, asked to wait, lets time jump instead where that is safe."""

    def __init__(self) -> None:
        super().__init__()
        self.jumped = 0.0  # seconds
        self.jobs_out: Callable[[], bool] = lambda: False

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        if timeout is None or self.jobs_out():
            return super().select(timeout)
        time.sleep(SETTLE_S)
        ready = super().select(0)
        if not ready:
            self.jumped += max(0.0, timeout - SETTLE_S)
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An asyncio loop on a jumping selector."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)
        self._jobs: set[asyncio.Future[Any]] = set()
        self._jumping.jobs_out = lambda: bool(self._jobs)

    def time(self) -> float:
        return super().time() + self._jumping.jumped

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
