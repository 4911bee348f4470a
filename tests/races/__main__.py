"""The races: `python -m tests.races`, or `make races`. Loopback only, seeded, bounded.

On each database: a race in the store alone, one through the real tools and the real Google
client against a calendar whose reads lag by up to five seconds, and one of processes that
check and then insert, which must be lost. Exit status 1: something was wrong, or too little
was done for it to mean anything.

The dice are seeded, the machine is not: a seed gives the same wishes, not the same order.
"""

import argparse
import asyncio
import contextlib
import logging
import sys
import tempfile
import time

import structlog

from bridge.store.migrate import migrate
from tests.databases import NoServer, new_postgres_database, postgres_server
from tests.races.programme import (
    OPERATIONS,
    SECONDS,
    NewDatabase,
    Size,
    hold_all,
    must_be_won,
    wrong,
)
from tests.races.table import lines, operations, through_google


def main(arguments: list[str]) -> int:
    """Hold the races and print what came of them."""
    parser = argparse.ArgumentParser(prog="python -m tests.races", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=8, help="at a time")
    parser.add_argument("--operations", type=int, default=OPERATIONS, help="in all; fewer: smaller races")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="for all races together")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], action="append", help="default: both")
    given = parser.parse_args(arguments)
    size = Size(
        seed=given.seed, processes=given.processes, operations=given.operations, seconds=given.seconds
    )
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    began = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - began:5.0f} s  {line}", flush=True)  # noqa: T201

    with contextlib.ExitStack() as stack:
        databases = {}
        for name in given.database or ["sqlite", "postgresql"]:
            try:
                databases[name] = _postgresql(stack) if name == "postgresql" else _sqlite(stack)
            except NoServer as error:
                print(f"There is no PostgreSQL here: {error}", file=sys.stderr)  # noqa: T201
                return 1
        results = asyncio.run(hold_all(databases, size, say))
    mistakes, won = list(wrong(results, size)), must_be_won(results)
    report = [
        *lines(results),
        "",
        *(f"WRONG: {mistake}" for mistake in mistakes),
        f"{sum(map(operations, won))} operations, {sum(map(through_google, won))} of them through the Google"
        f" client; seed {size.seed}, {time.monotonic() - began:.0f} s:"
        f" {'not as it must be' if mistakes else 'all as it must be'}",
    ]
    print("\n".join(report))  # noqa: T201
    return 1 if mistakes else 0


def _postgresql(stack: contextlib.ExitStack) -> NewDatabase:
    server = stack.enter_context(postgres_server())

    async def new(name: str) -> str:
        return await new_postgres_database(server, name)

    return new


def _sqlite(stack: contextlib.ExitStack) -> NewDatabase:
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="race-"))

    async def new(name: str) -> str:
        url = f"sqlite:///{folder}/{name}.db"
        await migrate(url)
        return url

    return new


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
