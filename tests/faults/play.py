"""Plays one cell through the harness, in time that jumps. Read next: sounds.py and judge.py."""

import asyncio
import tempfile
import time
from pathlib import Path

import msgspec

from bridge.harness.evidence import Evidence
from bridge.harness.recording import CallerLine, Intent
from bridge.harness.recording_file import load_recording
from bridge.harness.run import Parties, run_recording
from bridge.harness.virtual_time import run_fast
from tests.faults.caller import PATIENCE_MS, Answering
from tests.faults.cells import Cell, Result
from tests.faults.judge import judged
from tests.faults.service_faults import Around
from tests.server import BUSINESS

BOOKING = load_recording(BUSINESS.parent / "book-a-cleaning")
WITH_MAIL = load_recording(BUSINESS.parent / "email-spelled-out")
_OTHERS = load_recording(BUSINESS.parent / "calendar-down")


def _borrowed(intent: Intent) -> CallerLine:
    """A line of another recording: what this caller says when it comes to it."""
    line = next(line for line in _OTHERS.lines if line.means is not None and line.means.intent is intent)
    return msgspec.structs.replace(line, clip=f"../../{_OTHERS.folder.name}/clips/{line.clip}")


ANY_WAY = msgspec.structs.replace(BOOKING, lines=(*BOOKING.lines, _borrowed(Intent.MESSAGE)))


def play(cell: Cell) -> Result:
    """What comes of it; a second time when something was only late: work counts as the call's time, and a
    machine may be busy."""
    result = play_once(cell)
    return play_once(cell) if result.only_late else result


def play_once(cell: Cell) -> Result:
    """What comes of it."""
    began = time.monotonic()
    evidence, when = run_cell(cell)
    return msgspec.structs.replace(judged(cell, evidence, when), took_s=time.monotonic() - began)


def run_cell(cell: Cell) -> tuple[Evidence, float]:
    """The call, and the loop's time of the fault; of the call's beginning when the moment never came."""
    at: list[float] = []
    callers: list[Answering] = []
    with tempfile.TemporaryDirectory(prefix="fault-") as folder:

        def arrange(parties: Parties) -> None:
            cell.moment.arrange(parties, lambda: _act(cell, parties, Path(folder), at))

        def answering(parties: Parties) -> Answering:
            callers.append(Answering(ANY_WAY, parties.model.ledger))
            return callers[0]

        if cell.mails:
            lines = tuple(
                msgspec.structs.replace(line, after_quiet_ms=PATIENCE_MS) for line in WITH_MAIL.lines
            )
            recording = msgspec.structs.replace(WITH_MAIL, lines=lines)
            evidence = run_fast(run_recording(recording, folder=Path(folder), arrange=arrange))
        else:
            evidence = run_fast(
                run_recording(ANY_WAY, folder=Path(folder), arrange=arrange, caller=answering)
            )
            said = msgspec.structs.replace(ANY_WAY, lines=tuple(callers[0].chosen))
            evidence = msgspec.structs.replace(evidence, recording=said)
    if not at:
        raise RuntimeError(f"{cell.name}: the moment never came")
    return evidence, at[0]


def _act(cell: Cell, parties: Parties, folder: Path, at: list[float]) -> None:
    at.append(asyncio.get_running_loop().time())
    cell.act(Around(parties=parties, database=folder / "call.db"))
