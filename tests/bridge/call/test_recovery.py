"""The session when the model's leg breaks: what goes on, what is told, and that nothing is done twice."""

import pytest

from bridge.call import messages as m
from bridge.call.manners import LONGEST_RETRY_S, MISSED_NOTE, RETRY_PAUSE_S
from bridge.call.model_leg import RENEW_AFTER_S, REOPEN_PAUSE_S
from bridge.call.phases import EndReason, Phase
from bridge.call.silence import FILLER_S, NEXT_STEP_S, RECONNECT_S, REPROMPT_S
from tests.bridge.call.talk import CLIPS, FRAME, Talk, audio, called, configured, kinds, only, result
from tools.result import Claim, Gate, Receipt, Then

LOST = m.ModelLegClosed(1006, "")
BOOKED = result(receipts=(Receipt(Claim.BOOKED, "r1"),))


def talking() -> Talk:
    return Talk(clips=CLIPS).greeted()


def back(talk: Talk) -> list[m.Action]:
    """The new leg is ready; what is told to it."""
    talk.tell(m.ModelOpened("sess_2", 0))
    return talk.tell(configured())


def clips(talk: Talk) -> list[str]:
    return [clip.name for clip in only(talk.done, m.RecordClip)]


def test_a_leg_lost_in_the_callers_turn_is_replaced_without_a_word() -> None:
    """The new session is told of the call and listens; nobody speaks."""
    talk = talking()
    assert kinds(talk.tell(LOST)) == ["ReopenModel"]
    (configure,) = talk.tell(m.ModelOpened("sess_2", 0))
    assert isinstance(configure, m.ConfigureModel)
    assert configure.interruptible  # the greeting is over
    (note,) = talk.tell(configured())
    assert isinstance(note, m.SendNote)
    assert note.role == "system"
    assert "You: ten words" in note.text
    assert kinds(talk.tell(configured())) == []  # a later change of settings
    talk.at(6.0)
    assert clips(talk) == []


def test_a_turn_that_was_owed_is_asked_of_the_new_session() -> None:
    """The caller had spoken: the new session answers."""
    talk = talking()
    talk.says()
    assert kinds(talk.tell(LOST)) == ["ReopenModel"]
    assert kinds(back(talk)) == ["SendNote", "CreateTurn"]


def test_what_the_caller_says_meanwhile_reaches_the_new_session() -> None:
    """Frames are kept, and sent behind the note; who was speaking is asked to say it again."""
    talk = talking()
    talk.tell(m.SpeechStarted("u1", 0), LOST)
    assert talk.tell(FRAME, FRAME) == []
    told = back(talk)
    assert kinds(told) == ["SendNote", "SendNote", "SendFrame", "SendFrame", "CreateTurn"]
    assert only(told, m.SendNote)[1].text == MISSED_NOTE
    assert talk.tell(FRAME) == [m.SendFrame(FRAME.payload_b64)]


def test_a_tool_goes_on_and_is_told_of() -> None:
    """Its answer comes as a note, for the call is unknown there; one turn speaks of it."""
    talk = talking()
    talk.tell(m.TurnStarted("t1"), called("c1", "create_event"), m.TurnFinished("t1", "completed"), LOST)
    told = back(talk)
    assert kinds(told) == ["SendNote"]
    assert "Still running: create_event." in told[0].text  # type: ignore[attr-defined]
    told = talk.tell(m.ToolFinished("c1", BOOKED))
    assert kinds(told) == ["SendNote", "CreateTurn"]
    assert "create_event" in told[0].text  # type: ignore[attr-defined]
    assert len(only(talk.done, m.RunTool)) == 1
    assert not only(talk.done, m.SendToolOutput)


def test_a_tool_that_answers_while_there_is_no_model_is_told_of_later() -> None:
    """What it proved may be said at once."""
    talk = talking()
    talk.tell(m.TurnStarted("t1"), called("c1", "create_event"), m.TurnFinished("t1", "completed"), LOST)
    assert talk.tell(m.ToolFinished("c1", BOOKED)) == []
    told = back(talk)
    assert kinds(told) == ["SendNote", "SendNote", "CreateTurn"]
    assert "What is true: Fine." in told[0].text  # type: ignore[attr-defined]
    talk.turn("t2", "a2", 1000, "You're booked.")
    assert not only(talk.done, m.RecordReview)


