"""Twenty telephones call one real server, again and again, for many minutes of its time; through sockets.

In virtual time on one loop, as a replay. Every call is judged when it is over, and then forgotten: what
the stand-ins would keep of it must not look like a leak of the server's. Read `weather.py` next.
"""

import asyncio
import io
import random
from collections import Counter, deque
from collections.abc import Callable

import msgspec

from bridge.harness.ledger import Ledger
from bridge.harness.recording import Recording
from bridge.harness.recording_file import load_recording
from bridge.harness.run import rows_of
from bridge.harness.telephone.telephone import Telephone
from bridge.store.database import Database
from tests.server import ACCOUNT, AUTH_TOKEN, BUSINESS, NUMBER, PUBLIC
from tests.soak.judging import Neighbours, OfOneCall, is_over, wrong_with
from tests.soak.memory import Growth, Sample, growth, resident
from tests.soak.people import CLIPS, ModelRoom, Side, steps_of
from tests.soak.weather import Fate, weather

SAMPLE_EVERY_S = 15.0
LEAST_MINUTES = 8.0  # what those on the line have in memory goes up and down by some megabytes
LONGEST_S = 400.0  # a call; the caller's patience ends it long before
SETTLED_S = 30.0  # what a call leaves to be done is done by then, or recovery does it
GONE_S = 5.0
LOOK_EVERY_S = 0.25
LOG_LINES = 4000  # of the last calls


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How large a soak is."""

    seed: int
    minutes: float  # virtual
    calls: int  # at once


class Result(msgspec.Struct, kw_only=True):
    """What came of it."""

    calls: int = 0
    most_at_once: int = 0
    outcomes: Counter[str] = msgspec.field(default_factory=Counter)
    faults: Counter[str] = msgspec.field(default_factory=Counter)
    wrong: list[str] = msgspec.field(default_factory=list)
    memory: Growth | None = None


class LogTail(io.TextIOBase):
    """The last lines of a log."""

    def __init__(self) -> None:
        self.lines: deque[str] = deque(maxlen=LOG_LINES)

    def write(self, text: str) -> int:
        self.lines.extend(text.splitlines())
        return len(text)


class Soak:
    """One server and those who call it."""

    def __init__(
        self,
        plan: Plan,
        *,
        url: str,
        room: ModelRoom,
        neighbours: Neighbours,
        database: Database,
        log: LogTail,
    ) -> None:
        self.result = Result()
        self.samples: list[Sample] = []
        self._plan = plan
        self._url = url
        self._room = room
        self._neighbours = neighbours
        self._database = database
        self._log = log
        book = load_recording(BUSINESS.parent / "book-a-cleaning")
        self.recording = msgspec.structs.replace(book, given=())
        self._up: dict[str, float] = {}  # numbers that call, or are being judged, and since when
        self._calling = 0
        self._judging: set[asyncio.Task[None]] = set()

    async def hold(self, say: Callable[[str], None]) -> None:
        """Call for as long as planned, and judge every call."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self._plan.minutes * 60
        looking = asyncio.create_task(self._look(say))
        calendar, rest = self._neighbours.calendar, self._neighbours.rest
        outside = asyncio.create_task(weather(calendar, rest, random.Random(f"{self._plan.seed}/weather")))
        try:
            async with asyncio.TaskGroup() as lines:
                for number in range(self._plan.calls):
                    lines.create_task(self._line(number, until), name=f"line {number}")
        finally:
            for task in (looking, outside):
                task.cancel()
            await asyncio.gather(looking, outside, *self._judging, return_exceptions=True)
        if self._plan.minutes >= LEAST_MINUTES:
            self.result.memory = growth(self.samples)

    async def _line(self, line: int, until: float) -> None:
        loop, rng = asyncio.get_running_loop(), random.Random(f"{self._plan.seed}/{line}")
        count = 0
        await asyncio.sleep(rng.uniform(0, 2))
        while loop.time() < until:
            await self._call(f"+1202556{line * 100 + count % 100:04d}", random.Random(f"{rng.random()}"))
            count += 1
            await asyncio.sleep(rng.uniform(0, 2))

    async def _call(self, number: str, rng: random.Random) -> None:
        loop = asyncio.get_running_loop()
        while number in self._up:  # noqa: ASYNC110 - its last call is being judged still
            await asyncio.sleep(LOOK_EVERY_S)
        self._up[number] = loop.time()
        side = self._room.open_side(number, Ledger("model", loop.time), rng)
        telephone = Telephone(
            self._url,
            PUBLIC,
            ACCOUNT,
            AUTH_TOKEN,
            NUMBER,
            Ledger("telephone", loop.time),
            rng.getrandbits(32),
            clock=self._neighbours.clock,
            asks_after_loss=rng.random() < 0.8,
        )
        steps, fate = steps_of(rng), Fate(rng)
        fate.begin(side.faults, telephone.lose_stream)
        self._calling += 1
        self.result.most_at_once = max(self.result.most_at_once, self._calling)
        try:
            await telephone.call(number, steps, CLIPS, max_seconds=LONGEST_S)
        finally:
            self._calling -= 1
            fate.end()
        recording = msgspec.structs.replace(self.recording, lines=steps, caller=number)
        task = asyncio.create_task(self._judge(recording, telephone, side, fate), name="judge")
        self._judging.add(task)
        task.add_done_callback(self._judging.discard)

    async def _judge(self, recording: Recording, telephone: Telephone, side: Side, fate: Fate) -> None:
        """When nothing of the call is under way any more, or it should be; then all of it is forgotten."""
        loop, number, call_sid = asyncio.get_running_loop(), recording.caller, telephone.call_sid or ""
        open_after_s = await _model_closed(side.ledger, telephone.ledger)
        report = OfOneCall(self._database, call_sid)
        rows, patience = await rows_of(report, self._neighbours.clock), loop.time() + SETTLED_S
        while not is_over(rows) and loop.time() < patience:
            await asyncio.sleep(1.0)
            rows = await rows_of(report, self._neighbours.clock)
        lines = [line for line in self._log.lines if call_sid in line or number.removeprefix("+1") in line]
        evidence = self._neighbours.evidence(recording, telephone, side, rows, lines, open_after_s)
        self._note(
            number, fate, str(rows.calls[0].outcome) if rows.calls else "none", wrong_with(evidence, fate)
        )
        self._room.close_side(number)
        del self._up[number]
        self._forget()

    def _note(self, number: str, fate: Fate, outcome: str, wrong: list[str]) -> None:
        self.result.calls += 1
        self.result.outcomes[outcome] += 1
        if fate.of_model:
            self.result.faults[fate.of_model] += 1
        if fate.cut:
            self.result.faults["stream lost"] += 1
        fated = ", ".join(filter(None, (fate.of_model, "stream lost" if fate.cut else "")))
        self.result.wrong += [
            f"the call of …{number[-4:]} ({fated or 'undisturbed'}): {each}" for each in wrong
        ]

    def _forget(self) -> None:
        """What the neighbours keep of calls that are judged."""
        since = min(self._up.values(), default=asyncio.get_running_loop().time())
        for ledger in (self._neighbours.calendar.ledger, self._neighbours.rest.ledger):
            self.result.wrong += [f"{ledger.party}: {e.data}" for e in ledger.breaches() if e.at < since]
            ledger.entries[:] = [entry for entry in ledger.entries if entry.at >= since]
        self._neighbours.calendar.exchanges.clear()

    async def _look(self, say: Callable[[str], None]) -> None:
        loop, number = asyncio.get_running_loop(), 0
        began = loop.time()
        while True:
            await asyncio.sleep(SAMPLE_EVERY_S)
            self.samples.append(Sample(self.result.calls, resident()))
            number += 1
            if number % 4 == 0:
                at, used = (loop.time() - began) / 60, self.samples[-1].used / 1e6
                counted = f"{self._calling} calls up, {self.result.calls} over"
                say(f"{at:3.0f} min  {counted}, {used:.1f} MB, {len(self.result.wrong)} wrong")


async def _model_closed(model: Ledger, telephone: Ledger) -> float | None:
    """Seconds from the end of the stream until the last session was closed; None: one stayed open."""
    loop = asyncio.get_running_loop()
    ended = max((entry.at for entry in telephone.of("stream_ended")), default=None)
    until = loop.time() + GONE_S
    while sum(1 if e.kind == "connected" else -1 for e in model.of("connected", "closed")):
        if loop.time() >= until:
            return None
        await asyncio.sleep(LOOK_EVERY_S)
    closed = max((entry.at for entry in model.of("closed")), default=None)
    return 0.0 if ended is None or closed is None else max(0.0, closed - ended)
