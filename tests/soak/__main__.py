"""The soak: `python -m tests.soak`, or `make soak`. Loopback only, in virtual time, seeded.

Two processes: in one, twenty telephones call one real server again and again, while legs break, streams
are lost and calendars fail; in the other, a hundred sessions talk for an hour each, with nothing around
them but dice. Every call is judged; memory must be flat, and nothing may be left. Exit status 1: something
was wrong.

The dice are seeded, the threads of a process are not: a seed gives the same callers, not the same order.
"""

import argparse
import concurrent.futures
import functools
import multiprocessing
import sys
import time

from tests.soak.halves import TALK_MINUTES, calls, pure, say
from tests.soak.lines import Plan
from tests.soak.memory import Growth

MINUTES, CALLS = 15.0, 20
TALKS = 100
# A call of a soak leaves a booking in the calendar stand-in and a text in Twilio's, some kilobytes. One
# that is kept by mistake, with its session and its buffers, is a hundred times that.
MOST_PER_CALL = 30_000  # bytes
# Of an hour of talk a session keeps the ids of its items, so that nothing late is taken for new.
MOST_PER_TALK = 250_000  # bytes


def main(arguments: list[str]) -> int:
    """Hold both halves and print what came of them."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--minutes", type=float, default=MINUTES, help="virtual, of the calls through sockets"
    )
    parser.add_argument("--calls", type=int, default=CALLS, help="at once, through sockets")
    parser.add_argument("--talks", type=int, default=TALKS, help=f"of {TALK_MINUTES} virtual minutes each")
    given = parser.parse_args(arguments)
    began = time.monotonic()
    tell = functools.partial(say, began)
    plan = Plan(seed=given.seed, minutes=given.minutes, calls=given.calls)
    # Fresh processes: what this one has in memory is none of theirs.
    fresh = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=fresh) as pool:
        through_sockets = pool.submit(calls, plan, began)
        alone = pool.submit(pure, given.seed, given.talks, began)
        spoken, called = alone.result(), through_sockets.result()
    held = f"{called.calls} calls, {called.most_at_once} at once, {given.minutes:g} minutes"
    tell(f"{held}: {_counted(called.outcomes)}")
    tell(f"what went wrong for them: {_counted(called.faults)}")
    tell(f"memory: {_flat(called.memory, MOST_PER_CALL, 'call')}")
    tell(f"{sum(spoken.ends.values())} talks, {given.talks} at once, an hour: {_counted(spoken.ends)}")
    tell(f"memory: {_flat(spoken.memory, MOST_PER_TALK, 'hour of talk')}")
    wrong = [*called.wrong, *spoken.wrong]
    wrong += _grown("a call", called.memory, MOST_PER_CALL) + _grown("a talk", spoken.memory, MOST_PER_TALK)
    for each in wrong:
        print(f"WRONG: {each}")  # noqa: T201
    tell(f"seed {given.seed}: {'not as it must be' if wrong else 'all as it must be, and nothing is left'}")
    return 1 if wrong else 0


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "nothing"


def _flat(growth: Growth | None, most: int, of: str) -> str:
    if growth is None:
        return "not looked at for long enough"
    return (
        f"{growth.first / 1e6:.1f} MB in the first third, {growth.last / 1e6:.1f} MB in the last; "
        f"{growth.per_call / 1000:.1f} kB per {of}, at most {most / 1000:.0f}"
    )


def _grown(what: str, growth: Growth | None, most: int) -> list[str]:
    if growth is None or growth.per_call <= most:
        return []
    return [f"{what} leaves {growth.per_call / 1000:.1f} kB behind"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
