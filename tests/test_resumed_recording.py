"""A real recording whose line is cut, at several moments: it goes on, and the checker finds nothing wrong."""

import msgspec
import pytest

from bridge.harness.checker import check
from bridge.harness.recording import CallerLine
from bridge.harness.recording_file import load_recording
from bridge.harness.run import Parties, run_recording
from bridge.harness.virtual_time import run_fast
from bridge.store.calls import Outcome
from tests.resuming import once
from tests.server import BUSINESS

BOOKING = load_recording(BUSINESS.parent / "book-a-cleaning")
AGREE = next(number for number, line in enumerate(BOOKING.lines) if line.clip == "yes_book_it")
YES = BOOKING.lines[AGREE]
TWO_YESES = (*BOOKING.lines[:AGREE], YES, YES, *BOOKING.lines[AGREE + 1 :])


@pytest.mark.parametrize(
    ("tool", "after_s", "lines"),
    [
        ("check_availability", 1.0, BOOKING.lines),  # in the middle of the offer
        ("hold_slot", 9.0, TWO_YESES),  # after the read-back: it is read back, and agreed to, once more
        ("create_event", 2.0, BOOKING.lines),  # while the agent says that it is booked
    ],
)
def test_a_line_that_is_cut(tool: str, after_s: float, lines: tuple[CallerLine, ...]) -> None:
    """Booked, once, with all that must be true of any call; two streams, two sessions, one greeting."""
    recording = msgspec.structs.replace(BOOKING, lines=lines)

    def cut(parties: Parties) -> None:
        lose = parties.telephone.lose_stream
        once(parties.model._ledger, lose, after_s, kind="tool_answered", name=tool)

    evidence = run_fast(run_recording(recording, arrange=cut))
    expected = "the recording's own expectations"  # of a call that nothing came in the way of
    assert {verdict.rule: verdict.wrong for verdict in check(evidence) if verdict.wrong}.keys() <= {expected}
    (row,) = evidence.rows.calls
    assert (row.outcome, row.resumes) == (Outcome.BOOKED, 1)
    assert evidence.model_connections == 2
    greetings = [
        entry for entry in evidence.model.of("said") if "Thank you for calling" in entry.data["text"]
    ]
    assert len([entry for entry in greetings if "Robin" in entry.data["text"]]) == 1
