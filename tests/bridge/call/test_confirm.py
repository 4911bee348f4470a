"""The confirm gate: proposal, heard read-back, answer; in that order and no other."""

from collections.abc import Callable

import pytest

from bridge.call.confirm import ConfirmGate
from tools.result import Gate


def heard(**shares: float) -> Callable[[str], float]:
    return lambda item_id: shares.get(item_id, 0.0)


def read_back(gate: ConfirmGate) -> None:
    """A hold was proposed, stands in the conversation, and the agent speaks about it."""
    gate.proposed("hold_1", "output_1")
    gate.item_accepted("output_1")
    gate.turn_started("t1")
    gate.item_spoken("t1", "read_back")


def test_the_way_it_should_go() -> None:
    """Heard to its end, then answered: open."""
    gate = ConfirmGate()
    assert gate.state(heard()) is Gate.NO_PROPOSAL
    read_back(gate)
    assert gate.state(heard(read_back=0.3)) is Gate.UNHEARD
    assert gate.state(heard(read_back=1.0)) is Gate.UNANSWERED
    gate.caller_began(heard(read_back=0.85))
    assert gate.state(heard(read_back=0.85)) is Gate.UNANSWERED
    gate.caller_finished()
    assert gate.state(heard(read_back=0.85)) is Gate.OPEN


def test_an_answer_before_the_read_back_was_heard_does_not_count() -> None:
    """A "yes" at a third of the sentence may answer anything."""
    gate = ConfirmGate()
    read_back(gate)
    gate.caller_began(heard(read_back=0.3))
    gate.caller_finished()
    assert gate.state(heard(read_back=0.3)) is Gate.UNHEARD


def test_words_spoken_before_the_proposal_do_not_count() -> None:
    """Only a turn that began after the proposal stood in the conversation can read it back."""
    gate = ConfirmGate()
    gate.proposed("hold_1", "output_1")
    gate.turn_started("too early")
    gate.item_spoken("too early", "chatter")
    gate.item_accepted("output_1")
    gate.caller_began(heard(chatter=1.0))
    gate.caller_finished()
    assert gate.state(heard(chatter=1.0)) is Gate.UNHEARD


@pytest.mark.parametrize("again", [True, False])
def test_a_changed_fact_closes_the_gate(again: bool) -> None:
    """A new proposal, or none any more, needs a new read-back and a new answer."""
    gate = ConfirmGate()
    read_back(gate)
    gate.caller_began(heard(read_back=1.0))
    gate.caller_finished()
    if again:
        gate.proposed("hold_2", "output_2")
    else:
        gate.close()
    assert gate.state(heard(read_back=1.0)) is (Gate.UNHEARD if again else Gate.NO_PROPOSAL)


def test_a_beginning_that_was_never_committed_does_not_count() -> None:
    """Speech that started but is no utterance (a cough cleared away) is no answer."""
    gate = ConfirmGate()
    read_back(gate)
    gate.caller_began(heard(read_back=1.0))
    assert gate.state(heard(read_back=1.0)) is Gate.UNANSWERED
