"""The transcript: words of the agent become turns of the record, once, and no longer than heard."""

from bridge.call.messages import RecordTurn
from bridge.call.playback import Cut
from bridge.call.transcript import Transcript


def spoken(words: str = "ten words ") -> Transcript:
    transcript = Transcript()
    for word in words.split(" "):
        transcript.add("item", word + " ")
    return transcript


def test_an_item_heard_to_its_end_is_recorded_whole() -> None:
    """Its words came in pieces; the record has one line."""
    turn = spoken("Nine in the morning.").turn(Cut("item", 1000, 1000, finished=True))
    assert turn == RecordTurn("item", "agent", "Nine in the morning.", 1000, 1000, cut=False)


def test_a_cut_item_is_recorded_as_far_as_heard() -> None:
    """By proportion, and labelled as cut."""
    transcript = Transcript()
    transcript.add("item", "0123456789")
    turn = transcript.turn(Cut("item", 400, 1000, finished=True))
    assert turn == RecordTurn("item", "agent", "0123", 400, 1000, cut=True)


def test_an_item_still_coming_is_cut_even_when_all_of_it_was_heard() -> None:
    """More was to be said than had arrived."""
    turn = spoken().turn(Cut("item", 1000, 1000, finished=False))
    assert turn is not None
    assert turn.cut


def test_an_item_is_recorded_once() -> None:
    """A cut, and then the end of the call: the first word about an item stands."""
    transcript = spoken()
    assert not transcript.holds("item")
    assert transcript.turn(Cut("item", 10, 1000, finished=True)) is not None
    assert transcript.holds("item")
    assert transcript.turn(Cut("item", 1000, 1000, finished=True)) is None


def test_sound_without_words_is_not_recorded() -> None:
    """There is nothing to write down."""
    transcript = spoken()
    assert transcript.turn(Cut("other", 500, 500, finished=True)) is None
    assert not transcript.holds("other")


def test_words_of_what_is_recorded_are_not_kept() -> None:
    """They stand in the record; a long call has hundreds of items."""
    transcript = spoken()
    transcript.turn(Cut("item", 1000, 1000, finished=True))
    transcript.add("item", "late words")
    assert transcript.words("item") == ""
    assert transcript.holds("item")
