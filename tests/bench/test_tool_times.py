"""The tables of tool times show each time in its place, and what was not measured as a dash."""

from tests.bench.tool_times import (
    COLD,
    CREATE,
    HOLD,
    PREFETCHED,
    Asked,
    Crowd,
    Took,
    crowd_table,
    delay_table,
    reuse,
)


def crowd(*took: Took, delay_ms: float = 0, at_once: int = 1, late: float = 0.001) -> Crowd:
    return Crowd(delay_ms=delay_ms, at_once=at_once, threads=8, took=list(took), late=[late])


def cells(lines: list[str], name: str) -> list[str]:
    (line,) = [line for line in lines if line.startswith(name)]
    return line.removeprefix(name).split()


def test_each_tool_has_its_times_by_delay() -> None:
    """Median and p95 in milliseconds, and what it costs in requests; a dash where nothing is known."""
    at_once = crowd(*(Took(COLD, each / 1000, 1, 0) for each in (1, 2, 9)), Took(PREFETCHED, 0.001, 0, 0))
    later = crowd(Took(COLD, 0.1), Took(COLD, 0.3), delay_ms=100, at_once=2)
    lines = list(delay_table([later, at_once]))
    assert cells(lines, COLD) == ["2.0", "9.0", "100.0", "300.0", "1", "0"]
    assert cells(lines, PREFETCHED) == ["1.0", "1.0", "–", "–", "0", "0"]
    assert cells(lines, HOLD) == ["–"] * 6


def test_requests_that_differ_are_told_from_the_least_to_the_most() -> None:
    """Where others asked at the same time nobody knows whose they were."""
    lines = list(delay_table([crowd(Took(CREATE, 1.0, 4), Took(CREATE, 1.0, 3), Took(CREATE, 1.0))]))
    assert cells(lines, CREATE)[2:] == ["3-4", "–"]


def test_a_crowd_has_its_last_one() -> None:
    """The one who waited longest counts; and by how much timers were late."""
    *_, line = crowd_table([crowd(Took(COLD, 0.1), Took(COLD, 0.1), Took(COLD, 0.5), at_once=40, late=0.004)])
    assert line.split() == ["8", "40", "100", "500", *["–"] * 8, "4", "4"]


def test_only_new_connections_count() -> None:
    """Those that were open before are used again."""
    before, after = Asked(10, 5, 2, 5, 0), Asked(30, 8, 3, 8, 0)
    assert reuse(before, after) == "20 reads, 1 new connections; 3 writes, 3 new connections"
