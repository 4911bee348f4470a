"""Faults at moments of a booking call: each kind of fault once or twice; all of them: `make faults`.

Each cell is one fault at one moment. Whatever it is: nothing is silent for longer than the ladder
allows, the call goes on or reaches its next step, and what was booked is booked once.
"""

import pytest

from tests.faults.__main__ import main
from tests.faults.broken import BROKEN
from tests.faults.cells import CELLS, Result
from tests.faults.kills import KILLS
from tests.faults.play import play, play_once
from tests.faults.programme import LEAST_CELLS, wrong
from tests.faults.table import lines
from tests.test_docs import INLINE, rows, section

BY_NAME = {cell.name: cell for cell in CELLS}
# Every family where the booking is at stake, and each rule of the ladder. The calendar and Twilio's REST
# interface are in test_failing_neighbours.py, lost lines in test_resume.py, killed processes in
# test_killed_in_mid_call.py.
PLAYED = (
    "model closes (1011), after the yes",
    "model closes, refuses once, before the greeting",
    "model vanishes, next mute, while it is booked",
    "model's hour is over, in the offer",
    "model stalls, in the offer",
    "model's rate limit, while it is booked",
    "model writes only, after the yes",
    "model turns away once, before the call",
    "model's quota gone, after the yes",
    "model's key withdrawn (401), before the greeting",
    "model stalls for good, while it is booked",
    "line lost, then no start, in the offer",
    "start comes late, before the call",
    "no mark comes back, in the read-back",
    "frames in disorder, in the offer",
    "database locked, after the yes",
    "mail server gone, before the call",
)


@pytest.mark.parametrize("name", PLAYED)
def test_a_cell(name: str) -> None:
    """The caller hears something in time, and reaches where they are to get; nothing is lost or doubled."""
    assert play(BY_NAME[name]).wrong == ()


@pytest.mark.parametrize(
    ("broken", "name", "told"),
    [
        ("no-action", "line lost, in the offer", "it went to"),
        ("no-action", "model closes for good, before the greeting", "it went to"),
        ("no-filler", "model stalls, before the greeting", "of silence"),
    ],
)
def test_a_broken_server_turns_cells_red(broken: str, name: str, told: str) -> None:
    """Without the next step, or without fillers, the table says so, and what is wrong."""
    with BROKEN[broken]():
        result = play_once(BY_NAME[name])
    assert any(told in what for what in result.wrong), result
    assert list(wrong([result], all_of_them=False))
    assert any(line.startswith(" RED") for line in lines([result]))


def test_there_are_enough_cells() -> None:
    """Each has a name of its own, and each family is there."""
    names = [cell.name for cell in CELLS] + [kill.name for kill in KILLS]
    assert len(set(names)) == len(names) >= LEAST_CELLS
    assert {cell.family for cell in CELLS} == {"model", "line", "calendar", "texts", "database", "mail"}
    few = [Result(family="model", fault="none", moment="never")]
    assert list(wrong(few, all_of_them=True)) == ["only 1 cells"]
    assert list(wrong(few, all_of_them=False)) == []


def test_the_readme_tells_of_each_service() -> None:
    """Every line of "When a service is down" is shown by a family of cells; those of the line stand above."""
    told = {INLINE.findall(where)[0] for *_, where in rows(section("When a service is down"))}
    assert told == {cell.family for cell in CELLS} - {"line"} | {"process"}


def test_a_pattern_that_fits_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is played, and the exit status says so."""
    assert main(["--only", "no such fault"]) == 2
    assert "no such fault" in capsys.readouterr().err
