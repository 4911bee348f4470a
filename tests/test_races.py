"""Small races, a second or two each: `make races` holds the large ones.

Real processes, a real database, the real Google client; see `tests/races/`.
"""

import time
from collections import Counter
from pathlib import Path

import pytest

from tests.races.naive import without_rules
from tests.races.run import Race, Result, hold

MOST_NAIVE = 4  # races held to be lost


async def held(url: str, folder: Path, kind: str, **changed: object) -> Result:
    """The result of a small race."""
    (folder / "journals").mkdir()
    race = {
        "name": "small",
        "kind": kind,
        "database_url": url,
        "folder": folder / "journals",
        "processes": 3,
        "operations": 600,
        "seconds": 30.0,
        "seed": 7,
        "quarters": 40,
        "calendars": 2,
        "kill_every_s": 0.0,
        "lag_s": 1.0,
        **changed,
    }
    return await hold(Race(**race), lambda _: None)  # type: ignore[arg-type]


async def test_a_race_in_the_store_is_won(url: str, tmp_path: Path) -> None:
    """Nothing is sold twice, lost or left over, on both databases; one process is killed on the way."""
    result = await held(url, tmp_path, "store", operations=900, kill_every_s=1.5)
    assert result.findings.wrong == []
    assert len(result.ops) >= 300  # how many more is a matter of the machine


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_a_race_through_the_google_client_is_won(url: str, tmp_path: Path) -> None:
    """With people at the calendar, faults, and reads that lag behind writes."""
    result = await held(url, tmp_path, "google", operations=250)
    assert result.findings.wrong == []
    assert result.requests > 200
    assert result.around["people write"] > 0
    assert Counter(op.result for op in result.ops)["ok"] > 50


async def test_to_check_and_then_insert_loses(url: str, tmp_path: Path) -> None:
    """The same race and the same judge: without the lock and the rule, times are sold twice."""
    await without_rules(url)
    sold_twice = 0
    for seed in range(1, MOST_NAIVE + 1):  # on a busy machine one race may happen to go well
        (folder := tmp_path / str(seed)).mkdir()
        result = await held(url, folder, "naive", calendars=1, quarters=20, seed=seed)
        sold_twice += result.findings.double_bookings
        if sold_twice:
            break
    assert sold_twice > 0


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_a_race_stops_when_its_time_is_up(url: str, tmp_path: Path) -> None:
    """However much was to be done."""
    result = await held(url, tmp_path, "store", operations=10**9, seconds=2.0)
    assert all(op.began < time.time() for op in result.ops)  # on a busy machine there may be few
    assert result.findings.wrong == []
