"""Audible stretches are told by energy, with room for the gaps between words."""

from bridge.harness.telephone.mouthpiece import Mouthpiece
from bridge.harness.telephone.stretches import FRAME_MS, HANG_MS, Stretches, Turn, is_audible

LOUD = b"\x20\xa0" * 80
QUIET = b"\xff" * 160
GAP = HANG_MS // FRAME_MS  # quiet frames that end a stretch


def test_speech_is_audible_and_noise_is_not() -> None:
    """Silence, line noise and a single click are nothing to listen to."""
    assert is_audible(LOUD)
    assert is_audible(QUIET[:100] + LOUD[:60])
    assert not is_audible(QUIET)
    assert not is_audible(QUIET[:150] + LOUD[:10])
    mouthpiece = Mouthpiece(7)
    assert not any(is_audible(mouthpiece.frame()) for _ in range(200))


def test_stretch_begins_with_sound_and_ends_after_silence() -> None:
    """A stretch is over once it has been quiet for 200 ms."""
    agent = Stretches()
    assert agent.hear(QUIET) is None
    assert agent.hear(LOUD) is Turn.BEGAN
    assert agent.hear(LOUD) is None
    changes = [agent.hear(QUIET) for _ in range(GAP)]
    assert changes == [None] * (GAP - 1) + [Turn.ENDED]
    assert (agent.count, agent.length_ms, agent.quiet_ms) == (1, 0, HANG_MS)


def test_short_gap_does_not_end_a_stretch() -> None:
    """A breath between words belongs to the sentence, and the quiet is still known."""
    agent = Stretches()
    agent.hear(LOUD)
    for _ in range(GAP - 1):
        assert agent.hear(QUIET) is None
    assert agent.quiet_ms == HANG_MS - FRAME_MS
    assert agent.hear(LOUD) is None
    assert (agent.count, agent.length_ms, agent.quiet_ms) == (1, HANG_MS + FRAME_MS, 0)


def test_stop_ends_a_stretch_once() -> None:
    """The end of a stream ends the sentence it cut, and nothing when there was none."""
    agent = Stretches()
    assert agent.stop() is None
    agent.hear(LOUD)
    assert agent.stop() is Turn.ENDED
    assert agent.stop() is None
