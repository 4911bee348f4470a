"""How soon a server takes its first call, and what it costs when nobody calls: `python -m tests.bench.rest`.

Loopback only, about a minute. The time is from the start of the process to a signed call being let in and its
stream being there, with tables that are up to date, as at every start but the first; then the same server is
left alone. Read `capacity.py` for what it costs when many call.
"""

import argparse
import asyncio
import logging
import sys
from statistics import median

import msgspec
import uvloop

from tests.bench.__main__ import machine
from tests.bench.generator import calling
from tests.bench.parties import OURS, Party, choose_cores, running
from tests.bench.programme import Plan, Stage, staged
from tests.bench.samples import now

SETTLED_S = 3.0  # after the one call


class Rest(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured. Seconds."""

    starts: list[float]  # to the first call
    started_mb: float | None
    idle: float
    idle_cpu: float | None  # on a processor, of `idle`


async def measured(starts: int, idle_s: float) -> Rest:
    """Start so often, one after another, and once before; the last one is left alone."""
    took: list[float] = []
    async with staged(Plan(), choose_cores(), lambda _: None) as stage:
        (stage.folder / OURS).mkdir()
        for _ in range(starts):  # the first of all makes the tables
            await _start(stage, took)
        return await _start(stage, took, idle_s)


async def _start(stage: Stage, took: list[float], idle_s: float = 0.0) -> Rest:
    began = now()
    async with running(
        OURS,
        stage.folder / OURS,
        model_url=stage.model_url,
        cores=stage.cores,
        environment=stage.neighbours.environment,
    ) as party:
        async with calling(party) as client:
            await stage.generator.ring(client, party)
        took.append(now() - began)
        stage.generator.hang_up()
        spent = await _spent(party, idle_s) if idle_s else None
        return Rest(starts=took[1:], started_mb=party.started_mb, idle=idle_s, idle_cpu=spent)


async def _spent(party: Party, idle_s: float) -> float | None:
    await asyncio.sleep(SETTLED_S)
    before = party.cpu_s()
    await asyncio.sleep(idle_s)
    after = party.cpu_s()
    return None if before is None or after is None else after - before


def main(arguments: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.rest", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--starts", type=int, default=7, help="of which the median is told")
    parser.add_argument("--idle", type=float, default=30.0, metavar="SECONDS", help="without any call")
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.ERROR)
    found, it = uvloop.run(measured(given.starts, given.idle)), machine()
    for line in told(found):
        print(line)  # noqa: T201
    print(f"On {it['processor']}, {it['cores']} cores, Python {it['python']}.")  # noqa: T201
    return 0


def told(found: Rest) -> list[str]:
    """What is printed."""
    idle = "not known" if found.idle_cpu is None else f"{found.idle_cpu * 1000:.0f} ms of {found.idle:g} s"
    memory = "not known" if found.started_mb is None else f"{found.started_mb:.0f} MB"
    return [
        f"From the start of the process to its first call: {median(found.starts):.2f} s, median of "
        f"{len(found.starts)}; {min(found.starts):.2f} to {max(found.starts):.2f} s",
        f"Memory before that call: {memory}",
        f"Processor time when nobody calls: {idle}",
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
