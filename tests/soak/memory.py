"""Whether memory is flat: the median of the first third against that of the last, after a warm-up.

What grows is divided by the calls that came and went between the two medians, so that a leak of a call's
own things shows however long the run is.
"""

import gc
import os
import statistics
from pathlib import Path

import msgspec

WARM_UP = 0.2  # of the samples: caches fill, modules are imported at the first use
STATM = Path("/proc/self/statm")


class Sample(msgspec.Struct, frozen=True):
    """One look."""

    calls: float  # that were over by then
    used: int  # bytes


class Growth(msgspec.Struct, frozen=True):
    """What became of it."""

    first: float  # bytes, median of the first third after the warm-up
    last: float  # bytes, median of the last third
    calls: float  # between the two

    @property
    def per_call(self) -> float:
        """Bytes; below zero when it shrank."""
        return (self.last - self.first) / max(1.0, self.calls)


def resident() -> int:
    """Bytes of this process in memory, rubbish collected first; 0 where the system does not tell."""
    gc.collect()
    if not STATM.is_file():
        return 0
    return int(STATM.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def growth(samples: list[Sample]) -> Growth:
    """Of at least six samples, in order."""
    kept = samples[int(len(samples) * WARM_UP) :]
    third = len(kept) // 3
    first, last = kept[:third], kept[-third:]
    return Growth(
        first=statistics.median(sample.used for sample in first),
        last=statistics.median(sample.used for sample in last),
        calls=statistics.median(s.calls for s in last) - statistics.median(s.calls for s in first),
    )
