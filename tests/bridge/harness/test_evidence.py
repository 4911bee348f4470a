"""Finding a stretch of speech again in what the caller heard."""

import random

from bridge.harness.evidence import Heard, heard_of

SPOKEN = random.Random(1).randbytes(8000)
NOISE = random.Random(2).randbytes(4000)


def test_a_whole_stretch_is_found() -> None:
    """Its place and its whole length."""
    assert heard_of(SPOKEN, NOISE + SPOKEN + NOISE) == Heard(4000, 8000)


def test_a_cut_stretch_is_measured_to_the_byte() -> None:
    """Where playback was cleared, the common beginning ends."""
    assert heard_of(SPOKEN, NOISE + SPOKEN[:4321] + NOISE) == Heard(4000, 4321)


def test_a_very_short_beginning_is_found_too() -> None:
    """A barge-in after a tenth of a second still leaves something to find."""
    assert heard_of(SPOKEN, NOISE + SPOKEN[:800] + NOISE) == Heard(4000, 800)


def test_what_was_never_played_is_not_found() -> None:
    """Length 0: nothing of it was heard."""
    assert heard_of(SPOKEN, NOISE).length == 0
    assert heard_of(b"", NOISE).length == 0


def test_an_earlier_playing_of_the_same_words_is_not_taken() -> None:
    """The search begins where the caller of it says."""
    assert heard_of(SPOKEN, SPOKEN + NOISE + SPOKEN, start=1) == Heard(12000, 8000)
