"""The session, as conversations: this event, then these actions."""

from datetime import UTC, datetime

import pytest

from bridge.call import messages as m
from bridge.call.manners import (
    ENDLESS_SPEECH_S,
    GREETING_NOISE_S,
    RAISED_THRESHOLD,
    RETRY_PAUSE_S,
    Manners,
)
from bridge.call.phases import EndReason
from bridge.call.silence import FILLER_S, NEXT_STEP_S, REPROMPT_S
from tests.bridge.call.talk import FRAME, Talk, audio, called, configured, kinds, only, result
from tools.read_back import to_book
from tools.result import Gate, Reply

# --- getting in -------------------------------------------------------------------


@pytest.mark.parametrize("stream_first", [True, False])
def test_the_greeting_waits_for_both_legs(stream_first: bool) -> None:
    """Greeting only once the stream has started and the model shows mu-law both ways."""
    talk = Talk()
    stream, model = m.StreamStarted("MZ1"), configured()
    assert kinds(talk.tell(m.ModelOpened("sess", 0))) == ["ConfigureModel"]
    assert talk.tell(stream if stream_first else model) == []
    (ask,) = talk.tell(model if stream_first else stream)
    assert isinstance(ask, m.CreateTurn)
    assert not ask.tools_allowed


def test_frames_are_dropped_until_the_model_is_configured() -> None:
    """Before session.updated the model would read mu-law as PCM."""
    talk = Talk()
    talk.tell(m.StreamStarted("MZ1"), m.ModelOpened("sess", 0))
    assert talk.tell(FRAME) == []
    talk.tell(configured())
    assert talk.tell(FRAME) == [m.SendFrame(FRAME.payload_b64)]


def test_a_wrong_format_ends_the_stream_before_the_caller_hears_hiss() -> None:
    """Anything but mu-law in the echoed settings: a person."""
    talk = Talk()
    talk.tell(m.StreamStarted("MZ1"), m.ModelOpened("sess", 0))
    assert talk.tell(configured("audio/pcm")) == [m.EndStream(m.NextStep.TROUBLE, EndReason.MODEL_FORMAT)]


def test_a_model_that_never_gets_ready_is_given_up() -> None:
    """The caller does not wait in silence for longer than the bound."""
    talk = Talk()
    talk.tell(m.StreamStarted("MZ1"))
    talk.at(NEXT_STEP_S)
    assert talk.done == [m.ReopenModel(), m.EndStream(m.NextStep.TROUBLE, EndReason.MODEL_SLOW)]


def test_refused_settings_end_the_stream() -> None:
    """An error that answers our first session.update is fatal: the old format is still in force."""
    talk = Talk()
    talk.tell(m.StreamStarted("MZ1"))
    (configure,) = talk.tell(m.ModelOpened("sess", 0))
    assert isinstance(configure, m.ConfigureModel)
    actions = talk.tell(m.ModelFaulted("unknown_parameter", "no", configure.event_id))
    assert actions == [m.EndStream(m.NextStep.TROUBLE, EndReason.MODEL_FAULT)]


def test_other_errors_leave_the_call_alone() -> None:
    """Most errors of the model service are harmless; treating them as fatal kills live calls."""
    talk = Talk().greeted()
    assert talk.tell(m.ModelFaulted("response_cancel_not_active", "", None)) == []
    assert talk.tell(m.ModelFaulted("something_new", "", "tell_3")) == []


# --- speaking ---------------------------------------------------------------------


def test_speech_is_split_marked_and_ended_with_a_mark() -> None:
    """A long delta goes out in pieces of at most 360 ms, each followed by its mark."""
    talk = Talk().greeted()
    talk.tell(m.TurnStarted("t1"))
    actions = talk.session.receive(m.SpokenAudioArrived("t1", "a1", audio(800)), talk.now)
    assert kinds(actions) == ["PlayAudio", "SendMark", "PlayAudio", "SendMark", "PlayAudio"]
    assert [action.audio_bytes for action in only(actions, m.PlayAudio)] == [2880, 2880, 640]
    end = talk.session.receive(m.ItemFinished("t1", "a1", "message", True), talk.now)
    assert kinds(end) == ["SendMark"]


