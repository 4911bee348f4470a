"""Silence is counted from when the caller waits for us to what they hear next, over all streams of a call."""

from types import SimpleNamespace
from typing import Any

from bridge.harness.ledger import Entry, Ledger
from tests.faults.judge import LONGEST_SILENCE_S, NEXT_STEP_S, late
from tests.faults.sounds import EAR_S, silences


def gaps(*entries: tuple[float, str, dict[str, Any]]) -> list[float]:
    """The silences of a telephone's ledger, in tenths of a second."""
    ledger = Ledger("telephone", lambda: 0.0)
    ledger.entries = [Entry(at, kind, data) for at, kind, data in entries]
    evidence: Any = SimpleNamespace(telephone=ledger)
    return [round(wait.seconds, 1) for wait in silences(evidence)]


def test_the_first_word() -> None:
    """It is waited for from the beginning of the stream."""
    assert gaps((10.0, "stream_opened", {}), (11.5, "agent_began", {})) == [1.5]


def test_an_answer() -> None:
    """Waited for from the end of the caller's words and what the ear needs; while they speak nobody waits."""
    assert gaps(
        (1.0, "stream_opened", {}),
        (1.0, "agent_began", {}),
        (3.0, "agent_ended", {}),
        (6.0, "line_began", {}),
        (8.0, "line_ended", {}),
        (8.0 + EAR_S + 2.0, "agent_began", {}),
    ) == [0.0, 2.0]


def test_between_two_streams() -> None:
    """Who is cut off waits until Twilio's voice, and after its words for ours."""
    assert gaps(
        (1.0, "agent_began", {}),
        (2.0, "stream_ended", {"by": "server"}),
        (2.7, "verb", {"name": "Say", "text": "One two"}),
        (3.4, "verb", {"name": "Connect", "text": ""}),
        (3.4, "stream_opened", {}),
        (4.4, "agent_began", {}),
    ) == [0.7, 1.0]


def test_a_pause_is_no_sound() -> None:
    """Neither is being connected; what rings is."""
    assert gaps(
        (2.0, "stream_ended", {"by": "server"}),
        (2.1, "verb", {"name": "Pause", "text": ""}),
        (8.0, "verb", {"name": "Dial", "text": ""}),
        (60.0, "hung_up", {"by": "twiml"}),
    ) == [6.0]


def test_who_hangs_up_waits_for_nothing() -> None:
    """However long it takes until the call is over."""
    assert gaps((2.0, "stream_ended", {"by": "caller"}), (9.0, "hung_up", {"by": "caller"})) == []


def test_late_is_beyond_the_ladder() -> None:
    """Up to the limits it is as it must be."""
    assert list(late(LONGEST_SILENCE_S, NEXT_STEP_S)) == []
    assert len(list(late(LONGEST_SILENCE_S + 0.1, NEXT_STEP_S + 0.1))) == 2
