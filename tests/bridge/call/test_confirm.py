"""The confirm gate: proposal, heard read-back, answer; in that order and no other."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bridge.call.confirm import ConfirmGate
from tools import spoken
from tools.read_back import to_book
from tools.result import Gate

WEDNESDAY_AT_TWO = datetime(2026, 11, 25, 14, tzinfo=ZoneInfo("America/New_York"))
SENTENCE = spoken.read_back("cleaning", "Dana Reed", WEDNESDAY_AT_TWO)


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
    assert gate.state(heard(), playing=True) is Gate.NO_PROPOSAL
    read_back(gate)
    assert gate.state(heard(read_back=0.3), playing=True) is Gate.UNHEARD
    assert gate.state(heard(read_back=1.0), playing=True) is Gate.UNANSWERED
    gate.caller_began(heard(read_back=0.85))
    assert gate.state(heard(read_back=0.85), playing=True) is Gate.UNANSWERED
    gate.caller_finished()
    assert gate.state(heard(read_back=0.85), playing=True) is Gate.OPEN


def test_an_answer_before_the_read_back_was_heard_does_not_count() -> None:
    """A "yes" at a third of the sentence may answer anything."""
    gate = ConfirmGate()
    read_back(gate)
    gate.caller_began(heard(read_back=0.3))
    gate.caller_finished()
    assert gate.state(heard(read_back=0.3), playing=True) is Gate.UNHEARD


def test_a_read_back_that_was_cut_short_is_said_again() -> None:
    """An early yes silences the agent: whoever waited for the end of its sentence would wait for ever."""
    gate = ConfirmGate()
    read_back(gate)
    gate.caller_began(heard(read_back=0.3))
    gate.caller_finished()
    assert gate.state(heard(read_back=0.3), playing=False) is Gate.NOT_READ_BACK
    assert gate.state(heard(), playing=False) is Gate.NOT_READ_BACK  # and so where nothing was said at all


def test_words_spoken_before_the_proposal_do_not_count() -> None:
    """Only a turn that began after the proposal stood in the conversation can read it back."""
    gate = ConfirmGate()
    gate.proposed("hold_1", "output_1")
    gate.turn_started("too early")
    gate.item_spoken("too early", "chatter")
    gate.item_accepted("output_1")
    gate.caller_began(heard(chatter=1.0))
    gate.caller_finished()
    assert gate.state(heard(chatter=1.0), playing=True) is Gate.UNHEARD


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
    assert gate.state(heard(read_back=1.0), playing=True) is (Gate.UNHEARD if again else Gate.NO_PROPOSAL)
    assert gate.proposal == ("hold_2" if again else None)


def test_a_beginning_that_was_never_committed_does_not_count() -> None:
    """Speech that started but is no utterance (a cough cleared away) is no answer."""
    gate = ConfirmGate()
    read_back(gate)
    gate.caller_began(heard(read_back=1.0))
    assert gate.state(heard(read_back=1.0), playing=True) is Gate.UNANSWERED


# --- what the read-back must name -------------------------------------------------


def named_gate() -> ConfirmGate:
    """A hold of Wednesday at two stands in the conversation; a turn has begun."""
    gate = ConfirmGate()
    gate.proposed("hold_1", "output_1", to_book(WEDNESDAY_AT_TWO))
    gate.item_accepted("output_1")
    gate.turn_started("t1")
    return gate


def answered(gate: ConfirmGate, item: str, words: str, turn: str = "t1") -> None:
    """An item is spoken, heard to its end, and answered."""
    for word in words.split(" "):
        gate.words_spoken(turn, item, f"{word} ")
    gate.item_spoken(turn, item)
    gate.caller_began(heard(**{item: 1.0}))
    gate.caller_finished()


@pytest.mark.parametrize("words", ["One moment, please.", "Wednesday, is it?", "Thursday at two?", ""])
def test_what_names_neither_day_nor_hour_is_no_read_back(words: str) -> None:
    """ "One moment, please", and whatever the caller says to that, agrees to nothing."""
    gate = named_gate()
    answered(gate, "chatter", words)
    assert gate.state(heard(chatter=1.0), playing=True) is Gate.NOT_READ_BACK


@pytest.mark.parametrize("words", [SENTENCE, "So Wednesday the 25th, 2 p.m., all right?"])
def test_a_read_back_in_any_words_opens(words: str) -> None:
    """The tool's own sentence, or another that names day and hour."""
    gate = named_gate()
    answered(gate, "read_back", words)
    assert gate.state(heard(read_back=1.0), playing=True) is Gate.OPEN


def test_a_read_back_after_chatter_is_waited_for() -> None:
    """Once it is on its way, its hearing and its answer count, and nobody speaks over it."""
    gate = named_gate()
    answered(gate, "chatter", "One moment, please.")
    gate.words_spoken("t1", "read_back", SENTENCE)
    gate.item_spoken("t1", "read_back")
    assert gate.state(heard(chatter=1.0, read_back=0.2), playing=True) is Gate.UNHEARD
    assert gate.state(heard(chatter=1.0, read_back=0.9), playing=True) is Gate.UNANSWERED
    gate.caller_began(heard(chatter=1.0, read_back=0.9))
    gate.caller_finished()
    assert gate.state(heard(chatter=1.0, read_back=0.9), playing=True) is Gate.OPEN


def test_chatter_is_waited_for_as_a_read_back_is() -> None:
    """Until it is heard and answered nobody knows that it was not the read-back."""
    gate = named_gate()
    gate.item_spoken("t1", "chatter")
    gate.words_spoken("t1", "chatter", "One moment, please.")
    assert gate.state(heard(chatter=0.5), playing=True) is Gate.UNHEARD
    assert gate.state(heard(chatter=1.0), playing=True) is Gate.UNANSWERED


def test_words_that_ran_ahead_count_with_their_sound() -> None:
    """Words come before the sound; silent words count for nothing, nor do those of an earlier turn."""
    gate = named_gate()
    gate.words_spoken("t1", "silent", SENTENCE)
    gate.words_spoken("t0", "chatter", SENTENCE)
    answered(gate, "chatter", "One moment, please.")
    assert gate.state(heard(chatter=1.0), playing=True) is Gate.NOT_READ_BACK