def test_after_the_greeting_the_model_may_be_interrupted() -> None:
    """Line noise must not cut the first words, so interruption is allowed only afterwards."""
    talk = Talk().greeted()
    (listening,) = only(talk.done, m.SetListening)
    assert listening.interruptible
    (configure,) = only(talk.done, m.ConfigureModel)
    assert not configure.interruptible


def test_a_failed_turn_is_retried_once_then_given_up() -> None:
    """Silence is never the answer to a failed response."""
    talk = Talk().greeted()
    talk.says()
    talk.tell(m.TurnStarted("t1"), m.TurnFinished("t1", "failed", error_code="server_error"))
    talk.at(2.0 + RETRY_PAUSE_S)
    assert len(only(talk.done, m.CreateTurn)) == 2
    actions = talk.tell(m.TurnStarted("t2"), m.TurnFinished("t2", "failed", error_code="server_error"))
    assert actions == [m.EndStream(m.NextStep.TROUBLE, EndReason.MODEL_FAILED)]


def test_a_turn_with_neither_voice_nor_tool_counts_as_failed() -> None:
    """A text-only answer is as silent as none."""
    talk = Talk().greeted()
    talk.says()
    talk.tell(m.TurnStarted("t1"), m.TurnFinished("t1", "completed"))
    talk.at(2.0 + RETRY_PAUSE_S)
    assert len(only(talk.done, m.CreateTurn)) == 2


def test_no_money_is_not_retried() -> None:
    """A quota fault in a failed turn goes to a person at once."""
    talk = Talk().greeted()
    talk.says()
    actions = talk.tell(m.TurnStarted("t1"), m.TurnFinished("t1", "failed", error_code="insufficient_quota"))
    assert actions == [m.EndStream(m.NextStep.TROUBLE, EndReason.MODEL_FAILED)]


def test_a_turn_we_asked_for_just_before_the_caller_spoke_stays_silent() -> None:
    """The request was on its way when the caller began: the agent must not talk over them."""
    talk = Talk().greeted()
    (ask,) = only(talk.tell(m.KeyPressed("5")), m.CreateTurn)
    talk.tell(m.SpeechStarted("u1", 0))
    actions = talk.tell(m.TurnStarted("t1", ask.event_id), m.SpokenAudioArrived("t1", "a1", audio(200)))
    assert kinds(actions) == ["CancelTurn"]


def test_a_second_key_before_the_turn_began_is_answered_too() -> None:
    """A wish made after the asking is not served by the turn that was asked for."""
    talk = Talk().greeted()
    (ask,) = only(talk.tell(m.KeyPressed("1")), m.CreateTurn)
    talk.tell(m.KeyPressed("2"), m.TurnStarted("t1", ask.event_id))
    talk.tell(m.SpokenAudioArrived("t1", "a1", audio(200)))
    talk.tell(m.ItemFinished("t1", "a1", "message", True))
    assert kinds(talk.tell(m.TurnFinished("t1", "completed"))) == ["CreateTurn"]


def test_a_refused_asking_is_repeated_once_then_given_up() -> None:
    """A rate limit at the greeting must not leave the line dead."""
    talk = Talk()
    talk.tell(m.StreamStarted("MZ1"), m.ModelOpened("sess", 0))
    (ask,) = talk.tell(configured())
    assert isinstance(ask, m.CreateTurn)
    talk.tell(m.ModelFaulted("rate_limit_exceeded", "", ask.event_id))
    talk.at(RETRY_PAUSE_S)
    again = only(talk.done, m.CreateTurn)[-1]
    assert again.event_id != ask.event_id
    assert talk.tell(m.ModelFaulted("rate_limit_exceeded", "", again.event_id)) == [
        m.EndStream(m.NextStep.TROUBLE, EndReason.MODEL_FAILED)
    ]


# --- heard ------------------------------------------------------------------------


