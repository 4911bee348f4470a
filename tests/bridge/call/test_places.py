"""Places for calls, shared by all workers of a server."""

from bridge.call.places import Places


def test_all_workers_together_fill_the_places() -> None:
    """Whoever is asked says the same, and what a worker holds is its own to say."""
    first = Places(3, workers=2)
    second = first.of(1)
    first.hold(2)
    assert second.free == 1
    second.hold(1)
    assert (first.free, second.free) == (0, 0)
    first.of(1).hold(0)  # its parent, of a worker that was killed
    assert first.free == 1
    first.hold(4)  # let in by two workers at the same moment
    assert second.free == -1
