"""When a worker that died is started again."""

from bridge.restarts import LONG_S, PAUSES_S, Restarts


def test_one_that_dies_again_and_again_is_given_up() -> None:
    """At first at once, for a call may be waiting; then after longer and longer pauses; then never."""
    restarts = Restarts()
    assert [restarts.died(0.5) for _ in PAUSES_S] == list(PAUSES_S)
    assert PAUSES_S[0] == 0
    assert list(PAUSES_S) == sorted(PAUSES_S)
    assert restarts.died(0.5) is None


def test_one_that_lived_long_is_started_at_once() -> None:
    """And what was before is forgotten: a death a week is no reason to give up."""
    restarts = Restarts()
    for _ in PAUSES_S:
        restarts.died(LONG_S - 1)
    assert restarts.died(LONG_S) == 0
    assert restarts.died(1) == PAUSES_S[0]
