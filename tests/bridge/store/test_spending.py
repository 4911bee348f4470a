"""What each day has cost."""

import asyncio
from datetime import date

from bridge.store.store import Store

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
