"""Calls: when they came and how they ended, what was said, which tools ran, what comes next.

A call's row is made by whoever writes first: `open_call` may be late when the database was
slow, and nothing that comes after it may be lost for that. All writes can be repeated
(the journal does, when an answer was lost), except `add_usage`, which then counts twice.
What a call only leaves behind is an `Entry`, for the journal to write together with others.
"""

import enum
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
import sqlalchemy as sa

from bridge.call.delays import TurnDelays
from bridge.call.messages import RecordTurn, RunTool, Usage
from bridge.call.timeline import TimeLine
from bridge.store.database import Database, Entry, Row, RowEntry
from bridge.store.tables import calls, insert_into, tokens, tool_calls, turns
from tools.callbacks import END_UNKNOWN, NOBODY_CAME
from tools.result import ToolResult

NOBODY_CAME_SUMMARY = (
    "The caller was to speak to a person, but nobody came to the telephone; please call back."
)


class Outcome(enum.StrEnum):
    """How a call ended. A closed list; the database checks it too."""

    BOOKED = "booked"
    RESCHEDULED = "rescheduled"
    CANCELLED = "cancelled"
    TRANSFERRED = "transferred"
    MESSAGE_TAKEN = "message_taken"
    LEAD_TAKEN = "lead_taken"
    QUESTION_ANSWERED = "question_answered"
    ENDED = "ended"
    CALLER_HUNG_UP = "caller_hung_up"
    REFUSED = "refused"
    FAILED = "failed"


class CallRow(msgspec.Struct, frozen=True, kw_only=True):
    """A call as the store has it."""

    call_sid: str
    caller_number: str | None
    our_number: str
    attested: bool = False  # the network vouches for the caller's number
    started_at: datetime
    ended_at: datetime | None
    outcome: Outcome | None  # None while the call lasts
    reason: str | None
    summary: str | None
    next_step: str | None
    next_step_reason: str | None = None
    next_asked_at: datetime | None = None  # when the telephone was told what comes after our stream
    snapshot: str | None = None  # what another stream goes on from; None: no stream was ever accepted
    resumes: int = 0  # streams after the first
    review: str | None = None  # why the owner should look at it: reasons joined by commas
    time_line: TimeLine = TimeLine()  # how its first stream began
    turn_delays: TurnDelays | None = None  # of the latest stream whose caller was answered
    usage: Usage


