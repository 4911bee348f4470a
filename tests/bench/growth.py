"""Whether memory stays as it is while calls come and go: what `tests.bench.steady` makes of it. Pure.

A server's memory rises with its first calls and then stays, or it does not. So the slope is taken over the
second half only, and divided by the calls that came and went in it.
"""

import statistics
from collections.abc import Iterator, Sequence

import msgspec

LEAST = 6  # looks in the second half; a line through fewer says nothing
# Of a call that is over nothing stays in memory. Whatever of it were kept, its session or its transcript, is
# many times this; the allocator's own to and fro, over hundreds of calls, is less.
MOST_KB = 5.0
UNKNOWN = "–"


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """The server at one moment, and since the look before."""

    minute: float  # since the first call of the load
    memory_mb: float | None
    live: int  # calls
    made: int  # calls so far
    to_model_p99_ms: float | None
    to_caller_p99_ms: float | None
    share: float | None  # of the processor core
    lost: int  # frames
    overdue: int
    ended: int  # calls that were over by themselves
    trusted: bool  # the calls kept their own time


class Left(msgspec.Struct, frozen=True, kw_only=True):
    """Before the load, and a moment after all have hung up."""

    memory_before_mb: float | None
    memory_after_mb: float | None
    sockets_before: int | None
    sockets_after: int | None
    live_after: int  # calls, as the server says
    refused: int  # calls that were not put through
    mistakes: int  # in the server's log, from its start


def slope(points: Sequence[tuple[float, float]]) -> float | None:
    """Of the straight line nearest to points (x, y), by least squares; None of a single x."""
    if len({x for x, _ in points}) < 2:
        return None
    return statistics.linear_regression(*zip(*points, strict=True)).slope


def second_half(looks: Sequence[Look]) -> list[Look]:
    """Those whose memory is known."""
    return [look for look in looks[len(looks) // 2 :] if look.memory_mb is not None]


def mb_per_minute(looks: Sequence[Look]) -> float | None:
    """How memory grew in the second half; None when that is too short to tell."""
    kept = second_half(looks)
    if len(kept) < LEAST:
        return None
    return slope([(look.minute, look.memory_mb or 0.0) for look in kept])


def kb_per_call(looks: Sequence[Look]) -> float | None:
    """What each call left behind in the second half; None when that is too short to tell."""
    growth = mb_per_minute(looks)
    calls = slope([(look.minute, look.made) for look in second_half(looks)])
    return None if growth is None or not calls else growth * 1024 / calls


def per_live_call_mb(look: Look, left: Left) -> float | None:
    """Memory beyond that of the server without calls."""
    if look.memory_mb is None or left.memory_before_mb is None or not look.live:
        return None
    return (look.memory_mb - left.memory_before_mb) / look.live


def wrong(looks: Sequence[Look], left: Left) -> list[str]:
    """What is not as it must be; nothing when all is well."""
    each = kb_per_call(looks)
    counts = (
        (sum(look.lost for look in looks), "frames were lost"),
        (sum(look.overdue for look in looks), "frames were more than a second late"),
        (sum(look.ended for look in looks), "calls ended by themselves"),
        (left.mistakes, "mistakes stand in the server's log"),
        (left.refused, "calls were not put through"),
        (left.live_after, "calls still live for the server, though all have hung up"),
        (_more_sockets(left), "sockets more than before are open"),
    )
    found = [f"{count} {what}" for count, what in counts if count]
    if each is not None and each > MOST_KB:
        found.append(f"each call leaves {each:.1f} kB behind, at most {MOST_KB:g} may be")
    return found


def _more_sockets(left: Left) -> int:
    if left.sockets_before is None or left.sockets_after is None:
        return 0
    return max(0, left.sockets_after - left.sockets_before)


# --- what is printed --------------------------------------------------------------


def line(look: Look) -> str:
    """Of the progress."""
    late = "" if look.trusted else "; the calls were late themselves"
    share = None if look.share is None else look.share * 100
    return (
        f"{_shown(look.memory_mb)} MB, {look.live} live, {look.made} calls so far, added delay p99 "
        f"{_shown(look.to_model_p99_ms, 2)} ms to the model, {_shown(look.to_caller_p99_ms, 2)} back, "
        f"{_shown(share, 0)}% of the core, {look.lost} lost{late}"
    )


def summary(looks: Sequence[Look], left: Left) -> Iterator[str]:
    """Minute by minute, and what follows from it."""
    first, last = looks[0], looks[-1]
    growth, each = mb_per_minute(looks), kb_per_call(looks)
    yield f"{'minute':>6}{'MB':>9}{'live':>6}{'calls':>7}"
    for look in by_minute(looks):
        yield f"{look.minute:>6.1f}{_shown(look.memory_mb):>9}{look.live:>6}{look.made:>7}"
    yield ""
    yield (
        f"Memory per live call: {_shown(per_live_call_mb(first, left), 2)} MB at the beginning, "
        f"{_shown(per_live_call_mb(last, left), 2)} at the end"
    )
    yield f"Second half, least squares: {_shown(growth, 3)} MB a minute, {_shown(each)} kB for each call"
    lost = sum(look.lost for look in looks)
    yield f"Calls: {last.made}; frames lost: {lost}; mistakes in the log: {left.mistakes}"
    yield (
        f"After all have hung up: {left.live_after} live calls; {_shown(left.sockets_after, 0)} sockets, "
        f"{_shown(left.sockets_before, 0)} before; {_shown(left.memory_after_mb)} MB, "
        f"{_shown(left.memory_before_mb)} before"
    )
    late = sum(not look.trusted for look in looks)
    if late:
        yield f"In {late} of {len(looks)} stretches the calls were late themselves, so no proof of its delay"
    found = wrong(looks, left)
    flat = "too short to tell whether memory grows" if each is None else "memory does not grow with calls"
    yield f"Verdict: {'WRONG: ' + '; '.join(found) if found else 'nothing is lost or left; ' + flat}"


def by_minute(looks: Sequence[Look]) -> list[Look]:
    """The last look of each minute."""
    return list({-int(-look.minute // 1): look for look in looks}.values())


def _shown(value: float | None, digits: int = 1) -> str:
    return UNKNOWN if value is None else f"{value:.{digits}f}"
