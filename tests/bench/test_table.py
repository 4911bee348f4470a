"""The table says what was measured, warns of what went wrong, and judges only what it knows."""

from tests.bench.figures import Spread, rows
from tests.bench.table import lines, verdict
from tests.bench.test_figures import same, window


def test_every_row_has_its_numbers() -> None:
    """A dash where nothing was measured."""
    measured = [
        window(calls=100, to_model=Spread(9, 0.41, 0.82, 1.23, 4.56), cpu_per_call_minute=0.2),
        window(calls=100, party="bare", to_model=same(1.0), cpu_per_call_minute=0.1),
    ]
    ours = next(line for line in lines(rows(measured)) if "100 calls  ours" in line)
    assert ours.split()[3:7] == ["0.41", "0.82", "1.23", "4.56"]
    assert set(ours.split()[7:]) == {"–"}
    costs = [line for line in lines(rows(measured)) if "100 calls  ours" in line][1]
    assert costs.split()[3:5] == ["0.200", "2.00"]


def test_what_broke_stands_apart() -> None:
    """With its own name."""
    printed = list(lines(rows([window(), window(calls=50, trouble="the calendar is down")])))
    assert "Our server with 50 calls, while this breaks" in printed
    assert printed[-1].startswith("the calendar is down")


def test_what_went_wrong_is_said() -> None:
    """And nothing is said when nothing did."""
    good = list(lines(rows([window()])))
    bad = list(lines(rows([window(lost=3, overdue=5, uncleared=1, mistakes=2, ended=4, trusted=False)])))
    assert [line.partition(": ")[2] for line in bad if line not in good][-6:] == [
        "in 1 of 1 rounds the generator was late",
        "3 frames were lost",
        "5 frames were more than a second late",
        "1 interruptions without a clear",
        "4 calls ended by themselves",
        "2 mistakes in the server's log",
    ]


def test_a_busy_machine_is_told_of() -> None:
    """When the generator was late in every round; one good row is enough to say nothing."""
    late, good = window(trusted=False), window(calls=50)
    assert [line for line in verdict(rows([late])) if "trusted" in line]
    assert not [line for line in verdict(rows([late, good])) if "trusted" in line]


def test_figures_are_judged_at_a_hundred_calls() -> None:
    """Reached or over; what was not measured is not judged."""
    assert list(verdict(rows([window(calls=50, to_model=same(9.0))]))) == []
    judged = list(verdict(rows([window(calls=100, to_model=same(1.5), to_caller=same(2.5))])))
    assert [line.split()[-1] for line in judged] == ["reached", "OVER"]
