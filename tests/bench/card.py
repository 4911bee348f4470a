"""The capacity card: how many calls a process and a small dyno carry, at what cost, and who is too many.

Pure. Everything in it follows from the steps that were measured; where something was not, there is a dash.
Read `steps.py` for what a limit is, `paper.py` for the plan that goes on from here.
"""

import math
from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec

from bridge.settings import SETTINGS
from tests.bench.blocks import Block, number
from tests.bench.paper import Assumptions, Counts, Measured, Plan
from tests.bench.parties import BARE, OURS
from tests.bench.steps import SHARP_MS, WIDE_MS, Series, Step

RATIO = 0.75  # of the bare relay's own limit, at least
MAX_CALLS = next(setting.default for setting in SETTINGS if setting.name == "MAX_CALLS")


class Capacity(msgspec.Struct, frozen=True, kw_only=True):
    """Everything measured and counted, as it is kept in a file."""

    at: datetime
    machine: dict[str, object]
    series: list[Series]
    counts: Counts

    def of(self, party: str, workers: int = 1) -> Series | None:
        known = (one for one in self.series if (one.party, one.workers) == (party, workers))
        return next(known, None)


def card(capacity: Capacity, given: Assumptions) -> Iterator[Block]:
    """The whole card."""
    yield _calls(capacity)
    yield _dyno(capacity, given)
    yield _too_many()


def plan_of(capacity: Capacity, calls: int, given: Assumptions) -> Plan | None:
    """What so many calls at once would take; None when our server's limit, or its memory, is not known."""
    ours = capacity.of(OURS)
    if ours is None:
        return None
    limit, idle, each = ours.limit(WIDE_MS), ours.idle_mb, ours.memory_per_call_mb
    if limit.calls is None or idle is None or each is None:
        return None
    # Where the calls were few, their memory is lost in the noise; nobody needs less than nothing.
    measured = Measured(
        calls=limit.calls, most_ms=WIDE_MS, memory_idle_mb=idle, memory_per_call_mb=max(each, 0.01)
    )
    return Plan(calls, measured, capacity.counts, given)


def limit_ratio(ours: Series | None, bare: Series | None, most_ms: float) -> float | None:
    """Our limit over the bare relay's; None unless both are known on either side."""
    if ours is None or bare is None:
        return None
    mine, its = ours.limit(most_ms), bare.limit(most_ms)
    if mine.calls is None or its.calls is None or mine.over is None or its.over is None:
        return None
    return mine.calls / its.calls


def _calls(capacity: Capacity) -> Block:
    it = capacity.machine
    ours, bare = capacity.of(OURS), capacity.of(BARE)
    ratios = []
    for most_ms in (SHARP_MS, WIDE_MS):
        ratio = limit_ratio(ours, bare, most_ms)
        if ratio is None:
            text = f"At p99 < {most_ms:g} ms no ratio to the bare relay is known."
        else:
            text = f"At p99 < {most_ms:g} ms ours carries {ratio:.2f} of what the bare relay does"
            judged = "reached" if ratio >= RATIO else "NOT reached"
            text += f" (at least {RATIO:g} is wanted: {judged})." if most_ms == WIDE_MS else "."
        ratios.append(text)
    return Block(
        "Calls of one server, by the delay that it adds to a frame, p99 in the worse direction",
        (
            "",
            f"p99 < {SHARP_MS:g} ms",
            f"p99 < {WIDE_MS:g} ms",
            "CPU s per call-minute",
            "MB per call",
            "with so many calls",
            "MB after start",
            "MB after a first call",
        ),
        tuple(_row(one) for one in capacity.series),
        (
            *ratios,
            *(f"{one.name}: {one.cores}." for one in capacity.series),
            f"Measured on {it['processor']}, {it['cores']} cores, {it['system']}, Python {it['python']}, "
            f"{capacity.at:%d %B %Y}, on loopback without TLS.",
        ),
    )


