"""What the caller does: words over a goodbye or of an emergency, noise without end, keys without sense."""

from bridge.call import messages as m
from bridge.call.emergency import ASK_NOTE
from bridge.call.keys import A_NUMBER, TRY_GAP_S
from bridge.call.manners import (
    ENDLESS_SPEECH_S,
    LEAVING_S,
    MARK_DELAY_S,
    MOST_ENDLESS,
    MOST_STRAY_KEYS,
    NOISE_NOTE,
    RAISED_THRESHOLD,
    STRAY_KEY_NOTE,
)
from bridge.call.phases import EndReason, Phase
from tests.bridge.call.talk import CLIP_MS, CLIPS, Talk, audio, called, configured, kinds, only, result
from tools.result import Reply, Then

A_PERSON = m.EndStream(m.NextStep.PERSON, EndReason.NOT_UNDERSTOOD)
CLIP_S = CLIP_MS / 1000


def notes(talk: Talk, role: str = "system") -> list[str]:
    return [note.text for note in only(talk.done, m.SendNote) if note.role == role]


def talking() -> Talk:
    """A call with ready-made lines, one second old; the greeting was heard."""
    return Talk(clips=CLIPS).greeted()


# --- over the goodbye -------------------------------------------------------------


def saying_goodbye(then: Then = Then.HANG_UP) -> Talk:
    """The farewell is heard from second 2 to second 3."""
    talk = talking()
    talk.says()
    talk.tell(
        m.TurnStarted("t1"),
        m.SpokenAudioArrived("t1", "bye", audio(1000)),
        m.ItemFinished("t1", "bye", "message", True),
        called("c1", "end_call"),
        m.ToolFinished("c1", result(reply=Reply.NONE, then=then)),
        m.TurnFinished("t1", "completed"),
    )
    return talk


def test_a_wish_that_outlasts_the_goodbye_is_heard() -> None:
    """The line is not closed between their last word and the moment in which the model has it."""
    talk = saying_goodbye()
    talk.at(2.5).tell(m.SpeechStarted("wait", 0))
    talk.at(5.0)
    assert not only(talk.done, m.EndStream)
    talk.tell(m.SpeechStopped("wait", 0))
    assert talk.session.phase is Phase.TALKING
    talk.tell(m.UtteranceCommitted("wait"))
    talk.turn("t2", "of course", 500)
    talk.at(8.0)
    assert not only(talk.done, m.EndStream)


def test_nobody_is_cut_off_in_the_middle_of_a_long_wish() -> None:
    """The goodbye's bound is for marks that do not come, and not for somebody who speaks."""
    talk = saying_goodbye()
    talk.at(2.9).tell(m.SpeechStarted("wait", 0))
    talk.at(2.0 + LEAVING_S + 1.0)
    assert not only(talk.done, m.EndStream)
    talk.tell(m.SpeechStopped("wait", 0), m.UtteranceCommitted("wait"))
    assert talk.session.phase is Phase.TALKING


def test_a_television_does_not_keep_a_goodbye_open() -> None:
    """Longer than anybody speaks is waited for nobody."""
    talk = saying_goodbye()
    talk.at(2.9).tell(m.SpeechStarted("tv", 0))
    talk.at(2.9 + ENDLESS_SPEECH_S)
    assert talk.done[-1] == m.EndStream(m.NextStep.HANG_UP, EndReason.SAID_GOODBYE)


def test_words_on_the_way_to_a_person_keep_nobody_from_one() -> None:
    """A handoff stands, and its bound with it."""
    for stops_at in (3.5, None):
        talk = saying_goodbye(Then.TRANSFER)
        talk.at(2.9).tell(m.SpeechStarted("thanks", 0))
        if stops_at is None:
            talk.at(2.0 + LEAVING_S)
        else:
            talk.at(stops_at).tell(m.SpeechStopped("thanks", 0))
        assert talk.done[-1] == m.EndStream(m.NextStep.PERSON, EndReason.TRANSFER)


# --- words of an emergency --------------------------------------------------------


def transcript(talk: Talk, item: str, text: str) -> list[m.Action]:
    """What follows from the words, once what they stand in was committed."""
    talk.says(item)
    return talk.tell(m.UtteranceTranscribed(item, text))


