"""`bridge serve --workers 2`: calls that are spread over processes, which are really stopped and killed.

In real time, against the stand-ins. A worker that is halted (SIGSTOP) takes no connection, so that a test
decides which one a request reaches. Read next: test_killed_in_mid_call.py for two servers on one database.
"""

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bridge.harness.ledger import Entry
from bridge.store.report import Report
from tests.bridge.harness.model_fakes import Beeper
from tests.faults.kills import booker, live_events
from tests.processes import EXIT_S, kill, process_of
from tests.resuming import once, ring, telephone_for
from tests.server import BUSINESS, SAYING_HELLO, Server, Stand, rows_in, stand_of, until
from tools.business_file import load_business

pytestmark = pytest.mark.timeout(150)  # real time, and processes that have to start
CALL = "CA" + "1" * 32
QUICKEST_LETTER = 40  # bytes of sound: real time is dear
RESUME = load_business(BUSINESS).wording.resume


class Running:
    """A server with two workers, and what it has logged so far."""

    def __init__(self, server: Server, parent: asyncio.subprocess.Process) -> None:
        self.server = server
        self.parent = parent
        self.log: list[dict[str, Any]] = []

    async def read(self) -> None:
        """To the end: that of the parent and of every worker."""
        assert self.parent.stdout is not None
        async for line in self.parent.stdout:
            self.log.append(json.loads(line))

    async def workers(self, begun: int) -> dict[int, int]:
        """Process id by worker, the latest, once so many have begun."""

        def serving() -> list[dict[str, Any]]:
            return [line for line in self.log if line["event"] == "serving"]

        await until(lambda: len(serving()) >= begun, EXIT_S)
        return {line["worker"]: line["pid"] for line in serving()}


@contextlib.asynccontextmanager
async def two_workers(stand: Stand, folder: Path) -> AsyncIterator[Running]:
    """`bridge serve --workers 2`, once it answers."""
    async with process_of(stand, folder, "--workers", "2") as (server, parent):
        running = Running(server, parent)
        reading = asyncio.create_task(running.read())
        try:
            yield running
        finally:
            reading.cancel()
            await asyncio.wait([reading])
            for line in server.lines:
                await line.socket.close()


async def test_a_call_goes_on_in_another_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The webhook reaches one worker and the stream another, which is killed: the caller is told, the agent
    knows the offer, the booking is made once, and there are two workers again.
    """
    monkeypatch.setattr(Beeper, "letter_bytes", QUICKEST_LETTER)
    mind = booker()
    async with stand_of() as stand, two_workers(stand, tmp_path) as running:
        server = running.server
        first, second = (await running.workers(2)).values()
        rung = telephone_for(server, mind)

        def lead(_: str, entry: Entry) -> None:
            if entry.kind == "verb" and entry.data["name"] == "Connect" and len(rung.verbs()) == 1:
                os.kill(second, signal.SIGCONT)
                os.kill(first, signal.SIGSTOP)
            elif entry.kind == "stream_opened":
                os.kill(first, signal.SIGCONT)

        os.kill(second, signal.SIGSTOP)
        rung.ledger.watch(lead)
        die = lambda: os.kill(second, signal.SIGKILL)  # noqa: E731
        once(server.said, die, 0.5, kind="tool_answered", name="check_availability")
        await ring(rung)
        assert rung.verbs() == ["Connect", RESUME, "Connect", "Hangup"]
        assert "slot_1" in mind.notes[0]
        assert len(live_events(server)) == 1
        row = await server.call(rung.telephone.call_sid or "")
        assert (row.outcome, row.resumes) == ("booked", 1)
        states = [each.state for each in await rows_in(server.database_url, Report.reservations)]
        assert states.count("booked") == 1
        assert stand.stage.breaches() == []
        assert second not in (await running.workers(3)).values()
        [died] = [line for line in running.log if line["event"] == "worker_died"]
        assert died["status"] == -signal.SIGKILL


async def test_sigterm_with_a_call_going_on(tmp_path: Path) -> None:
    """The parent tells its workers; the caller is sent on, all is written down, and it ends with 0."""
    async with stand_of(*SAYING_HELLO) as stand, two_workers(stand, tmp_path) as running:
        await running.workers(2)
        line = await running.server.talking(CALL)
        running.parent.send_signal(signal.SIGTERM)
        assert await line.closed() == 1000
        async with asyncio.timeout(EXIT_S):
            assert await running.parent.wait() == 0
        row = await running.server.call(CALL)
        assert (row.outcome, row.reason, row.next_step) == ("failed", "server_stopping", "trouble")


async def test_no_worker_outlives_its_parent(tmp_path: Path) -> None:
    """Also when the parent is killed and can tell nobody."""
    async with stand_of() as stand, two_workers(stand, tmp_path) as running:
        await running.workers(2)
        kill(running.parent)
        async with asyncio.timeout(EXIT_S):
            while len([line for line in running.log if line["event"] == "stopping"]) < 2:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
            await running.parent.wait()
            assert running.parent.stdout is not None
            while not running.parent.stdout.at_eof():  # noqa: ASYNC110 - each worker holds its other end
                await asyncio.sleep(0.05)
