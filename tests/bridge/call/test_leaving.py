"""What is decided about an end, and what may be taken back."""

import pytest

from bridge.call.leaving import Leaving
from bridge.call.manners import LEAVING_S
from bridge.call.messages import NextStep
from bridge.call.phases import EndReason


def test_a_goodbye_may_be_taken_back_and_a_handoff_not() -> None:
    """There is one more thing; or a person is being fetched."""
    leaving = Leaving()
    leaving.decide(NextStep.HANG_UP, EndReason.SAID_GOODBYE, 10.0)
    assert leaving.by == 10.0 + LEAVING_S
    assert leaving.take_back_goodbye()
    leaving.decide(NextStep.PERSON, EndReason.TRANSFER, 20.0)
    assert not leaving.take_back_goodbye()
    assert leaving.end() == (NextStep.PERSON, EndReason.TRANSFER)


def test_what_is_decided_stands_when_the_line_breaks() -> None:
    """A lost stream changes nothing about where the caller was to go."""
    leaving = Leaving()
    leaving.decide(NextStep.PERSON, EndReason.TRANSFER, 10.0)
    leaving.unless_decided(NextStep.TROUBLE, EndReason.STREAM_LOST)
    assert leaving.end() == (NextStep.PERSON, EndReason.TRANSFER)


def test_an_end_without_a_next_step_is_our_own_mistake() -> None:
    """Nobody may be lost."""
    with pytest.raises(RuntimeError):
        Leaving().end()


def test_only_a_goodbye_is_one() -> None:
    """Before anything is decided there is none, and a handoff is none."""
    leaving = Leaving()
    assert not leaving.is_goodbye
    leaving.decide(NextStep.PERSON, EndReason.TRANSFER, 10.0)
    assert not leaving.is_goodbye
    leaving.decide(NextStep.HANG_UP, EndReason.SAID_GOODBYE, 10.0)
    assert leaving.is_goodbye