def test_words_of_an_emergency_have_the_agent_ask_and_nothing_else() -> None:
    """A note, and a turn; nobody is put through for what a transcript says."""
    talk = talking()
    actions = transcript(talk, "u1", "Please help, my husband can't breathe")
    assert kinds(actions) == ["RecordTurn", "SendNote"]
    (note,) = only(actions, m.SendNote)
    assert note.text == ASK_NOTE.format(what="somebody badly hurt or ill")
    talk.turn("t1", "shall I", 500)
    assert kinds(talk.done)[-1] == "CreateTurn"  # what the model began by itself may be about something else
    talk.turn("t2", "is it an emergency", 500)
    talk.at(9.0)
    assert not only(talk.done, m.EndStream)
    assert talk.session.phase is Phase.TALKING


def test_the_agent_asks_once_for_each_kind() -> None:
    """Whoever said no is not asked again for the same; fire is another matter than blood."""
    talk = talking()
    for number, text in enumerate(["I'm bleeding", "yes, bleeding", "and there's a fire in the kitchen"]):
        transcript(talk, f"u{number}", text)
    assert [note.count("hurt") + 2 * note.count("fire") for note in notes(talk)] == [1, 2]


def test_an_ordinary_sentence_brings_no_note() -> None:
    """Nor does what only has the same words."""
    talk = talking()
    assert kinds(transcript(talk, "u1", "Could you fire me an email?")) == ["RecordTurn"]


def test_words_that_come_late_take_back_a_goodbye() -> None:
    """The transcript of what was said before it arrives while the goodbye is heard."""
    talk = saying_goodbye()
    talk.at(2.2).tell(m.UtteranceTranscribed("u1", "I smell gas"))
    assert talk.session.phase is Phase.TALKING
    assert len(notes(talk)) == 1


def test_who_is_on_the_way_to_a_person_is_not_asked() -> None:
    """They are where the question would lead."""
    talk = saying_goodbye(Then.TRANSFER)
    talk.at(2.2).tell(m.UtteranceTranscribed("u1", "I smell gas"))
    assert notes(talk) == []
    talk.at(3.0)
    assert talk.done[-1] == m.EndStream(m.NextStep.PERSON, EndReason.TRANSFER)


def test_a_model_that_comes_anew_is_told_too() -> None:
    """The old one had not asked yet, perhaps."""
    talk = talking()
    transcript(talk, "u1", "I can't breathe")
    talk.tell(m.ModelLegClosed(1006, ""))
    talk.tell(m.ModelOpened("sess2", 0), configured())
    assert "badly hurt" in notes(talk)[-1]


# --- speech without end -----------------------------------------------------------


def test_noise_that_never_stops_gets_a_person_in_the_end() -> None:
    """Keys and a person are offered; who can neither be heard nor press one is fetched one."""
    talk = talking()
    for number in range(MOST_ENDLESS):
        talk.tell(m.SpeechStarted(f"tv{number}", 0))
        talk.at(talk.now - 100.0 + ENDLESS_SPEECH_S)
        assert only(talk.done, m.SetListening)[-1].threshold == RAISED_THRESHOLD
        assert notes(talk) == [NOISE_NOTE] * (number + 1)
        talk.turn(f"t{number}", f"a{number}", 500)
    talk.tell(m.SpeechStarted("tv", 0))
    talk.at(talk.now - 100.0 + ENDLESS_SPEECH_S + CLIP_S + MARK_DELAY_S)
    assert only(talk.done, m.RecordClip)[-1].name == "connecting_1"
    assert talk.done[-1] == A_PERSON


def test_what_is_offered_against_the_noise_is_heard() -> None:
    """The noise goes on over the offer, which is asked for at once and cut by nobody's ear."""
    talk = talking()
    talk.tell(m.SpeechStarted("tv", 0))
    talk.at(1.0 + ENDLESS_SPEECH_S)
    assert kinds(talk.done)[-4:] == ["SetListening", "ClearInput", "SendNote", "CreateTurn"]
    assert not only(talk.done, m.SetListening)[-1].interruptible
    talk.tell(m.SpeechStarted("tv again", 0))
    talk.turn("t1", "offer", 3000)
    talk.at(1.0 + ENDLESS_SPEECH_S + 1.0).tell(m.SpeechStarted("tv still", 0))
    talk.at(1.0 + ENDLESS_SPEECH_S + 3.0)
    assert "ClearPlayback" not in kinds(talk.done)
    offer = only(talk.done, m.RecordTurn)[-1]
    assert (offer.item_id, offer.cut) == ("offer", False)