class CallStore:
    """Calls on a database. `transcripts` false: what was said is not kept."""

    def __init__(self, database: Database, *, transcripts: bool = True) -> None:
        self._database = database
        self._transcripts = transcripts

    async def open_call(
        self, *, call_sid: str, caller_number: str | None, our_number: str, attested: bool, now: datetime
    ) -> None:
        """A call has come in. Twilio may say so twice; the first word counts."""

        def work(connection: sa.Connection) -> None:
            insert = insert_into(connection, calls).values(
                call_sid=call_sid,
                caller_number=caller_number,
                our_number=our_number,
                attested=attested,
                started_at=now,
            )
            connection.execute(
                insert.on_conflict_do_update(
                    index_elements=["call_sid"],
                    set_={
                        "caller_number": insert.excluded.caller_number,
                        "our_number": insert.excluded.our_number,
                        "attested": insert.excluded.attested,
                        "started_at": insert.excluded.started_at,
                    },
                    where=calls.c.our_number.is_(None),
                )
            )

        await self._database.write(work)

    async def call(self, call_sid: str) -> CallRow | None:
        query = sa.select(calls).where(calls.c.call_sid == call_sid)

        def work(connection: sa.Connection) -> CallRow | None:
            row = connection.execute(query).first()
            return None if row is None else as_call(row)

        return await self._database.read(work)

    async def calls_since(self, *, caller_number: str, since: datetime) -> int:
        """How many calls this number has made from `since` on."""
        query = sa.select(sa.func.count()).where(
            calls.c.caller_number == caller_number, calls.c.started_at >= since
        )
        return await self._database.read(lambda connection: connection.execute(query).scalar_one())

    async def consume_token(self, *, nonce: str, call_sid: str, now: datetime) -> bool:
        """True for whoever comes first with this nonce, false for everybody after.

        That the token is ours and has not expired was checked before: `bridge.twilio.stream_token`.
        """

        def work(connection: sa.Connection) -> bool:
            first = (
                insert_into(connection, tokens)
                .values(nonce=nonce, call_sid=call_sid, used_at=now)
                .on_conflict_do_nothing()
                .returning(tokens.c.nonce)
            )
            return connection.execute(first).first() is not None

        return await self._database.write(work)

    async def set_next_step(
        self, *, call_sid: str, step: str, reason: str, now: datetime, stream: int | None = None
    ) -> None:
        """Commit what the telephone does once our stream has ended. Await it before closing the stream.

        `stream`: which one of the call's it was, from 0; when a later one has begun, nothing is written.
        """
        values = {"next_step": step, "next_step_reason": reason}
        await self._upsert(call_sid, now, values, where=_still(stream))

    def add_review(self, *, call_sid: str, reason: str, now: datetime) -> Entry:
        """Mark the call for the owner to look at; the same reason counts once."""
        kept = sa.case((calls.c.review.contains(reason), calls.c.review), else_=calls.c.review + f",{reason}")
        return self._upsert(call_sid, now, {"review": reason}, {"review": sa.func.coalesce(kept, reason)})

    def record_turn(self, *, call_sid: str, number: int, turn: RecordTurn, now: datetime) -> Entry:
        """`number`: the turn's place in its stream, from 1."""
        if not self._transcripts:
            return Entry(self._database, lambda _: None)
        row = {
            "call_sid": call_sid,
            "at": now,
            "number": number,
            "item_id": turn.item_id,
            "speaker": turn.speaker,
            "text": turn.text,
            "heard_ms": turn.heard_ms,
            "spoken_ms": turn.spoken_ms,
            "cut": turn.cut,
        }
        return RowEntry(self._database, _add_turns, row)

    def record_tool_call(
        self, *, call_sid: str, action: RunTool, result: ToolResult, took_s: float, now: datetime
    ) -> Entry:
        row = {
            "call_sid": call_sid,
            "tool_call_id": action.call_id,
            "name": action.name,
            "arguments": action.arguments_json,
            "gate": action.gate.value,
            "error_code": result.error_code,
            "took_ms": round(took_s * 1000),
            "at": now,
        }
        return RowEntry(self._database, _add_tool_calls, row)

    def add_usage(self, *, call_sid: str, usage: Usage, now: datetime) -> Entry:
        """Add tokens to the call's account."""
        amounts = msgspec.structs.asdict(usage)
        return self._upsert(
            call_sid, now, amounts, {name: calls.c[name] + amount for name, amount in amounts.items()}
        )

    def record_timing(
        self, *, call_sid: str, line: TimeLine, delays: TurnDelays | None, now: datetime
    ) -> Entry:
        """How quick a stream was. The time line is the first stream's; of delays the latest count."""
        values: dict[str, Any] = msgspec.structs.asdict(line)
        changes: dict[str, Any] = {
            name: sa.func.coalesce(calls.c[name], value) for name, value in values.items()
        }
        if delays is not None:
            values["turn_delays"] = changes["turn_delays"] = msgspec.json.encode(delays).decode()
        return self._upsert(call_sid, now, values, changes)

    def close_call(
        self,
        *,
        call_sid: str,
        outcome: Outcome,
        reason: str,
        summary: str,
        now: datetime,
        stream: int | None = None,
    ) -> Entry:
        """The call ended at `now`. One that went on in another stream ends again: the latest end counts.

        `stream`: which one of the call's it was, from 0; when a later one has begun, nothing is written.
        """
        end = {"outcome": outcome.value, "reason": reason, "summary": summary, "ended_at": now}
        replaceable = sa.or_(
            calls.c.outcome.is_(None), calls.c.ended_at <= now, calls.c.reason == END_UNKNOWN
        )
        return self._upsert(call_sid, now, end, where=sa.and_(replaceable, _still(stream)))

    async def nobody_came(self, *, call_sid: str) -> None:
        """A call that counts as put through was not, for nobody came. Any other stays as it is."""
        change = (
            sa.update(calls)
            .where(calls.c.call_sid == call_sid, calls.c.outcome == Outcome.TRANSFERRED.value)
            .values(outcome=Outcome.ENDED.value, reason=NOBODY_CAME, summary=NOBODY_CAME_SUMMARY)
        )
        await self._database.write(lambda connection: connection.execute(change))

    async def close_if_open(self, *, call_sid: str, now: datetime) -> bool:
        """Close a call that is over as Twilio says, unless it was closed; true when that was needed.

        Its own end may still be on the way to the store, and then replaces this one.
        """
        close = (
            sa.update(calls)
            .where(calls.c.call_sid == call_sid, calls.c.outcome.is_(None))
            .values(
                outcome=Outcome.FAILED.value,
                reason=END_UNKNOWN,
                summary="The call is over; how it ended was not recorded.",
                ended_at=now,
            )
            .returning(calls.c.call_sid)
        )
        return await self._database.write(lambda connection: connection.execute(close).first() is not None)

    def _upsert(
        self,
        call_sid: str,
        now: datetime,
        values: dict[str, Any],
        changes: dict[str, Any] | None = None,
        where: sa.ColumnElement[bool] | None = None,
    ) -> Entry:
        """Write `values` into the call's row, made if need be; `changes` instead if there is one already."""

        def work(connection: sa.Connection) -> None:
            insert = insert_into(connection, calls).values(call_sid=call_sid, started_at=now, **values)
            connection.execute(
                insert.on_conflict_do_update(index_elements=["call_sid"], set_=changes or values, where=where)
            )

        return Entry(self._database, work)


def _add_once(table: sa.Table, connection: sa.Connection, rows: list[Row]) -> None:
    connection.execute(insert_into(connection, table).on_conflict_do_nothing(), rows)


_add_turns = partial(_add_once, turns)
_add_tool_calls = partial(_add_once, tool_calls)


def _still(stream: int | None) -> sa.ColumnElement[bool]:
    """While no later stream of the call has begun."""
    return sa.true() if stream is None else calls.c.resumes <= stream


def as_call(row: sa.Row[Any]) -> CallRow:
    """A row of the table `calls`."""
    return CallRow(
        call_sid=row.call_sid,
        caller_number=row.caller_number,
        our_number=row.our_number or "",
        attested=row.attested,
        started_at=row.started_at,
        ended_at=row.ended_at,
        outcome=None if row.outcome is None else Outcome(row.outcome),
        reason=row.reason,
        summary=row.summary,
        next_step=row.next_step,
        next_step_reason=row.next_step_reason,
        next_asked_at=row.next_asked_at,
        snapshot=row.snapshot,
        resumes=row.resumes,
        review=row.review,
        time_line=TimeLine(**{name: getattr(row, name) for name in TimeLine.__struct_fields__}),
        turn_delays=None
        if row.turn_delays is None
        else msgspec.json.decode(row.turn_delays, type=TurnDelays),
        usage=Usage(**{name: getattr(row, name) for name in Usage.__struct_fields__}),
    )
