"""The two halves of a soak, each in a process of its own. Read `__main__.py` first."""

import functools
import time

from bridge.harness.virtual_time import run_fast
from tests.soak import lines, talks
from tests.soak.run import soak

TALK_MINUTES = 60


def calls(plan: lines.Plan, began: float) -> lines.Result:
    """Through sockets. `began`: when the soak did, in monotonic seconds."""
    return run_fast(soak(plan, functools.partial(say, began)))


def pure(seed: int, seats: int, began: float) -> talks.Result:
    """Of the session alone."""
    return talks.hold(seed, TALK_MINUTES, seats, functools.partial(say, began))


def say(began: float, line: str) -> None:
    """Print a line with the real seconds since then."""
    print(f"{time.monotonic() - began:5.0f} s  {line}", flush=True)  # noqa: T201
