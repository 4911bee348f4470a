"""A handoff outlives the process that began it: restarted or killed at each step, another one goes on."""

import asyncio

import pytest

from bridge.handoff.states import State
from bridge.harness.ledger import Entry
from bridge.harness.telephone.person import Callbacks, Person
from tests.exchange import Ending, Handover, handing_over
from tests.server import PERSON, in_no_time

TALKED = Ending(state=State.TALKED, talked=True)
BACK = Ending(state=State.RETURNED, streams=2, callbacks=("nobody_answered",))
MOMENTS = {
    "on hold": lambda entry: entry.kind == "conference" and entry.data["event"] == "join",
    "rung": lambda entry: entry.kind == "rung",
    "briefed": lambda entry: entry.kind == "verb" and entry.data["name"] == "Gather",
    "joined": lambda entry: entry.kind == "conference" and entry.data["event"] == "start",
    "fetched": lambda entry: entry.kind == "redirected",
}


def at(moment: str, over: Handover, *, killed: bool) -> list[asyncio.Task[None]]:
    """Another process takes over at this moment; the tasks that see to it, once it has come."""
    begun: list[asyncio.Task[None]] = []

    def see(_: str, entry: Entry) -> None:
        if not begun and MOMENTS[moment](entry):
            begun.append(asyncio.create_task(over.succeeded(killed=killed), name="takeover"))

    over.telephone.ledger.watch(see)
    return begun


@pytest.mark.parametrize("deed", ["accepts", "declines", "no_answer"])
@pytest.mark.parametrize("moment", MOMENTS)
@in_no_time
async def test_restarted(moment: str, deed: str) -> None:
    """Nobody notices: the same end, the person rung once."""
    async with handing_over(person=Person(deed=deed)) as over:
        takeover = at(moment, over, killed=False)
        await over.call()
        await asyncio.gather(*takeover)
        await (TALKED if deed == "accepts" else BACK).check(over)
        assert over.rung() == [PERSON]
        assert bool(takeover) == (
            (moment != "joined" or deed == "accepts")
            and (moment != "fetched" or deed != "accepts")
            and (moment != "briefed" or deed != "no_answer")
        )


@pytest.mark.parametrize("how", [Callbacks(), Callbacks(times=0)], ids=["told", "not told"])
@pytest.mark.parametrize("deed", ["accepts", "declines", "no_answer"])
@pytest.mark.parametrize("moment", MOMENTS)
@in_no_time
async def test_killed(moment: str, deed: str, how: Callbacks) -> None:
    """The two talk or the caller is back with the agent; nobody is rung twice or left on a line."""
    async with handing_over(person=Person(deed=deed), callbacks=how) as over:
        takeover = at(moment, over, killed=True)
        await over.call()
        await asyncio.gather(*takeover)
        await over.stop()
        ending = TALKED if (await over.handoff()).state is State.TALKED else BACK
        await ending.check(over)
        assert ending is BACK or deed == "accepts"
        assert len(over.rung()) <= 1
