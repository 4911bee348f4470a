"""Which ready-made line is next."""

from bridge.call.clips import Clip, ClipChooser, Line

CLIPS = {
    Line.ONE_MOMENT: [Clip(f"one_moment_{n}", f"{n}", "") for n in (1, 2, 3)],
    Line.TROUBLE: [Clip("trouble_1", "", "")],
}


def test_the_same_is_never_said_twice_in_a_row() -> None:
    """All of them in turn, then from the first again."""
    chooser = ClipChooser(CLIPS)
    names = [clip.name for _ in range(5) if (clip := chooser.next(Line.ONE_MOMENT))]
    assert names == ["one_moment_1", "one_moment_2", "one_moment_3", "one_moment_1", "one_moment_2"]


def test_a_line_without_clips_is_not_said() -> None:
    """A session in a test has none."""
    assert ClipChooser({}).next(Line.GOODBYE) is None
