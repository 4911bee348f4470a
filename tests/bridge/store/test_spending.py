"""What each day has cost."""

import asyncio
from datetime import date

import pytest

from bridge.store.journal import Journal
from bridge.store.spending import WRITTEN_WITHIN_S, Till
from bridge.store.store import Store
from tests.server import in_no_time

TODAY, TOMORROW = date(2026, 11, 23), date(2026, 11, 24)


async def test_a_days_turns_add_up(store: Store) -> None:
    """Also when several calls write at once; another day is another sum."""
    assert await store.spending.of(TODAY) == 0
    await asyncio.gather(*(store.spending.add(day=TODAY, micros=1_500_000) for _ in range(6)))
    await store.spending.add(day=TOMORROW, micros=7)
    assert await store.spending.of(TODAY) == 9_000_000
    assert await store.spending.of(TOMORROW) == 7


async def test_more_than_a_small_number_holds(store: Store) -> None:
    """Thousands of dollars in millionths."""
    await store.spending.add(day=TODAY, micros=5_000 * 1_000_000)
    assert await store.spending.of(TODAY) == 5_000_000_000


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
@in_no_time
async def test_a_till_is_emptied_every_few_seconds(url: str) -> None:
    """Many turns are one write for each day; what comes later is in the next one."""
    store, journal = await Store.open(url), Journal()
    till = Till(store.spending, journal)
    for _ in range(100):
        till.add(day=TODAY, micros=3)
    till.add(day=TOMORROW, micros=7)
    assert journal.waiting == 0
    await asyncio.sleep(WRITTEN_WITHIN_S)
    assert journal.waiting == 2
    till.add(day=TODAY, micros=1)
    assert await journal.flush(5)
    assert (await store.spending.of(TODAY), await store.spending.of(TOMORROW)) == (300, 7)
    await asyncio.sleep(WRITTEN_WITHIN_S)
    assert await journal.flush(5)
    assert await store.spending.of(TODAY) == 301
    await journal.close()
    await store.close()


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
@in_no_time
async def test_a_till_is_emptied_when_somebody_says_so(url: str) -> None:
    """Nothing of it waits any longer, and nothing is counted twice."""
    store, journal = await Store.open(url), Journal()
    till = Till(store.spending, journal)
    till.add(day=TODAY, micros=3)
    till.empty()
    till.empty()
    await journal.close()
    assert await store.spending.of(TODAY) == 3
    await asyncio.sleep(2 * WRITTEN_WITHIN_S)
    assert journal.dropped == 0
    await store.close()
