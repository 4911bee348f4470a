"""What a call must not leave behind: tasks, threads, sockets.

Taken before the parties start and compared after they stopped. Read `run.py` for the use.
"""

import asyncio
import os
import threading
from pathlib import Path

import msgspec

LOOK_EVERY_S = 0.02


class Standing(msgspec.Struct, frozen=True):
    """What there was at one moment."""

    tasks: frozenset[int]
    threads: frozenset[int]
    sockets: frozenset[str]


def standing() -> Standing:
    """Count now."""
    return Standing(
        frozenset(id(task) for task in asyncio.all_tasks()),
        frozenset(thread.ident or 0 for thread in threading.enumerate()),
        _sockets(),
    )


async def left_over(before: Standing, within_s: float) -> tuple[list[str], float]:
    """What is there now and was not `before`, once it has had `within_s` to go; and the seconds it took.

    Of threads and sockets only what was there all the while: one that comes and goes is somebody else's,
    who still works in this process. The tasks of this loop are all ours: one that is followed by another
    at its work is left over as well.
    """
    loop = asyncio.get_running_loop()
    began = loop.time()
    left = _new_since(before)
    while left and loop.time() - began < within_s:
        await asyncio.sleep(LOOK_EVERY_S)
        now = _new_since(before)
        left = {each: name for each, name in left.items() if each in now}
    return sorted(left.values()), loop.time() - began


def _new_since(before: Standing) -> dict[tuple[str, object], str]:
    """What tells it from others, and how it is called."""
    new: dict[tuple[str, object], str] = {}
    for task in asyncio.all_tasks():
        if id(task) not in before.tasks:
            new["task", _work(task)] = f"task {task.get_name()}"
    for thread in threading.enumerate():
        if thread.ident not in before.threads:
            new["thread", thread.ident] = f"thread {thread.name}"
    return new | {("socket", name): f"socket {name}" for name in _sockets() - before.sockets}


def _work(task: asyncio.Task[object]) -> object:
    """The function that a task runs."""
    return getattr(task.get_coro(), "__qualname__", task.get_name())


def _sockets() -> frozenset[str]:
    """Open sockets of this process; none where the system does not show them."""
    folder = Path("/proc/self/fd")
    if not folder.is_dir():
        return frozenset()
    found = set()
    for entry in folder.iterdir():
        try:
            name = os.readlink(entry)
        except OSError:  # closed while we looked
            continue
        if name.startswith("socket:"):
            found.add(name)
    return frozenset(found)
