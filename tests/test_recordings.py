"""Every recorded call, through the real server: what must be true at its end is true."""

import re
import shutil
from pathlib import Path

import pytest
import uvloop

from bridge.__main__ import main
from bridge.harness.checker import check, facts_of
from bridge.harness.evidence import Evidence
from bridge.harness.recording_file import load_recording
from bridge.harness.run import run_recording
from bridge.harness.virtual_time import run_fast

RECORDINGS = Path(__file__).parent.parent / "recordings"
NAMES = sorted(path.parent.name for path in RECORDINGS.glob("*/recording.toml"))


def replayed(name: str) -> Evidence:
    """One run, waiting left out."""
    return run_fast(run_recording(load_recording(RECORDINGS / name)))


def wrong(evidence: Evidence) -> dict[str, list[str]]:
    """What the checker found, by rule; and how soon everything of the call was gone, for the reader."""
    print(f"everything of the call was gone after {evidence.gone_after_s:.3f} s")  # noqa: T201
    return {verdict.rule: verdict.wrong for verdict in check(evidence) if verdict.wrong}


@pytest.mark.parametrize("name", NAMES)
def test_recording(name: str) -> None:
    """All invariants and the recording's own expectations hold, and nothing is left behind."""
    assert wrong(replayed(name)) == {}


def test_there_are_the_recordings_we_promise() -> None:
    """The README names these; a folder that went missing would go unnoticed otherwise."""
    assert {
        *("asks-for-a-person", "book-a-cleaning", "calendar-down", "cancels", "email-spelled-out"),
        *("emergency", "hangs-up-mid-booking", "interrupts-the-offer", "lead-capture"),
        *(
            "nobody-answers",
            "nothing-free-that-week",
            "person-accepts",
            "reschedules",
            "returning-caller",
            "slot-just-taken",
            "spoofed-caller",
        ),
    } <= set(NAMES)


@pytest.mark.timeout(120)
def test_real_time_decides_the_same_as_jumping_time() -> None:
    """`--fast` leaves out waiting only: in real time, on the loop of `bridge serve`, all is the same."""
    name = "asks-for-a-person"
    slow = uvloop.run(run_recording(load_recording(RECORDINGS / name)))
    assert wrong(slow) == {}
    fast = replayed(name)
    assert facts_of(slow) == facts_of(fast)
    assert _story(slow) == _story(fast)


def test_the_cut_point_is_what_the_caller_heard() -> None:
    """Barge-in: the model is told to the frame what the telephone really played of the offer."""
    evidence = replayed("interrupts-the-offer")
    (cut,) = evidence.model.of("truncated")
    heard = evidence.heard_ms(cut.data["item_id"])
    assert 500 < heard < 3000
    assert abs(heard - cut.data["audio_end_ms"]) <= 40
    (turn,) = [row for row in evidence.rows.turns if row.cut and (row.heard_ms or 0) > 0]
    said = next(e.data["text"] for e in evidence.model.of("said") if e.data["item_id"] == cut.data["item_id"])
    assert said.startswith(turn.text)
    assert turn.text != said


def test_a_broken_expectation_fails_and_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A recording that expects what is not true exits non-zero and says which expectation failed."""
    shutil.copy(RECORDINGS / "business.toml", tmp_path)
    folder = tmp_path / "asks-for-a-person"
    shutil.copytree(RECORDINGS / "asks-for-a-person", folder)
    path = folder / "recording.toml"
    text = path.read_text(encoding="utf-8")
    changed = re.sub(r'outcome = "\w+"', 'outcome = "booked"', text)
    assert changed != text
    path.write_text(changed, encoding="utf-8")
    assert main(["replay", str(folder), "--fast"]) == 1
    assert "expected outcome booked, was transferred" in capsys.readouterr().out.replace("\n", " ")


def test_the_command_shows_the_call_and_keeps_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`bridge replay` exits 0, shows who speaks and what came of it, and keeps it all on request."""
    folder = RECORDINGS / "book-a-cleaning"
    assert main(["replay", str(folder), "--fast", "--keep", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    for part in (
        "caller    Hi, I'd like to book a cleaning",
        "agent     You're booked",
        "tool      hold_slot(",
        "Wednesday 25 November 2026, 14:00",
        "text      to +12025550143",
        " hold (",
    ):
        assert part in shown
    kept = {path.name for path in (tmp_path / "book-a-cleaning").iterdir()}
    assert {"call.wav", "call.db", "server.log", "telephone.jsonl", "model.jsonl"} <= kept


def _story(evidence: Evidence) -> list[str]:
    """What was said and done, without times."""
    return [
        *(f"agent {entry.data['text']}" for entry in evidence.model.of("said")),
        *(f"caller {entry.data['clip']}" for entry in evidence.model.of("heard")),
        *(f"tool {entry.data['name']}" for entry in evidence.model.of("tool_asked")),
        *(f"verb {entry.data['name']}" for entry in evidence.telephone.of("verb")),
    ]
