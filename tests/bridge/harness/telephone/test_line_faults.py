"""What the telephone does wrong with frames, starts and whatever it is told to say."""

from bridge.harness.telephone.line_faults import EVERY, LineFaults

SENT = [f"frame {number}" for number in range(2 * EVERY)]


def through(faults: LineFaults) -> list[str]:
    """What comes of the frames."""
    return [frame for message in SENT for frame in faults.frames(message)]


def test_frames_as_they_are() -> None:
    """Without a fault nothing is changed."""
    assert through(LineFaults()) == SENT


def test_one_frame_in_so_many_is_wrong() -> None:
    """Sent twice, after the one that follows it, or not at all."""
    faults = LineFaults()
    faults.repeats_frames = True
    assert through(faults)[EVERY - 1 : EVERY + 1] == [SENT[EVERY - 1]] * 2
    faults = LineFaults()
    faults.swaps_frames = True
    swapped = through(faults)
    assert swapped[EVERY - 1 : EVERY + 1] == [SENT[EVERY], SENT[EVERY - 1]]
    assert set(swapped) == set(SENT[:-1])  # the last one still waits for another
    faults = LineFaults()
    faults.drops_frames = True
    assert through(faults) == [frame for number, frame in enumerate(SENT, 1) if number % EVERY]


def test_starts_are_taken_in_turn() -> None:
    """Late, never, and then at once."""
    faults = LineFaults()
    faults.start_late(1.5)
    faults.lose_start()
    assert [faults.take_start() for _ in range(3)] == [1.5, None, 0.0]


def test_what_is_said_is_said_once() -> None:
    """Messages are taken by the stream that is up; without one there is nothing to lose."""
    faults = LineFaults()
    faults.say(["{", b"\x00"])
    assert faults.take_said() == ["{", b"\x00"]
    assert faults.take_said() == []
    faults.lose_stream()
