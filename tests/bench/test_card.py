"""The card says what was measured, shows its sums, and a dash where nothing is known."""

from datetime import UTC, datetime

from tests.bench.blocks import plain
from tests.bench.card import Capacity, card, every_step, limit_ratio, plan_of
from tests.bench.figures import Window
from tests.bench.paper import Assumptions
from tests.bench.steps import Series, Step
from tests.bench.test_figures import same
from tests.bench.test_paper import COUNTS
from tests.bench.test_steps import measured

GIVEN = Assumptions(share=0.5, memory_share=0.5, dyno_mb=400)


def series(party: str, sharp: int, wide: int, workers: int = 1, **fields: object) -> Series:
    """One whose delay passes the limits after so many calls, known exactly."""
    delays = [(sharp, 1.0), (sharp + 1, 6.0), (wide, 19.0), (wide + 1, 21.0)]
    given = {"memory_per_call_mb": 0.5, "cpu_per_call_minute": 0.2, **fields}
    windows: list[Window] = [measured(calls, ms, **given) for calls, ms in delays]
    return Series(
        party=party,
        workers=workers,
        cores="anywhere",
        started_mb=90.0,
        idle_mb=100.0,
        steps=[Step(one.calls, [one]) for one in windows],
    )


def capacity(*known: Series) -> Capacity:
    machine: dict[str, object] = {"processor": "a slow one", "cores": 2, "system": "Linux", "python": "3.11"}
    at = datetime(2026, 11, 21, tzinfo=UTC)
    return Capacity(at=at, machine=machine, series=list(known), counts=COUNTS)


def printed(it: Capacity) -> str:
    return "\n".join(plain([*card(it, GIVEN), every_step(it.series)]))


def test_the_ratio_is_of_the_limits() -> None:
    """At either delay, and judged at the wide one."""
    ours, bare = series("ours", 100, 200), series("bare", 200, 250)
    assert limit_ratio(ours, bare, 5.0) == 0.5
    assert limit_ratio(ours, bare, 20.0) == 0.8
    assert "carries 0.80 of what the bare relay does (at least 0.75 is wanted: reached)" in printed(
        capacity(ours, bare)
    )
    assert "0.75 is wanted: NOT reached" in printed(capacity(series("ours", 100, 187), bare))


def test_a_limit_that_nobody_reached_has_no_ratio() -> None:
    """Neither ours nor the relay's; nor has one that was not measured."""
    whole = series("ours", 100, 160)
    open_above = Series(
        party="bare", workers=1, cores="", started_mb=None, idle_mb=None, steps=whole.steps[:1]
    )
    assert limit_ratio(whole, open_above, 20.0) is None
    assert limit_ratio(open_above, whole, 20.0) is None
    assert limit_ratio(whole, None, 20.0) is None


def test_the_dyno_shows_its_sums() -> None:
    """Half of 400 MB less a hundred, at half a megabyte each; half of 160 calls."""
    text = printed(capacity(series("ours", 100, 160)))
    assert "(50% of 400 MB − 100 MB) / 0.50 MB per call" in text
    assert "200 calls" in text
    assert "50% of 160 calls (p99 < 20 ms)" in text
    assert "the processor binds" in text
    assert "the memory binds" in printed(capacity(series("ours", 100, 160, memory_per_call_mb=5.0)))


def test_only_one_worker_of_ours_makes_the_plan() -> None:
    """Neither the bare relay nor two workers; without a limit or its memory there is none."""
    assert plan_of(capacity(series("bare", 1, 2), series("ours", 1, 2, workers=2)), 10, GIVEN) is None
    assert plan_of(capacity(series("ours", 1, 2, memory_per_call_mb=None)), 10, GIVEN) is None
    plan = plan_of(capacity(series("ours", 100, 160), series("ours", 1, 2, workers=2)), 10, GIVEN)
    assert plan is not None
    assert (plan.calls, plan.measured.calls, plan.per_dyno) == (10, 160, 80)


def test_every_series_has_its_row() -> None:
    """With both limits, what a call costs, and with how many calls that was."""
    text = printed(capacity(series("ours", 100, 160), series("ours", 180, 250, workers=2)))
    row = next(line for line in text.splitlines() if line.startswith("  ours, 2 workers"))
    assert "180 (181 were over)" in row
    assert "250 (251 were over)" in row
    assert row.split()[-5:] == ["0.200", "0.50", "180", "90", "100"]


def test_the_next_caller_is_in_the_card() -> None:
    """Also when nothing was measured."""
    assert "refused, since all lines were busy" in " ".join(printed(capacity()).split())


def test_steps_say_what_was_wrong_with_them() -> None:
    """A late generator, calls that were not taken, and frames that were lost."""
    late = measured(10, 1.0, trusted=False, lateness=same(9.0))
    steps = [
        Step(10, [late, late, measured(10, 1.0)]),
        Step(20, [], failed="the webhook answered 500"),
        Step(30, [measured(30, 1.0, ended=1)]),
    ]
    rows = every_step(
        [Series(party="ours", workers=1, cores="", started_mb=None, idle_mb=None, steps=steps)]
    ).rows
    assert [row[-1] for row in rows] == [
        "the generator was late in 2 of 3 windows; not to be trusted",
        "not taken: the webhook answered 500",
        "frames or calls were lost",
    ]
