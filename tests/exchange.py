"""Whole handoffs: the real server, its stand-ins, and a telephone at which callers and persons meet.

`handing_over` is `serving` with a business that hands over warm, and a telephone whose legs Twilio's REST
stand-in makes and moves. A call here is short: the caller hears hello and presses 0. Read next:
tests/test_handoff.py.
"""

import asyncio
import contextlib
import gc
import tempfile
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path

import msgspec
from aiohttp import web

from bridge.app import build
from bridge.handoff.states import State
from bridge.harness.ledger import Ledger
from bridge.harness.model.policy_types import CallTool, Say
from bridge.harness.recording import CallerLine
from bridge.harness.telephone.person import Callbacks, Person
from bridge.harness.telephone.telephone import Telephone
from bridge.settings import read_settings
from bridge.store.handoffs import Handoff
from bridge.store.report import CallbackRow, Report
from tests.server import ACCOUNT, AUTH_TOKEN, BEGIN, BUSINESS, CALLER, NUMBER, PUBLIC, Server, serving

WARM = BUSINESS.read_text(encoding="utf-8").replace('mode = "cold"', 'mode = "warm"')
# Longer than it can take from our last word until the stream is closed, also on a machine that is busy:
# what the caller does next, they do to whom they come back to.
QUIET_MS = 1500
ZERO = CallerLine(press="0", after_quiet_ms=QUIET_MS)
# A connection that was accepted in the very moment in which a server stops is never answered, nor closed.
ACCEPTED_S = 0.3
THEN_GONE = CallerLine(hang_up=True, after_quiet_ms=QUIET_MS)  # from the agent to whom the caller came back
STEPS = (ZERO, THEN_GONE)


class Handover:
    """A server, and a telephone that calls it."""

    def __init__(self, server: Server, business: Path, patience_s: float | None) -> None:
        self.server = server
        self._business = business
        self._began = asyncio.get_running_loop().time()
        self._successors: list[web.AppRunner] = []
        self.rest = server.stand.rest
        self.telephone = Telephone(
            server.url,
            PUBLIC,
            ACCOUNT,
            AUTH_TOKEN,
            NUMBER,
            Ledger("telephone", asyncio.get_running_loop().time),
            7,
            patience_s=patience_s,
        )
        self.exchange = self.telephone.exchange
        self.rest.put_through(self.exchange)

    async def call(self, steps: Sequence[CallerLine] = STEPS) -> None:
        """One call from ringing to the last callback of the last leg."""
        await self.telephone.call(CALLER, steps, {}, max_seconds=600)

    async def succeeded(self, *, killed: bool) -> None:
        """Another process takes over, at the same port and database; the first one stops, or is killed.

        Killed: what it was about to do, or to write down, is never done.
        """
        if killed:
            for task in asyncio.all_tasks():
                if task.get_name() in ("handoff", "handoffs", "journal"):
                    task.cancel()
        await asyncio.sleep(ACCEPTED_S)
        since = timedelta(seconds=asyncio.get_running_loop().time() - self._began)
        given = self.server.stand.environment(self._business.parent)
        changed = {"DATABASE_URL": self.server.database_url, "BUSINESS_FILE": str(self._business)}
        app = await build(read_settings({**given, **changed}), pinned=BEGIN + since)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)
        self._successors.append(runner)
        await runner.setup()
        port = int(self.server.url.rpartition(":")[2])
        await web.TCPSite(runner, "127.0.0.1", port, reuse_port=True).start()
        await asyncio.sleep(ACCEPTED_S)
        await self.server.stop()

    async def stop(self) -> None:
        """Stop every process; then all is written."""
        await self.server.stop()
        for runner in self._successors:
            await runner.cleanup()

    async def handoff(self) -> Handoff:
        """The one row."""
        (row,) = await self.server.rows(Report.handoffs)
        assert isinstance(row, Handoff)
        return row

    async def callbacks(self) -> list[CallbackRow]:
        return await self.server.rows(Report.callbacks)

    def rung(self) -> list[str]:
        """Every number that was rung by request."""
        return [entry.data["number"] for entry in self.telephone.ledger.of("rung")]

    def spoken(self) -> list[str]:
        """What Twilio's voice said, to the caller and to the person."""
        return [e.data["text"] for e in self.telephone.ledger.of("verb") if e.data["name"] == "Say"]

    def streams(self) -> int:
        """How often the caller was with the agent."""
        return len(list(self.telephone.ledger.of("stream_opened")))

    def talked(self) -> bool:
        """Whether caller and person were in a room together."""
        joined = [e.data for e in self.telephone.ledger.of("conference") if e.data["event"] == "join"]
        return len({entry["call_sid"] for entry in joined}) == 2

    def wrong(self) -> list[str]:
        """Breaches of Twilio's rules, and legs that were left behind."""
        ledgers = (self.telephone.ledger, self.rest.ledger)
        found = [f"{e.data['what']}: {e.data['detail']}" for each in ledgers for e in each.breaches()]
        return found + [f"orphan: {e.data}" for e in self.telephone.ledger.of("orphan")]


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """How a handoff ends."""

    state: State
    streams: int = 1
    talked: bool = False
    callbacks: tuple[str, ...] = ()

    async def check(self, over: Handover) -> None:
        """Fails where it ended otherwise. Stops the server first: then all is written."""
        await over.stop()
        row = await over.handoff()
        found = Ending(
            state=row.state,
            streams=over.streams(),
            talked=over.talked(),
            callbacks=tuple(task.reason for task in await over.callbacks()),
        )
        assert found == self, f"{found}"
        assert row.due_at is None, "nothing is awaited any more"
        assert over.wrong() == [], over.wrong()


@contextlib.asynccontextmanager
async def handing_over(
    *turns: list[Say | CallTool],
    person: Person | None = None,
    callbacks: Callbacks | None = None,
    patience_s: float | None = None,
    business: str = WARM,
) -> AsyncIterator[Handover]:
    """`business`: the file's text. `person`: what whoever is rung does."""
    with tempfile.TemporaryDirectory(prefix="callbridge-") as folder:
        file = Path(folder) / "business.toml"
        file.write_text(business, encoding="utf-8")
        async with serving(*turns, BUSINESS_FILE=str(file)) as server:
            over = Handover(server, file, patience_s)
            over.exchange.person = person or Person()
            over.exchange.callbacks = callbacks or Callbacks()
            try:
                yield over
            finally:
                await over.stop()
            # A request whose answer was lost stands in a circle of urllib3's with its socket.
            gc.collect()
