"""A simulated call's books: what came through is matched by its number, and what did not is counted."""

import pytest

from tests.bench.line import Line
from tests.bench.samples import Arrivals, Samples
from tests.bench.stamp import FRAME_BYTES


@pytest.fixture
def samples() -> Samples:
    samples = Samples()
    samples.open()
    return samples


@pytest.fixture
def line(samples: Samples) -> Line:
    return Line(0, samples, Arrivals())


def test_a_frame_is_matched_by_its_number(line: Line, samples: Samples) -> None:
    """Its delay is from when this very frame was sent."""
    for at in (1.0, 1.02, 1.04):
        line.frame_sent(at)
    line.frame_arrived(1, 1.025)
    line.frame_arrived(2, 1.05)
    assert list(samples.to_model) == pytest.approx([0.005, 0.01])
    assert (samples.frames, samples.lost) == (2, 0)  # the first one came before the model was ready


@pytest.mark.parametrize(("order", "lost"), [((0, 1, 2), 0), ((0, 2), 1), ((0, 2, 1), 3), ((0, 1, 1), 1)])
def test_what_is_missing_or_out_of_order_is_lost(
    line: Line, samples: Samples, order: tuple[int, ...], lost: int
) -> None:
    """A gap, a frame after a later one, a frame twice."""
    for _ in range(3):
        line.frame_sent(0.0)
    for number in order:
        line.frame_arrived(number, 0.1)
    assert samples.lost == lost


def test_what_never_comes_is_overdue(line: Line) -> None:
    """After a second; what was sent just now may still come."""
    for at in (0.0, 0.5, 1.9):
        line.frame_sent(at)
    line.frame_arrived(0, 0.01)
    line.piece_sent(1, 1600, 0.2)
    assert line.overdue(2.0) == 2
    assert line.overdue(1.1) == 0


def test_a_piece_that_comes_in_parts_is_whole(line: Line, samples: Samples) -> None:
    """Only its first part carries the number; without the second it is lost."""
    first, second, third = (line.piece_sent(1, 1600, at) for at in (0.0, 0.2, 0.4))
    line.audio_arrived(first, 960, 0.01)
    line.audio_arrived(None, 640, 0.02)
    line.audio_arrived(second, 960, 0.21)
    assert samples.lost == 0
    line.audio_arrived(third, 1600, 0.41)
    assert samples.lost == 1
    assert list(samples.to_caller) == pytest.approx([0.01, 0.01, 0.01])


def test_what_is_under_way_when_the_caller_speaks_may_be_dropped(line: Line, samples: Samples) -> None:
    """What was sent later must come, and what was sent long before should have."""
    line.audio_arrived(line.piece_sent(1, 1600, 0.0), 1600, 0.0)
    line.piece_sent(1, 1600, 0.1)
    line.caller_began(0.15, over=True)
    line.clear_arrived(0.16)
    line.audio_arrived(line.piece_sent(2, 1600, 0.5), 1600, 0.5)
    assert (samples.lost, samples.overdue) == (0, 0)
    line.piece_sent(2, 1600, 0.6)
    line.audio_arrived(line.piece_sent(2, 1600, 0.7), 1600, 0.7)
    assert samples.lost == 1
    line.piece_sent(2, 1600, 0.8)
    line.caller_began(3.0, over=False)
    assert samples.overdue == 1


def test_marks_come_back_when_their_audio_was_played(line: Line) -> None:
    """A frame at a tick; at once when there is nothing before them, and all of them when it is cleared."""
    assert line.mark_arrived("early")
    line.audio_arrived(None, 2 * FRAME_BYTES, 0.0)
    assert not line.mark_arrived("a")
    line.audio_arrived(None, FRAME_BYTES, 0.0)
    assert not line.mark_arrived("b")
    assert [line.tick(), line.tick()] == [[], ["a"]]
    assert line.clear_arrived(0.1) == ["b"]
    assert line.unplayed_ms == 0


def test_the_cut_is_compared_with_what_was_played(line: Line, samples: Samples) -> None:
    """In whatever order the two become known; told more than was heard is positive."""
    line.audio_arrived(None, FRAME_BYTES, 0.0)  # the server's own words before it
    line.audio_arrived(line.piece_sent(1, 1600, 0.0), 1600, 0.0)
    for _ in range(4):
        line.tick()
    line.truncated(1, 65)
    line.caller_began(0.1, over=True)
    line.clear_arrived(0.103)
    assert list(samples.cuts) == pytest.approx([0.005])
    assert list(samples.clears) == pytest.approx([0.003])
    line.audio_arrived(line.piece_sent(2, 1600, 0.2), 1600, 0.2)
    line.tick()
    line.caller_began(0.3, over=True)
    line.clear_arrived(0.301)
    line.truncated(2, 0)
    assert samples.cuts[1] == pytest.approx(-0.02)


def test_an_interruption_without_a_clear_is_counted(line: Line, samples: Samples) -> None:
    """Once the caller has finished; one that was cleared is not."""
    line.caller_began(0.0, over=True)
    line.caller_finished()
    line.caller_began(1.0, over=True)
    line.clear_arrived(1.1)
    line.caller_finished()
    assert samples.uncleared == 1


def test_nothing_counts_outside_the_window(line: Line, samples: Samples) -> None:
    """While calls come in."""
    samples.close()
    line.frame_arrived(line.frame_sent(0.0), 0.1)
    line.audio_arrived(line.piece_sent(1, 1600, 0.0), 1600, 0.1)
    samples.open()
    assert (len(samples.to_model), len(samples.to_caller), samples.frames) == (0, 0, 0)
