"""What a racing process writes down: each operation before it begins, and how it ended.

A line is with the kernel before the operation starts, so a process that is killed leaves its
last intention behind. Times are seconds of the machine's clock, the same for all processes.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

DIED = "died"  # how an operation ended whose process did not live to say


class Op(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One operation of one process."""

    process: str
    number: int  # in that process
    kind: str  # hold, hold to move, book, move, cancel, release, text
    began: float
    call: str = ""
    caller: str = ""  # number
    calendar: str = ""
    first: int = 0  # quarter of an hour since 1970 in which the time begins
    last: int = 0  # and the one before which it ends
    about: str = ""  # id of the booking that it moves or cancels, or of the text that it sends
    hold: str = ""  # id of the hold that it books, moves a booking to, or releases
    ended: float = 0.0
    result: str = DIED  # ok, taken, gone, unavailable, unknown, not_done
    row: str = ""  # id of the row that came of it
    until: float = 0.0  # when a hold runs out

    @property
    def quarters(self) -> range:
        return range(self.first, self.last)

    def ended_after(self, other: "Op") -> bool:
        """Whether it may have had its effect after the other one's; one that died, at any time."""
        return self.result == DIED or self.ended > other.began


class Journal:
    """One process's journal, a file of JSON lines."""

    def __init__(self, path: Path, process: str) -> None:
        self._process = process
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._number = 0

    def begin(self, kind: str, **about: str | int) -> Op:
        """Write down what is about to be done."""
        self._number += 1
        op = msgspec.convert(
            {**about, "process": self._process, "number": self._number, "kind": kind, "began": time.time()},
            type=Op,
        )
        self._write(op)
        return op

    def end(self, op: Op, result: str, *, row: str = "", until: float = 0.0) -> None:
        """Write down how it ended."""
        op.ended, op.result, op.row, op.until = time.time(), result, row, until
        self._write(op)

    def close(self) -> None:
        os.close(self._file)

    def _write(self, op: Op) -> None:
        os.write(self._file, msgspec.json.encode(op) + b"\n")


def read_journals(folder: Path) -> list[Op]:
    """Every operation of every process, each once, as its process last wrote it."""
    ops: dict[tuple[str, int], Op] = {}
    for path in sorted(folder.glob("*.jsonl")):
        for op in _lines(path):
            ops[op.process, op.number] = op
    return list(ops.values())


def _lines(path: Path) -> Iterator[Op]:
    for line in path.read_bytes().splitlines():
        yield msgspec.json.decode(line, type=Op)
