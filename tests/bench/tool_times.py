"""How long the tools took: the tables of `python -m tests.bench.tools`. Pure."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from tests.bench.figures import Spread, spread

# The tools as they are measured, in the order of the table. "cold": nothing prefetched.
PREFETCHED = "check_availability, prefetched"
COLD = "check_availability, cold"
HOLD = "hold_slot"
CREATE = "create_event"
TEXT = "send_confirmation"
FIND = "find_bookings"
COLD_MOVE = "check_availability to move, cold"
ASK_MOVE = "reschedule_event, asks"
MOVE = "reschedule_event, moves"
ASK_CANCEL = "cancel_event, asks"
CANCEL = "cancel_event, cancels"
MESSAGE = "take_message"
TOOLS = (
    *(PREFETCHED, COLD, HOLD, CREATE, TEXT, FIND, COLD_MOVE, ASK_MOVE, MOVE, ASK_CANCEL, CANCEL, MESSAGE),
)
CROWDED = (COLD, HOLD, CREATE, MOVE, TEXT)  # those that wait for a thread
UNKNOWN = "–"


class Asked(msgspec.Struct, frozen=True):
    """What was asked of the stand-ins so far."""

    reads: int  # of the calendar
    writes: int
    read_connections: int  # that had at least one of them; TCP, to the calendar
    write_connections: int  # that had nothing else
    texts: int  # that Twilio was given


class Took(msgspec.Struct, frozen=True):
    """One tool, once."""

    tool: str
    seconds: float
    calendar: int | None = None  # requests it cost; None when others asked at the same time
    texts: int | None = None


class Crowd(msgspec.Struct, frozen=True, kw_only=True):
    """What came of callers who asked for the same at once."""

    delay_ms: float  # of the calendar's answers and Twilio's
    at_once: int
    threads: int  # for the calendar
    took: list[Took]
    late: list[float]  # seconds by which the loop's timers were late meanwhile


def delay_table(crowds: Sequence[Crowd]) -> Iterator[str]:
    """One line for each tool: p50 and p95 by delay, and what it asks of others."""
    delays = sorted({crowd.delay_ms for crowd in crowds})
    yield f"{'':33}" + "".join(f"{f'{delay:g} ms':>16}" for delay in delays) + f"{'requests to':>22}"
    yield f"{'':33}" + f"{'p50':>9}{'p95':>7}" * len(delays) + f"{'calendar':>13}{'Twilio':>9}"
    for tool in TOOLS:
        found = [spread(_seconds(crowds, tool, delay)) for delay in delays]
        calendar = _counted(each.calendar for each in _took(crowds, tool))
        texts = _counted(each.texts for each in _took(crowds, tool))
        yield f"{tool:33}" + "".join(map(_two, found)) + f"{calendar:>13}{texts:>9}"
    counts = ", ".join(f"{len(_seconds(crowds, CREATE, delay))} at {delay:g} ms" for delay in delays)
    yield f"(times of each tool: {counts})"


def crowd_table(crowds: Sequence[Crowd]) -> Iterator[str]:
    """One line for each number of threads and of callers: p50 and the longest of each tool that waits."""
    yield f"{'':22}" + "".join(f"{tool.partition(',')[0]:>20}" for tool in CROWDED) + f"{'timers late':>20}"
    head = f"{'p50':>12}{'max':>8}"
    yield f"{'threads':>7}{'at once':>10}{'':5}" + head * len(CROWDED) + f"{'p99':>12}{'max':>8}"
    for crowd in crowds:
        found = [spread(_seconds([crowd], tool)) for tool in CROWDED]
        times = [(each.p50, each.max) if each else (None, None) for each in found]
        late = spread(crowd.late)
        times.append((late.p99, late.max) if late else (None, None))
        yield f"{crowd.threads:>7}{crowd.at_once:>10}{'':5}" + "".join(_pair(*pair) for pair in times)


def reuse(before: Asked, after: Asked) -> str:
    """How many connections the calendar's requests needed beside those that were open."""
    reads, writes = after.reads - before.reads, after.writes - before.writes
    return (
        f"{reads} reads, {after.read_connections - before.read_connections} new connections; "
        f"{writes} writes, {after.write_connections - before.write_connections} new connections"
    )


def _took(crowds: Iterable[Crowd], tool: str) -> list[Took]:
    return [each for crowd in crowds for each in crowd.took if each.tool == tool]


def _seconds(crowds: Iterable[Crowd], tool: str, delay_ms: float | None = None) -> list[float]:
    of_delay = (crowd for crowd in crowds if delay_ms in (None, crowd.delay_ms))
    return [each.seconds for each in _took(of_delay, tool)]


def _counted(counts: Iterable[int | None]) -> str:
    """The one number there is, or from the least to the most."""
    known = sorted({count for count in counts if count is not None})
    if not known:
        return UNKNOWN
    return f"{known[0]}" if len(known) == 1 else f"{known[0]}-{known[-1]}"


def _two(found: Spread | None) -> str:
    return f"{UNKNOWN:>9}{UNKNOWN:>7}" if found is None else f"{found.p50:>9.1f}{found.p95:>7.1f}"


def _pair(first: float | None, last: float | None) -> str:
    return f"{_whole(first):>12}{_whole(last):>8}"


def _whole(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.0f}"
