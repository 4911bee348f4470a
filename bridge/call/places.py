"""Places for calls: how many a server holds at once, over all its workers.

How many each worker holds stands in a few bytes of memory that all of them see. It is a count of live
sockets, so it is kept with them and not in the database: when a worker is killed its calls are gone at once,
and its parent says so. Read `switchboard.py` for who takes a place, `bridge/workers.py` for the workers.
"""

import copy
import mmap


class Places:
    """The places of one server, as one of its workers sees them."""

    def __init__(self, most: int, workers: int = 1) -> None:
        """`most`: calls at once, of all workers together. This is the first worker's view."""
        self._most = most
        self._worker = 0
        # Anonymous and shared: a worker that is forked later has the same memory.
        self._held = memoryview(mmap.mmap(-1, 4 * workers)).cast("I")

    def of(self, worker: int) -> "Places":
        """The same places as another worker sees them. `worker`: its number, from 0."""
        view = copy.copy(self)
        view._worker = worker
        return view

    @property
    def free(self) -> int:
        """How many calls the server may still take; below zero when several workers let one in at once."""
        return self._most - sum(self._held)

    @property
    def here(self) -> int:
        """How many calls this worker holds."""
        return self._held[self._worker]

    @property
    def fewest(self) -> int:
        """How many the worker holds that holds the fewest."""
        return min(self._held)

    def hold(self, calls: int) -> None:
        """This worker holds so many from now on."""
        self._held[self._worker] = calls
