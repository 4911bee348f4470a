"""Handoffs: where each call that goes to a person is on its way; one row per call.

Every step is one transaction: the row is read, `bridge.handoff.states` says what follows, and that is
written before anybody acts on it. So of several processes that hear of the same thing one alone gets the
orders. Read `bridge/handoff/desk.py` for who asks.
"""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from bridge.handoff.states import DUE_AFTER, Happened, Order, State, after
from bridge.store.database import Database
from bridge.store.leads import as_lead
from bridge.store.tables import handoffs, insert_into, leads
from tools.store import Lead

LONGEST = timedelta(hours=4)  # a call, as Twilio has it
MOST_DUE = 50  # rows that one look takes on; the next one takes the others


class Handoff(msgspec.Struct, frozen=True, kw_only=True):
    """A handoff as the store has it."""

    call_sid: str  # the caller's leg
    state: State
    caller_number: str | None
    brief: str  # what the person is told, "" where nothing is known
    person_sid: str | None  # the person's leg, once known
    due_at: datetime | None


class Advanced(msgspec.Struct, frozen=True, kw_only=True):
    """A handoff after something happened."""

    handoff: Handoff
    orders: tuple[Order, ...]


class HandoffStore:
    """Handoffs on a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def agree(self, *, call_sid: str, caller_number: str | None, brief: str, now: datetime) -> None:
        """The call is to go to a person. A call is handed over once: repeated, this changes nothing."""
        row = {
            "call_sid": call_sid,
            "state": State.AGREED.value,
            "caller_number": caller_number,
            "brief": brief,
            "due_at": now + DUE_AFTER[State.AGREED],
            "created_at": now,
            "changed_at": now,
        }

        def work(connection: sa.Connection) -> None:
            connection.execute(insert_into(connection, handoffs).values(**row).on_conflict_do_nothing())

        await self._database.write(work)

    async def advance(
        self, *, call_sid: str, happened: Happened, now: datetime, person_sid: str | None = None
    ) -> Advanced | None:
        """Take in what happened; None when this call was never to be handed over.

        `person_sid`: the leg it was heard of; the first one that is heard of is the person's. DUE counts
        only when the row is due: of several processes that look at once, one alone finds it so.
        """

        def work(connection: sa.Connection) -> Advanced | None:
            query = sa.select(handoffs).where(handoffs.c.call_sid == call_sid).with_for_update()
            found = connection.execute(query).first()
            if found is None:
                return None
            row = as_handoff(found)
            if happened is Happened.DUE and (row.due_at is None or row.due_at > now):
                return Advanced(handoff=row, orders=())
            # A caller whom nobody can find any more would be looked for without end.
            lost = happened is Happened.DUE and now - found.created_at > LONGEST
            step = after(row.state, Happened.CALLER_GONE if lost else happened)
            changes: dict[str, Any] = {"person_sid": row.person_sid or person_sid}
            if step.state is not row.state or happened is Happened.DUE:
                wait = DUE_AFTER.get(step.state)
                changes |= {"state": step.state.value, "due_at": None if wait is None else now + wait}
            row = msgspec.structs.replace(row, **{**changes, "state": step.state})
            connection.execute(
                sa.update(handoffs).where(handoffs.c.call_sid == call_sid).values(changed_at=now, **changes)
            )
            return Advanced(handoff=row, orders=step.orders)

        return await self._database.write(work)

    async def due(self, now: datetime) -> list[str]:
        """Calls whose handoff has waited long enough, the longest first."""
        query = sa.select(handoffs.c.call_sid).where(handoffs.c.due_at <= now).order_by(handoffs.c.due_at)
        return await self._database.read(lambda c: list(c.execute(query.limit(MOST_DUE)).scalars()))

    async def handoff(self, call_sid: str) -> Handoff | None:
        query = sa.select(handoffs).where(handoffs.c.call_sid == call_sid)

        def work(connection: sa.Connection) -> Handoff | None:
            row = connection.execute(query).first()
            return None if row is None else as_handoff(row)

        return await self._database.read(work)

    async def brought_back(self, call_sid: str) -> Lead | None:
        """What the caller had told, for a call that nobody could be fetched for; None for any other."""
        query = (
            sa.select(handoffs.c.state, leads)
            .join(leads, leads.c.call_sid == handoffs.c.call_sid, isouter=True)
            .where(handoffs.c.call_sid == call_sid, handoffs.c.state == State.RETURNED.value)
        )

        def work(connection: sa.Connection) -> Lead | None:
            row = connection.execute(query).first()
            if row is None:
                return None
            return Lead() if row.fields is None else as_lead(row)

        return await self._database.read(work)


def as_handoff(row: sa.Row[Any]) -> Handoff:
    """A row of the table `handoffs`."""
    return Handoff(
        call_sid=row.call_sid,
        state=State(row.state),
        caller_number=row.caller_number,
        brief=row.brief,
        person_sid=row.person_sid,
        due_at=row.due_at,
    )
