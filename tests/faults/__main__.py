"""Every fault at several moments of a call: `python -m tests.faults`, or `make faults`. Loopback only.

Calls are played through the harness in time that jumps, and beside them some in which one of two real server
processes is killed or stopped. Exit status 1: a cell is red, 2: no cell fits the pattern.

A scripted model and stand-ins of the services: it proves our server, not theirs.
"""

import argparse
import re
import sys
import time

from tests.faults.broken import BROKEN
from tests.faults.programme import chosen, hold, wrong
from tests.faults.table import lines, sums


def main(arguments: list[str]) -> int:
    """Play the cells and print what came of them."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.faults", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument(
        "--only", metavar="PATTERN", default="", help='of "family: fault, moment", e.g. "line: .*offer"'
    )
    parser.add_argument("--processes", type=int, default=2, help="for the calls in time that jumps")
    parser.add_argument("--broken", choices=sorted(BROKEN), default="", help="play them with a broken server")
    given = parser.parse_args(arguments)
    try:
        cells, kills = chosen(given.only)
    except re.error as error:
        parser.error(f"--only: {error}")
    if given.broken:
        kills = []  # their servers are processes of their own, and whole
    if not cells and not kills:
        print(f"No cell fits {given.only!r}.", file=sys.stderr)  # noqa: T201
        return 2
    began = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - began:5.0f} s  {line}", flush=True)  # noqa: T201

    results = hold(cells, kills, given.processes, given.broken, say)
    mistakes = list(wrong(results, all_of_them=not given.only and not given.broken))
    report = [
        "",
        *lines(results),
        "",
        *sums(results),
        *(f"WRONG: {mistake}" for mistake in mistakes),
        f"{len(results)} cells, {time.monotonic() - began:.0f} s:"
        f" {'not as it must be' if mistakes else 'all as it must be'}",
    ]
    print("\n".join(report))  # noqa: T201
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
