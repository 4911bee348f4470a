"""How long the tools take: `python -m tests.bench.tools`, or `make bench-tools`. About a minute and a half.

Against the calendar's stand-in and Twilio's, in a process of their own, which answer at once, after a tenth
and after half a second; then by how many callers ask at once, and by the calendar's threads. Read `visits.py`
for what is asked, `tool_times.py` for what is printed.
"""

import argparse
import logging
import sys
import tempfile
import time
from pathlib import Path

import msgspec
import structlog
import uvloop

from tests.bench.__main__ import machine
from tests.bench.neighbours import Neighbours, neighbours
from tests.bench.parties import choose_cores, pin
from tests.bench.tool_times import Asked, Crowd, crowd_table, delay_table, reuse
from tests.bench.visits import crowd, office, prefetched
from tools.calendar_reading import THREADS


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be measured."""

    # The answers' delay in ms, callers at once, and how often. Two, where it is mostly waiting: so many have
    # threads of their own, to Twilio, too.
    delays: tuple[tuple[int, int, int], ...] = ((0, 1, 30), (100, 2, 8), (500, 2, 5))
    offers: int = 20  # from what was prefetched, at each delay
    crowd_delay_ms: int = 100
    crowds: tuple[tuple[int, int], ...] = ((1, 2), (4, 2), (16, 2), (40, 1))  # at once, and how often
    threads: tuple[int, ...] = (8, 16, 40)  # tried with the largest crowd, beside those there are


QUICK = Plan(delays=((0, 1, 5), (100, 2, 1), (500, 2, 1)), offers=5, crowds=((4, 1), (40, 1)), threads=(16,))


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What came out."""

    delays: list[Crowd]
    crowds: list[Crowd]
    before: Asked  # the callers one after another or two at once
    between: Asked
    after: Asked  # the crowds


async def hold(plan: Plan, folder: Path, beside: Neighbours) -> Found:
    """Measure it all. Raises visits.NotDone."""
    delays, crowds = [], []
    async with office(_empty(folder, "office"), beside) as opened:
        before = await beside.asked()
        for delay_ms, at_once, rounds in plan.delays:
            delays.append(await prefetched(opened, delay_ms=delay_ms, times=plan.offers))
            delays.append(await crowd(opened, delay_ms=delay_ms, at_once=at_once, rounds=rounds))
        between = await beside.asked()
        for at_once, rounds in plan.crowds:
            crowds.append(await crowd(opened, delay_ms=plan.crowd_delay_ms, at_once=at_once, rounds=rounds))
        after = await beside.asked()
    at_once, rounds = max(plan.crowds)
    for threads in plan.threads:
        async with office(_empty(folder, f"office-{threads}"), beside, threads) as opened:
            crowds.append(await crowd(opened, delay_ms=plan.crowd_delay_ms, at_once=at_once, rounds=rounds))
    return Found(delays=delays, crowds=crowds, before=before, between=between, after=after)


def _empty(folder: Path, name: str) -> Path:
    (folder / name).mkdir()
    return folder / name


def tables(plan: Plan, found: Found) -> list[str]:
    """What is printed."""
    return [
        "Tools in milliseconds, by how late the calendar and Twilio answer",
        "",
        *delay_table(found.delays),
        "",
        f"Tools in milliseconds when many ask for the same at once, answers {plan.crowd_delay_ms} ms late",
        "",
        *crowd_table(found.crowds),
        "",
        f"The calendar, callers one by one or two at once: {reuse(found.before, found.between)}",
        f"and in the crowds, with {THREADS} threads: {reuse(found.between, found.after)}",
    ]


async def measured(plan: Plan) -> Found:
    """Beside the neighbours, on another core than theirs."""
    cores = choose_cores()
    pin(0, cores.server)
    with tempfile.TemporaryDirectory(prefix="bench-tools-") as folder:
        async with neighbours(cores.generator) as beside:
            return await hold(plan, Path(folder), beside)


def main(arguments: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.tools", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="in about fifteen seconds; proves little")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything measured into this file")
    given = parser.parse_args(arguments)
    plan = QUICK if given.quick else Plan()
    logging.basicConfig(level=logging.ERROR)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    began, it = time.monotonic(), machine()
    found = uvloop.run(measured(plan))
    if given.json is not None:
        report = {"machine": it, "plan": plan, "found": found}
        given.json.write_bytes(msgspec.json.format(msgspec.json.encode(report)))
    print("\n".join(tables(plan, found)))  # noqa: T201
    print(f"\nIn {time.monotonic() - began:.0f} s, on {it['processor']}, {it['cores']} cores.")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
