"""What is printed: delays, costs, what went wrong, and which figure of the design is reached. Pure."""

from collections.abc import Iterator, Sequence

from tests.bench.figures import Row, Spread
from tests.bench.parties import OURS

JUDGED_AT = 100  # calls
UNKNOWN = "–"


def lines(rows: Sequence[Row]) -> Iterator[str]:
    """The tables."""
    plain = [row for row in rows if not row.trouble]
    yield "Added delay in milliseconds, medians of the rounds (max: the largest of all)"
    yield ""
    yield from _delays(plain)
    yield ""
    yield "Cost and truth (ratio: to the bare relay of the same round)"
    yield ""
    yield from _costs(plain)
    broken = [row for row in rows if row.trouble]
    if broken:
        yield ""
        yield f"Our server with {broken[0].calls} calls, while this breaks"
        yield ""
        yield from _delays(broken)
    yield from _warnings(rows)


def _delays(rows: Sequence[Row]) -> Iterator[str]:
    width = max([len(_name(row)) for row in rows], default=0)
    head = "".join(f"{name:>8}" for name in ("p50", "p95", "p99", "max"))
    yield f"{'':{width}}  {'to the model':>32}  {'to the caller':>32}  {'clear':>16}  {'late':>7}"
    yield f"{'':{width}}  {head}  {head}  {'p50':>8}{'p99':>8}  {'p99':>7}"
    for row in rows:
        clear = (None, None) if row.clear is None else (row.clear.p50, row.clear.p99)
        yield (
            f"{_name(row):{width}}  {_four(row.to_model)}  {_four(row.to_caller)}  "
            f"{_number(clear[0], 8)}{_number(clear[1], 8)}  {_number(_p99(row.lateness), 7)}"
        )


def _costs(rows: Sequence[Row]) -> Iterator[str]:
    width = max([len(_name(row)) for row in rows], default=0)
    yield (
        f"{'':{width}}  {'CPU s per':>11}  {'':>7}  {'of the':>6}  {'MB per':>7}  {'delay p99, ratio':>18}  "
        f"{'cut point, ms off':>19}  {'':>5}"
    )
    yield (
        f"{'':{width}}  {'call-minute':>11}  {'ratio':>7}  {'core':>6}  {'call':>7}  {'to model':>9}"
        f"{'to caller':>9}  {'p50':>6}{'p95':>6}{'mean':>7}  {'lost':>5}"
    )
    for row in rows:
        share = None if row.cpu_share is None else row.cpu_share * 100
        cut = (None, None) if row.cut is None else (row.cut.p50, row.cut.p95)
        yield (
            f"{_name(row):{width}}  {_number(row.cpu_per_call_minute, 11, 3)}  {_number(row.cpu_ratio, 7)}  "
            f"{_number(share, 5, 0)}%  {_number(row.memory_per_call_mb, 7)}  {_number(row.to_model_ratio, 9)}"
            f"{_number(row.to_caller_ratio, 9)}  {_number(cut[0], 6, 0)}{_number(cut[1], 6, 0)}"
            f"{_number(row.cut_mean, 7, 0)}  {row.lost:>5}"
        )


def _warnings(rows: Sequence[Row]) -> Iterator[str]:
    told = [
        (row, text)
        for row in rows
        for number, text in (
            (row.untrusted, f"in {row.untrusted} of {row.rounds} rounds the generator was late"),
            (row.lost, f"{row.lost} frames were lost"),
            (row.overdue, f"{row.overdue} frames were more than a second late"),
            (row.uncleared, f"{row.uncleared} interruptions without a clear"),
            (row.ended, f"{row.ended} calls ended by themselves"),
            (row.mistakes, f"{row.mistakes} mistakes in the server's log"),
        )
        if number
    ]
    if told:
        yield ""
    for row, text in told:
        yield f"{_name(row).strip()}: {text}"


def verdict(rows: Sequence[Row]) -> Iterator[str]:
    """Each figure of the design, and whether it is reached; nothing of those that were not measured."""
    if rows and all(row.untrusted == row.rounds for row in rows):
        yield "No round can be trusted: is the machine doing something else?"
    plain = {row.party: row for row in rows if row.calls == JUDGED_AT and not row.tls and not row.trouble}
    ours, first = plain.get(OURS), next((row for row in rows if row.party == OURS), None)
    if ours is not None:
        for way, known in (("to the model", ours.to_model), ("to the caller", ours.to_caller)):
            yield from _judged(f"added delay {way}, {JUDGED_AT} calls, p99", _p99(known), 2.0, "ms")
        yield from _judged("CPU, of the bare relay's", ours.cpu_ratio, 1.25, "times")
        yield from _judged(
            "clear after speech_started, p99, over the bare relay's", ours.clear_over_bare_ms, 2, "ms"
        )
        yield from _judged(
            "cut point against what was heard, p95", None if ours.cut is None else ours.cut.p95, 20, "ms"
        )
        yield from _judged("memory per call", ours.memory_per_call_mb, 0.3, "MB")
    if first is not None:
        yield from _judged("memory after one call", first.memory_idle_mb, 115, "MB")
        yield from _judged("webhook, p99", _p99(first.webhook), 50, "ms")
        heard = None if first.first_audio is None else first.first_audio.p50
        yield from _judged("first audio after start, p50", heard, 50, "ms")


def _judged(what: str, is_: float | None, limit: float, unit: str) -> Iterator[str]:
    if is_ is not None:
        word = "reached" if is_ <= limit else "OVER"
        yield f"{what:<56} {is_:>8.2f} {unit:<5} of {limit:>6g}  {word}"


def _name(row: Row) -> str:
    if row.trouble:
        return row.trouble
    return f"{row.calls:>4} calls  {row.party}{' TLS' if row.tls else ''}"


def _four(known: Spread | None) -> str:
    values = (None,) * 4 if known is None else (known.p50, known.p95, known.p99, known.max)
    return "".join(_number(value, 8) for value in values)


def _number(value: float | None, width: int, digits: int = 2) -> str:
    return f"{UNKNOWN:>{width}}" if value is None else f"{value:>{width}.{digits}f}"


def _p99(known: Spread | None) -> float | None:
    return None if known is None else known.p99
