"""Where handoffs are kept. The same behaviour on both databases."""

import asyncio
from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa

from bridge.handoff.states import DUE_AFTER, Happened, Order, State
from bridge.store.database import Database
from bridge.store.handoffs import Advanced
from bridge.store.store import Store
from bridge.store.tables import handoffs
from tests.bridge.store.examples import NOW
from tools.store import Lead, StoreUnavailable

DANA = "+12025550143"
SECOND = timedelta(seconds=1)


async def agree(store: Store, call_sid: str = "CA1", brief: str = "Dana is on the line.") -> None:
    await store.handoffs.agree(call_sid=call_sid, caller_number=DANA, brief=brief, now=NOW)


async def tell(
    store: Store, happened: Happened, *, seconds: int = 0, person_sid: str | None = None
) -> Advanced:
    advanced = await store.handoffs.advance(
        call_sid="CA1", happened=happened, now=NOW + seconds * SECOND, person_sid=person_sid
    )
    assert advanced is not None
    return advanced


async def test_a_handoff_is_agreed_once(store: Store) -> None:
    """What is known first stays; a second word of it, without a brief, changes nothing."""
    await agree(store)
    await tell(store, Happened.HELD)
    await agree(store, brief="")
    row = await store.handoffs.handoff("CA1")
    assert row is not None
    assert (row.state, row.brief, row.caller_number) == (State.WAITING, "Dana is on the line.", DANA)
    assert await store.report.handoffs() == [row]


async def test_a_call_that_was_never_handed_over(store: Store) -> None:
    """There is nothing to tell of it."""
    assert await store.handoffs.handoff("CA1") is None
    advanced = await store.handoffs.advance(call_sid="CA1", happened=Happened.CALLER_GONE, now=NOW)
    assert advanced is None
    assert await store.report.handoffs() == []


async def test_steps_are_kept_with_their_time(store: Store) -> None:
    """The state, when it is due, and the orders that follow; what changes nothing delays nothing."""
    await agree(store)
    await tell(store, Happened.HELD, seconds=1)
    rung = await tell(store, Happened.RING, seconds=2)
    assert rung.orders == (Order.RING,)
    assert rung.handoff.due_at == NOW + 2 * SECOND + DUE_AFTER[State.RINGING]
    again = await tell(store, Happened.RING, seconds=3)
    assert (again.orders, again.handoff) == ((), rung.handoff)
    assert await store.handoffs.handoff("CA1") == rung.handoff


async def test_the_first_leg_that_is_heard_of_is_the_persons(store: Store) -> None:
    """Twilio may tell of it before its request was answered."""
    await agree(store)
    for happened, leg in ((Happened.HELD, None), (Happened.RING, None), (Happened.STILL_THERE, "CA2")):
        await tell(store, happened, person_sid=leg)
    assert (await tell(store, Happened.ANSWERED, person_sid="CA3")).handoff.person_sid == "CA2"


async def test_due_counts_when_it_is_due(store: Store) -> None:
    """Of two that look at the same time one alone gets the orders, and the row waits anew."""
    await agree(store)
    await tell(store, Happened.HELD)
    assert await store.handoffs.due(NOW) == []
    late = DUE_AFTER[State.WAITING].seconds
    assert (await tell(store, Happened.DUE, seconds=late - 1)).orders == ()
    assert await store.handoffs.due(NOW + late * SECOND) == ["CA1"]
    looks = await asyncio.gather(*(tell(store, Happened.DUE, seconds=late) for _ in range(4)))
    assert sorted(len(look.orders) for look in looks) == [0, 0, 0, 1]
    assert await store.handoffs.due(NOW + late * SECOND) == []


async def test_a_talk_is_looked_at_again(store: Store) -> None:
    """Every ninety seconds, until it is over."""
    await agree(store)
    for happened in (Happened.HELD, Happened.RING, Happened.ANSWERED, Happened.ACCEPTED):
        await tell(store, happened)
    for minute_and_half in (90, 180):
        assert (await tell(store, Happened.DUE, seconds=minute_and_half)).orders == (Order.CHECK_LEGS,)
    assert (await tell(store, Happened.CALLER_LEFT, seconds=190)).handoff.due_at is None


async def test_who_comes_back_brings_what_was_told(store: Store) -> None:
    """The agent knows it again; of a call that nobody brought back nothing is said."""
    lead = Lead(name="Dana Reed", reason="a sore tooth")
    await agree(store)
    assert await store.handoffs.brought_back("CA1") is None
    await tell(store, Happened.NOBODY_THERE)
    assert await store.handoffs.brought_back("CA1") == Lead()
    await store.bookings.save_lead(call_sid="CA1", caller_number=DANA, lead=lead, now=NOW)
    assert await store.handoffs.brought_back("CA1") == lead
    assert await store.handoffs.brought_back("CA2") is None


async def test_the_database_knows_every_state_and_no_other(store: Store, database: Database) -> None:
    """The closed list of the migration is that of the table of states."""
    await agree(store)
    for state in State:
        await database.write(partial(_set_state, state.value))
    with pytest.raises((StoreUnavailable, sa.exc.IntegrityError)):
        await database.write(partial(_set_state, "lost"))


def _set_state(state: str, connection: sa.Connection) -> None:
    connection.execute(sa.update(handoffs).values(state=state))
