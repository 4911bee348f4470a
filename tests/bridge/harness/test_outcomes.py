"""What is shown of a call when it is over."""

import pytest

from bridge.harness.evidence import Evidence
from bridge.harness.outcomes import answer_delays, outcomes
from bridge.harness.recording_file import load_recording
from bridge.harness.run import run_recording
from bridge.harness.virtual_time import run_fast
from tests.bridge.harness.test_checker import RECORDINGS, put, rows


def shown(evidence: Evidence) -> dict[str, list[str]]:
    """The lines by their label."""
    lines: dict[str, list[str]] = {}
    for label, text in outcomes(evidence):
        lines.setdefault(label, []).append(text)
    return lines


@pytest.fixture(scope="module")
def moved() -> Evidence:
    return run_fast(run_recording(load_recording(RECORDINGS / "reschedules")))


def test_what_stands_and_what_was_moved_away(moved: Evidence) -> None:
    """The calendar's own event with its end, then the time that is free again."""
    assert shown(moved)["calendar"] == [
        "Thursday 03 December 2026, 10:30–11:00  Check-up: Grace Lowe  [chair-1@maplestreet.example]",
        "Wednesday 02 December 2026, 10:00  Checkup: Grace Lowe  (moved)",
    ]
    assert [text[:16] for text in shown(moved)["text"]] == ["to +12025550147:"]


def test_what_is_left_for_a_person() -> None:
    """Tasks and what the caller told, as the owner gets them."""
    lines = shown(run_fast(run_recording(load_recording(RECORDINGS / "lead-capture"))))
    (callback,) = lines["callback"]
    assert callback.startswith("message, urgent: Carl Boone, +12025550185: ")
    text, mail = sorted(lines["owner"], reverse=True)
    call = "call Carl Boone, +12025550185 (left a message; urgent"
    assert text.startswith(f"text to +12025550181: Harbor Roofing: {call}")
    assert mail == "mail to office@harborroofing.example: Harbor Roofing: call back Carl Boone (urgent)"
    (lead,) = lines["lead"]
    assert "property_type: house" in lead
    assert lines["calendar"] == ["nothing was written, no text was sent"]


def test_how_quick_it_was(moved: Evidence) -> None:
    """Every answered line counts; where none was answered no delay is shown."""
    delays = answer_delays(moved)
    assert len(delays) == 4
    assert all(0.5 < delay < 3 for delay in delays)
    _, shares = shown(moved)["delay"]
    assert shares.startswith("median and longest of 4 turns: ")
    assert " ms the server's, " in shares
    assert shares.endswith(" ms playout")
    (first_word,) = shown(moved)["began"]
    assert first_word.startswith("from the webhook: answer ")
    assert all(step in first_word for step in (", stream ", ", model ", ", first sound "))
    silent = put(
        rows(moved, callbacks=[], calls=[]), telephone=type(moved.telephone)("telephone", lambda: 0.0)
    )
    assert "delay" not in shown(silent)
