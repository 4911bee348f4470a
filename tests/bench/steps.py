"""Up a ladder of calls: what a step proves, which limit follows from all of them, and what to try next. Pure.

A step is a number of calls, measured in several windows of which the median counts, so that one hiccup
does not decide. A limit is the most calls that stayed under a delay; the least that did not, above it, says
how finely it is known. Read `climbing.py` for who measures, `card.py` for what is made of it.
"""

import math
import statistics
from collections.abc import Sequence

import msgspec

from tests.bench.figures import Window, median

SHARP_MS, WIDE_MS = 5.0, 20.0  # p99 of the added delay
OVERDUE_SHARE = 0.01  # of the frames; with more of them lost, or a second late, p99 tells nothing
UNTRUSTED_IN_A_ROW = 2  # then the generator has come to its own end


class Step(msgspec.Struct, frozen=True):
    """One number of calls.

    What a call takes of memory is known only while there were never more of them: little is given back.
    """

    calls: int
    windows: list[Window]
    failed: str = ""  # why there was no such number of calls

    @property
    def kept(self) -> list[Window]:
        """Those that can be trusted."""
        return [window for window in self.windows if window.trusted]

    @property
    def is_known(self) -> bool:
        """Whether it says something of the server, and not of the generator."""
        return bool(self.failed) or 2 * len(self.kept) > len(self.windows)

    @property
    def delay_ms(self) -> float:
        """The median of the windows' p99, in the worse direction; infinite where calls were not carried."""
        if self.failed:
            return math.inf
        return statistics.median(delay_ms(window) for window in self.kept or self.windows)


def delay_ms(window: Window) -> float:
    """p99 in the worse direction; infinite when calls broke off, or frames did not come.

    In a short window it may be that nobody was answered; then the other direction counts alone.
    """
    if window.ended or window.overdue + window.lost > OVERDUE_SHARE * window.frames:
        return math.inf
    known = [one.p99 for one in (window.to_model, window.to_caller) if one is not None]
    return max(known, default=math.inf)


class Limit(msgspec.Struct, frozen=True):
    """How many calls stay under a delay."""

    most_ms: float
    calls: int | None  # the most that did; None: not even the fewest
    over: int | None  # the fewest above that did not; None: nobody tried, so it is at least `calls`

    def __str__(self) -> str:
        if self.calls is None:
            return "unknown" if self.over is None else f"under {self.over}"
        return f"at least {self.calls}" if self.over is None else f"{self.calls} ({self.over} were over)"


def limit_of(steps: Sequence[Step], most_ms: float) -> Limit:
    """What the steps that can be trusted say."""
    known = [step for step in steps if step.is_known]
    calls = max((step.calls for step in known if step.delay_ms < most_ms), default=None)
    over = min(
        (step.calls for step in known if step.delay_ms >= most_ms and step.calls > (calls or 0)), default=None
    )
    return Limit(most_ms, calls, over)


class Ladder(msgspec.Struct, frozen=True):
    """What is tried."""

    rungs: tuple[int, ...] = (25, *range(50, 1001, 50))  # upwards, until one is over the wide limit
    fine: int = 15  # then between the rungs, until a limit is known to so many calls
    round_to: int = 5

    def next(self, steps: Sequence[Step]) -> int | None:
        """How many calls to measure now; None: nothing more is to be learned."""
        if steps and steps[-1].failed:
            return None  # what is left of those calls would be measured, too
        tried = {step.calls for step in steps}
        if limit_of(steps, WIDE_MS).over is None:
            last = steps[-UNTRUSTED_IN_A_ROW:]
            if len(last) == UNTRUSTED_IN_A_ROW and not any(step.is_known for step in last):
                return None
            return min((rung for rung in self.rungs if rung > max(tried, default=0)), default=None)
        for most_ms in (WIDE_MS, SHARP_MS):
            limit = limit_of(steps, most_ms)
            if limit.over is None or limit.over - (limit.calls or 0) <= self.fine:
                continue
            middle = round((limit.over + (limit.calls or 0)) / 2 / self.round_to) * self.round_to
            if middle not in tried:
                return middle
        return None


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """All steps of one party."""

    party: str
    workers: int
    cores: str  # who ran where
    started_mb: float | None  # its memory when it took its first request
    idle_mb: float | None  # and after a first call
    steps: list[Step]  # in the order in which they were measured

    @property
    def name(self) -> str:
        return self.party if self.workers == 1 else f"{self.party}, {self.workers} workers"

    def limit(self, most_ms: float) -> Limit:
        return limit_of(self.steps, most_ms)

    @property
    def typical(self) -> list[Window]:
        """The windows that costs are taken from: of the most calls under the sharp limit."""
        most = self.limit(SHARP_MS).calls
        fewest = min((step.calls for step in self.steps if step.kept), default=0)
        return [window for step in self.steps if step.calls == (most or fewest) for window in step.kept]

    @property
    def calls_of_typical(self) -> int | None:
        return next((window.calls for window in self.typical), None)

    @property
    def cpu_per_call_minute(self) -> float | None:
        return median(window.cpu_per_call_minute for window in self.typical)

    @property
    def memory_per_call_mb(self) -> float | None:
        """Of the most calls for which it is known, up to those: see `Step`."""
        most = self.calls_of_typical or 0
        known = (
            (step.calls, each)
            for step in self.steps
            if step.calls <= most and (each := median(w.memory_per_call_mb for w in step.windows)) is not None
        )
        return max(known, default=(0, None))[1]
