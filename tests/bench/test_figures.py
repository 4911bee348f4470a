"""The benchmark's arithmetic, on numbers whose answer is known."""

from typing import Any

import pytest

from tests.bench.figures import (
    Spread,
    Window,
    is_trusted,
    median,
    median_spread,
    percentile,
    ratio,
    rows,
    spread,
)


def window(**fields: Any) -> Window:
    """A window in which little happened."""
    given = {
        "round": 1,
        "party": "ours",
        "calls": 10,
        "tls": False,
        "trouble": "",
        "seconds": 6.0,
        **dict.fromkeys(
            ["to_model", "to_caller", "clear", "cut", "cut_mean", "webhook", "first_audio"], None
        ),
        **dict.fromkeys(["cpu_per_call_minute", "cpu_share", "memory_per_call_mb", "memory_idle_mb"], None),
        "lateness": None,
        "generator_share": None,
        "frames": 1,
        "lost": 0,
        "overdue": 0,
        "uncleared": 0,
        "ended": 0,
        "mistakes": 0,
        "trusted": True,
        **fields,
    }
    return Window(**given)


def same(value: float) -> Spread:
    return Spread(1, value, value, value, value)


@pytest.mark.parametrize(
    ("share", "value"), [(0.5, 50), (0.95, 95), (0.99, 99), (1.0, 100), (0.001, 1), (0.0, 1)]
)
def test_percentiles_are_of_the_nearest_rank(share: float, value: int) -> None:
    """Of one to a hundred, the p99 is 99."""
    assert percentile(range(1, 101), share) == value


def test_percentiles_of_one_value_are_that_value() -> None:
    assert spread([0.0012]) == Spread(1, 1.2, 1.2, 1.2, 1.2)


def test_a_spread_is_in_milliseconds_and_in_any_order() -> None:
    """Seconds go in."""
    assert spread([0.004, 0.001, 0.003, 0.002]) == Spread(4, 2.0, 4.0, 4.0, 4.0)
    assert spread([]) is None


def test_medians_leave_out_what_is_not_known() -> None:
    """The count is of all, the largest the largest of all."""
    assert median([3.0, None, 1.0, 2.0]) == 2.0
    assert median([None]) is None
    assert median_spread([Spread(5, 1, 2, 3, 9), None, Spread(6, 2, 4, 5, 8)]) == Spread(11, 1.5, 3, 4, 9)
    assert median_spread([None]) is None


def test_a_ratio_needs_both() -> None:
    assert ratio(3.0, 2.0) == 1.5
    assert ratio(None, 2.0) is None
    assert ratio(3.0, None) is None
    assert ratio(3.0, 0.0) is None


def test_ratios_are_of_the_same_round() -> None:
    """The median of the rounds' ratios, not the ratio of their medians."""
    measured = [
        window(round=number, party=party, cpu_per_call_minute=cpu, clear=same(clear))
        for number, party, cpu, clear in [
            (1, "ours", 2.0, 3.0),
            (1, "bare", 1.0, 1.0),
            (2, "bare", 4.0, 7.0),
            (2, "ours", 4.0, 8.0),
            (3, "ours", 9.0, 9.0),
            (3, "bare", 3.0, 1.0),
        ]
    ]
    ours = next(row for row in rows(measured) if row.party == "ours")
    assert ours.cpu_ratio == 2.0  # of 2, 1 and 3
    assert ours.clear_over_bare_ms == 2.0  # of 2, 1 and 8
    assert ours.cpu_per_call_minute == 4.0


def test_another_number_of_calls_or_tls_is_no_pair() -> None:
    """Nor is a bare relay's own row compared."""
    measured = [
        window(cpu_per_call_minute=2.0),
        window(party="bare", calls=20, cpu_per_call_minute=1.0),
        window(party="bare", tls=True, cpu_per_call_minute=1.0),
    ]
    assert [row.cpu_ratio for row in rows(measured)] == [None, None, None]


def test_rounds_with_a_late_generator_do_not_count() -> None:
    """Unless there are no others; how many there were is told."""
    late = window(round=1, to_model=same(100.0), trusted=False)
    (row,) = rows([late, window(round=2, to_model=same(1.0))])
    assert row.to_model == same(1.0)
    assert (row.rounds, row.untrusted) == (2, 1)
    (row,) = rows([late])
    assert row.to_model == same(100.0)


@pytest.mark.parametrize(
    ("lateness", "trusted"),
    [
        (Spread(9, 0.1, 0.5, 1.0, 4.0), True),
        (Spread(9, 0.1, 0.5, 3.5, 4.0), False),
        (Spread(9, 0.1, 0.5, 1.0, 60.0), False),
        (None, False),
    ],
)
def test_a_generator_that_was_late_is_not_trusted(lateness: Spread | None, trusted: bool) -> None:
    """Often late, or once very much; one that does not know neither."""
    assert is_trusted(lateness) is trusted


def test_what_went_wrong_is_summed_over_all_rounds() -> None:
    """Also over those that were not trusted."""
    (row,) = rows([window(lost=2, trusted=False), window(round=2, lost=3, mistakes=1)])
    assert (row.lost, row.mistakes) == (5, 1)


def test_rows_are_in_order_of_calls_and_trouble_is_last() -> None:
    """Plain, TLS, then what broke, as it was measured."""
    measured = [
        window(calls=50, tls=True),
        window(calls=100),
        window(calls=5, trouble="b"),
        window(calls=5, trouble="a"),
        window(calls=10),
    ]
    assert [(row.calls, row.tls, row.trouble) for row in rows(measured)] == [
        (10, False, ""),
        (100, False, ""),
        (50, True, ""),
        (5, False, "b"),
        (5, False, "a"),
    ]
