"""How the session lets a call end: the goodbye, the handoff, and every other way."""

import pytest

from bridge.call import messages as m
from bridge.call.manners import LEAVING_S, MARK_DELAY_S, MARKS_LATE_S
from bridge.call.phases import EndReason, Phase
from tests.bridge.call.talk import CLIP_MS, CLIPS, FRAME, Talk, audio, called, configured, kinds, only, result
from tools.result import Reply, Then

# --- leaving ----------------------------------------------------------------------


def goodbye(talk: Talk) -> None:
    talk.says()
    talk.tell(
        m.TurnStarted("t1"),
        m.SpokenWordsArrived("t1", "bye", "Goodbye."),
        m.SpokenAudioArrived("t1", "bye", audio(1000)),
        m.ItemFinished("t1", "bye", "message", True),
        called("c1", "end_call"),
        m.ToolFinished("c1", result(reply=Reply.NONE, then=Then.HANG_UP)),
        m.TurnFinished("t1", "completed"),
    )


def test_goodbye_is_heard_before_the_line_is_closed() -> None:
    """The stream ends with the last mark, not with the tool call."""
    talk = Talk().greeted()
    goodbye(talk)
    assert not only(talk.done, m.EndStream)
    talk.at(2.9)
    assert not only(talk.done, m.EndStream)
    talk.at(3.0)
    assert kinds(talk.done)[-2:] == ["RecordTurn", "EndStream"]
    assert talk.done[-1] == m.EndStream(m.NextStep.HANG_UP, EndReason.SAID_GOODBYE)


def test_a_goodbye_whose_marks_never_come_is_bounded() -> None:
    """A telephone that returns no marks cannot keep the call open: it ends soon after it must be played."""
    talk = Talk(marks_after_s=None).greeted()
    goodbye(talk)
    talk.at(3.0 + MARKS_LATE_S - 0.1)
    assert not only(talk.done, m.EndStream)
    talk.at(3.0 + MARKS_LATE_S + 0.1)
    assert only(talk.done, m.EndStream) == [m.EndStream(m.NextStep.HANG_UP, EndReason.SAID_GOODBYE)]


def test_a_goodbye_whose_turn_never_ends_is_bounded() -> None:
    """However long the model goes on with it, or seems to."""
    talk = Talk().greeted()
    talk.says()
    talk.tell(
        m.TurnStarted("t1"),
        called("c1", "end_call"),
        m.ToolFinished("c1", result(reply=Reply.NONE, then=Then.HANG_UP)),
    )
    talk.at(2.0 + LEAVING_S)
    assert only(talk.done, m.EndStream) == [m.EndStream(m.NextStep.HANG_UP, EndReason.SAID_GOODBYE)]


def test_one_more_thing_keeps_the_call() -> None:
    """Who speaks up during our goodbye is answered, not hung up on."""
    talk = Talk().greeted()
    goodbye(talk)
    talk.at(2.2).says("wait", 0.4)
    assert talk.session.phase is Phase.TALKING
    talk.at(9.0)
    assert not only(talk.done, m.EndStream)


def test_who_speaks_on_beyond_the_goodbye_is_heard_too() -> None:
    """The goodbye ends before they do: the call waits until what they said is in the conversation."""
    talk = Talk().greeted()
    goodbye(talk)
    talk.at(2.8).tell(m.SpeechStarted("wait", 0))
    talk.at(3.5).tell(m.SpeechStopped("wait", 0))
    assert not only(talk.done, m.EndStream)
    talk.tell(m.UtteranceCommitted("wait"))
    assert talk.session.phase is Phase.TALKING


def test_a_key_during_the_goodbye_keeps_the_call_too() -> None:
    """A pressed key is one more thing as well, and is answered."""
    talk = Talk().greeted()
    goodbye(talk)
    talk.at(2.2).tell(m.KeyPressed("5"))
    assert talk.session.phase is Phase.TALKING
    talk.at(6.0)
    assert not only(talk.done, m.EndStream)
    assert isinstance(talk.done[-1], m.CreateTurn)


def test_a_handoff_waits_for_the_farewell() -> None:
    """The line before the transfer is heard to its end, then the next step is a person."""
    talk = Talk().greeted()
    talk.says()
    talk.tell(
        m.TurnStarted("t1"),
        m.SpokenAudioArrived("t1", "bye", audio(1000)),
        m.ItemFinished("t1", "bye", "message", True),
        called("c1", "transfer_to_human"),
        m.ToolFinished("c1", result(reply=Reply.NONE, then=Then.TRANSFER)),
        m.TurnFinished("t1", "completed"),
    )
    talk.at(3.0)
    assert talk.done[-1] == m.EndStream(m.NextStep.PERSON, EndReason.TRANSFER)


