"""Whoever calls: what a number has agreed to, and codes that prove who has it at hand.

Of a code only its digest is kept. Part of the `BookingStore`, beside `bookings.py`; the texts that an
opt-out cancels are in `outbox.py`.
"""

import hmac
import uuid
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bridge.store import rows
from bridge.store.database import Database
from bridge.store.outbox import cancel_texts
from bridge.store.tables import callers, codes, insert_into, outbox
from tools.store import Caller, Channel, CodeCheck, TooManyCodes

A_DAY = timedelta(hours=24)  # what `per_day` counts back


class Callers:
    """Consents, opt-outs and codes on a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def caller(self, number: str) -> Caller | None:
        query = sa.select(callers).where(callers.c.number == number)

        def work(connection: sa.Connection) -> Caller | None:
            row = connection.execute(query).first()
            return None if row is None else as_caller(row)

        return await self._database.read(work)

    async def set_consent(self, *, number: str, now: datetime) -> None:
        await self._database.write(lambda connection: keep_consent(connection, number, now))

    async def set_opted_out(self, *, number: str, opted_out: bool, now: datetime) -> None:
        """See BookingStore. The first STOP is the one that is kept, until START."""

        def work(connection: sa.Connection) -> None:
            rows.lock_texts(connection)
            insert = insert_into(connection, callers).values(
                number=number, opted_out_at=now if opted_out else None, heard_at=now
            )
            first = sa.func.coalesce(callers.c.opted_out_at, insert.excluded.opted_out_at)
            connection.execute(
                insert.on_conflict_do_update(
                    index_elements=["number"],
                    set_={"opted_out_at": first if opted_out else None, "heard_at": now},
                )
            )
            if opted_out:
                cancel_texts(connection, (outbox.c.channel == Channel.SMS) & (outbox.c.to == number), now)

        await self._database.write(work)

    async def add_code(
        self, *, number: str, call_sid: str, digest: str, now: datetime, expires_at: datetime, per_day: int
    ) -> None:
        of_late = (codes.c.number == number) & (codes.c.created_at > now - A_DAY)
        live = (codes.c.call_sid == call_sid) & (codes.c.expires_at > now)

        def work(connection: sa.Connection) -> None:
            rows.lock_codes(connection, number)
            made = sa.select(sa.func.count()).select_from(codes).where(of_late)
            if connection.execute(made).scalar_one() >= per_day:
                raise TooManyCodes
            connection.execute(sa.update(codes).where(live).values(expires_at=now))
            connection.execute(
                sa.insert(codes).values(
                    id=uuid.uuid4().hex,
                    number=number,
                    call_sid=call_sid,
                    digest=digest,
                    created_at=now,
                    expires_at=expires_at,
                )
            )

        await self._database.write(work)

    async def check_code(
        self, *, number: str, call_sid: str, digest: str, now: datetime, tries: int
    ) -> CodeCheck:
        live = (
            sa.select(codes)
            .where(codes.c.number == number, codes.c.call_sid == call_sid)
            .where(codes.c.expires_at > now, codes.c.used_at.is_(None), codes.c.tries < tries)
            .with_for_update()
        )

        def work(connection: sa.Connection) -> CodeCheck:
            # Whoever waited for the row sees what the one before made of it, and may find none.
            code = connection.execute(live).first()
            if code is None:
                return CodeCheck.DEAD
            this = sa.update(codes).where(codes.c.id == code.id)
            if not hmac.compare_digest(code.digest.encode(), digest.encode()):
                connection.execute(this.values(tries=codes.c.tries + 1))
                return CodeCheck.WRONG
            connection.execute(this.values(used_at=now))
            return CodeCheck.RIGHT

        return await self._database.write(work)


def keep_consent(connection: sa.Connection, number: str, now: datetime) -> None:
    """The number has agreed to be texted. Inside a transaction; the first time is the one that is kept."""
    insert = insert_into(connection, callers).values(number=number, consented_at=now, heard_at=now)
    connection.execute(
        insert.on_conflict_do_update(
            index_elements=["number"],
            set_={
                "consented_at": sa.func.coalesce(callers.c.consented_at, insert.excluded.consented_at),
                "heard_at": now,
            },
        )
    )


def as_caller(row: sa.Row[Any]) -> Caller:
    """A row of the table `callers`."""
    return Caller(number=row.number, consented_at=row.consented_at, opted_out_at=row.opted_out_at)
