"""A port that kills its own process, for good, at one call of one of its methods."""

import os
import signal
from typing import Any

import msgspec


class Point(msgspec.Struct, frozen=True):
    """Where a process dies."""

    port: str  # store, calendar or sms
    method: str
    when: str  # before; after; during: the other side has done it, and the answer is on its way
    call: int = 1  # which call of that method, from 1

    def __str__(self) -> str:
        ordinal = "" if self.call == 1 else f" {self.call}"
        return f"{self.when} {self.port} {self.method}{ordinal}"


class Deadly:
    """Any port, as it is, but for one call. `during` is up to the other side: see `process.py`."""

    def __init__(self, port: Any, point: Point) -> None:
        self._port = port
        self._point = point
        self._calls = 0

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)
        if name != self._point.method:
            return method

        async def deadly(*args: Any, **kwargs: Any) -> Any:
            self._calls += 1
            deadly_call = self._calls == self._point.call
            if deadly_call and self._point.when == "before":
                die()
            answer = await method(*args, **kwargs)
            if deadly_call and self._point.when == "after":
                die()
            return answer

        return deadly


def die() -> None:
    """Nothing is cleaned up, flushed or closed."""
    os.kill(os.getpid(), signal.SIGKILL)
