"""Runs a vendor's blocking client beside the event loop, in threads of its own.

A thread cannot be cancelled: when a deadline passes, the job may go on and still have its
effect. So a job that is given up before a thread took it never runs, and the caller is told
which of the two happened. Used by `google_client.py` and `sms.py`.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

T = TypeVar("T")


class Unfinished(Exception):
    """There will be no result: the deadline passed, or the pool is closed.

    `began`: the job was running, so it may have done (or may still do) what it was asked.
    """

    def __init__(self, *, began: bool) -> None:
        super().__init__("given up after it began" if began else "never began")
        self.began = began


class BlockingPool:
    """A few threads for one vendor, so that a slow one never starves another."""

    def __init__(self, name: str, threads: int) -> None:
        """Starts nothing: threads begin with the first jobs."""
        self._name = name
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._closed = threading.Event()

    async def run(self, work: Callable[[], T], deadline_s: float) -> T:
        """What `work` returns or raises, waited for at most `deadline_s` seconds of the loop.

        Waiting for a free thread counts. Raises Unfinished. When the awaiting task is
        cancelled, a job that has not begun never will.
        """
        if self._closed.is_set():
            raise Unfinished(began=False)
        job = _Job(work, self._closed)
        try:
            async with asyncio.timeout(deadline_s) as limit:
                return await asyncio.get_running_loop().run_in_executor(self._pool, job)
        except TimeoutError:
            if not limit.expired():
                raise  # the job's own: a socket timed out
            raise Unfinished(began=job.give_up()) from None
        except asyncio.CancelledError:
            job.give_up()
            raise

    async def close(self) -> None:
        """Wait for the jobs that run, drop those that wait, end all threads. Repeating it is harmless.

        Takes as long as the running jobs do: their sockets have time-outs.
        """
        self._closed.set()
        # Joining threads blocks, so that too is done in a thread, which ends with it.
        closer = ThreadPoolExecutor(1, thread_name_prefix=f"{self._name}-close")
        joined = False
        try:
            await asyncio.get_running_loop().run_in_executor(closer, self._pool.shutdown)
            joined = True
        finally:
            closer.shutdown(wait=joined)


class _Job(Generic[T]):
    """Work that is either begun or given up first; never both unnoticed."""

    def __init__(self, work: Callable[[], T], closed: threading.Event) -> None:
        self._work = work
        self._closed = closed
        self._lock = threading.Lock()
        self._began = False
        self._given_up = False

    def __call__(self) -> T:
        with self._lock:
            if self._given_up or self._closed.is_set():
                raise Unfinished(began=False)
            self._began = True
        return self._work()

    def give_up(self) -> bool:
        """Whether it had begun; if not, it never will."""
        with self._lock:
            self._given_up = True
            return self._began
