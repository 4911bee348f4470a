"""Places for calls, shared by all workers of a server."""

from bridge.call.places import Places


def test_all_workers_together_fill_the_places() -> None:
    """Whoever is asked says the same, and what a worker holds is its own to say."""
    first = Places(3, workers=2)
    second = first.of(1)
    first.hold(2)
    assert not second.are_taken
    second.hold(1)
    assert first.are_taken
    assert second.are_taken
    first.of(1).hold(0)  # its parent, of a worker that was killed
    assert not first.are_taken
    first.hold(4)  # let in by two workers at the same moment
    assert second.are_taken