def test_the_gate_is_closed_until_the_new_session_has_read_back() -> None:
    """A yes to what the old session said proves nothing; the new one is told to read it back."""
    talk = talking()
    talk.tell(m.TurnStarted("t1"), called("c1", "hold_slot"), m.TurnFinished("t1", "completed"))
    (output,) = only(talk.tell(m.ToolFinished("c1", result(proposal="hold_1"))), m.SendToolOutput)
    talk.tell(m.ItemAdded(output.item_id, "function_call_output", "c1"))
    talk.turn("t2", "read_back", 1000)
    talk.at(2.5).says("yes", 0.5)
    assert talk.session.gate_state(talk.now) is Gate.OPEN
    talk.tell(LOST)
    assert talk.session.gate_state(talk.now) is Gate.NOT_READ_BACK
    (note, _) = back(talk)
    talk.tell(m.ItemAdded(note.item_id, "message"))  # type: ignore[attr-defined]
    talk.tell(m.TurnStarted("t3"), called("c2", "create_event", "t3"), m.TurnFinished("t3", "completed"))
    assert only(talk.done, m.RunTool)[-1].gate is Gate.NOT_READ_BACK
    talk.tell(m.ToolFinished("c2", result()))
    talk.turn("t4", "again", 1000)
    assert talk.session.gate_state(talk.now) is Gate.UNHEARD
    talk.at(5.0).says("yes_2", 0.5)
    assert talk.session.gate_state(talk.now) is Gate.OPEN


def test_what_the_old_session_said_plays_to_its_end_and_is_no_item_of_the_new_one() -> None:
    """It is cut like everything, but there is nothing to truncate."""
    talk = talking()
    talk.says()
    talk.tell(m.TurnStarted("t1"), m.SpokenWordsArrived("t1", "a1", "I have two times"))
    talk.tell(m.SpokenAudioArrived("t1", "a1", audio(4000)), LOST)
    told = back(talk)
    assert "You: I have two times" in told[0].text  # type: ignore[attr-defined]
    assert "ClearPlayback" not in kinds(talk.done)
    talk.at(3.0)
    assert kinds(talk.tell(m.SpeechStarted("u2", 0))) == ["ClearPlayback", "RecordTurn", "RecordInterruption"]


def test_keys_pressed_meanwhile_are_told() -> None:
    """And answered."""
    talk = talking()
    talk.tell(LOST)
    assert talk.tell(m.KeyPressed("5")) == []
    told = back(talk)
    assert kinds(told) == ["SendNote", "SendNote", "CreateTurn"]
    assert "5" in told[1].text  # type: ignore[attr-defined]


def test_a_greeting_that_was_lost_is_said_by_the_new_session() -> None:
    """Nothing is told when nothing was said; no tool keeps the caller from hello."""
    talk = Talk(clips=CLIPS)
    talk.tell(m.StreamStarted("MZ1"), m.ModelOpened("sess", 0), configured(), m.TurnStarted("t0"), LOST)
    (ask,) = back(talk)
    assert isinstance(ask, m.CreateTurn)
    assert not ask.tools_allowed
    talk.turn("t1", "hello", 1000)
    assert talk.session.phase is Phase.TALKING


def test_an_hour_that_is_over_is_no_end() -> None:
    """`session_expired`: a new session at once; the close that follows is the old one's."""
    talk = talking()
    assert kinds(talk.tell(m.ModelFaulted("session_expired", "60 minutes"))) == ["ReopenModel"]


def test_a_session_whose_hour_is_nearly_over_is_replaced_in_a_pause() -> None:
    """Not while the agent speaks or a yes is asked for; and without a word to the caller."""
    talk = talking()
    talk.now += RENEW_AFTER_S
    talk.tell(m.SpeechStarted("u1", 0))
    talk.tell(m.SpeechStopped("u1", 0), m.UtteranceCommitted("u1"))
    talk.turn("t1", "a1", 1000)
    assert not only(talk.done, m.ReopenModel)
    talk.at(talk.now - 100.0 + 1.1)
    assert len(only(talk.done, m.ReopenModel)) == 1
    assert kinds(back(talk)) == ["SendNote"]
    assert clips(talk) == []


def test_a_stall_is_noticed_bridged_and_replaced() -> None:
    """A filler at two seconds, a new leg at four; the caller waits for one answer."""
    talk = talking()
    talk.says()
    talk.at(2.0 + FILLER_S)
    assert clips(talk) == ["one_moment_1"]
    talk.at(2.0 + RECONNECT_S)
    assert isinstance(talk.done[-1], m.ReopenModel)
    assert kinds(back(talk)) == ["SendNote", "CreateTurn"]