def _row(one: Series) -> tuple[str, ...]:
    return (
        one.name,
        f"{one.limit(SHARP_MS)}",
        f"{one.limit(WIDE_MS)}",
        number(one.cpu_per_call_minute, 3),
        number(one.memory_per_call_mb, 2),
        number(one.calls_of_typical),
        number(one.started_mb, 0),
        number(one.idle_mb, 0),
    )


def _dyno(capacity: Capacity, given: Assumptions) -> Block:
    title = f"A dyno of {given.dyno_mb} MB, one process"
    plan = plan_of(capacity, 1, given)
    if plan is None:
        return Block(title, below=("Not known: too little was measured of our server.",))
    it = plan.measured
    binds = "the processor" if plan.by_processor <= plan.by_memory else "the memory"
    rows = (
        (
            "by memory",
            f"({given.memory_share:.0%} of {given.dyno_mb} MB − {it.memory_idle_mb:.0f} MB) / "
            f"{it.memory_per_call_mb:.2f} MB per call",
            f"{number(plan.by_memory)} calls",
        ),
        (
            "by processor",
            f"{given.share:.0%} of {it.calls} calls (p99 < {it.most_ms:g} ms) on a core like this one",
            f"{number(plan.by_processor)} calls",
        ),
        ("so", f"{binds} binds", f"{number(plan.per_dyno)} calls"),
    )
    return Block(
        title,
        ("", "sum", "is"),
        rows,
        (
            "A small dyno has only a share of a core, which differs from hour to hour: measure there before "
            f"MAX_CALLS is set so high. Unless it is set, it is {MAX_CALLS}.",
            "Measured with a SQLite file; with PostgreSQL its driver is loaded besides.",
        ),
    )


def _too_many() -> Block:
    return Block(
        "The next caller, when MAX_CALLS talk",
        below=(
            "No stream and no session of the model is opened. The webhook answers at once, with `busy` (all "
            "our lines are busy) and a plain dial to the person of `handoff_number`, which needs nothing of "
            "this server until it ends. When that person does not answer, or at an hour when nobody is "
            "there, the caller hears `call_back` and is a task in the table `callbacks`. The call's row says "
            "that it was refused, since all lines were busy.",
            "Who was let in a moment before the last place went, and whose stream then finds none, is told "
            "of a technical problem and put through to the same person; so is who was cut off and comes "
            "back.",
        ),
    )


def every_step(series: Sequence[Series]) -> Block:
    """What the limits were read from."""
    return Block(
        "Every step: p99 of the added delay in ms, medians of its windows",
        ("", "calls", "to the model", "to the caller", "of the cores", "calls' own lateness", ""),
        tuple(_step(one, step) for one in series for step in sorted(one.steps, key=lambda step: step.calls)),
    )


def _step(one: Series, step: Step) -> tuple[str, ...]:
    windows = step.kept or step.windows

    def middle(values: list[float | None]) -> str:
        known = sorted(value for value in values if value is not None)
        return number(known[len(known) // 2] if known else None, 2)

    share = middle([None if w.cpu_share is None else w.cpu_share * 100 for w in windows])
    return (
        one.name,
        f"{step.calls}",
        middle([None if window.to_model is None else window.to_model.p99 for window in windows]),
        middle([None if window.to_caller is None else window.to_caller.p99 for window in windows]),
        f"{share} %",
        middle([None if window.lateness is None else window.lateness.p99 for window in windows]),
        _remark(step),
    )


def _remark(step: Step) -> str:
    if step.failed:
        return f"not taken: {step.failed}"
    late = len(step.windows) - len(step.kept)
    parts = [f"the generator was late in {late} of {len(step.windows)} windows"] if late else []
    if not step.is_known:
        parts.append("not to be trusted")
    elif math.isinf(step.delay_ms):
        parts.append("frames or calls were lost")
    return "; ".join(parts)
