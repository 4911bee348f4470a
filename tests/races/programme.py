"""Which races are held, how large they are, and when the whole is won."""

import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from pathlib import Path

import msgspec

from tests.races.naive import without_rules
from tests.races.run import Race, Result, Say, hold
from tests.races.table import operations, through_google

OPERATIONS = 100_000  # in all, of the races that must be won
THROUGH_GOOGLE = 10_000  # of them
NAIVE = 2_000  # operations of the check-then-insert way, on each database
LEAST_NAIVE = 400  # fewer may happen to go well
SECONDS = 560.0  # for all races; judging the last one comes on top
# Of the operations in the store alone: one SQLite file takes one writer at a time, and is slower.
STORE_SHARE = {"sqlite": 0.38, "postgresql": 0.62}
# Texts and holds for a move do not go through the Google client, so that some more are done.
GOOGLE_SURPLUS = 1.35

NewDatabase = Callable[[str], Awaitable[str]]  # from a name to the URL of a migrated, empty one


class Size(msgspec.Struct, frozen=True, kw_only=True):
    """How much is to be done."""

    seed: int = 1
    processes: int = 8  # at a time
    operations: int = OPERATIONS
    seconds: float = SECONDS

    @property
    def share(self) -> float:
        """Of the full size."""
        return self.operations / OPERATIONS


async def hold_all(databases: dict[str, NewDatabase], size: Size, say: Say) -> list[Result]:
    """Three races on each database, one after the other. Time that one did not need is the next one's."""
    races = [(race, make) for name, make in databases.items() for race in _races(name, size, databases)]
    results: list[Result] = []
    until = time.monotonic() + size.seconds
    for at, (race, new_database) in enumerate(races):
        url = await new_database(race.kind)
        if race.kind == "naive":
            await without_rules(url)
        part = race.seconds / sum(later.seconds for later, _ in races[at:])
        with tempfile.TemporaryDirectory(prefix="race-") as folder:
            ready = msgspec.structs.replace(
                race,
                database_url=url,
                folder=Path(folder),
                seconds=(until - time.monotonic()) * part,
            )
            results.append(await hold(ready, say))
    return results


def wrong(results: list[Result], size: Size) -> Iterator[str]:
    """Why the races are not won; nothing when they are."""
    won = must_be_won(results)
    for result in won:
        for name in result.findings.wrong:
            yield f"{result.race.name}: {name} {getattr(result.findings, name)}"
    for result in results:
        if result.race.kind == "naive" and not result.findings.double_bookings:
            yield f"{result.race.name}: nothing was sold twice, so the others prove nothing"
    if sum(map(operations, won)) < size.operations:
        yield f"only {sum(map(operations, won))} operations in the time there was"
    if sum(map(through_google, won)) < THROUGH_GOOGLE * size.share:
        yield f"only {sum(map(through_google, won))} operations through the Google client"


def must_be_won(results: list[Result]) -> list[Result]:
    """Those that are not held to be lost."""
    return [result for result in results if result.race.kind != "naive"]


def _races(database: str, size: Size, databases: Iterable[str]) -> Iterator[Race]:
    share = STORE_SHARE[database] / sum(STORE_SHARE[name] for name in databases)
    google = round(THROUGH_GOOGLE * GOOGLE_SURPLUS * size.share / len(list(databases)))
    store = round((size.operations - THROUGH_GOOGLE * GOOGLE_SURPLUS * size.share) * share)
    naive = max(LEAST_NAIVE, round(NAIVE * size.share))
    for kind, number, part, quarters, kill_every_s in (
        ("store", store, 0.79, 160, 10.0),
        ("google", google, 0.16, 160, 8.0),
        ("naive", naive, 0.05, 80, 0.0),
    ):
        yield Race(
            name=f"{database}-{kind}",
            kind=kind,
            database_url="",
            folder=Path(),
            processes=size.processes,
            operations=number,
            seconds=size.seconds * part,
            seed=size.seed,
            quarters=quarters,
            calendars=4,
            kill_every_s=kill_every_s,
        )
