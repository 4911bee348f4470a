"""Texts to be sent, at most once each, and tasks for a person.

The half of the `BookingStore` that holds no time; `bookings.py` is the other.
"""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bridge.store.database import Database
from bridge.store.tables import callbacks, insert_into, outbox
from tools.store import UNFINISHED_AFTER, Text, TextState

# A text may be settled from here to there; everything else is left as it is. `unknown` is
# never sent again, but looking it up in Twilio's list may still tell what became of it.
SETTLED_FROM = {
    TextState.PENDING: (TextState.SENDING,),
    TextState.SENT: (TextState.SENDING, TextState.UNKNOWN),
    TextState.FAILED: (TextState.SENDING, TextState.UNKNOWN),
    TextState.UNKNOWN: (TextState.SENDING,),
}
# Recovery sends what is pending and looks up what is unknown; the others have come to their end.
LOOKED_AT = (TextState.PENDING, TextState.UNKNOWN)


class Outbox:
    """Texts and callbacks on a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def queue_text(
        self,
        *,
        reservation_id: str | None,
        kind: str,
        to_number: str,
        body: str,
        call_sid: str,
        now: datetime,
    ) -> Text:
        """See BookingStore. Without a reservation each call of this is a new text."""
        text_id = uuid.uuid4().hex

        def work(connection: sa.Connection) -> Text:
            connection.execute(
                insert_into(connection, outbox)
                .values(
                    id=text_id,
                    reservation_id=reservation_id,
                    kind=kind,
                    to_number=to_number,
                    body=body,
                    state=TextState.PENDING,
                    call_sid=call_sid,
                    due_at=now + UNFINISHED_AFTER,
                    created_at=now,
                    changed_at=now,
                )
                .on_conflict_do_nothing(index_elements=["reservation_id", "kind"])
            )
            first = outbox.c.id == text_id
            if reservation_id is not None:
                first = (outbox.c.reservation_id == reservation_id) & (outbox.c.kind == kind)
            return as_texts(connection.execute(sa.select(outbox).where(first)))[0]

        return await self._database.write(work)

    async def claim_text(self, *, text_id: str, now: datetime) -> bool:
        claim = (
            sa.update(outbox)
            .where(outbox.c.id == text_id, outbox.c.state == TextState.PENDING)
            .values(state=TextState.SENDING, due_at=now + UNFINISHED_AFTER, changed_at=now)
            .returning(outbox.c.id)
        )
        return await self._database.write(lambda connection: connection.execute(claim).first() is not None)

    async def settle_text(
        self,
        *,
        text_id: str,
        state: TextState,
        now: datetime,
        message_sid: str | None = None,
        error_code: str | None = None,
    ) -> None:
        if state not in SETTLED_FROM:
            raise ValueError(f"a text is not settled as {state}")
        settle = (
            sa.update(outbox)
            .where(outbox.c.id == text_id, outbox.c.state.in_(SETTLED_FROM[state]))
            .values(
                state=state,
                message_sid=message_sid,
                error_code=error_code,
                due_at=now + UNFINISHED_AFTER if state in LOOKED_AT else None,
                changed_at=now,
            )
        )

        def work(connection: sa.Connection) -> None:
            connection.execute(settle)

        await self._database.write(work)

    async def add_callback(
        self,
        *,
        call_sid: str,
        number: str | None,
        name: str | None,
        message: str,
        reason: str,
        now: datetime,
        key: str | None = None,
    ) -> str:
        # The journal repeats a write whose answer was lost, so the id follows from what is written.
        same = key if key is not None else "\n".join((now.isoformat(), message))
        callback_id = uuid.uuid5(uuid.NAMESPACE_OID, "\n".join((call_sid, reason, same))).hex

        def work(connection: sa.Connection) -> None:
            connection.execute(
                insert_into(connection, callbacks)
                .values(
                    id=callback_id,
                    call_sid=call_sid,
                    number=number,
                    name=name,
                    message=message,
                    reason=reason,
                    created_at=now,
                )
                .on_conflict_do_nothing()
            )

        await self._database.write(work)
        return callback_id


def as_texts(rows: Iterable[sa.Row[Any]]) -> list[Text]:
    """Rows of the outbox as the tools know them."""
    return [
        Text(
            id=row.id,
            reservation_id=row.reservation_id,
            kind=row.kind,
            to_number=row.to_number,
            body=row.body,
            state=TextState(row.state),
            message_sid=row.message_sid,
            error_code=row.error_code,
            queued_at=row.created_at,
        )
        for row in rows
    ]
