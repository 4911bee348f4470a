"""What is forgotten: words and persons after `retention_days`, times and counts never.

Run once a day by whoever owns the clock; running it twice, or in two processes, is harmless.
"""

from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from bridge.store.database import Database
from bridge.store.tables import (
    callbacks,
    callers,
    calls,
    codes,
    handoffs,
    leads,
    outbox,
    reservations,
    tokens,
    tool_calls,
    turns,
)
from tools.store import LIVE

TOKEN_KEPT = timedelta(days=1)  # a token is good for a minute; a day bears any clock that is wrong
CODE_KEPT = timedelta(days=1)  # good for minutes, but counted for a day


class Swept(msgspec.Struct, frozen=True, kw_only=True):
    """How many rows were deleted, or emptied of persons."""

    turns: int
    tool_calls: int
    texts: int
    callbacks: int
    leads: int
    handoffs: int
    calls: int
    reservations: int
    callers: int


async def sweep(database: Database, *, now: datetime, retention_days: int) -> Swept:
    """Delete turns, texts, callbacks, leads and handoffs older than `retention_days`; blank other persons.

    Arguments of tool calls, summaries, snapshots and numbers of calls, and whose a reservation was go;
    a reservation keeps its time and its state, and a live one is left alone until it is over, as is
    a text whose hour has not come. A number that nothing else names any more is forgotten with
    its consent, unless it has opted out: that is kept for ever.
    Raises StoreUnavailable; then nothing was deleted.
    """
    if retention_days < 1:
        raise ValueError("retention is at least one day")
    oldest = now - timedelta(days=retention_days)
    # An outbox row changes as it is sent or given up; a reminder's hour may come long after.
    waiting = outbox.c.due_at.is_not(None) & (outbox.c.due_at >= oldest)
    dead = reservations.c.state.not_in(LIVE) & (reservations.c.changed_at < oldest)

    def work(connection: sa.Connection) -> Swept:
        connection.execute(sa.delete(tokens).where(tokens.c.used_at < now - TOKEN_KEPT))
        connection.execute(sa.delete(codes).where(codes.c.created_at < now - CODE_KEPT))
        return Swept(
            turns=connection.execute(sa.delete(turns).where(turns.c.at < oldest)).rowcount,
            tool_calls=connection.execute(
                sa.update(tool_calls)
                .where(tool_calls.c.at < oldest, tool_calls.c.arguments.is_not(None))
                .values(arguments=None)
            ).rowcount,
            texts=connection.execute(
                sa.delete(outbox).where(outbox.c.changed_at < oldest, ~waiting)
            ).rowcount,
            callbacks=connection.execute(
                sa.delete(callbacks).where(callbacks.c.created_at < oldest)
            ).rowcount,
            leads=connection.execute(sa.delete(leads).where(leads.c.changed_at < oldest)).rowcount,
            handoffs=connection.execute(sa.delete(handoffs).where(handoffs.c.changed_at < oldest)).rowcount,
            calls=connection.execute(
                sa.update(calls)
                .where(
                    calls.c.started_at < oldest,
                    calls.c.caller_number.is_not(None)
                    | calls.c.summary.is_not(None)
                    | calls.c.snapshot.is_not(None),
                )
                .values(caller_number=None, summary=None, snapshot=None)
            ).rowcount,
            reservations=connection.execute(
                sa.update(reservations)
                .where(
                    (reservations.c.ends_at < oldest) | dead,
                    reservations.c.caller_number.is_not(None)
                    | reservations.c.customer_name.is_not(None)
                    | reservations.c.customer_email.is_not(None)
                    | (reservations.c.note != ""),
                )
                .values(caller_number=None, customer_name=None, customer_email=None, note="")
            ).rowcount,
            # The last, when calls and reservations have forgotten the number.
            callers=connection.execute(
                sa.delete(callers).where(
                    callers.c.heard_at < oldest,
                    callers.c.opted_out_at.is_(None),
                    ~sa.exists().where(calls.c.caller_number == callers.c.number),
                    ~sa.exists().where(reservations.c.caller_number == callers.c.number),
                )
            ).rowcount,
        )

    return await database.write(work)
