"""Where processes are born: one process that has imported everything and forks a child per plan.

A child shares no memory, socket or thread with the test or with its brothers, and begins in a
millisecond instead of a second. `python -m tests.crashes.nursery` reads a plan per line and
answers with its child's id, then, whenever a child ends, with the id and how it ended.
"""

import asyncio
import contextlib
import gc
import os
import select
import signal
import sys
import tempfile
import traceback
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from bridge.harness.google.identity import throwaway_service_account
from tests.crashes.process import Plan, live

ROOT = Path(__file__).parents[2]


class Said(msgspec.Struct, frozen=True):
    """A line of the nursery."""

    pid: int
    ended: int | None = None  # exit status, negative for a signal; None: it was born


class Child(msgspec.Struct):
    """A process, and how it ends."""

    pid: int
    ended: asyncio.Future[int]


class Nursery:
    """The test's side of it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._children: dict[int, Child] = {}
        self._born: asyncio.Queue[Child] = asyncio.Queue()
        self._bearing = asyncio.Lock()

    async def bear(self, plan: Plan) -> Child:
        """A new process, running."""
        assert self._process.stdin is not None
        async with self._bearing:
            self._process.stdin.write(msgspec.json.encode(plan) + b"\n")
            return await self._born.get()

    async def listen(self) -> None:
        """Take in what the nursery says, until it is gone."""
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            said = msgspec.json.decode(line, type=Said)
            if said.ended is None:
                child = self._children[said.pid] = Child(said.pid, asyncio.Future())
                self._born.put_nowait(child)
            else:
                self._children.pop(said.pid).ended.set_result(said.ended)


@contextlib.asynccontextmanager
async def nursery() -> AsyncIterator[Nursery]:
    """A nursery; all of its children have ended when it closes."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        __name__,
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    running = Nursery(process)
    listening = asyncio.create_task(running.listen())
    yield running
    assert process.stdin is not None
    process.stdin.close()
    await process.wait()
    await listening


def main() -> None:
    """The nursery itself. It has no thread and no loop of its own, so that it can fork."""
    _warm_up()
    wake, woken = os.pipe()
    os.set_blocking(woken, False)
    signal.set_wakeup_fd(woken)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    poll, waiting, rest = select.poll(), 0, b""
    for descriptor in (0, wake):
        poll.register(descriptor, select.POLLIN | select.POLLHUP)
    closed = False
    while waiting or not closed:
        ready = dict(poll.poll())
        if 0 in ready:
            read = os.read(0, 65536)
            closed = not read
            if closed:
                poll.unregister(0)
            *lines, rest = (rest + read).split(b"\n")
            for line in lines:
                _say(Said(_fork(msgspec.json.decode(line, type=Plan))))
                waiting += 1
        if wake in ready:
            os.read(wake, 65536)
        while waiting:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            waiting -= 1
            _say(Said(pid, os.waitstatus_to_exitcode(status)))


def _warm_up() -> None:
    """Live once, with nobody at the other end: whatever is made at first use is inherited then."""
    with tempfile.TemporaryDirectory() as folder:
        live(
            Plan(
                script="sweep",
                database_url=f"sqlite:///{folder}/empty.db",
                calendar_url="http://127.0.0.1:1/calendar/v3/",
                service_account=throwaway_service_account("http://127.0.0.1:1/token"),
                sms_url="http://127.0.0.1:1",
                now=datetime(2026, 11, 23, tzinfo=UTC),
            )
        )
    gc.collect()
    gc.freeze()  # a child that collects would copy every page it looks at


def _fork(plan: Plan) -> int:
    pid = os.fork()
    if pid:
        return pid
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    status = 0
    try:
        live(plan)
    except BaseException:
        traceback.print_exc()
        status = 1
    os._exit(status)


def _say(said: Said) -> None:
    os.write(1, msgspec.json.encode(said) + b"\n")


if __name__ == "__main__":
    main()
