"""What is made of a server's memory under load: flat or not, and what else is not as it must be."""

import pytest

from tests.bench.growth import (
    LEAST,
    MOST_KB,
    Left,
    Look,
    by_minute,
    kb_per_call,
    line,
    mb_per_minute,
    per_live_call_mb,
    slope,
    summary,
    wrong,
)

WELL = Left(
    memory_before_mb=100.0,
    memory_after_mb=105.0,
    sockets_before=8,
    sockets_after=8,
    live_after=0,
    refused=0,
    mistakes=0,
)


def look(minute: float, memory_mb: float | None, made: int = 0, lost: int = 0, trusted: bool = True) -> Look:
    return Look(
        minute=minute,
        memory_mb=memory_mb,
        live=50,
        made=made,
        to_model_p99_ms=1.0,
        to_caller_p99_ms=None,
        share=0.25,
        lost=lost,
        overdue=0,
        ended=0,
        trusted=trusted,
    )


def load(grows_mb: float, count: int = 2 * LEAST) -> list[Look]:
    """A look a minute, a hundred calls each; memory jumps at first and grows in the second half only."""
    half = count // 2
    return [look(n + 1, 110 + max(0, n - half) * grows_mb + (n > 0) * 20, 100 * n) for n in range(count)]


def test_the_line_through_points() -> None:
    """By least squares; there is none through a single place."""
    assert slope([(0, 1), (1, 3), (2, 5)]) == pytest.approx(2)
    assert slope([(0, 0), (1, 3), (2, 0)]) == pytest.approx(0)
    assert slope([(1, 1), (1, 5)]) is None
    assert slope([]) is None


def test_what_fills_at_first_is_no_growth() -> None:
    """Only the second half counts; what grows there is shared among the calls that came in it."""
    assert kb_per_call(load(0.0)) == pytest.approx(0)
    assert mb_per_minute(load(1.0)) == pytest.approx(1)
    assert kb_per_call(load(1.0)) == pytest.approx(10.24)


def test_too_few_looks_tell_nothing() -> None:
    """Neither do those at which nobody knew the memory."""
    assert kb_per_call(load(1.0, 2 * LEAST - 2)) is None
    assert kb_per_call([look(n, None, n) for n in range(40)]) is None


def test_no_calls_leave_nothing() -> None:
    """Where none came there is nothing to divide by."""
    assert kb_per_call([look(n, 100.0 + n, 7) for n in range(2 * LEAST)]) is None


def test_memory_of_a_live_call() -> None:
    """Beyond the server's own."""
    assert per_live_call_mb(look(1, 110.0), WELL) == pytest.approx(0.2)
    assert per_live_call_mb(look(1, None), WELL) is None


def test_growth_is_wrong() -> None:
    """Above what an allocator does by itself."""
    assert wrong(load(0.9 * MOST_KB * 100 / 1024), WELL) == []
    (told,) = wrong(load(1.1 * MOST_KB * 100 / 1024), WELL)
    assert told.startswith("each call leaves 5.5 kB behind")


@pytest.mark.parametrize(
    ("left", "told"),
    [
        ({"live_after": 2}, "2 calls still live"),
        ({"sockets_after": 11}, "3 sockets more"),
        ({"mistakes": 1}, "1 mistakes"),
        ({"refused": 4}, "4 calls were not put through"),
    ],
)
def test_what_is_left_is_wrong(left: dict[str, int], told: str) -> None:
    """Each by its number."""
    fields = {name: getattr(WELL, name) for name in WELL.__struct_fields__}
    (found,) = wrong(load(0.0), Left(**{**fields, **left}))
    assert found.startswith(told)


def test_lost_frames_are_wrong() -> None:
    """Whenever they were lost."""
    assert wrong([look(1, 100.0, lost=2), look(2, 100.0, lost=1)], WELL) == ["3 frames were lost"]


def test_the_last_look_of_each_minute() -> None:
    """One that comes at the full minute belongs to the minute before."""
    assert [one.minute for one in by_minute([look(at, 1.0) for at in (0.5, 1.0, 1.4, 1.9, 2.5)])] == [
        1.0,
        1.9,
        2.5,
    ]


def test_the_verdict_is_the_last_line() -> None:
    """Good, wrong, or too short to tell; and lateness of the calls themselves is said."""
    assert list(summary(load(0.0), WELL))[-1].endswith("memory does not grow with calls")
    assert "WRONG: each call leaves" in list(summary(load(5.0), WELL))[-1]
    short = list(summary([look(1, None, trusted=False)], WELL))
    assert short[-1].endswith("too short to tell whether memory grows")
    assert any("In 1 of 1 stretches" in each for each in short)
    assert "late themselves" in line(look(1, 100.0, trusted=False))
    assert "– back, 25% of the core" in line(look(1, 100.0))
