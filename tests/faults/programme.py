"""All cells, spread over processes: those in time that jumps, and beside them the ones that run for real."""

import asyncio
import contextlib
import logging
import multiprocessing
import re
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed

import structlog

from tests.faults.broken import BROKEN
from tests.faults.cells import CELLS, Cell, Result
from tests.faults.kills import KILLS, KillCell, play_all
from tests.faults.play import play

LEAST_CELLS = 60  # fewer show too little; with a pattern as many as it finds

Say = Callable[[str], None]


def chosen(pattern: str) -> tuple[list[Cell], list[KillCell]]:
    """Cells whose family, fault or moment fits the pattern. Raises re.error."""
    fits = re.compile(pattern, re.IGNORECASE).search
    cells = [cell for cell in CELLS if fits(f"{cell.family}: {cell.name}")]
    return cells, [kill for kill in KILLS if fits(f"process: {kill.name}")]


def hold(cells: list[Cell], kills: list[KillCell], processes: int, broken: str, say: Say) -> list[Result]:
    """Play them all, in the order given. `broken`: a name of BROKEN, or "" for the server as it is."""
    found: dict[int, list[Result]] = {}
    total = len(cells) + len(kills)
    # Those that run for real mostly wait, so they have a process of their own.
    workers = processes + bool(kills)
    context = multiprocessing.get_context("spawn")  # a forked one would share a loop's sockets
    with ProcessPoolExecutor(workers, context, initializer=_quiet) as pool:
        waiting: dict[Future[list[Result]], int] = {}
        if kills:
            waiting[pool.submit(_play_kills, kills)] = len(cells)
        for number, cell in enumerate(cells):
            waiting[pool.submit(_play, CELLS.index(cell), broken)] = number
        for done in as_completed(waiting):
            found[waiting[done]] = done.result()
            played = [result for results in found.values() for result in results]
            red = sum(bool(result.wrong) for result in played)
            say(f"{len(played)} of {total} cells, {red} red: {_name(found[waiting[done]])}")
            for mistake in wrong(found[waiting[done]], all_of_them=False):
                say(f"RED  {mistake}")
    return [result for number in sorted(found) for result in found[number]]


def wrong(results: list[Result], *, all_of_them: bool) -> Iterator[str]:
    """Why the table is not as it must be; nothing when it is."""
    for result in results:
        for what in result.wrong:
            yield f"{result.fault}, {result.moment}: {what}"
    if all_of_them and len(results) < LEAST_CELLS:
        yield f"only {len(results)} cells"


def _play(number: int, broken: str) -> list[Result]:
    cell = CELLS[number]
    with BROKEN[broken]() if broken else contextlib.nullcontext():
        try:
            return [play(cell)]
        except Exception as error:  # a cell that cannot be played is red, and the others go on
            what = f"it could not be played: {error!r}"
            return [Result(family=cell.family, fault=cell.fault, moment=cell.moment.name, wrong=(what,))]


def _play_kills(kills: list[KillCell]) -> list[Result]:
    return asyncio.run(play_all(kills))


def _quiet() -> None:
    """Into the table belongs what came of it, not the log; and who dies leaves half a request behind."""
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


def _name(results: list[Result]) -> str:
    if len(results) != 1:
        return "those of killed and stopped processes"
    return f"{results[0].fault}, {results[0].moment} ({results[0].took_s:.0f} s)"
