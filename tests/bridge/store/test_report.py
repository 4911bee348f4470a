"""Looking at everything the store holds."""

from datetime import timedelta

from bridge.store.connect import open_database
from bridge.store.report import Report
from bridge.store.store import Store
from tests.bridge.store.examples import HALF_HOUR, NOW, TWO_PM, book, hold
from tools.store import ReservationState


async def test_an_empty_store_has_nothing_to_show(store: Store) -> None:
    """Every list is there and empty."""
    report = store.report
    assert [
        await report.calls(),
        await report.turns(),
        await report.tool_calls(),
        await report.reservations(),
        await report.texts(),
        await report.callbacks(),
    ] == [[]] * 6


async def test_reservations_of_every_state_are_shown_in_order(store: Store) -> None:
    """By time, with those that ended: the checker must see them all."""
    await hold(store.bookings, "CA1", start=TWO_PM + HALF_HOUR)
    await book(store.bookings, "CA2")
    await hold(store.bookings, "CA3", start=TWO_PM + HALF_HOUR, now=NOW + timedelta(hours=1))
    assert [(row.call_sid, row.state) for row in await store.report.reservations()] == [
        ("CA2", ReservationState.BOOKED),
        ("CA1", ReservationState.EXPIRED),
        ("CA3", ReservationState.HELD),
    ]


async def test_the_checker_looks_from_outside(url: str, store: Store) -> None:
    """A report on a connection of its own sees what the server committed."""
    booked = await book(store.bookings)
    database = open_database(url)
    assert await Report(database).reservations() == [booked]
    await database.close()
