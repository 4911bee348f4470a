"""The calendar and Twilio's REST service beside the server, and what may go wrong; a process of its own.

`python -m tests.bench.neighbours` tells its addresses in a line of JSON and then does what it reads, a line
of JSON each time: be slow or down as a calendar, hold the database's lock, keep its disk busy, say what was
asked of it. `Neighbours` is the other end of that.
"""

import asyncio
import contextlib
import json
import logging
import os
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from bridge.harness.google.rules import SCOPES
from bridge.harness.google.standin import CalendarStandin
from bridge.harness.ledger import Ledger
from bridge.harness.twilio_rest.standin import OPERATIONS, TwilioRestStandin
from tests.bench.parties import ROOT, pin
from tests.bench.telephone import ACCOUNT, AUTH_TOKEN, NUMBER
from tests.bench.tool_times import Asked
from tools.business_file import load_business

BUSINESS = ROOT / "prompts" / "business.toml"
BLOCK = bytes(4 * 1024 * 1024)
FREE_BUSY = "/freeBusy"
HANG_S = 10.0
CHURN_PAUSE_S = 0.002  # so that the disk is busy, and the processor is not


class Neighbours:
    """The process, as the benchmark sees it."""

    def __init__(
        self, process: asyncio.subprocess.Process, environment: dict[str, str], texts_url: str
    ) -> None:
        self.environment = environment  # for our server
        self.texts_url = texts_url  # for TWILIO_API_URL, where texts are to be sent
        self._process = process

    async def do(self, what: str, argument: str | float | Path = "") -> bytes:
        """One of the methods of `_Doing`, done when this returns; the JSON of what it returned."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        given = argument if isinstance(argument, float) else str(argument)
        self._process.stdin.write(json.dumps([what, given]).encode() + b"\n")
        await self._process.stdin.drain()
        answer = await self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"the neighbours could not do this: {what}")
        return answer

    async def asked(self) -> Asked:
        """What the stand-ins were asked so far."""
        return msgspec.json.decode(await self.do("count"), type=Asked)


@contextlib.asynccontextmanager
async def neighbours(cores: Sequence[int]) -> AsyncIterator[Neighbours]:
    """They run."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.neighbours"),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    pin(process.pid, cores)
    try:
        assert process.stdout is not None
        yield Neighbours(process, **json.loads(await process.stdout.readline()))
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


class _Doing:
    """What the process can be told to do."""

    def __init__(self, calendar: CalendarStandin, twilio: TwilioRestStandin) -> None:
        self._calendar = calendar
        self._twilio = twilio
        self._lock: sqlite3.Connection | None = None
        self._churning: asyncio.Task[None] | None = None

    async def hang(self, _: str) -> None:
        """The calendar answers after ten seconds."""
        for operation in SCOPES:
            self._calendar.delay(operation, HANG_S)

    async def delay(self, seconds: float) -> None:
        """The calendar and Twilio answer so much later."""
        for operation in SCOPES:
            self._calendar.delay(operation, seconds)
        for operation in OPERATIONS:
            self._twilio.delay(operation, seconds)

    async def count(self, _: str) -> Asked:
        """Requests and connections so far."""
        exchanges = self._calendar.exchanges
        reads = [one.connection for one in exchanges if one.method == "GET" or one.path.endswith(FREE_BUSY)]
        every = {one.connection for one in exchanges}
        return Asked(
            reads=len(reads),
            writes=len(exchanges) - len(reads),
            read_connections=len(set(reads)),
            write_connections=len(every - set(reads)),
            texts=len(self._twilio.messages),
        )

    async def down(self, _: str) -> None:
        """The calendar answers that it is down, at once. For good."""
        for operation in SCOPES:
            self._calendar.delay(operation, 0)
        self._calendar.be_down()

    async def lock(self, path: str) -> None:
        """Somebody else writes into the SQLite file and does not come to an end."""
        self._lock = sqlite3.connect(path, timeout=5, isolation_level=None)
        self._lock.execute("BEGIN IMMEDIATE")

    async def unlock(self, _: str) -> None:
        if self._lock is not None:
            self._lock.close()

    async def churn(self, path: str) -> None:
        """Keep the disk busy that the database is on: large writes, each waited for."""
        self._churning = asyncio.create_task(asyncio.to_thread(_churn, Path(path)))

    async def rest(self, path: str) -> None:
        """Leave the disk alone."""
        os.unlink(path)
        if self._churning is not None:
            await self._churning


def _churn(path: Path) -> None:
    """Until the file is removed."""
    with path.open("wb", buffering=0) as file:
        while path.exists():
            file.seek(0)
            file.write(BLOCK)
            os.fsync(file.fileno())
            time.sleep(CHURN_PAUSE_S)


async def main() -> None:
    """Serve until the input ends."""
    loop = asyncio.get_running_loop()

    def time_of_day() -> datetime:
        return datetime.now(UTC)

    async with (
        CalendarStandin(Ledger("calendar", loop.time), now=time_of_day) as calendar,
        TwilioRestStandin(
            Ledger("twilio", loop.time),
            now=time_of_day,
            account_sid=ACCOUNT,
            auth_token=AUTH_TOKEN,
            numbers=[NUMBER],
        ) as twilio,
    ):
        business = load_business(BUSINESS)
        for one in business.calendars:
            calendar.add_calendar(one.id, business.zone)
        doing = _Doing(calendar, twilio)
        environment = {
            "GOOGLE_CALENDAR_API_URL": calendar.url,
            "GOOGLE_SERVICE_ACCOUNT_JSON": json.dumps(calendar.service_account),
        }
        _tell({"environment": environment, "texts_url": twilio.url})
        while line := await asyncio.to_thread(sys.stdin.readline):
            what, argument = json.loads(line)
            _tell(await getattr(doing, what)(argument))


def _tell(value: object) -> None:
    sys.stdout.write(msgspec.json.encode(value).decode() + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    logging.basicConfig(level=logging.CRITICAL)  # a client that does not wait for a slow answer is no news
    asyncio.run(main())