def test_barge_in_silences_truncates_and_records_what_was_heard() -> None:
    """On speech with anything unplayed: clear, cut the audible item, forget the unheard one."""
    talk = Talk().greeted()
    talk.says()
    talk.at(3.0)
    talk.tell(
        m.TurnStarted("t1"),
        m.SpokenWordsArrived("t1", "a1", "one two three four five six seven eight nine ten"),
        m.SpokenAudioArrived("t1", "a1", audio(2000)),
        m.ItemFinished("t1", "a1", "message", True),
        m.SpokenAudioArrived("t1", "a2", audio(500)),
    )
    talk.at(3.5)
    actions = talk.tell(m.SpeechStarted("u2", 0))
    assert kinds(actions) == [
        "ClearPlayback", "RecordTurn", "RecordInterruption", "TruncateItem", "DeleteItem",
    ]  # fmt: skip
    (truncate,) = only(actions, m.TruncateItem)
    assert (truncate.item_id, truncate.heard_ms) == ("a1", 500)
    (record,) = only(actions, m.RecordTurn)
    assert record.cut
    assert record.text == "one two thre"  # a quarter of the text: an estimate, labelled so
    assert only(actions, m.DeleteItem)[0].item_id == "a2"


def test_a_sentence_heard_to_its_end_is_recorded_though_its_mark_is_still_on_its_way() -> None:
    """Who answers promptly speaks before the last mark is back: the sentence was heard all the same."""
    talk = Talk(marks_after_s=0.1).greeted()
    talk.at(2.0).turn("t1", "a1", 300)
    actions = talk.at(2.35).tell(m.SpeechStarted("u1", 0))
    assert kinds(actions) == ["ClearPlayback", "RecordTurn"]
    assert not only(actions, m.RecordTurn)[0].cut


def test_a_line_that_returns_no_marks_proves_nothing_heard() -> None:
    """The clock alone does not open the gate: audio the telephone never played counts as unheard."""
    talk = Talk(marks_after_s=None).greeted()
    talk.tell(m.TurnStarted("t1"), called("c1", "hold_slot"), m.TurnFinished("t1", "completed"))
    (output,) = only(talk.tell(m.ToolFinished("c1", result(proposal="hold_1"))), m.SendToolOutput)
    talk.tell(m.ItemAdded(output.item_id, "function_call_output", "c1"))
    talk.at(2.0).turn("t2", "read_back", 4000)
    talk.at(10.0).says("yes", 0.5)
    talk.tell(m.TurnStarted("t3"), called("c2", "create_event", "t3"))
    assert only(talk.done, m.RunTool)[-1].gate is Gate.UNHEARD


def test_late_audio_of_a_dead_item_is_dropped() -> None:
    """Deltas on their way when playback was cleared, and new items of the cut turn, stay silent."""
    talk = Talk().greeted()
    talk.tell(m.TurnStarted("t1"), m.SpokenAudioArrived("t1", "a1", audio(2000)))
    talk.at(1.5).tell(m.SpeechStarted("u2", 0))
    assert talk.tell(m.SpokenAudioArrived("t1", "a1", audio(200))) == []
    assert talk.tell(m.SpokenAudioArrived("t1", "a2", audio(200))) == []


def test_barge_in_clears_although_the_turn_was_generated_long_ago() -> None:
    """Audio comes faster than real time: the usual barge-in meets no active response."""
    talk = Talk().greeted()
    talk.says()
    talk.at(3.0).turn("t1", "a1", 5000)
    talk.at(4.0)
    assert "ClearPlayback" in kinds(talk.tell(m.SpeechStarted("u2", 0)))


def test_speech_over_silence_clears_nothing() -> None:
    """Everything was heard: there is nothing to cut."""
    talk = Talk().greeted()
    assert talk.tell(m.SpeechStarted("u1", 0)) == []


def test_a_cough_does_not_wipe_the_greeting() -> None:
    """Speech that ends within the bound leaves the greeting playing."""
    talk = Talk()
    talk.tell(m.StreamStarted("MZ1"), m.ModelOpened("sess", 0), configured())
    talk.turn("t_greeting", "greeting", 4000)
    talk.at(0.5).tell(m.SpeechStarted("u1", 0))
    talk.at(0.5 + GREETING_NOISE_S + Manners().silence_s - 0.1).tell(m.SpeechStopped("u1", 0))
    talk.at(2.0)
    assert "ClearPlayback" not in kinds(talk.done)


def test_a_caller_who_means_it_does_cut_the_greeting() -> None:
    """Speech that goes on cuts the greeting too, at what was heard by then."""
    talk = Talk()
    talk.tell(m.StreamStarted("MZ1"), m.ModelOpened("sess", 0), configured())
    talk.turn("t_greeting", "greeting", 4000)
    talk.at(0.5).tell(m.SpeechStarted("u1", 0))
    talk.at(0.5 + GREETING_NOISE_S + Manners().silence_s)
    (truncate,) = only(talk.done, m.TruncateItem)
    assert truncate.heard_ms == 1700


