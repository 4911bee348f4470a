"""Keys that a tool waits for: one note, one turn, and the agent silent from the first one on."""

import pytest

from bridge.call import messages as m
from bridge.call.keys import KEYS_GAP_S
from bridge.call.manners import LEAVING_S
from bridge.call.phases import EndReason, Phase
from tests.bridge.call.talk import Talk, called, kinds, only, result
from tools.result import Claim, Gate, Receipt, Reply, Then

NOTE = "(The caller pressed {} on the telephone's keypad.)"


def waiting(*, says_ms: int = 1000, **changes: object) -> Talk:
    """A call in which a tool waits for six keys, and the agent says so; three seconds have passed."""
    talk = Talk().greeted()
    talk.tell(m.TurnStarted("t1"), called("c1", "send_code"), m.TurnFinished("t1", "completed"))
    actions = talk.tell(m.ToolFinished("c1", result(keys_wanted=6, **changes)))
    (output,) = only(actions, m.SendToolOutput)
    talk.tell(m.ItemAdded(output.item_id, "function_call_output", "c1"))
    talk.at(2.0).turn("t2", "asks", says_ms)
    return talk.at(3.0)


def press(talk: Talk, keys: str, gap_s: float = 0.3) -> list[m.Action]:
    """Press keys one after another; what followed."""
    new: list[m.Action] = []
    for key in keys:
        new += talk.tell(m.KeyPressed(key))
        talk.at(talk.now - 100.0 + gap_s)
    return new


def notes(talk: Talk) -> list[str]:
    return [note.text for note in only(talk.done, m.SendNote)]


def test_a_code_is_one_note_and_one_turn() -> None:
    """Nothing follows the first five keys; the sixth brings all of them."""
    talk = waiting()
    assert press(talk, "42719") == []
    assert kinds(press(talk, "3")) == ["SendNote", "CreateTurn"]
    assert notes(talk) == [NOTE.format("427193")]


def test_the_agent_falls_silent_at_the_first_key() -> None:
    """Whoever types has understood; the rest of the sentence would only disturb."""
    talk = waiting(says_ms=4000)
    assert kinds(press(talk, "4")) == ["ClearPlayback", "RecordTurn", "RecordInterruption", "TruncateItem"]
    assert press(talk, "2719") == []


def test_keys_that_stop_coming_are_told_after_a_while() -> None:
    """The session asks for the Tick itself."""
    talk = waiting()
    press(talk, "427")
    assert talk.session.deadline() == pytest.approx(103.6 + KEYS_GAP_S)
    talk.at(3.6 + KEYS_GAP_S)
    assert notes(talk) == [NOTE.format("427")]
    assert kinds(talk.done[-2:]) == ["SendNote", "CreateTurn"]
    assert talk.session.deadline() is None or talk.session.deadline() > talk.now  # type: ignore[operator]


def test_the_number_sign_ends_them_at_once() -> None:
    """Nobody waits for keys that will not come."""
    talk = waiting()
    press(talk, "427#")
    assert notes(talk) == [NOTE.format("427")]


def test_zero_is_a_person_also_in_the_middle() -> None:
    """No code has a 0, so that it can always mean one thing."""
    talk = waiting()
    assert press(talk, "420") == [m.EndStream(m.NextStep.PERSON, EndReason.KEY_ZERO)]


def test_after_the_code_every_key_is_told_as_ever() -> None:
    """The wish ends with its keys."""
    talk = waiting()
    press(talk, "427193")
    press(talk, "5")
    assert notes(talk) == [NOTE.format("427193"), NOTE.format("5")]


def test_another_tool_in_between_changes_nothing() -> None:
    """The caller asks for a moment to find the text; the keys still come as one."""
    talk = waiting()
    talk.tell(m.TurnStarted("t3"), called("c3", "wait_for_user", "t3"), m.TurnFinished("t3", "completed"))
    talk.tell(m.ToolFinished("c3", result(reply=Reply.NONE)))
    press(talk, "427193")
    assert notes(talk) == [NOTE.format("427193")]


def test_a_tool_that_wants_none_any_more() -> None:
    """The code was said instead: a key is a key again."""
    talk = waiting()
    talk.tell(m.TurnStarted("t3"), called("c3", "check_code", "t3"), m.TurnFinished("t3", "completed"))
    talk.tell(m.ToolFinished("c3", result(keys_wanted=0)))
    press(talk, "5")
    assert notes(talk) == [NOTE.format("5")]


def test_keys_answer_a_read_back() -> None:
    """They open the confirm gate, once they are complete, as a spoken answer does."""
    talk = waiting(proposal="hold_1")
    press(talk, "1")
    assert talk.session.gate_state(talk.now) is Gate.UNANSWERED
    talk.at(3.0 + KEYS_GAP_S)
    assert talk.session.gate_state(talk.now) is Gate.OPEN


def test_keys_over_an_unheard_read_back_answer_nothing() -> None:
    """The first key cut it short: what follows cannot be a yes to it."""
    talk = waiting(says_ms=4000, proposal="hold_1")
    press(talk, "427193")
    assert talk.session.gate_state(talk.now) is Gate.NOT_READ_BACK


def test_typing_takes_back_a_goodbye() -> None:
    """The agent thought that it was over: nobody is hung up on between two digits."""
    talk = waiting()
    talk.tell(m.TurnStarted("t3"), called("c3", "end_call", "t3"))
    talk.tell(m.ToolFinished("c3", result(reply=Reply.NONE, then=Then.HANG_UP)))
    press(talk, "427")
    talk.tell(m.TurnFinished("t3", "completed"))
    talk.at(4.0 + LEAVING_S)
    assert talk.session.phase is Phase.TALKING
    assert not only(talk.done, m.EndStream)


def test_typing_on_the_way_to_a_person_is_not_answered() -> None:
    """The farewell is being heard; the keys are forgotten, and no timer is left over."""
    talk = waiting()
    press(talk, "42")
    talk.tell(m.TurnStarted("t3"), called("c3", "transfer_to_human", "t3"))
    talk.tell(m.ToolFinished("c3", result(reply=Reply.NONE, then=Then.TRANSFER)))
    press(talk, "7193")
    talk.tell(m.TurnFinished("t3", "completed"))
    talk.at(30.0)
    assert notes(talk) == []
    assert talk.done[-1] == m.EndStream(m.NextStep.PERSON, EndReason.TRANSFER)


def test_what_is_known_before_the_first_word_may_be_said() -> None:
    """A returning caller's appointment is greeted with: that is no untruth. A stranger's is one."""
    greeting = "You're booked: cleaning on Thursday, November twenty-sixth at two PM."
    known = result(receipts=(Receipt(Claim.BOOKED, "r1"),))
    for truth, silenced in ((known, 0), (None, 1)):
        talk = Talk(known=truth)
        talk.tell(
            m.StreamStarted("MZ1"), m.ModelOpened("sess", 0), m.ModelConfigured("audio/pcmu", "audio/pcmu")
        )
        talk.turn("t_greeting", "greeting", 4000, greeting)
        assert len(only(talk.done, m.RecordReview)) == silenced
