"""The command `bridge replay`: runs recordings, shows them, says whether all that must be true is.

Read `run.py` for a single run.
"""

import asyncio
import sys
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from rich.console import Console

from bridge.harness.checker import Verdict, check
from bridge.harness.evidence import Evidence
from bridge.harness.recording import Recording
from bridge.harness.recording_file import RecordingError, load_recording
from bridge.harness.run import run_recording
from bridge.harness.screen import Screen
from bridge.harness.sound import stereo_wav_of
from bridge.harness.virtual_time import run_fast
from tools.business_file import BusinessFileError, load_business

T = TypeVar("T")


def replay_all(folders: list[Path], *, fast: bool, keep: Path | None = None, verbose: bool = False) -> int:
    """Run each recording; 0 when everything held, 1 when something did not, 2 when one cannot be read."""
    try:
        recordings = [load_recording(folder) for folder in folders]
        for recording in recordings:
            load_business(recording.business)
    except (RecordingError, BusinessFileError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    console = Console(highlight=False)
    failed = []
    for recording in recordings:
        if _replay(console, recording, fast=fast, keep=keep, verbose=verbose):
            failed.append(recording.folder.name)
    if len(recordings) > 1:
        console.print()
        good = len(recordings) - len(failed)
        console.print(f"{good} of {len(recordings)} recordings are as they must be" + _named(failed))
    return 1 if failed else 0


def _replay(console: Console, recording: Recording, *, fast: bool, keep: Path | None, verbose: bool) -> bool:
    """Run and show one; true when something was wrong."""
    folder = None
    if keep is not None:
        folder = keep / recording.folder.name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "call.db").unlink(missing_ok=True)
    screen = Screen(console, recording)
    screen.title()
    began = time.monotonic()
    evidence = run_to_end(run_recording(recording, watcher=screen, folder=folder), fast=fast)
    verdicts = check(evidence)
    screen.result(evidence, verdicts, time.monotonic() - began)
    if verbose:
        for line in evidence.log_lines:
            console.print(f"  log       {line}", soft_wrap=True, markup=False)
    if folder is not None:
        _keep(folder, evidence, verdicts)
        console.print(f"  kept      {folder}", soft_wrap=True, markup=False)
    return any(verdict.wrong for verdict in verdicts)


def run_to_end(main: Coroutine[Any, Any, T], *, fast: bool) -> T:
    """Run on a loop in real time, or on one whose time jumps."""
    return run_fast(main) if fast else asyncio.run(main)


def _keep(folder: Path, evidence: Evidence, verdicts: list[Verdict]) -> None:
    """Sound (left the caller, right what the caller heard), ledgers and log, for looking into."""
    (folder / "call.wav").write_bytes(stereo_wav_of(evidence.sent_audio, evidence.heard_audio))
    (folder / "server.log").write_text("\n".join(evidence.log_lines) + "\n", encoding="utf-8")
    (folder / "verdicts.json").write_bytes(msgspec.json.encode(verdicts))
    for ledger in (evidence.telephone, evidence.model, evidence.calendar, evidence.rest, evidence.mail):
        lines = b"\n".join(msgspec.json.encode(entry, enc_hook=str) for entry in ledger.entries)
        (folder / f"{ledger.party}.jsonl").write_bytes(lines + b"\n")


def _named(failed: list[str]) -> str:
    return f"; not: {', '.join(failed)}" if failed else "."