def test_key_zero_says_that_a_person_is_fetched() -> None:
    """Whatever was being said is cut, whatever runs is not waited for; then the line of ours, and off."""
    talk = Talk(clips=CLIPS).greeted()
    talk.tell(m.TurnStarted("t1"), m.SpokenAudioArrived("t1", "a1", audio(5000)), called("c1"))
    actions = talk.tell(m.KeyPressed("0"))
    assert "ClearPlayback" in kinds(actions)
    assert [clip.name for clip in only(actions, m.RecordClip)] == ["connecting_1"]
    talk.at(1.9)
    assert not only(talk.done, m.EndStream)
    talk.at(1.0 + CLIP_MS / 1000 + MARK_DELAY_S)
    assert talk.done[-1] == m.EndStream(m.NextStep.PERSON, EndReason.KEY_ZERO)


def test_key_zero_waits_for_no_mark() -> None:
    """A telephone that returns none keeps nobody from a person; nor does a second 0."""
    talk = Talk(clips=CLIPS, marks_after_s=None).greeted()
    talk.tell(m.KeyPressed("0"))
    talk.at(1.0 + CLIP_MS / 1000 + MARK_DELAY_S)
    assert talk.done[-1] == m.EndStream(m.NextStep.PERSON, EndReason.KEY_ZERO)
    talk = Talk(clips=CLIPS).greeted()
    talk.tell(m.KeyPressed("0"))
    assert talk.tell(m.KeyPressed("0"))[-1] == m.EndStream(m.NextStep.PERSON, EndReason.KEY_ZERO)


def test_who_speaks_over_the_greeting_and_presses_zero_hears_what_happens() -> None:
    """What they began to say before the key would have cut the greeting; the line of ours it does not cut."""
    talk = Talk(clips=CLIPS)
    talk.tell(m.StreamStarted("MZ1"), m.ModelOpened("sess", 0), configured())
    talk.turn("t_greeting", "greeting", 4000)
    talk.at(0.5).tell(m.SpeechStarted("u1", 0))
    talk.at(1.2).tell(m.KeyPressed("0"))
    talk.at(1.2 + CLIP_MS / 1000 + MARK_DELAY_S)
    assert kinds(talk.done).count("ClearPlayback") == 1
    assert not only(talk.done, m.RecordTurn)[-1].cut
    assert talk.done[-1] == m.EndStream(m.NextStep.PERSON, EndReason.KEY_ZERO)


def test_a_handoff_without_a_farewell_gets_one() -> None:
    """The model called the tool without a word: the caller hears what happens all the same."""
    talk = Talk(clips=CLIPS).greeted()
    talk.says()
    talk.tell(m.TurnStarted("t1"), called("c1", "transfer_to_human"), m.TurnFinished("t1", "completed"))
    talk.tell(m.ToolFinished("c1", result(reply=Reply.NONE, then=Then.TRANSFER)))
    assert [clip.name for clip in only(talk.done, m.RecordClip)] == ["connecting_1"]
    talk.at(2.0 + CLIP_MS / 1000 + 0.01)
    assert talk.done[-1] == m.EndStream(m.NextStep.PERSON, EndReason.TRANSFER)


def test_a_handoff_that_code_decided_is_told_even_so() -> None:
    """What the agent is saying was said before: the caller would be put on hold without a word."""
    talk = Talk(clips=CLIPS).greeted()
    talk.says()
    talk.tell(
        m.TurnStarted("t1"),
        m.SpokenAudioArrived("t1", "look", audio(1000)),
        m.ItemFinished("t1", "look", "message", True),
        called("c1"),
        m.TurnFinished("t1", "completed"),
        m.ToolFinished("c1", result(reply=Reply.NONE, then=Then.FETCH)),
    )
    assert [clip.name for clip in only(talk.done, m.RecordClip)] == ["connecting_1"]
    talk.at(3.0 + CLIP_MS / 1000 - 0.1)
    assert not only(talk.done, m.EndStream)
    talk.at(3.0 + CLIP_MS / 1000 + 0.01)
    assert talk.done[-1] == m.EndStream(m.NextStep.PERSON, EndReason.TRANSFER)


@pytest.mark.parametrize(
    ("event", "end"),
    [
        (m.CallerLegClosed(True, None), m.EndStream(m.NextStep.HANG_UP, EndReason.CALLER_HUNG_UP)),
        (m.CallerLegClosed(False, 1006), m.EndStream(m.NextStep.TROUBLE, EndReason.STREAM_LOST)),
        (m.ModelLegClosed(None, "", 401), m.EndStream(m.NextStep.TROUBLE, EndReason.MODEL_LOST)),
        (m.ServerStopping(), m.EndStream(m.NextStep.TROUBLE, EndReason.SERVER_STOPPING)),
    ],
)
def test_every_end_names_its_next_step(event: m.Event, end: m.EndStream) -> None:
    """However a stream ends, what comes after it is decided."""
    talk = Talk().greeted()
    assert talk.tell(event)[-1] == end
    assert talk.session.deadline() is None
    assert talk.tell(FRAME, m.Tick(), m.ToolFinished("c9", result())) == []


def test_the_same_events_give_the_same_actions() -> None:
    """The list of events is the call: a fresh session decides the same."""
    runs = []
    for _ in range(2):
        talk = Talk().greeted()
        goodbye(talk)
        talk.at(2.2).says("wait", 0.4)
        talk.at(20.0)
        runs.append(talk.done)
    assert runs[0] == runs[1]
