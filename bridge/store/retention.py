"""What is forgotten: words and persons after `retention_days`, times and counts never.

Run once a day by whoever owns the clock; running it twice, or in two processes, is harmless.
"""

from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from bridge.store.database import Database
from bridge.store.tables import callbacks, calls, outbox, reservations, tokens, tool_calls, turns
from tools.store import LIVE

TOKEN_KEPT = timedelta(days=1)  # a token is good for a minute; a day bears any clock that is wrong


class Swept(msgspec.Struct, frozen=True, kw_only=True):
    """How many rows were deleted, or emptied of persons."""

    turns: int
    tool_calls: int
    texts: int
    callbacks: int
    calls: int
    reservations: int


async def sweep(database: Database, *, now: datetime, retention_days: int) -> Swept:
    """Delete turns, texts and callbacks older than `retention_days`, and blank what else tells of persons.

    Arguments of tool calls, summaries and numbers of calls, names and numbers of reservations
    go; a reservation keeps its time and its state, and a live one is left alone until it is over.
    Raises StoreUnavailable; then nothing was deleted.
    """
    if retention_days < 1:
        raise ValueError("retention is at least one day")
    oldest = now - timedelta(days=retention_days)
    dead = reservations.c.state.not_in(LIVE) & (reservations.c.changed_at < oldest)

    def work(connection: sa.Connection) -> Swept:
        connection.execute(sa.delete(tokens).where(tokens.c.used_at < now - TOKEN_KEPT))
        return Swept(
            turns=connection.execute(sa.delete(turns).where(turns.c.at < oldest)).rowcount,
            tool_calls=connection.execute(
                sa.update(tool_calls)
                .where(tool_calls.c.at < oldest, tool_calls.c.arguments.is_not(None))
                .values(arguments=None)
            ).rowcount,
            texts=connection.execute(sa.delete(outbox).where(outbox.c.created_at < oldest)).rowcount,
            callbacks=connection.execute(
                sa.delete(callbacks).where(callbacks.c.created_at < oldest)
            ).rowcount,
            calls=connection.execute(
                sa.update(calls)
                .where(
                    calls.c.started_at < oldest,
                    calls.c.caller_number.is_not(None) | calls.c.summary.is_not(None),
                )
                .values(caller_number=None, summary=None)
            ).rowcount,
            reservations=connection.execute(
                sa.update(reservations)
                .where(
                    (reservations.c.ends_at < oldest) | dead,
                    reservations.c.caller_number.is_not(None) | reservations.c.customer_name.is_not(None),
                )
                .values(caller_number=None, customer_name=None)
            ).rowcount,
        )

    return await database.write(work)
