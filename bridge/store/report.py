"""Everything the store holds, to look at: for the harness's checker and the owner's desk. Reads only."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeVar

import msgspec
import sqlalchemy as sa

from bridge.store.callers import as_caller
from bridge.store.calls import CallRow, as_call
from bridge.store.database import Database
from bridge.store.handoffs import Handoff, as_handoff
from bridge.store.leads import as_lead
from bridge.store.outbox import as_texts
from bridge.store.rows import RESERVATION, as_reservations
from bridge.store.tables import (
    callbacks,
    callers,
    calls,
    codes,
    handoffs,
    leads,
    outbox,
    reservations,
    tool_calls,
    turns,
)
from tools.store import Caller, Lead, Reservation, Text

T = TypeVar("T")


class TurnRow(msgspec.Struct, frozen=True, kw_only=True):
    """One stretch of speech."""

    call_sid: str
    at: datetime  # when it was written down
    number: int  # its place in its stream, from 1
    item_id: str
    speaker: str  # "caller" or "agent"
    text: str
    heard_ms: int | None
    spoken_ms: int | None
    cut: bool  # the text is an estimate of what was heard


class ToolCallRow(msgspec.Struct, frozen=True, kw_only=True):
    """One tool call."""

    call_sid: str
    tool_call_id: str
    name: str
    arguments: str | None  # JSON as the model wrote it; None once retention took it
    gate: str
    error_code: str | None  # None: the tool did what was asked
    took_ms: int
    at: datetime


class CallbackRow(msgspec.Struct, frozen=True, kw_only=True):
    """A task for a person."""

    id: str
    call_sid: str
    number: str | None
    name: str | None
    message: str
    reason: str
    urgency: str  # normal, urgent, emergency, unknown
    best_time: str | None  # to call, in the caller's words
    created_at: datetime


class LeadRow(msgspec.Struct, frozen=True, kw_only=True):
    """What was told in one call."""

    call_sid: str
    caller_number: str | None
    lead: Lead
    created_at: datetime
    changed_at: datetime


class CodeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A code that was sent; which one it was is kept nowhere."""

    id: str
    number: str
    call_sid: str
    tries: int  # wrong ones
    created_at: datetime
    expires_at: datetime  # earlier than it was made for, when another took its place
    used_at: datetime | None


class Report:
    """The store's rows, oldest first. Every function raises StoreUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def calls(self) -> list[CallRow]:
        query = sa.select(calls).order_by(calls.c.started_at, calls.c.call_sid)
        return await self._rows(query, lambda rows: [as_call(row) for row in rows])

    async def turns(self) -> list[TurnRow]:
        query = sa.select(turns).order_by(turns.c.at, turns.c.number)
        return await self._rows(query, lambda rows: [TurnRow(**row._mapping) for row in rows])

    async def tool_calls(self) -> list[ToolCallRow]:
        query = sa.select(tool_calls).order_by(tool_calls.c.at, tool_calls.c.tool_call_id)
        return await self._rows(query, lambda rows: [ToolCallRow(**row._mapping) for row in rows])

    async def reservations(self) -> list[Reservation]:
        query = RESERVATION.order_by(reservations.c.starts_at, reservations.c.created_at, reservations.c.id)
        return await self._rows(query, as_reservations)

    async def texts(self) -> list[Text]:
        return await self._rows(sa.select(outbox).order_by(outbox.c.created_at, outbox.c.id), as_texts)

    async def callbacks(self) -> list[CallbackRow]:
        query = sa.select(callbacks).order_by(callbacks.c.created_at, callbacks.c.id)
        return await self._rows(query, lambda rows: [CallbackRow(**row._mapping) for row in rows])

    async def leads(self) -> list[LeadRow]:
        query = sa.select(leads).order_by(leads.c.created_at, leads.c.call_sid)
        return await self._rows(query, lambda rows: [_lead_row(row) for row in rows])

    async def handoffs(self) -> list[Handoff]:
        query = sa.select(handoffs).order_by(handoffs.c.created_at, handoffs.c.call_sid)
        return await self._rows(query, lambda rows: [as_handoff(row) for row in rows])

    async def callers(self) -> list[Caller]:
        query = sa.select(callers).order_by(callers.c.number)
        return await self._rows(query, lambda rows: [as_caller(row) for row in rows])

    async def codes(self) -> list[CodeRow]:
        shown = (codes.c[name] for name in CodeRow.__struct_fields__)
        query = sa.select(*shown).order_by(codes.c.created_at, codes.c.id)
        return await self._rows(query, lambda rows: [CodeRow(**row._mapping) for row in rows])

    async def _rows(
        self, query: sa.Select[Any], convert: Callable[[Iterable[sa.Row[Any]]], list[T]]
    ) -> list[T]:
        return await self._database.read(lambda connection: convert(connection.execute(query)))


def _lead_row(row: sa.Row[Any]) -> LeadRow:
    return LeadRow(
        call_sid=row.call_sid,
        caller_number=row.caller_number,
        lead=as_lead(row),
        created_at=row.created_at,
        changed_at=row.changed_at,
    )
