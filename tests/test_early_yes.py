"""A caller who says yes before the read-back is over: it is read back again, and nobody waits in silence."""

from pathlib import Path

import msgspec

from bridge.harness.checker import check
from bridge.harness.recording import Recording
from bridge.harness.recording_file import load_recording
from bridge.harness.run import run_recording
from bridge.harness.virtual_time import run_fast

RECORDINGS = Path(__file__).parent.parent / "recordings"
EARLY_MS = 1000  # into a read-back of several seconds


def says_yes_early() -> Recording:
    """The happy path, but the first yes cuts the read-back short."""
    recording = load_recording(RECORDINGS / "book-a-cleaning")
    at = next(number for number, line in enumerate(recording.lines) if line.clip == "yes_book_it")
    early = msgspec.structs.replace(recording.lines[at], after_quiet_ms=None, into_sentence_ms=EARLY_MS)
    lines = (*recording.lines[:at], early, *recording.lines[at:])
    expect = msgspec.structs.replace(recording.expect, interruptions=1)
    return msgspec.structs.replace(recording, lines=lines, expect=expect)


def test_an_early_yes_is_answered_with_the_read_back() -> None:
    """The first asking is refused and read back again; the second yes books, once."""
    evidence = run_fast(run_recording(says_yes_early()))
    asked = [call.error_code for call in evidence.rows.tool_calls if call.name == "create_event"]
    assert asked == ["not_read_back", None]
    assert [verdict for verdict in check(evidence) if verdict.wrong] == []
