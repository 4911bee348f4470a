"""Climbs the ladder: rings, waits, measures, and rings more, until the delay is over the limits.

What to try next and what a step proves is decided in `steps.py`. A window in which the generator was late is
measured again, once; if it is late again, it is marked.
"""

import asyncio

from aiohttp import ClientError
from picows import WSError

from tests.bench.figures import Window
from tests.bench.parties import OURS, Party
from tests.bench.programme import Stage, with_party
from tests.bench.samples import now
from tests.bench.steps import Ladder, Series, Step
from tests.bench.telephone import NotTaken

WINDOWS = 3  # of a step
TAKEN_S = 40.0  # all calls of a step are up by then, or the server does not take them
CALM_S = 1.0  # more, after a step that was over: what is queued is sent first


async def climb(stage: Stage, party: str, ladder: Ladder, until: float) -> Series:
    """One party, from the first rung on; at `until`, by the generator's clock, no new step is begun."""
    steps: list[Step] = []
    memory: list[float | None] = []

    async def measure(running: Party, idle_mb: float | None) -> None:
        memory.extend([running.started_mb, idle_mb])
        while now() < until and (calls := ladder.next(steps)) is not None:
            is_most = all(step.calls < calls for step in steps)
            steps.append(await _step(stage, running, calls, idle_mb if is_most else None))
            _tell(stage, running, steps[-1])

    workers = stage.plan.workers if party == OURS else 1
    await with_party(stage, party, f"climb-{party}-{workers}", False, measure)
    return Series(
        party=party,
        workers=workers,
        cores=stage.cores.told(workers),
        started_mb=memory[0],
        idle_mb=memory[1],
        steps=steps,
    )


async def _step(stage: Stage, party: Party, calls: int, idle_mb: float | None) -> Step:
    """`idle_mb`: None where memory is not to be compared with it."""
    generator, settle_s = stage.generator, stage.plan.settle_s
    if generator.calls > calls:
        await asyncio.sleep(CALM_S)
    generator.hang_up(keep=calls)
    try:
        async with asyncio.timeout(TAKEN_S):
            await generator.call(party, calls)
    except (NotTaken, ClientError, WSError, OSError) as error:  # TimeoutError is an OSError
        return Step(calls, [], failed=str(error) or type(error).__name__)
    await asyncio.sleep(settle_s)
    windows: list[Window] = []
    for number in range(1, WINDOWS + 1):
        window = await generator.measure(party, stage.plan.seconds, round_number=number, idle_mb=idle_mb)
        if not window.trusted:
            window = await generator.measure(party, stage.plan.seconds, round_number=number, idle_mb=idle_mb)
        windows.append(window)
    return Step(calls, windows)


def _tell(stage: Stage, party: Party, step: Step) -> None:
    late = len(step.windows) - len(step.kept)
    said = step.failed or f"p99 {step.delay_ms:.1f} ms"
    stage.say(
        f"{party.name}, {step.calls} calls: {said}"
        + (f"; the generator was late in {late} of {len(step.windows)} windows" if late else "")
        + ("" if step.is_known else ": not to be trusted")
    )
