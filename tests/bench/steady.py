"""Memory under load: `python -m tests.bench.steady`, or `make steady`. Twenty minutes, by default.

So many calls at once on our server, each of which hangs up after some talk while another one rings in its
place. It tells every half minute how the server is, and at the end whether its memory grew with the calls.
Read `generator.py` for how calls are made, `growth.py` for what is made of it.
"""

import argparse
import asyncio
import contextlib
import gc
import logging
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import uvloop

from bridge.harness.telephone.signed import SignedClient
from tests.bench.__main__ import machine
from tests.bench.figures import Window
from tests.bench.generator import RING_EVERY_S, Generator, calling
from tests.bench.growth import Left, Look, line, summary, wrong
from tests.bench.neighbours import neighbours
from tests.bench.parties import OURS, Cores, Party, choose_cores, pin, running
from tests.bench.samples import now
from tests.bench.telephone import NotTaken, tell_over

SHORTEST_S, LONGEST_S = 20.0, 60.0  # of a call's talk
REST_S = 1.0  # after each look, to count and to tidy up; what comes then is not measured
WARM_S = 0.5
AGAIN_S = 1.0  # after a call that was not put through
GONE_S = 30.0  # until the server has seen the end of every call
QUIET_S = 5.0  # and what it writes down after it

Say = Callable[[str], None]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What is held."""

    minutes: float = 20.0
    calls: int = 50
    every_s: float = 30.0  # from one look to the next
    seed: int = 1


class Callers:
    """So many at once, for as long as it lasts."""

    def __init__(self, generator: Generator, party: Party, client: SignedClient, plan: Plan) -> None:
        self.made = 0
        self.refused = 0
        self._generator = generator
        self._party = party
        self._client = client
        self._dice = random.Random(plan.seed)
        self._over = asyncio.Event()
        self._places = [asyncio.create_task(self._call_again(place)) for place in range(plan.calls)]

    async def all_hang_up(self) -> None:
        """And nobody rings any more. Raises what a caller met that nobody foresaw."""
        self._over.set()
        await asyncio.gather(*self._places)

    async def _call_again(self, place: int) -> None:
        """One after another."""
        await self._wait(place * RING_EVERY_S)
        while not self._over.is_set():
            try:
                stream = await self._generator.ring(self._client, self._party)
            except NotTaken:
                self.refused += 1
                await self._wait(AGAIN_S)
                continue
            self.made += 1
            await self._wait(self._dice.uniform(SHORTEST_S, LONGEST_S))
            self._generator.hang_up_one(stream)
            await tell_over(self._client, stream.line.number)

    async def _wait(self, seconds: float) -> None:
        """Or until it is over."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._over.wait()


async def hold(plan: Plan, cores: Cores, say: Say) -> tuple[list[Look], Left]:
    """Load our server, look at it, and let all hang up."""
    pin(0, cores.generator)
    generator = Generator()
    with tempfile.TemporaryDirectory(prefix="steady-") as folder:
        async with (
            neighbours(cores.generator) as beside,
            generator.keeping_time(),
            running(
                OURS,
                Path(folder),
                model_url=await generator.model.start(),
                cores=cores,
                environment=beside.environment,
            ) as party,
        ):
            await generator.call(party, 1)  # what is loaded once is loaded
            await asyncio.sleep(WARM_S)
            generator.hang_up()
            await asyncio.sleep(WARM_S)
            found = await _load(plan, generator, party, say)
            generator.model.stop()
    return found


async def _load(plan: Plan, generator: Generator, party: Party, say: Say) -> tuple[list[Look], Left]:
    memory_mb, sockets = party.memory_mb(), party.sockets()
    async with calling(party) as client:
        callers = Callers(generator, party, client, plan)
        looks = await _look_on(plan, generator, party, callers, say)
        await callers.all_hang_up()
    left = Left(
        memory_before_mb=memory_mb,
        sockets_before=sockets,
        live_after=await _live_in_the_end(party),
        memory_after_mb=party.memory_mb(),
        sockets_after=party.sockets(),
        refused=callers.refused,
        mistakes=party.mistakes(),
    )
    return looks, left


async def _look_on(plan: Plan, generator: Generator, party: Party, callers: Callers, say: Say) -> list[Look]:
    began, looks = now(), list[Look]()
    await asyncio.sleep(plan.calls * RING_EVERY_S + REST_S)
    while (at := now() - began) < plan.minutes * 60:
        seconds = max(REST_S, (len(looks) + 1) * plan.every_s - REST_S - at)
        window = await generator.measure(party, seconds, round_number=len(looks) + 1)
        looks.append(_look(window, party, callers, (now() - began) / 60))
        say(line(looks[-1]))
        gc.collect()  # ours, while nothing is measured: nobody else does it now
        await asyncio.sleep(REST_S)
    return looks


def _look(window: Window, party: Party, callers: Callers, minute: float) -> Look:
    return Look(
        minute=minute,
        memory_mb=party.memory_mb(),
        live=window.calls,
        made=callers.made,
        to_model_p99_ms=None if window.to_model is None else window.to_model.p99,
        to_caller_p99_ms=None if window.to_caller is None else window.to_caller.p99,
        share=window.cpu_share,
        lost=window.lost,
        overdue=window.overdue,
        ended=window.ended,
        trusted=window.trusted,
    )


async def _live_in_the_end(party: Party) -> int:
    """As the server says once it has none any more, or had the time to."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(GONE_S):
            while await party.live_calls():  # noqa: ASYNC110 - it is in another process
                await asyncio.sleep(AGAIN_S)
    await asyncio.sleep(QUIET_S)
    return await party.live_calls()


def main(arguments: list[str]) -> int:
    """Hold it and say what came of it. 1: something is not as it must be."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.steady", description=__doc__)
    parser.add_argument("--minutes", type=float, default=Plan().minutes)
    parser.add_argument("--calls", type=int, default=Plan().calls, help="at once")
    parser.add_argument("--seed", type=int, default=1, help="of how long each call lasts")
    parser.add_argument("--quick", action="store_true", help="one minute: too short for memory to tell")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything seen into this file")
    given = parser.parse_args(arguments)
    plan = Plan(minutes=given.minutes, calls=given.calls, seed=given.seed)
    if given.quick:
        plan = msgspec.structs.replace(plan, minutes=1.0, every_s=10.0)
    logging.basicConfig(level=logging.ERROR)
    began, it = time.monotonic(), machine()

    def say(told: str) -> None:
        print(f"{time.monotonic() - began:5.0f} s  {told}", flush=True)  # noqa: T201

    say(f"{plan.calls} calls at once, {plan.minutes:g} minutes")
    looks, left = uvloop.run(hold(plan, choose_cores(), say))
    if given.json is not None:
        report = {"machine": it, "plan": plan, "looks": looks, "left": left}
        given.json.write_bytes(msgspec.json.format(msgspec.json.encode(report)))
    print("\n".join(["", *summary(looks, left)]))  # noqa: T201
    return 1 if wrong(looks, left) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
