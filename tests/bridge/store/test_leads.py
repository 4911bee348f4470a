"""What callers told of themselves. The same behaviour on both databases."""

from datetime import timedelta

from bridge.store.store import Store
from tests.bridge.store.examples import NOW
from tools.store import Lead

DANA = "+12025550143"
MINUTE = timedelta(minutes=1)
ALL = Lead(
    name="Dana Reed",
    callback_number="+12025550144",
    email="dana@example.com",
    location="Springfield",
    reason="Sore tooth",
    customer="new",
    appointment_type="cleaning",
    urgency="urgent",
    qualified="yes",
    handoff_reason="asks_for_person",
    best_time="after five",
    fields={"insurance": "none", "naïve": "“quoted”"},
)


async def save(
    store: Store, lead: Lead, call_sid: str = "CA1", *, number: str | None = DANA, minutes: int = 0
) -> None:
    await store.bookings.save_lead(
        call_sid=call_sid, caller_number=number, lead=lead, now=NOW + minutes * MINUTE
    )


async def test_a_lead_comes_back_as_it_was_told(store: Store) -> None:
    """Every field, the owner's own too; what was not told is not there."""
    assert None not in [getattr(ALL, name) for name in Lead.__struct_fields__]
    await save(store, ALL)
    await save(store, Lead(), "CA2", number=None, minutes=1)
    first, second = await store.report.leads()
    assert (first.lead, first.caller_number) == (ALL, DANA)
    assert (second.lead, second.caller_number) == (Lead(), None)


async def test_a_call_has_one_lead_the_latest(store: Store) -> None:
    """What is told later replaces what was told before, a thing taken back too."""
    await save(store, ALL)
    await save(store, Lead(name="Dana Read"), minutes=2)
    [row] = await store.report.leads()
    assert row.lead == Lead(name="Dana Read")
    assert (row.created_at, row.changed_at) == (NOW, NOW + 2 * MINUTE)


async def test_a_word_that_comes_late_changes_nothing(store: Store) -> None:
    """A write that was slow does not undo the one that overtook it; the same one again does no harm."""
    for lead, minutes in ((Lead(name="Dana Read"), 2), (ALL, 0), (Lead(name="Dana Read"), 2)):
        await save(store, lead, minutes=minutes)
        [row] = await store.report.leads()
        assert row.lead == Lead(name="Dana Read")