def test_a_leg_that_does_not_come_back_ends_in_the_next_step() -> None:
    """Eight seconds after the caller fell silent, however often it was tried."""
    talk = talking()
    talk.says()
    talk.tell(LOST)
    talk.at(2.0 + NEXT_STEP_S - 0.1)
    assert not only(talk.done, m.EndStream)
    assert clips(talk)[0] == "trouble_1"
    talk.at(2.0 + NEXT_STEP_S)
    assert talk.done[-1] == m.EndStream(m.NextStep.TROUBLE, EndReason.MODEL_SLOW)


def test_a_refused_leg_is_tried_once_more_after_a_pause() -> None:
    """Then the next step, at once."""
    talk = Talk(clips=CLIPS)
    talk.tell(m.StreamStarted("MZ1"))
    assert talk.tell(m.ModelLegClosed(None, "refused", 429)) == []
    talk.at(REOPEN_PAUSE_S)
    assert kinds(talk.done) == ["ReopenModel"]
    (end,) = talk.tell(m.ModelLegClosed(None, "refused", 429))
    assert end == m.EndStream(m.NextStep.TROUBLE, EndReason.MODEL_LOST)


def test_a_model_lost_during_the_goodbye_changes_nothing() -> None:
    """It plays to its end, and nobody is fetched."""
    talk = talking()
    talk.says()
    talk.tell(
        m.TurnStarted("t1"),
        m.SpokenAudioArrived("t1", "bye", audio(1000)),
        m.ItemFinished("t1", "bye", "message", True),
        called("c1", "end_call"),
        m.ToolFinished("c1", result(then=Then.HANG_UP)),
        LOST,
    )
    assert not only(talk.done, m.ReopenModel)
    talk.at(3.0)
    assert talk.done[-1] == m.EndStream(m.NextStep.HANG_UP, EndReason.SAID_GOODBYE)


def test_one_more_thing_after_the_model_was_lost_is_heard_by_a_new_one() -> None:
    """A key during the goodbye: the call stays, a new leg is opened, and the tool's answer is told to it."""
    talk = talking()
    talk.says()
    talk.tell(m.TurnStarted("t1"), m.SpokenAudioArrived("t1", "bye", audio(3000)))
    talk.tell(m.ItemFinished("t1", "bye", "message", True), called("c0"), called("c1", "end_call"))
    talk.tell(m.ToolFinished("c1", result(then=Then.HANG_UP)), LOST)
    assert "ReopenModel" in kinds(talk.tell(m.KeyPressed("5")))
    assert kinds(back(talk)) == ["SendNote", "SendNote", "CreateTurn"]
    assert kinds(talk.tell(m.ToolFinished("c0", result())))[0] == "SendNote"


def test_a_silent_caller_is_asked_by_a_ready_made_line_when_there_is_no_model() -> None:
    """It broke while it was the caller's turn, and a new one is slow to come."""
    talk = talking()
    talk.at(7.0).tell(LOST)
    talk.at(1.0 + REPROMPT_S)
    assert clips(talk) == ["still_there_1"]


@pytest.mark.parametrize(("named_s", "waits_s"), [(2.6, 2.6), (60.0, LONGEST_RETRY_S), (None, RETRY_PAUSE_S)])
def test_a_rate_limit_is_waited_for(named_s: float | None, waits_s: float) -> None:
    """As long as the service says, bounded, with a filler; once. No new leg is opened meanwhile."""
    talk = talking()
    talk.says()
    limited = m.TurnFinished("t1", "failed", error_code="rate_limit_exceeded", retry_after_s=named_s)
    talk.tell(m.TurnStarted("t1"), limited)
    talk.at(2.0 + waits_s - 0.05)
    assert len(only(talk.done, m.CreateTurn)) == 1
    talk.at(2.0 + waits_s)
    assert len(only(talk.done, m.CreateTurn)) == 2
    assert clips(talk) == (["one_moment_1"] if waits_s > FILLER_S else [])
    assert not only(talk.done, m.ReopenModel)
    again = m.TurnFinished("t2", "failed", error_code="rate_limit_exceeded", retry_after_s=1.0)
    talk.tell(m.TurnStarted("t2"), again)
    assert talk.done[-1] == m.EndStream(m.NextStep.TROUBLE, EndReason.MODEL_FAILED)
