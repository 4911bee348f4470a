"""The caller's end sends clips in frames and tells silence apart by noise."""

from bridge.harness.telephone.mouthpiece import Mouthpiece


def test_noise_is_quiet_repeatable_and_never_the_same_twice() -> None:
    """Every frame of noise is near mu-law zero, and a seed gives the same call again."""
    first, second, other = Mouthpiece(1), Mouthpiece(1), Mouthpiece(2)
    frames = [first.frame() for _ in range(500)]
    assert frames == [second.frame() for _ in range(500)]
    assert len(set(frames)) == 500
    assert set(b"".join(frames)) == {0xFF, 0x7F, 0xFE, 0x7E}
    assert other.frame() != frames[0]


def test_clip_is_said_whole_and_filled_up_with_noise() -> None:
    """A clip that ends inside a frame leaves no hole."""
    mouthpiece = Mouthpiece(1)
    mouthpiece.say(b"a" * 400)
    said = [mouthpiece.frame() for _ in range(3)]
    assert not mouthpiece.speaking
    assert b"".join(said)[:400] == b"a" * 400
    assert [len(frame) for frame in said] == [160, 160, 160]
    assert set(said[2][80:]) <= {0xFF, 0x7F, 0xFE, 0x7E}


def test_speaking_until_the_last_frame_is_out() -> None:
    """The caller speaks as long as there is something of the clip to send."""
    mouthpiece = Mouthpiece(1)
    mouthpiece.say(b"a" * 320)
    assert mouthpiece.speaking
    mouthpiece.frame()
    assert mouthpiece.speaking
    mouthpiece.frame()
    assert not mouthpiece.speaking


def test_fall_silent_drops_the_rest() -> None:
    """What was not said when the stream ended is not said on the next."""
    mouthpiece = Mouthpiece(1)
    mouthpiece.say(b"a" * 320)
    mouthpiece.fall_silent()
    assert not mouthpiece.speaking
    assert b"a" not in mouthpiece.frame()
