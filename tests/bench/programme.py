"""Which rounds are held, with how many calls, and what goes wrong in the last one.

A round measures every number of calls on our server and on the bare relay, one right after the other, the
calls of one number staying for the next; who is first changes from round to round. Then, once, our server
alone while things around it break.
"""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import msgspec

from tests.bench.certificate import make_certificate
from tests.bench.figures import Window
from tests.bench.generator import Generator
from tests.bench.neighbours import HANG_S, Neighbours, neighbours
from tests.bench.parties import BARE, OURS, Cores, Party, pin, running

SETTLE_S = 1.0  # from the last greeting to the window
HEARD_S = 2.5  # until the greeting was heard
WARM_S = 0.4  # of a first call, so that what is loaded once is loaded
CALM = "nothing, for comparison"
HANGS = "a tool hangs 10 s"
ALL_THE_TIME = 1_000_000  # with every turn
PARTS = 3  # of a trouble, each half as long as a window: one hiccup of the machine is not to decide

Say = Callable[[str], None]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be measured."""

    calls: tuple[int, ...] = (1, 10, 50, 100, 200)
    tls_calls: tuple[int, ...] = (100,)  # with TLS on the model leg
    trouble_calls: int = 50  # 0: nothing goes wrong
    rounds: int = 5
    seconds: float = 5.0  # of a window
    settle_s: float = SETTLE_S
    parties: tuple[str, ...] = (OURS, BARE)
    workers: int = 1  # of ours


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """What all rounds share."""

    plan: Plan
    generator: Generator
    neighbours: Neighbours
    cores: Cores
    folder: Path
    model_url: str
    tls_url: str
    trusted: Path
    say: Say


async def hold(plan: Plan, cores: Cores, say: Say) -> list[Window]:
    """Hold them all."""
    windows: list[Window] = []
    async with staged(plan, cores, say) as stage:
        for number in range(1, plan.rounds + 1):
            order = plan.parties if number % 2 else plan.parties[::-1]
            for with_tls, calls in ((False, plan.calls), (True, plan.tls_calls)):
                for name in order if calls else ():
                    windows += await _round(stage, name, number, with_tls, calls)
        if plan.trouble_calls:
            windows += await _trouble(stage)
    return windows


@contextlib.asynccontextmanager
async def staged(plan: Plan, cores: Cores, say: Say) -> AsyncIterator[Stage]:
    """The generator keeps time, its model listens, and the neighbours are there."""
    pin(0, cores.generator)
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        folder = Path(temporary)
        generator = Generator()
        tls, trusted = make_certificate(folder)
        async with neighbours(cores.generator) as beside, generator.keeping_time():
            yield Stage(
                plan=plan,
                generator=generator,
                neighbours=beside,
                cores=cores,
                folder=folder,
                model_url=await generator.model.start(),
                tls_url=await generator.model.start(tls),
                trusted=trusted,
                say=say,
            )
            generator.model.stop()


async def _round(stage: Stage, name: str, number: int, tls: bool, calls: tuple[int, ...]) -> list[Window]:
    windows = []

    async def measure(party: Party, idle_mb: float | None) -> None:
        for each in calls:
            await stage.generator.call(party, each)
            await asyncio.sleep(stage.plan.settle_s)
            windows.append(
                await stage.generator.measure(
                    party, stage.plan.seconds, round_number=number, tls=tls, trouble="", idle_mb=idle_mb
                )
            )
            _tell(stage, windows[-1])

    await with_party(stage, name, f"{number}-{name}-{tls}", tls, measure)
    return windows


async def _trouble(stage: Stage) -> list[Window]:
    """Our server, while everything around it breaks, one thing after the other."""
    windows = []
    beside, mood = stage.neighbours, stage.generator.model.mood
    folder = stage.folder / "trouble"
    database, churned = folder / "calls.db", folder / "churned"

    async def measure(party: Party, idle_mb: float | None) -> None:
        async def window(trouble: str, breaks: Awaitable[object] | None = None, *, tools: int = 0) -> None:
            # With callers who have just come: those of the window before may be with a person by now.
            stage.generator.hang_up()
            await stage.generator.call(party, stage.plan.trouble_calls)
            if breaks is not None:
                await breaks
            mood.tools = tools
            await asyncio.sleep(stage.plan.settle_s)
            whole_s = max(stage.plan.seconds, HANG_S) if trouble == HANGS else stage.plan.seconds
            for number in range(1, PARTS + 1):
                windows.append(
                    await stage.generator.measure(
                        party, whole_s / 2, round_number=number, tls=False, trouble=trouble, idle_mb=idle_mb
                    )
                )
                _tell(stage, windows[-1])
            mood.tools = 0

        await window(CALM)
        await window("tools are used", tools=ALL_THE_TIME)
        # Once in a call: a caller for whom the calendar failed twice is put through, and not there any more.
        await window(HANGS, beside.do("hang"), tools=1)
        await window("the calendar is down", beside.do("down"), tools=1)
        await window("the database is locked", beside.do("lock", database))
        await beside.do("unlock")
        await window("the disk is busy", beside.do("churn", churned))
        await beside.do("rest", churned)

    await with_party(stage, OURS, folder.name, False, measure)
    return windows


async def with_party(
    stage: Stage,
    name: str,
    folder: str,
    tls: bool,
    measure: Callable[[Party, float | None], Awaitable[None]],
) -> None:
    """Start it, let a call warm each of its workers, and measure."""
    place, workers = stage.folder / folder, stage.plan.workers if name == OURS else 1
    place.mkdir()
    async with running(
        name,
        place,
        model_url=stage.tls_url if tls else stage.model_url,
        cores=stage.cores,
        environment=stage.neighbours.environment if name == OURS else {},
        trusted=stage.trusted if tls else None,
        workers=workers,
    ) as party:
        try:
            await stage.generator.call(party, workers)
            await asyncio.sleep(WARM_S)
            stage.generator.hang_up()
            await asyncio.sleep(WARM_S)
            await measure(party, party.memory_mb())
        finally:
            stage.generator.hang_up()


def _tell(stage: Stage, window: Window) -> None:
    delays = [None if one is None else f"{one.p99:.1f} ms" for one in (window.to_model, window.to_caller)]
    stage.say(
        f"round {window.round}: {window.party}{', TLS' if window.tls else ''}, {window.calls} calls"
        f"{', ' + window.trouble if window.trouble else ''}: p99 {delays[0]} to the model, {delays[1]} to the"
        f" caller{'' if window.trusted else '; the generator was late: not to be trusted'}"
    )


def lasts_s(plan: Plan) -> float:
    """About how long it takes, with a start of two seconds."""
    each = plan.seconds + plan.settle_s + 0.3

    def party(calls: tuple[int, ...]) -> float:
        return 3.5 + max(calls) * 0.022 + len(calls) * each if calls else 0.0

    rounds = plan.rounds * len(plan.parties) * (party(plan.calls) + party(plan.tls_calls))
    fresh = plan.trouble_calls * 0.022 + HEARD_S + each + plan.seconds / 2
    return rounds + (3.5 + 6 * fresh + HANG_S if plan.trouble_calls else 0.0)
