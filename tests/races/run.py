"""How a race is held: processes started, killed now and then, and judged at the end."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import msgspec

from bridge.harness.google.standin import CalendarStandin
from bridge.harness.ledger import Ledger
from bridge.harness.twilio_rest.standin import TwilioRestStandin
from bridge.store.store import Store
from tests.crashes.process import ACCOUNT_SID, AUTH_TOKEN, OUR_NUMBER
from tests.races.google_racer import business_of, google_of, sms_of
from tests.races.journal import Op, read_journals
from tests.races.judge import Event, Evidence, Findings, judge
from tests.races.people import People
from tests.races.racer import Plan
from tests.races.store_racer import settle_without_calendar
from tools.clock import Clock
from tools.dispatch import Dispatcher
from tools.google_events import OURS

ROOT = Path(__file__).parents[2]
SETTLE_ROUNDS = 12
ROUND_S = 65  # how far each of them is ahead of the one before

Say = Callable[[str], None]


class Race(msgspec.Struct, frozen=True, kw_only=True):
    """One race."""

    name: str
    kind: str  # store, google or naive
    database_url: str  # migrated and empty
    folder: Path  # empty, for the journals
    processes: int
    operations: int
    seconds: float  # after which it stops, done or not
    seed: int
    quarters: int  # of each calendar
    calendars: int
    kill_every_s: float  # 0: nobody is killed
    lag_s: float = 5.0  # the most by which the calendar's reads are behind its writes


class Result(msgspec.Struct, kw_only=True):
    """What came of a race."""

    race: Race
    ops: list[Op]
    findings: Findings
    around: Counter[str]  # what people did and what failed
    requests: int  # that reached the calendar
    expired: int
    took_s: float
    settling_s: float


async def hold(race: Race, say: Say) -> Result:
    """Hold the race, settle what it left, and judge it."""
    calendars = [f"{race.name}-{number}@race.example" for number in range(race.calendars)]
    began = time.monotonic()
    ahead = _Ahead()
    async with _services(race, calendars, ahead) as (google, twilio):
        plan = Plan(
            kind=race.kind,
            process="",
            seed=race.seed,
            operations=0,
            until=time.time() + race.seconds,
            journal="",
            database_url=race.database_url,
            calendars=calendars,
            quarters=race.quarters,
            calendar_url=google.url,
            service_account=google.service_account,
            sms_url=twilio.url,
        )
        people = People(google, twilio, race.quarters, race.seed)
        around = asyncio.create_task(people.live()) if race.kind == "google" else None
        field = _Field(race, plan, say)
        await field.race()
        if around is not None:
            around.cancel()
            await asyncio.wait([around])
        people.did["processes killed"] = field.killed
        settling = time.monotonic()
        await _settle(race, plan, ahead)
        store = await Store.open(race.database_url)
        rows = await store.report.reservations()
        evidence = Evidence(
            ops=read_journals(race.folder),
            rows=rows,
            texts=await store.report.texts(),
            told={task.call_sid for task in await store.report.callbacks()},
            events=_live_events(google),
            deleted_by_people=people.deleted,
            edited_by_people=people.edited,
            messages=[(message["to"], message["body"]) for message in twilio.messages],
            uses_calendar=race.kind == "google",
        )
        await store.close()
        return Result(
            race=race,
            ops=evidence.ops,
            findings=judge(evidence),
            around=people.did,
            requests=len(google.exchanges),
            expired=sum(row.state == "expired" for row in rows),
            took_s=settling - began,
            settling_s=time.monotonic() - settling,
        )


class _Field:
    """The processes of a race."""

    def __init__(self, race: Race, plan: Plan, say: Say) -> None:
        self.killed = 0
        self._race = race
        self._plan = plan
        self._say = say
        self._done = 0
        self._working: dict[int, asyncio.subprocess.Process] = {}  # who has done something
        self._random = Random(f"field {race.seed}")

    async def race(self) -> None:
        async with asyncio.TaskGroup() as group:
            lanes = [group.create_task(self._lane(number)) for number in range(self._race.processes)]
            helpers = [group.create_task(self._tell())]
            if self._race.kill_every_s:
                helpers.append(group.create_task(self._kill()))
            await asyncio.wait(lanes)
            for helper in helpers:
                helper.cancel()

    async def _lane(self, lane: int) -> None:
        """One process after another, until this lane's part is done: the next comes when one is killed."""
        part, life = self._race.operations // self._race.processes, 0
        while part > 0 and time.time() < self._plan.until:
            life += 1
            journal = self._race.folder / f"{lane}-{life}.jsonl"
            plan = msgspec.structs.replace(
                self._plan, process=f"{self._race.name}-{lane}-{life}", operations=part, journal=str(journal)
            )
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "tests.races.worker",
                msgspec.json.encode(plan).decode(),
                cwd=ROOT,
                stdout=asyncio.subprocess.PIPE,
            )
            assert process.stdout is not None
            async for line in process.stdout:
                self._working[lane] = process
                self._done += int(line)
                part -= int(line)
            status = await process.wait()
            self._working.pop(lane, None)
            if status == 0:
                return
            if status != -signal.SIGKILL:
                raise RuntimeError(f"a racing process ended with status {status}")

    async def _kill(self) -> None:
        """kill -9, at any moment of what it does."""
        while True:
            await asyncio.sleep(self._race.kill_every_s)
            if self._working:
                process = self._working.pop(self._random.choice(sorted(self._working)))
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGKILL)
                    self.killed += 1

    async def _tell(self) -> None:
        while True:
            await asyncio.sleep(5)
            self._say(f"{self._race.name}: {self._done} of {self._race.operations} operations")


