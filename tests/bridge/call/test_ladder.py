"""The session when the caller hears nothing: fillers, reprompts, goodbye."""

import pytest

from bridge.call import ladder
from bridge.call import messages as m
from bridge.call.ladder import scene
from bridge.call.manners import REPROMPT_NOTE
from bridge.call.phases import EndReason, Phase
from bridge.call.silence import FILLER_S, PATIENCE_S, REPROMPT_S, Scene
from bridge.call.state import CallState
from tests.bridge.call.talk import CLIP_MS, CLIPS, FRAME, Talk, audio, called, kinds, only, result
from tools.result import Reply, Then

CLIP_S = CLIP_MS / 1000


def talking() -> Talk:
    """A call with ready-made lines, one second old; the greeting was heard."""
    return Talk(clips=CLIPS).greeted()


def waiting_for_a_tool(talk: Talk) -> Talk:
    talk.tell(m.TurnStarted("t1"), called("c1"), m.TurnFinished("t1", "completed"))
    return talk


def clips(talk: Talk) -> list[str]:
    return [clip.name for clip in only(talk.done, m.RecordClip)]


def test_a_slow_tool_is_bridged() -> None:
    """After two seconds, and again two seconds after that was heard; never the same twice in a row."""
    talk = waiting_for_a_tool(talking())
    talk.at(1.0 + FILLER_S - 0.1)
    assert clips(talk) == []
    talk.at(1.0 + FILLER_S)
    assert clips(talk) == ["one_moment_1"]
    talk.at(1.0 + 3 * (FILLER_S + CLIP_S))
    assert clips(talk) == ["one_moment_1", "still_working_1", "still_working_2"]
    talk.tell(m.ToolFinished("c1", result()))
    talk.turn("t2", "a2", 500)
    talk.says()
    waiting = len(clips(talk))
    talk.at(talk.now - 100.0 + FILLER_S)
    assert clips(talk)[waiting:] == ["one_moment_2"]


def test_a_tool_that_answers_in_time_is_not_bridged() -> None:
    """Nothing is said over an answer that is coming."""
    talk = waiting_for_a_tool(talking())
    talk.at(1.0 + FILLER_S - 0.1).tell(m.ToolFinished("c1", result()))
    talk.turn("t2", "a2", 500)
    talk.at(9.0)
    assert clips(talk) == []


def test_a_filler_is_played_heard_and_written_down() -> None:
    """Through the ledger like everything else; the model knows nothing of it."""
    talk = waiting_for_a_tool(talking())
    before = len(talk.done)
    talk.at(1.0 + FILLER_S + CLIP_S)
    new = talk.done[before:]
    assert kinds(new)[0] == "RecordClip"
    assert sum(piece.audio_bytes for piece in only(new, m.PlayAudio)) == CLIP_MS * 8
    (record,) = only(new, m.RecordTurn)
    assert (record.item_id, record.speaker, record.text) == ("clip_1", "agent", "one_moment 1")
    assert (record.heard_ms, record.cut) == (CLIP_MS, False)


def test_a_filler_is_cut_by_the_caller_and_the_model_is_not_told() -> None:
    """Silence at once; there is no item of the model's to truncate."""
    talk = waiting_for_a_tool(talking())
    talk.at(1.0 + FILLER_S + 0.5)
    actions = talk.tell(m.SpeechStarted("u1", 0))
    assert kinds(actions) == ["ClearPlayback", "RecordTurn", "RecordInterruption"]
    (record,) = only(actions, m.RecordTurn)
    assert (record.heard_ms, record.cut) == (500, True)


def test_an_answer_that_comes_during_a_filler_waits_for_its_end() -> None:
    """They are queued one after the other, never mixed, and nothing is cleared."""
    talk = waiting_for_a_tool(talking())
    talk.at(1.0 + FILLER_S + 0.1)
    talk.tell(m.ToolFinished("c1", result()))
    talk.turn("t2", "a2", 2000)
    talk.at(1.0 + FILLER_S + CLIP_S + 2.0)
    assert "ClearPlayback" not in kinds(talk.done)
    assert [turn.item_id for turn in only(talk.done, m.RecordTurn)] == ["greeting", "clip_1", "a2"]


def test_nothing_is_filled_while_the_agent_can_be_heard() -> None:
    """Words are sent far ahead of their playing: silence begins when they have been played."""
    talk = talking()
    talk.tell(m.TurnStarted("t1"), m.SpokenAudioArrived("t1", "a1", audio(5000)))
    talk.tell(m.ItemFinished("t1", "a1", "message", True), called("c1"), m.TurnFinished("t1", "completed"))
    talk.at(1.0 + 5.0 + FILLER_S - 0.1)
    assert clips(talk) == []
    talk.at(1.0 + 5.0 + FILLER_S)
    assert clips(talk) == ["one_moment_1"]


def test_a_telephone_that_returns_no_marks_does_not_hide_a_silence() -> None:
    """What was heard is not proven, but the time it takes to play is known."""
    talk = Talk(clips=CLIPS, marks_after_s=None).greeted()
    waiting_for_a_tool(talk)
    talk.at(1.0 + FILLER_S)
    assert clips(talk) == ["one_moment_1"]


