"""Limits that are read from steps, and the way up the ladder, with invented delays."""

import math
from collections.abc import Callable

import pytest

from tests.bench.figures import Window
from tests.bench.steps import Ladder, Limit, Series, Step, limit_of
from tests.bench.test_figures import same, window


def measured(calls: int, delay_ms: float, **fields: object) -> Window:
    """A window with so many calls; the way to the caller is half as long."""
    return window(calls=calls, frames=1000, to_model=same(delay_ms), to_caller=same(delay_ms / 2), **fields)


def step(calls: int, *delays_ms: float) -> Step:
    return Step(calls, [measured(calls, delay_ms) for delay_ms in delays_ms])


def climbed(ladder: Ladder, delay_ms: Callable[[int], float]) -> list[Step]:
    """The whole climb on a server of which the delay is known."""
    steps: list[Step] = []
    while (calls := ladder.next(steps)) is not None:
        steps.append(step(calls, delay_ms(calls)))
        assert len(steps) < 50
    return steps


def test_one_hiccup_does_not_decide() -> None:
    """Of three windows the middle one counts."""
    assert step(50, 1.0, 30.0, 2.0).delay_ms == 2.0


def test_the_worse_direction_counts() -> None:
    """Whichever it is; one in which nobody spoke is left out."""
    assert Step(1, [window(frames=1, to_model=same(1.0), to_caller=same(4.0))]).delay_ms == 4.0
    assert Step(1, [window(frames=1, to_model=same(3.0), to_caller=same(2.0))]).delay_ms == 3.0
    assert Step(1, [window(frames=1, to_model=same(3.0))]).delay_ms == 3.0
    assert Step(1, [window(frames=0)]).delay_ms == math.inf


@pytest.mark.parametrize("trouble", [{"ended": 1}, {"overdue": 11}, {"lost": 11}])
def test_calls_that_are_not_carried_have_no_delay(trouble: dict[str, int]) -> None:
    """A call that broke off, or more than one frame in a hundred that did not come."""
    assert Step(9, [measured(9, 1.0, **trouble)]).delay_ms == math.inf
    assert Step(9, [measured(9, 1.0, overdue=5, lost=5)]).delay_ms == 1.0


def test_late_windows_do_not_count() -> None:
    """While most of a step can be trusted; else the step says nothing of the server."""
    good, late = measured(50, 1.0), measured(50, 90.0, trusted=False)
    assert Step(50, [good, late, good]).delay_ms == 1.0
    known, unknown = Step(50, [good, late, good]), Step(100, [good, late, late])
    assert (known.is_known, unknown.is_known) == (True, False)
    assert limit_of([known, unknown], 20) == Limit(20, 50, None)


def test_a_limit_lies_between_two_steps() -> None:
    """The most that passed, and the fewest above that did not, in whatever order they were tried."""
    steps = [step(50, 1), step(100, 4), step(200, 30), step(150, 9)]
    assert limit_of(steps, 5) == Limit(5, 100, 150)
    assert limit_of(steps, 20) == Limit(20, 150, 200)
    assert limit_of(steps[:2], 20) == Limit(20, 100, None)
    assert limit_of(steps[2:], 5) == Limit(5, None, 150)


def test_what_failed_below_a_limit_was_a_hiccup() -> None:
    """More calls than that were carried."""
    assert limit_of([step(50, 30), step(100, 4), step(150, 30)], 5) == Limit(5, 100, 150)


def test_a_limit_says_how_well_it_is_known() -> None:
    """Between, from below, from above, or not at all."""
    told = [str(Limit(5, *one)) for one in ((100, 115), (100, None), (None, 25), (None, None))]
    assert told == ["100 (115 were over)", "at least 100", "under 25", "unknown"]


def test_the_climb_finds_both_limits() -> None:
    """To within the ladder's fineness, and each number of calls once."""
    steps = climbed(Ladder(), lambda calls: 1.0 if calls <= 163 else 10.0 if calls <= 288 else 50.0)
    for most_ms, truth in ((5, 163), (20, 288)):
        limit = limit_of(steps, most_ms)
        assert limit.calls is not None
        assert limit.over is not None
        assert limit.calls <= truth < limit.over
        assert limit.over - limit.calls <= Ladder().fine
    tried = [one.calls for one in steps]
    assert len(set(tried)) == len(tried)


def test_the_climb_ends_at_the_top() -> None:
    """Where nothing is ever over."""
    steps = climbed(Ladder(rungs=(10, 50), fine=1000), lambda _: 1.0)
    assert [one.calls for one in steps] == [10, 50]


def test_the_climb_ends_with_the_generator() -> None:
    """After two steps in a row that cannot be trusted; one alone is a hiccup."""
    late = [Step(calls, [measured(calls, 1.0, trusted=False)]) for calls in (50, 100)]
    assert Ladder().next([step(25, 1.0), late[0]]) == 100
    assert Ladder().next([step(25, 1.0), *late]) is None


def test_the_climb_ends_when_calls_are_not_taken() -> None:
    """The server has said what it thinks of them, and they count as over."""
    steps = [step(50, 1.0), Step(100, [], failed="the webhook answered 500")]
    assert Ladder().next(steps) is None
    assert limit_of(steps, 20) == Limit(20, 50, 100)


def test_costs_are_of_the_most_calls_under_the_sharp_limit() -> None:
    """Where the server is busy but not late; of the fewest when it was late with all."""
    costs = [(50, 1.0, 0.3), (100, 2.0, 0.2), (150, 9.0, 0.1)]
    steps = [Step(calls, [measured(calls, ms, cpu_per_call_minute=cpu)]) for calls, ms, cpu in costs]
    series = Series(party="ours", workers=1, cores="", started_mb=None, idle_mb=None, steps=steps)
    assert (series.calls_of_typical, series.cpu_per_call_minute) == (100, 0.2)
    late = Series(party="ours", workers=1, cores="", started_mb=None, idle_mb=None, steps=steps[2:])
    assert (late.calls_of_typical, late.cpu_per_call_minute) == (150, 0.1)


def test_memory_is_of_the_most_calls_for_which_it_is_known() -> None:
    """A step on the way down knows nothing of it; one above the limit is not typical."""
    costs = [(50, 1.0, 0.3), (100, 2.0, 0.2), (150, 9.0, 0.1), (125, 3.0, None)]
    steps = [Step(calls, [measured(calls, ms, memory_per_call_mb=mb)]) for calls, ms, mb in costs]
    series = Series(party="ours", workers=1, cores="", started_mb=None, idle_mb=None, steps=steps)
    assert (series.calls_of_typical, series.memory_per_call_mb) == (125, 0.2)
