"""Texts to be sent, at most once each, and tasks for a person.

A text to a number that has opted out is kept, and is `cancelled` from the first: whoever
queues, cancels or opts out does it one after the other, so that none is ever pending. The half of
the `BookingStore` that holds no time; `bookings.py` is the other, `callers.py` has the opt-outs.
"""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog

from bridge.store import rows
from bridge.store.database import Database
from bridge.store.tables import callbacks, callers, insert_into, outbox, reservations
from tools.store import (
    UNFINISHED_AFTER,
    Channel,
    Notice,
    Reservation,
    Text,
    TextCaps,
    TextState,
    TooManyTexts,
)

log = structlog.get_logger(__name__)

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
A_DAY = timedelta(hours=24)  # what the caps on texts count back
# What they count: those cancelled were never sent.
_COUNTED = (outbox.c.channel == Channel.SMS) & (outbox.c.state != TextState.CANCELLED)


class Outbox:
    """Texts and callbacks on a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def queue_text(
        self,
        *,
        reservation_id: str | None,
        kind: str,
        to: str,
        body: str,
        call_sid: str,
        now: datetime,
        caps: TextCaps | None = None,
    ) -> Text:
        """See BookingStore. Without a reservation each call of this is a new text."""
        notice = Notice(kind=kind, channel=Channel.SMS, to=to, body=body)

        def work(connection: sa.Connection) -> Text:
            if reservation_id is not None:
                rows.lock_rows(connection, reservations.c.id == reservation_id)
            rows.lock_texts(connection)
            if already := _find(connection, reservation_id, kind, Channel.SMS):
                return already
            if caps is not None:
                _check_caps(connection, caps, call_sid, to, now)
            text_id = _insert(connection, reservation_id, call_sid, notice, now)
            return as_texts(connection.execute(sa.select(outbox).where(outbox.c.id == text_id)))[0]

        return await self._database.write(work)

    async def text(self, *, reservation_id: str, kind: str, channel: Channel = Channel.SMS) -> Text | None:
        return await self._database.read(lambda connection: _find(connection, reservation_id, kind, channel))

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
        due_at: datetime | None = None,
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
                due_at=(due_at or now + UNFINISHED_AFTER) if state in LOOKED_AT else None,
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
        urgency: str = "normal",
        best_time: str | None = None,
        notices: tuple[Notice, ...] = (),
        texts_per_day: int | None = None,
    ) -> str:
        """See BookingStore."""
        # The journal repeats a write whose answer was lost, so the id follows from what is written. What
        # the caller tells after a message comes with the same key, and belongs to the same task.
        same = key if key is not None else "\n".join((now.isoformat(), message))
        callback_id = uuid.uuid5(uuid.NAMESPACE_OID, "\n".join((call_sid, reason, same))).hex
        task = {
            "number": number,
            "name": name,
            "message": message,
            "urgency": urgency,
            "best_time": best_time,
        }

        def work(connection: sa.Connection) -> bool:
            """Whether the owner's texts of this day are used up."""
            insert = insert_into(connection, callbacks).values(
                id=callback_id, call_sid=call_sid, reason=reason, created_at=now, **task
            )
            row = connection.execute(insert.on_conflict_do_nothing().returning(callbacks.c.id)).first()
            if row is None:  # whoever wrote it first has told the owner
                known = {column: value for column, value in task.items() if value}
                if urgency == "normal":  # nothing speaks for it: somebody who knew more may have written it
                    del known["urgency"]
                if known:
                    same_task = sa.update(callbacks).where(callbacks.c.id == callback_id)
                    connection.execute(same_task.values(**known))
                return False
            if not notices:
                return False
            rows.lock_texts(connection)
            used_up = texts_per_day is not None and _told_by_text(connection, now) >= texts_per_day
            for notice in notices:
                if notice.channel is not Channel.SMS or not used_up:
                    _insert(connection, None, call_sid, notice, now, callback_id)
            return used_up and any(notice.channel is Channel.SMS for notice in notices)

        if await self._database.write(work):
            log.warning("owner_not_texted", reason="too_many_texts", per_day=texts_per_day)
        return callback_id


# --- inside a transaction -----------------------------------------------------------