class _Ahead:
    """How far the time of the settling, and of Twilio with it, is ahead of the clock."""

    def __init__(self) -> None:
        self.by = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.by


async def _settle(race: Race, plan: Plan, ahead: _Ahead) -> None:
    """Let recovery run until nothing is left, in time that is ahead of the clock."""
    store = await Store.open(race.database_url)
    if race.kind != "google":
        for number in range(1, SETTLE_ROUNDS):
            while await settle_without_calendar(store.bookings, number * ROUND_S):
                pass
    else:
        await asyncio.sleep(race.lag_s)  # until reads show what was written last
        calendar, sms = google_of(plan), sms_of(plan)
        for number in range(1, SETTLE_ROUNDS):
            ahead.by = timedelta(seconds=number * ROUND_S)  # a text is looked for since it was sent
            clock = Clock(ahead.now())
            tools = Dispatcher(
                business=business_of(plan.calendars),
                store=store.bookings,
                calendar=calendar,
                sms=sms,
                clock=clock,
                code_key=b"key of the tests",
            )
            recovery = tools.recovery()
            while any(msgspec.structs.astuple(await recovery.sweep())):
                pass  # a few at a time; what stays open is due again in the next round
        await calendar.close()
        await sms.close()
    await store.close()


@contextlib.asynccontextmanager
async def _services(
    race: Race, calendars: list[str], ahead: _Ahead
) -> AsyncIterator[tuple[CalendarStandin, TwilioRestStandin]]:
    loop_time = asyncio.get_running_loop().time

    def now() -> datetime:
        return datetime.now(UTC)

    google = CalendarStandin(Ledger("calendar", loop_time), now=now)
    twilio = TwilioRestStandin(
        Ledger("twilio_rest", loop_time),
        now=ahead.now,
        account_sid=ACCOUNT_SID,
        auth_token=AUTH_TOKEN,
        numbers=[OUR_NUMBER],
    )
    async with google, twilio:
        for calendar in calendars:
            google.add_calendar(calendar, "America/New_York")
        google.lag_reads(timedelta(seconds=race.lag_s), Random(f"lag {race.seed}"))
        yield google, twilio
        breaches = google.ledger.breaches() + twilio.ledger.breaches()
        if breaches:
            raise RuntimeError(f"a vendor's rule was broken: {breaches[0].data}")


def _live_events(google: CalendarStandin) -> list[Event]:
    return [
        Event(
            id=event["id"],
            calendar=calendar,
            start=datetime.fromisoformat(event["start"]["dateTime"]),
            end=datetime.fromisoformat(event["end"]["dateTime"]),
            created=datetime.fromisoformat(event["created"]),
            updated=datetime.fromisoformat(event["updated"]),
            ours=event.get("extendedProperties", {}).get("private", {}).get(OURS),
        )
        for calendar, events in google.events.items()
        for event in events.values()
        if event["status"] != "cancelled"
    ]
