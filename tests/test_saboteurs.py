"""The harness is itself tested: a server broken on purpose must turn a recording red, or a fault cell.

Each saboteur once, against the quickest call that shows it; `make saboteurs` runs them against all theirs.
"""

import pytest

from tests.saboteurs.scenes import CELLS, NAMES, red
from tests.saboteurs.table import SABOTEURS, Saboteur

TRIES = 2  # jobs in threads take what they take: on a busy machine a call may take another course


@pytest.mark.parametrize("saboteur", SABOTEURS, ids=lambda saboteur: saboteur.name)
def test_is_noticed(saboteur: Saboteur, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rules that are there for this bug find it."""
    saboteur.build(monkeypatch)
    assert any(saboteur.breaks <= red(saboteur.shown_by[0]) for _ in range(TRIES))


@pytest.mark.parametrize("cell", CELLS)
def test_a_cell_is_green_without_a_saboteur(cell: str) -> None:
    """What goes wrong in it the untouched build takes in its stride; recordings have their own test."""
    assert any(red(cell) == set() for _ in range(TRIES))


def test_the_table_can_be_read() -> None:
    """Names are used once, every call it names is there, and each saboteur must break something."""
    names = [saboteur.name for saboteur in SABOTEURS]
    assert len(names) == len(set(names)) >= 8
    for saboteur in SABOTEURS:
        assert saboteur.breaks
        assert set(saboteur.shown_by) <= {*NAMES, *CELLS}