def change_texts(
    connection: sa.Connection,
    row: Reservation,
    now: datetime,
    *,
    ends: str | None,
    notices: tuple[Notice, ...],
) -> None:
    """Queue `notices` about `row`; what is still to be sent about the reservation `ends` is cancelled.

    Whoever calls holds the locks of both rows.
    """
    if ends is None and not notices:
        return
    rows.lock_texts(connection)
    if ends is not None:
        cancel_texts(connection, outbox.c.reservation_id == ends, now)
    for notice in notices:
        _insert(connection, row.id, row.call_sid, notice, now)


def cancel_texts(connection: sa.Connection, which: sa.ColumnElement[bool], now: datetime) -> None:
    """Those of these texts that nobody has begun to send never will be. Lock the texts before."""
    pending = sa.update(outbox).where(which, outbox.c.state == TextState.PENDING)
    connection.execute(pending.values(state=TextState.CANCELLED, due_at=None, changed_at=now))


def _insert(
    connection: sa.Connection,
    reservation_id: str | None,
    call_sid: str,
    notice: Notice,
    now: datetime,
    callback_id: str | None = None,
) -> str:
    """Id of the new row; there is none when one of its kind is there already."""
    text_id = uuid.uuid4().hex
    unwanted = notice.channel is Channel.SMS and _opted_out(connection, notice.to)
    connection.execute(
        insert_into(connection, outbox)
        .values(
            id=text_id,
            reservation_id=reservation_id,
            kind=notice.kind,
            channel=notice.channel,
            to=notice.to,
            subject=notice.subject,
            body=notice.body,
            invite=notice.invite,
            state=TextState.CANCELLED if unwanted else TextState.PENDING,
            call_sid=call_sid,
            callback_id=callback_id,
            due_at=None if unwanted else notice.due_at or now + UNFINISHED_AFTER,
            created_at=now,
            changed_at=now,
        )
        .on_conflict_do_nothing(index_elements=["reservation_id", "kind", "channel"])
    )
    return text_id


def _opted_out(connection: sa.Connection, number: str) -> bool:
    query = sa.select(callers.c.opted_out_at).where(callers.c.number == number)
    return connection.execute(query).scalar() is not None


def _find(connection: sa.Connection, reservation_id: str | None, kind: str, channel: Channel) -> Text | None:
    if reservation_id is None:
        return None  # each is a text of its own
    query = sa.select(outbox).where(
        outbox.c.reservation_id == reservation_id, outbox.c.kind == kind, outbox.c.channel == channel
    )
    found = as_texts(connection.execute(query))
    return found[0] if found else None


def _check_caps(connection: sa.Connection, caps: TextCaps, call_sid: str, to: str, now: datetime) -> None:
    """Raises TooManyTexts unless one more is allowed. Those to the owner do not count."""
    counted = _COUNTED & outbox.c.callback_id.is_(None)
    of_late = counted & (outbox.c.created_at > now - A_DAY)
    for which, cap in (
        (counted & (outbox.c.call_sid == call_sid), caps.per_call),
        (of_late & (outbox.c.to == to), caps.per_number),
        (of_late, caps.in_all),
    ):
        count = sa.select(sa.func.count()).select_from(outbox).where(which)
        if connection.execute(count).scalar_one() >= cap:
            raise TooManyTexts


def _told_by_text(connection: sa.Connection, now: datetime) -> int:
    """How many texts went to the owner of late."""
    of_late = _COUNTED & outbox.c.callback_id.is_not(None) & (outbox.c.created_at > now - A_DAY)
    return connection.execute(sa.select(sa.func.count()).select_from(outbox).where(of_late)).scalar_one()


def as_texts(found: Iterable[sa.Row[Any]]) -> list[Text]:
    """Rows of the outbox as the tools know them."""
    return [
        Text(
            id=row.id,
            reservation_id=row.reservation_id,
            kind=row.kind,
            to=row.to,
            body=row.body,
            state=TextState(row.state),
            channel=Channel(row.channel),
            subject=row.subject,
            invite=row.invite,
            message_sid=row.message_sid,
            error_code=row.error_code,
            queued_at=row.created_at,
            callback_id=row.callback_id,
        )
        for row in found
    ]