def test_who_is_heard_to_an_end_may_interrupt_again() -> None:
    """The noise is over: the next word silences the agent as ever."""
    talk = talking()
    talk.tell(m.SpeechStarted("tv", 0))
    talk.at(1.0 + ENDLESS_SPEECH_S)
    talk.says("u1")
    listening = only(talk.done, m.SetListening)[-1]
    assert (listening.interruptible, listening.threshold) == (True, RAISED_THRESHOLD)
    talk.turn("t1", "answer", 3000)
    assert "ClearPlayback" in kinds(talk.tell(m.SpeechStarted("u2", 0)))


def test_words_in_between_show_that_the_caller_can_be_heard() -> None:
    """Then the noise is the first again."""
    talk = talking()
    for number in range(MOST_ENDLESS + 1):
        talk.tell(m.SpeechStarted(f"tv{number}", 0))
        talk.at(talk.now - 100.0 + ENDLESS_SPEECH_S)
        talk.turn(f"t{number}", f"a{number}", 500)
        talk.says(f"u{number}")
        talk.turn(f"s{number}", f"b{number}", 500)
    assert len(notes(talk)) == MOST_ENDLESS + 1
    assert talk.session.phase is Phase.TALKING


# --- keys -------------------------------------------------------------------------


def tries(talk: Talk, *keys: str, words: str = "") -> None:
    """Each of `keys` is pressed once the agent has answered the one before. `words`: said in between."""
    for number, key in enumerate(keys):
        talk.tell(*(m.KeyPressed(digit) for digit in key))
        talk.turn(f"t{key}{number}", f"a{key}{number}", 500)
        talk.at(talk.now - 100.0 + TRY_GAP_S)
        if words:
            talk.says(f"u{number}")
            talk.turn(f"s{number}", f"b{number}", 500)


def test_keys_that_nothing_waits_for_are_answered_with_what_to_do_then_with_a_person() -> None:
    """The first reaches the model as text; at the second it is told to offer a person; the third gets one."""
    talk = talking()
    tries(talk, "1")
    assert (notes(talk, "user"), notes(talk)) == (["(The caller pressed 1 on the telephone's keypad.)"], [])
    tries(talk, "2")
    assert (len(notes(talk, "user")), notes(talk)) == (MOST_STRAY_KEYS, [STRAY_KEY_NOTE])
    assert talk.session.phase is Phase.TALKING
    talk.tell(m.KeyPressed("3"))
    talk.at(talk.now - 100.0 + CLIP_S + MARK_DELAY_S)
    assert talk.done[-1] == A_PERSON


def test_words_between_keys_begin_the_count_anew() -> None:
    """Somebody who can speak is not lost."""
    talk = talking()
    tries(talk, "1", "2", "3", "4", words="hello?")
    assert notes(talk) == []
    assert talk.session.phase is Phase.TALKING


def test_a_number_typed_in_pieces_is_no_try() -> None:
    """It is what the caller wants to tell: the model gets every key, and nobody is fetched."""
    talk = talking()
    tries(talk, "212", "555", "1432", "1" * A_NUMBER)
    assert len(notes(talk, "user")) == 10 + A_NUMBER
    assert notes(talk) == []


def test_a_key_that_may_be_an_answer_is_no_try() -> None:
    """Something stands proposed: a key may be the yes to it."""
    talk = talking()
    talk.tell(m.TurnStarted("t1"), called("c1", "hold_slot"), m.TurnFinished("t1", "completed"))
    talk.tell(m.ToolFinished("c1", result(proposal="hold_1")))
    tries(talk, "1", "1", "1")
    assert notes(talk) == []
    assert talk.session.phase is Phase.TALKING
