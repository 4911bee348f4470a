"""Which limit is met first, and that whoever is over one is told of it."""

import msgspec
import pytest

from tests.bench.limits import Limit, in_order, limits, met_at, on_paper, over
from tests.bench.test_paper import plan


def limit(most: float) -> Limit:
    """Of new calls a second; each call lasts two minutes."""
    return Limit("new calls", most, lambda it: it.new_calls_per_s, "nowhere", "wait")


@pytest.mark.parametrize(("most", "calls"), [(1, 120), (10, 1200), (0.001, 0)])
def test_a_limit_is_met_at_a_number_of_calls(most: float, calls: int) -> None:
    """The most calls that stay within it, from whatever number the plan is for."""
    assert met_at(limit(most), plan(7)) == calls


def test_one_call_more_is_over_the_limit() -> None:
    """Each of them, by what it says is needed."""
    for one in limits(row_ms=5.0):
        most = met_at(one, plan(1))
        assert one.need(msgspec.structs.replace(plan(1), calls=most)) <= one.most
        assert one.need(msgspec.structs.replace(plan(1), calls=most + 1)) > one.most


def test_limits_stand_in_the_order_in_which_they_are_met() -> None:
    """Whatever size the plan is for."""
    met = [int(calls.replace(",", "")) for calls, _, _ in in_order(plan(10)).rows]
    assert met == sorted(met)
    assert in_order(plan(100_000)) == in_order(plan(10))


def test_the_first_that_is_met_says_what_to_do() -> None:
    """And the others how far they are passed; a single call passes none."""
    assert list(over(plan(1))) == ["Within every limit that is known."]
    first, *others = over(plan(100_000))
    assert first.startswith("First met: OpenAI, lowest tier")
    assert "Then: " in first
    assert len(others) == len(limits(5.0)) - 1


def test_the_paper_has_every_size() -> None:
    """Then the limits, and what was assumed; nothing where nothing is known."""
    titles = [block.title for block in on_paper([plan(10), plan(1000)])]
    assert titles[:2] == ["10 calls at once", "1,000 calls at once"]
    assert len(titles) == 4
    assert list(on_paper([])) == []
