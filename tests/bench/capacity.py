"""The capacity card and the plan on paper: `python -m tests.bench.capacity`, or `make capacity`.

Climbs with more and more calls until the delay is over the limits: our server with one worker, the bare
relay, our server with two. On a machine that does nothing else, within eight minutes. What was measured is
kept with --json; --plan prints card and plan from such a file, and measures nothing.
"""

import argparse
import logging
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import uvloop

from tests.bench.__main__ import machine
from tests.bench.blocks import Block, markdown, plain
from tests.bench.card import Capacity, card, every_step, plan_of
from tests.bench.climbing import climb
from tests.bench.count import counted
from tests.bench.limits import on_paper
from tests.bench.paper import SIZES, Assumptions
from tests.bench.parties import BARE, OURS, Cores, choose_cores
from tests.bench.programme import Plan, Say, staged
from tests.bench.samples import now
from tests.bench.steps import Ladder, Series

QUICK = Ladder(rungs=(10, 50), fine=1000)
QUICK_SECONDS = 1.5  # of a window
QUICK_MINUTES = 0.7


def main(arguments: list[str]) -> int:
    """Measure, or read what was measured, and print."""
    given = _parser().parse_args(arguments)
    assumptions = Assumptions(share=given.share, call_minutes=given.call_minutes)
    if given.plan is not None:
        capacity = msgspec.json.decode(given.plan.read_bytes(), type=Capacity)
    else:
        capacity = measured(given)
        if given.json is not None:
            given.json.write_bytes(msgspec.json.format(msgspec.json.encode(capacity)))
    made = list(blocks(capacity, assumptions))
    shown = markdown(made) if given.markdown else plain([*made, every_step(capacity.series)])
    print("\n".join(["", *shown]))  # noqa: T201
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.capacity", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--quick", action="store_true", help="two short steps each; proves little")
    parser.add_argument("--minutes", type=float, default=7.0, help="of measuring, all together")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each window, three to a step")
    parser.add_argument("--workers", type=int, default=2, help="of the third climb; 0: none")
    parser.add_argument("--share", type=float, default=0.6, help="of a process's calls that are planned with")
    parser.add_argument("--call-minutes", type=float, default=3.0, help="that a call lasts, for the plan")
    parser.add_argument("--markdown", action="store_true", help="for the README")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything measured into this file")
    parser.add_argument("--plan", type=Path, metavar="FILE", help="measure nothing; print from this file")
    return parser


def blocks(capacity: Capacity, given: Assumptions) -> Iterator[Block]:
    """Card and plan."""
    yield from card(capacity, given)
    yield from on_paper([plan for size in SIZES if (plan := plan_of(capacity, size, given)) is not None])


def measured(given: argparse.Namespace) -> Capacity:
    """Climb three times, and count one call."""
    logging.basicConfig(level=logging.ERROR)  # that a peer was killed is no news
    began = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - began:5.0f} s  {line}", file=sys.stderr, flush=True)  # noqa: T201

    say("counting what one call asks for")
    counts = counted()
    kinds = [(OURS, 1), (BARE, 1), *([(OURS, given.workers)] if given.workers > 1 else [])]
    parties = [(*kind, choose_cores(kind[1])) for kind in kinds]  # now: a climb keeps us to one of them
    ladder = QUICK if given.quick else Ladder()
    seconds = QUICK_SECONDS if given.quick else given.seconds
    minutes = QUICK_MINUTES if given.quick else given.minutes
    series = []
    for number, (party, workers, cores) in enumerate(parties):
        within_s = (minutes * 60 - (time.monotonic() - began)) / (len(parties) - number)
        say(f"{party}: {cores.told(workers)}; {within_s:.0f} s at most")
        plan = Plan(seconds=seconds, workers=workers)
        series.append(uvloop.run(_climbed(party, plan, cores, ladder, within_s, say)))
    return Capacity(at=datetime.now(UTC), machine=machine(), series=series, counts=counts)


async def _climbed(party: str, plan: Plan, cores: Cores, ladder: Ladder, within_s: float, say: Say) -> Series:
    until = now() + within_s
    async with staged(plan, cores, say) as stage:
        return await climb(stage, party, ladder, until)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
