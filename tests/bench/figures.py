"""The benchmark's arithmetic: percentiles of a window, ratios to the bare relay, medians of rounds. Pure."""

import math
import statistics
from collections.abc import Iterable, Sequence

import msgspec

LATE_P99_MS = 3.0  # a generator whose frames left so much too late has measured itself
LATE_MAX_MS = 50.0


class Spread(msgspec.Struct, frozen=True):
    """A distribution, in milliseconds."""

    count: int
    p50: float
    p95: float
    p99: float
    max: float


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured of one party at one number of calls, in one round."""

    round: int
    party: str  # "ours" or "bare"
    calls: int
    tls: bool
    trouble: str  # "" for none
    seconds: float
    to_model: Spread | None  # added delay of the caller's frames
    to_caller: Spread | None  # of the model's audio
    clear: Spread | None  # from speech_started to clear
    cut: Spread | None  # how far the truncation was off, either way
    cut_mean: float | None  # positive: the model was told more than was heard
    webhook: Spread | None  # of the calls that came in for this window
    first_audio: Spread | None  # from `start` to the first audio
    cpu_per_call_minute: float | None  # seconds
    cpu_share: float | None  # of the one core
    memory_per_call_mb: float | None
    memory_idle_mb: float | None
    lateness: Spread | None  # of the generator's own timers
    generator_share: float | None  # of its core
    frames: int  # of the callers', that came through
    lost: int  # frames and pieces that were left out, or came after later ones
    overdue: int  # that had not come after a second
    uncleared: int  # interruptions without a clear
    ended: int  # calls that are over, though nobody hung up
    mistakes: int  # of the server, in its log
    trusted: bool


def spread(values: Iterable[float]) -> Spread | None:
    """Of values in seconds. None of none."""
    ordered = sorted(values)
    if not ordered:
        return None

    def at(share: float) -> float:
        return round(percentile(ordered, share) * 1000, 3)

    return Spread(len(ordered), at(0.5), at(0.95), at(0.99), round(ordered[-1] * 1000, 3))


def percentile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of them does not exceed (nearest rank)."""
    return ordered[max(0, math.ceil(len(ordered) * share - 1e-9) - 1)]


def median(values: Iterable[float | None]) -> float | None:
    """Of those that are known; None of none."""
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def median_spread(spreads: Iterable[Spread | None]) -> Spread | None:
    """The median of each percentile; how many there were in all, and the largest of all."""
    known = [one for one in spreads if one is not None]
    if not known:
        return None
    return Spread(
        sum(one.count for one in known),
        statistics.median(one.p50 for one in known),
        statistics.median(one.p95 for one in known),
        statistics.median(one.p99 for one in known),
        max(one.max for one in known),
    )


def ratio(ours: float | None, bare: float | None) -> float | None:
    return ours / bare if ours is not None and bare else None


def is_trusted(lateness: Spread | None) -> bool:
    """Whether the generator kept its own time: else what it measured is its own delay."""
    return lateness is not None and lateness.p99 <= LATE_P99_MS and lateness.max <= LATE_MAX_MS


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the table: medians over the rounds that can be trusted, or over all when none can."""

    party: str
    calls: int
    tls: bool
    trouble: str
    rounds: int
    untrusted: int
    to_model: Spread | None
    to_caller: Spread | None
    clear: Spread | None
    cut: Spread | None
    cut_mean: float | None
    webhook: Spread | None
    first_audio: Spread | None
    cpu_per_call_minute: float | None
    cpu_share: float | None
    memory_per_call_mb: float | None
    memory_idle_mb: float | None
    lateness: Spread | None
    lost: int
    overdue: int
    uncleared: int
    ended: int
    mistakes: int
    cpu_ratio: float | None = None  # to the bare relay of the same round; medians of those
    to_model_ratio: float | None = None  # of the p99
    to_caller_ratio: float | None = None
    clear_over_bare_ms: float | None = None  # at p99


def rows(windows: Sequence[Window]) -> list[Row]:
    """The table's lines, in the order in which they were first measured."""
    kinds = dict.fromkeys((one.trouble, one.tls, one.calls, one.party) for one in windows)
    return [
        _row([one for one in windows if (one.trouble, one.tls, one.calls, one.party) == kind], windows)
        for kind in sorted(kinds, key=lambda kind: (bool(kind[0]), kind[1], kind[2] if not kind[0] else 0))
    ]


def _row(same: list[Window], windows: Sequence[Window]) -> Row:
    kept = [one for one in same if one.trusted] or same
    first = same[0]
    pairs = [] if first.party == "bare" else _pairs(kept, windows)
    return Row(
        party=first.party,
        calls=first.calls,
        tls=first.tls,
        trouble=first.trouble,
        rounds=len(same),
        untrusted=sum(not one.trusted for one in same),
        to_model=median_spread(one.to_model for one in kept),
        to_caller=median_spread(one.to_caller for one in kept),
        clear=median_spread(one.clear for one in kept),
        cut=median_spread(one.cut for one in kept),
        cut_mean=median(one.cut_mean for one in kept),
        webhook=median_spread(one.webhook for one in kept),
        first_audio=median_spread(one.first_audio for one in kept),
        cpu_per_call_minute=median(one.cpu_per_call_minute for one in kept),
        cpu_share=median(one.cpu_share for one in kept),
        memory_per_call_mb=median(one.memory_per_call_mb for one in kept),
        memory_idle_mb=median(one.memory_idle_mb for one in kept),
        lateness=median_spread(one.lateness for one in same),
        lost=sum(one.lost for one in same),
        overdue=sum(one.overdue for one in same),
        uncleared=sum(one.uncleared for one in same),
        ended=max(one.ended for one in same),
        mistakes=sum(one.mistakes for one in same),
        cpu_ratio=median(ratio(ours.cpu_per_call_minute, bare.cpu_per_call_minute) for ours, bare in pairs),
        to_model_ratio=median(ratio(_p99(ours.to_model), _p99(bare.to_model)) for ours, bare in pairs),
        to_caller_ratio=median(ratio(_p99(ours.to_caller), _p99(bare.to_caller)) for ours, bare in pairs),
        clear_over_bare_ms=median(_over(_p99(ours.clear), _p99(bare.clear)) for ours, bare in pairs),
    )


def _pairs(ours: list[Window], windows: Sequence[Window]) -> list[tuple[Window, Window]]:
    """Each with the bare relay's of the same round."""
    bare = {(one.round, one.tls, one.calls, one.trouble): one for one in windows if one.party == "bare"}
    found = ((one, bare.get((one.round, one.tls, one.calls, one.trouble))) for one in ours)
    return [(one, other) for one, other in found if other is not None]


def _p99(known: Spread | None) -> float | None:
    return None if known is None else known.p99


def _over(ours: float | None, bare: float | None) -> float | None:
    return None if ours is None or bare is None else ours - bare