def test_an_item_heard_to_its_end_is_recorded_whole() -> None:
    """The mark behind the last frame proves the whole text was heard."""
    talk = Talk().greeted()
    (record,) = only(talk.done, m.RecordTurn)
    assert (record.speaker, record.text, record.heard_ms, record.cut) == ("agent", "ten words", 1000, False)


def test_endless_speech_raises_the_threshold_and_offers_keys() -> None:
    """Fifteen unbroken seconds are a television: listen harder, forget it, and say so."""
    talk = Talk().greeted()
    talk.tell(m.SpeechStarted("tv", 0))
    talk.at(1.0 + ENDLESS_SPEECH_S + 2.0)
    assert kinds(talk.done)[-4:] == ["SetListening", "ClearInput", "SendNote", "CreateTurn"]
    assert only(talk.done, m.SetListening)[-1].threshold == RAISED_THRESHOLD


# --- tools ------------------------------------------------------------------------


def test_one_turn_for_a_batch_of_tool_calls() -> None:
    """Two calls in one turn: two outputs, one request to speak, after the last of them."""
    talk = Talk().greeted()
    talk.tell(m.TurnStarted("t1"))
    assert kinds(talk.tell(called("c1"), called("c2"))) == ["RunTool", "RunTool"]
    talk.tell(m.TurnFinished("t1", "completed"))
    assert kinds(talk.tell(m.ToolFinished("c1", result()))) == ["SendToolOutput"]
    assert kinds(talk.tell(m.ToolFinished("c2", result()))) == ["SendToolOutput", "CreateTurn"]


def test_a_tool_faster_than_its_turn_waits_for_the_turn_to_end() -> None:
    """The answer goes out at once; the request to speak waits for response.done."""
    talk = Talk().greeted()
    talk.tell(m.TurnStarted("t1"), called("c1"))
    assert kinds(talk.tell(m.ToolFinished("c1", result()))) == ["SendToolOutput"]
    assert kinds(talk.tell(m.TurnFinished("t1", "completed"))) == ["CreateTurn"]


def test_a_slow_tool_keeps_no_later_answer_waiting() -> None:
    """While a booking is being written, a question asked meanwhile is answered."""
    talk = Talk().greeted()
    talk.tell(m.TurnStarted("t1"), called("slow", "create_event"), m.TurnFinished("t1", "completed"))
    talk.says()
    talk.tell(m.TurnStarted("t2"), called("quick", "answer_question", "t2"))
    talk.tell(m.TurnFinished("t2", "completed"))
    assert kinds(talk.tell(m.ToolFinished("quick", result()))) == ["SendToolOutput", "CreateTurn"]


def test_an_older_wish_to_speak_waits_for_the_tools_of_the_models_own_turn() -> None:
    """The caller spoke when the first tool answered; asking before the second answers is a breach."""
    talk = Talk().greeted()
    talk.tell(m.TurnStarted("t1"), called("c1"), m.TurnFinished("t1", "completed"))
    talk.tell(m.SpeechStarted("u1", 0))
    assert kinds(talk.tell(m.ToolFinished("c1", result()))) == ["SendToolOutput"]
    talk.at(1.0).tell(m.SpeechStopped("u1", 900), m.UtteranceCommitted("u1"), m.TurnStarted("t2"))
    asked = kinds(talk.tell(called("c2", turn="t2"), m.TurnFinished("t2", "completed")))
    assert asked == ["RunTool"]
    assert "CreateTurn" not in kinds(talk.at(3.0).tell(m.Tick()))
    answer = m.ToolFinished("c2", result(reply=Reply.NONE))  # the wish is served all the same
    assert kinds(talk.tell(answer)) == ["SendToolOutput", "CreateTurn"]


def test_the_same_call_id_runs_once() -> None:
    """One output per call id, however often the call is announced."""
    talk = Talk().greeted()
    talk.tell(m.TurnStarted("t1"))
    assert kinds(talk.tell(called("c1"), called("c1"))) == ["RunTool"]


