"""What every racing process has: a plan, a journal, seeded dice, and a loop that obeys its limits."""

import asyncio
import time
from abc import ABC, abstractmethod
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import msgspec

from tests.races.journal import Journal

QUARTER_S = 900
FIRST_DAY = datetime(2031, 3, 3, 14, 0, tzinfo=UTC)  # far enough ahead that nothing is over
LENGTH = 2  # quarters: every appointment is half an hour long
HOT_EVERY_S = 0.25  # so often all processes turn to another time together
MEET_EVERY_S = 0.1  # at such moments those who wait for it ask for the same time at once
SAY_EVERY = 100  # operations


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a process is to do."""

    kind: str  # store, google or naive
    process: str
    seed: int
    operations: int
    until: float  # seconds of the machine's clock at which it stops
    journal: str  # file
    database_url: str
    calendars: list[str]
    quarters: int  # how many quarters of an hour of each calendar they fight for
    calendar_url: str = ""
    service_account: dict[str, str] = {}
    sms_url: str = ""


class Slot(msgspec.Struct, frozen=True):
    """A time to fight for."""

    calendar: str
    first: int  # quarters since 1970
    last: int

    @property
    def start(self) -> datetime:
        return datetime.fromtimestamp(self.first * QUARTER_S, UTC)

    @property
    def end(self) -> datetime:
        return datetime.fromtimestamp(self.last * QUARTER_S, UTC)


class Racer(ABC):
    """One process. `line` is one of the calls that it has at the same time."""

    lines = 1

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.random = Random(f"{plan.seed} {plan.process}")
        self.journal = Journal(Path(plan.journal), plan.process)
        self.done = 0
        self._calls = 0

    @abstractmethod
    async def step(self) -> None:
        """A few operations, each written down."""

    async def race(self) -> None:
        """Until enough is done or time is up. Tells how far it is."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self.lines):
                group.create_task(self._line())

    def count(self) -> None:
        """One operation has ended."""
        self.done += 1
        if self.done % SAY_EVERY == 0:
            print(SAY_EVERY, flush=True)  # noqa: T201

    def new_call(self) -> tuple[str, str]:
        """A call's id, which nobody else has, and its caller's number, which somebody else may have."""
        self._calls += 1
        return f"CA-{self.plan.process}-{self._calls}", f"+1202555{self.random.randrange(10000):04d}"

    async def wish(self) -> Slot:
        """A time: often the one that all others want at this moment, else any."""
        dice, kind = self.random, self.random.random()
        if kind < 0.03:
            await asyncio.sleep(MEET_EVERY_S - time.time() % MEET_EVERY_S)
            dice = Random(f"{self.plan.seed} {round(time.time() / MEET_EVERY_S)}")
        elif kind < 0.4:
            dice = Random(f"{self.plan.seed} {int(time.time() / HOT_EVERY_S)}")
        calendar = dice.choice(self.plan.calendars)
        first = int(FIRST_DAY.timestamp()) // QUARTER_S + dice.randrange(self.plan.quarters - LENGTH)
        return Slot(calendar, first, first + LENGTH)

    async def _line(self) -> None:
        while self.done < self.plan.operations and time.time() < self.plan.until:
            await self.step()


def now() -> datetime:
    return datetime.now(UTC)


def in_s(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)
