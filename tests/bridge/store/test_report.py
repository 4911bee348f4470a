"""Looking at everything the store holds."""

from datetime import timedelta

from bridge.store.connect import open_database
from bridge.store.report import CodeRow, LeadRow, Report
from bridge.store.store import Store
from tests.bridge.store.examples import HALF_HOUR, NOW, TWO_PM, book, hold
from tools.store import Caller, Lead, ReservationState

DANA = "+12025550143"


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
        await report.leads(),
        await report.callers(),
        await report.codes(),
    ] == [[]] * 9


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


async def test_what_is_known_of_callers_is_shown(store: Store) -> None:
    """Leads, consents and codes as they were written; of a code nothing that would give it away."""
    lead = Lead(name="Dana Reed", fields={"insurance": "none"})
    await store.bookings.save_lead(call_sid="CA1", caller_number=DANA, lead=lead, now=NOW)
    await store.bookings.set_opted_out(number=DANA, opted_out=True, now=NOW)
    await store.bookings.add_code(
        number=DANA, call_sid="CA1", digest="abc", now=NOW, expires_at=NOW + HALF_HOUR, per_day=1
    )
    assert await store.report.leads() == [
        LeadRow(call_sid="CA1", caller_number=DANA, lead=lead, created_at=NOW, changed_at=NOW)
    ]
    assert await store.report.callers() == [Caller(number=DANA, consented_at=None, opted_out_at=NOW)]
    [code] = await store.report.codes()
    assert code == CodeRow(
        id=code.id,
        number=DANA,
        call_sid="CA1",
        tries=0,
        created_at=NOW,
        expires_at=NOW + HALF_HOUR,
        used_at=None,
    )


async def test_the_checker_looks_from_outside(url: str, store: Store) -> None:
    """A report on a connection of its own sees what the server committed."""
    booked = await book(store.bookings)
    database = open_database(url)
    assert await Report(database).reservations() == [booked]
    await database.close()
