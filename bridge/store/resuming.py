"""Calls whose stream broke: whether one may go on in another, and from what.

A call is closed by whoever saw its stream end, and opened again by whoever is asked what comes
next and answers with a new stream: one transaction, so that any process may be asked. Read
`calls.py` for all else about calls, `bridge/call/snapshot.py` for what a snapshot is.
"""

from datetime import datetime

import msgspec
import sqlalchemy as sa

from bridge.store.database import Database, Entry, Row, RowEntry
from bridge.store.rows import RESERVATION, as_reservations
from bridge.store.tables import calls, reservations
from tools.store import Reservation

# `next_asked_at`, too: the new stream may break without anybody asking what comes next.
_OPEN_AGAIN = dict.fromkeys(
    ("next_step", "next_step_reason", "next_asked_at", "outcome", "reason", "summary", "ended_at")
)
# Made once: after every turn of every call there is one, and making it costs more than sending it.
_SAVE = (
    sa.update(calls)
    .where(calls.c.call_sid == sa.bindparam("of_call"), calls.c.resumes <= sa.bindparam("of_stream"))
    .values(snapshot=sa.bindparam("kept"))
)
MOST_RESUMES = 2  # in one call; what breaks a third time breaks again


class AfterStream(msgspec.Struct, frozen=True, kw_only=True):
    """What the telephone does after a stream."""

    step: str | None  # a NextStep's value; None: nothing was decided
    reason: str | None
    resumable: bool  # it may go on in another stream


class ResumeStore:
    """Resumed calls on a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save_snapshot(self, *, call_sid: str, stream: int, snapshot: str) -> Entry:
        """Keep what another stream would go on from, unless one has begun. Repeating it is harmless."""
        row = {"of_call": call_sid, "of_stream": stream, "kept": snapshot}
        return RowEntry(self._database, _save, row)

    async def after_stream(
        self, *, call_sid: str, broken: frozenset[str], now: datetime, begin: bool, asked: bool
    ) -> AfterStream:
        """What was decided about this call, and whether it may be resumed.

        It may when its stream was lost (no step, or TROUBLE for a reason of `broken`), it had one at
        all, and it was not resumed too often. `begin`: then it is open again, with another stream
        counted. `asked`: note that the telephone was told what comes next.
        """

        def work(connection: sa.Connection) -> AfterStream:
            query = sa.select(calls).where(calls.c.call_sid == call_sid).with_for_update()
            row = connection.execute(query).first()
            if row is None:
                return AfterStream(step=None, reason=None, resumable=False)
            lost = row.next_step is None or (row.next_step == "trouble" and row.next_step_reason in broken)
            resumable = lost and row.snapshot is not None and row.resumes < MOST_RESUMES
            change = sa.update(calls).where(calls.c.call_sid == call_sid)
            if asked:
                connection.execute(change.values(next_asked_at=now))
            if begin and resumable:
                connection.execute(change.values(resumes=calls.c.resumes + 1, **_OPEN_AGAIN))
            return AfterStream(step=row.next_step, reason=row.next_step_reason, resumable=resumable)

        return await self._database.write(work)

    async def reservations_of(self, *, call_sid: str, ids: list[str]) -> list[Reservation]:
        """What this call has kept or booked, and the reservations of these ids; oldest first."""
        which = sa.or_(reservations.c.call_sid == call_sid, reservations.c.id.in_(ids))
        query = RESERVATION.where(which).order_by(reservations.c.created_at, reservations.c.id)
        return await self._database.read(lambda connection: as_reservations(connection.execute(query)))


def _save(connection: sa.Connection, snapshots: list[Row]) -> None:
    connection.execute(_SAVE, snapshots)
