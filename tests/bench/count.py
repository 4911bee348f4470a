"""What one call asks of the database, of Google, Twilio and the model: counted, not estimated.

`python -m tests.bench.count` replays the recorded call of a booking through the real server, in a few seconds
of its own time, and prints as JSON how often each was asked. `counted` runs that in a process of its own, as
it looks over the database's shoulder for good. Read `paper.py` for what is made of it.
"""

import asyncio
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable

import msgspec

from bridge.handoff.desk import LOOK_EVERY_S
from bridge.harness.recording_file import load_recording
from bridge.harness.run import run_recording
from bridge.harness.virtual_time import run_fast
from bridge.store.database import Database, T, Work
from bridge.store.sqlite import SqliteDatabase
from tests.bench.paper import Counts
from tests.bench.parties import ROOT

RECORDING = "recordings/book-a-cleaning"
REQUESTS = ("listed", "inserted", "got", "patched", "updated", "deleted")  # of events; free/busy is apart
SWEEPS = ("recovery", "handoffs")  # what a server does every few seconds, whether there are calls or not
NOBODYS = ("retention sweep", "main")  # once a day; and what the replay itself looks up


class Seen:
    """Who asked the database for what."""

    def __init__(self) -> None:
        self.times: Counter[tuple[str, str]] = Counter()

    def count(self, what: str, times: int = 1) -> None:
        task = asyncio.current_task()
        self.times[("" if task is None else task.get_name(), what)] += times

    def of(self, what: str, who: Iterable[str]) -> int:
        return sum(self.times[(name, what)] for name in who)

    def of_others(self, what: str, who: Iterable[str]) -> int:
        """All but those tasks."""
        return sum(times for (name, asked), times in self.times.items() if asked == what and name not in who)


def look_over_the_shoulder() -> Seen:
    """Count every transaction from now on."""
    seen = Seen()
    read, write, together = Database.read, Database.write, SqliteDatabase.write_together

    async def read_and_count(self: Database, work: Work[T]) -> T:
        seen.count("read")
        return await read(self, work)

    async def write_and_count(self: Database, work: Work[T]) -> T:
        seen.count("write")
        return await write(self, work)

    async def note_and_count(self: SqliteDatabase, works: Iterable[Work[object]]) -> None:
        works = tuple(works)
        seen.count("note", len(works))
        await together(self, works)

    Database.read = read_and_count  # type: ignore[method-assign]
    Database.write = write_and_count  # type: ignore[method-assign]
    SqliteDatabase.write_together = note_and_count  # type: ignore[method-assign]
    return seen


def count() -> Counts:
    """Replay the call and count."""
    seen = look_over_the_shoulder()

    async def replay() -> Counts:
        task = asyncio.current_task()
        assert task is not None
        task.set_name("main")
        evidence = await run_recording(load_recording(ROOT / RECORDING))
        times = [entry.at for entry in evidence.telephone.entries]
        sweeping_s = seen.of("read", ["handoffs"]) * LOOK_EVERY_S
        return Counts(
            recording=RECORDING,
            seconds=round(times[-1] - times[0], 1),
            reads=seen.of_others("read", [*SWEEPS, *NOBODYS]),
            writes=seen.of_others("write", [*SWEEPS, *NOBODYS]),
            notes=seen.of_others("note", NOBODYS),
            responses=len(list(evidence.model.of("turn_started"))),
            events_requests=len(list(evidence.calendar.of(*REQUESTS))),
            texts=len(list(evidence.rest.of("message"))),
            sweeps_per_s=sum(seen.of(what, SWEEPS) for what in ("read", "write")) / sweeping_s,
        )

    return run_fast(replay())


def counted() -> Counts:
    """The same, from a process of its own. Raises subprocess.CalledProcessError."""
    command = [sys.executable, "-m", "tests.bench.count"]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True)  # noqa: S603
    return msgspec.json.decode(done.stdout, type=Counts)


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(count()) + b"\n")