def test_a_sentence_that_breaks_off_is_begun_anew_after_the_filler() -> None:
    """Its late pieces are not played behind "one moment"; the model is told where it stopped."""
    talk = talking()
    talk.says()
    talk.tell(
        m.TurnStarted("t1"),
        m.SpokenWordsArrived("t1", "a1", "I have"),
        m.SpokenAudioArrived("t1", "a1", audio(600)),
    )
    before = len(talk.done)
    talk.at(2.0 + 0.6 + FILLER_S)
    new = talk.done[before:]
    assert clips(talk) == ["one_moment_1"]
    assert kinds(new)[:3] == ["RecordTurn", "TruncateItem", "CancelTurn"]
    assert talk.tell(m.SpokenAudioArrived("t1", "a1", audio(600))) == []
    assert kinds(talk.tell(m.TurnFinished("t1", "cancelled"))) == ["CreateTurn"]


def test_a_silent_caller_is_asked_by_the_model() -> None:
    """Twice, each time from the end of what they heard; then goodbye, and the line is closed."""
    talk = talking()
    talk.at(1.0 + REPROMPT_S)
    assert [note.text for note in only(talk.done, m.SendNote)] == [REPROMPT_NOTE]
    talk.turn("t1", "a1", 2000)
    talk.at(1.0 + REPROMPT_S + 2.0 + REPROMPT_S)
    talk.turn("t2", "a2", 1000)
    assert len(only(talk.done, m.SendNote)) == 2
    talk.at(1.0 + 3 * REPROMPT_S + 3.0)
    assert clips(talk) == ["goodbye_1"]
    assert talk.session.phase is Phase.LEAVING
    talk.at(1.0 + 3 * REPROMPT_S + 3.0 + CLIP_S + 0.01)
    assert talk.done[-1] == m.EndStream(m.NextStep.HANG_UP, EndReason.CALLER_SILENT)


def test_a_caller_who_answers_the_goodbye_is_not_hung_up_on() -> None:
    """They were only looking for something."""
    talk = talking()
    for number in range(2):
        talk.at(talk.now - 100.0 + REPROMPT_S).turn(f"t{number}", f"a{number}", 1000)
        talk.at(talk.now - 100.0 + 1.0)
    talk.at(talk.now - 100.0 + REPROMPT_S)
    assert clips(talk) == ["goodbye_1"]
    talk.says(seconds=0.6)
    assert talk.session.phase is Phase.TALKING
    talk.turn("t9", "a9", 1000)
    talk.at(talk.now - 100.0 + 5.0)
    assert not only(talk.done, m.EndStream)


def test_whoever_asked_us_to_wait_is_left_in_peace() -> None:
    """`wait_for_user`: hold music, somebody else in the room."""
    talk = waiting_for_a_tool(talking())
    talk.tell(m.ToolFinished("c1", result(reply=Reply.NONE, patient=True)))
    talk.at(1.0 + PATIENCE_S - 0.1)
    assert not only(talk.done, m.SendNote)
    talk.at(1.0 + PATIENCE_S)
    assert len(only(talk.done, m.SendNote)) == 1


def test_frames_decide_nothing() -> None:
    """Fifty a second: what is due is done at its Tick, and the deadline stays as it is."""
    talk = waiting_for_a_tool(talking())
    deadline = talk.session.deadline()
    assert talk.session.receive(FRAME, 300.0) == [m.SendFrame(FRAME.payload_b64)]
    assert talk.session.deadline() == deadline


def test_a_farewell_without_words_is_bounded() -> None:
    """A model that stalls while it says goodbye keeps nobody on the line."""
    talk = talking()
    talk.says()
    talk.tell(m.TurnStarted("t1"), called("c1", "end_call"))
    talk.tell(m.ToolFinished("c1", result(reply=Reply.NONE, then=Then.HANG_UP)))
    talk.at(2.0 + 4.0)
    assert talk.done[-1] == m.EndStream(m.NextStep.HANG_UP, EndReason.SAID_GOODBYE)
    assert clips(talk) == []


def test_how_things_stand_is_looked_at_once_for_an_event(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several hundred events a second with many calls; a second time only when something is due."""
    looks = []

    def counted(call: CallState, now: float) -> Scene:
        looks.append(now)
        return scene(call, now)

    talk = waiting_for_a_tool(talking())
    monkeypatch.setattr(ladder, "scene", counted)
    for event in (m.MarkPlayed("m9"), m.UtteranceCommitted("u9"), m.UtteranceTranscribed("u9", "hello")):
        looks.clear()
        talk.session.receive(event, talk.now)
        assert len(looks) == 1
    looks.clear()
    talk.session.receive(m.Tick(), talk.now + FILLER_S)
    assert len(looks) == 2


def test_sound_that_is_sent_moves_nothing_forward() -> None:
    """It is not even looked at: the Tick that was asked for before finds out that it is too early."""
    talk = talking()
    talk.says()
    before = talk.session.deadline()
    assert talk.session.receive(m.AudioSent("a9", 160), talk.now) == []
    assert talk.session.deadline() == before