def test_a_tool_that_asks_for_no_answer_gets_none() -> None:
    """reply none: the caller has the floor."""
    talk = Talk().greeted()
    talk.tell(m.TurnStarted("t1"), called("c1"), m.TurnFinished("t1", "completed"))
    assert kinds(talk.tell(m.ToolFinished("c1", result(reply=Reply.NONE)))) == ["SendToolOutput"]
    talk.at(1.0 + REPROMPT_S - 0.1)
    assert len(only(talk.done, m.CreateTurn)) == 1  # the greeting


def test_the_gate_opens_for_a_booking_only_after_the_answer() -> None:
    """Hold, read-back heard, caller answers: only then does a write see an open gate."""
    talk = Talk().greeted()
    talk.tell(m.TurnStarted("t1"), called("c1", "hold_slot"), called("c2", "create_event"))
    assert only(talk.done, m.RunTool)[-1].gate is Gate.NO_PROPOSAL
    talk.tell(m.TurnFinished("t1", "completed"))
    talk.tell(m.ToolFinished("c2", result(reply=Reply.NONE)))
    outputs = talk.tell(m.ToolFinished("c1", result(proposal="hold_1")))
    (output,) = only(outputs, m.SendToolOutput)
    talk.tell(m.ItemAdded(output.item_id, "function_call_output", "c1"))
    talk.at(2.0).turn("t2", "read_back", 2000)
    talk.tell(m.TurnStarted("t3"), called("c3", "create_event", "t3"), m.TurnFinished("t3", "completed"))
    assert only(talk.done, m.RunTool)[-1].gate is Gate.UNHEARD
    talk.at(4.5).says("yes", 0.5)
    talk.tell(m.TurnStarted("t4"), called("c4", "create_event", "t4"))
    assert only(talk.done, m.RunTool)[-1].gate is Gate.OPEN
    # And a tool learns what the gate was about: by the time it runs something else may be proposed.
    assert [run.proposal for run in only(talk.done, m.RunTool)] == [None, None, "hold_1", "hold_1"]


@pytest.mark.parametrize(
    ("words", "gate"),
    [
        ("To confirm: cleaning on Wednesday at two PM. Shall I book it?", Gate.OPEN),
        ("One moment, please.", Gate.NOT_READ_BACK),
    ],
)
def test_the_gate_opens_only_to_words_that_name_what_is_proposed(words: str, gate: Gate) -> None:
    """A hostile model says something else, hears anything, and books: the answer was not to a read-back."""
    talk = Talk().greeted()
    talk.tell(m.TurnStarted("t1"), called("c1", "hold_slot"), m.TurnFinished("t1", "completed"))
    names = to_book(datetime(2026, 11, 25, 14, tzinfo=UTC))
    (output,) = only(
        talk.tell(m.ToolFinished("c1", result(proposal="hold_1", read_back=names))), m.SendToolOutput
    )
    talk.tell(m.ItemAdded(output.item_id, "function_call_output", "c1"))
    talk.at(2.0).turn("t2", "said", 2000, words)
    talk.at(4.5).says("yes", 0.5)
    talk.tell(m.TurnStarted("t3"), called("c2", "create_event", "t3"))
    assert only(talk.done, m.RunTool)[-1].gate is gate


# --- keys -------------------------------------------------------------------------


def test_a_key_reaches_the_model_as_text() -> None:
    """Keypad digits never reach the model as sound."""
    talk = Talk().greeted()
    actions = talk.tell(m.KeyPressed("5"))
    assert kinds(actions) == ["SendNote", "CreateTurn"]
    assert "5" in only(actions, m.SendNote)[0].text


def test_a_key_pressed_before_the_model_is_ready_is_not_lost() -> None:
    """It is told with the greeting; and the timer does not spin meanwhile."""
    talk = Talk()
    talk.tell(m.StreamStarted("MZ1"), m.KeyPressed("5"))
    assert talk.session.deadline() == 100.0 + FILLER_S
    talk.tell(m.ModelOpened("sess", 0))
    assert kinds(talk.tell(configured())) == ["SendNote", "CreateTurn"]


def test_key_zero_is_always_a_person() -> None:
    """Nothing the model does can keep a caller from a person."""
    talk = Talk().greeted()
    assert talk.tell(m.KeyPressed("0")) == [m.EndStream(m.NextStep.PERSON, EndReason.KEY_ZERO)]
